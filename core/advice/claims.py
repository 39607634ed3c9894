"""What guides to the two frameworks claim, beside what is true today: claims.toml, read and checked."""

import functools
import re
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).with_name("claims.toml")

FAVOURS = ("pytorch", "tensorflow", "either")
STATUSES = ("still true", "changed", "wrong", "opinion", "not verified")
SECTIONS = (
    "choose_pytorch",
    "choose_tensorflow",
    "code",
    "features",
    "speed",
    "development",
    "uses",
    "scenarios",
    "differences",
    "install",
    "files",
    "tips",
    "start",
)
HARDWARE = {  # what it takes to measure a claim, in words
    "gpu": "a graphics processor",
    "gpus": "several graphics processors",
    "tpu": "a TPU",
    "phone": "a phone",
}
SINCE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


@dataclass(frozen=True)
class Claim:
    """One thing a guide says; raises ValueError for words that no claim may use."""

    id: str
    section: str
    title: str
    favours: str  # whom the guide's claim speaks for
    guide: str
    today: str
    status: str
    source: str  # what it was checked against, or that there was nothing
    url: str = ""
    since: str = ""  # a year, a month or a day from when on `today` holds
    measured_by: str = ""  # a figure of core.advice.measured
    hardware: str = ""

    def __post_init__(self) -> None:
        for name, value, known in (
            ("favours", self.favours, FAVOURS),
            ("status", self.status, STATUSES),
            ("section", self.section, SECTIONS),
            ("hardware", self.hardware, ("", *HARDWARE)),
        ):
            if value not in known:
                raise ValueError(f"{self.id}: {name} is {value!r}, not one of {', '.join(filter(None, known))}")
        if self.since and not SINCE.fullmatch(self.since):
            raise ValueError(f"{self.id}: since is {self.since!r}, not a year, a month or a day")

    @property
    def began(self) -> date | None:
        """First day of the year, month or day from when on `today` holds."""
        year, month, day = (*self.since.split("-"), "01", "01")[:3] if self.since else ("", "", "")
        return date(int(year), int(month), int(day)) if year else None


def claims(section: str = "") -> tuple[Claim, ...]:
    """In the order of the file; of one section, or all."""
    return tuple(claim for claim in _all().values() if section in ("", claim.section))


def claim(id: str) -> Claim:
    """Raises KeyError."""
    return _all()[id]


def checked() -> date:
    """The day on which the claims were last held against their sources."""
    day: date = _told()["checked"]
    return day


@functools.cache
def _all() -> dict[str, Claim]:
    found = [Claim(**each) for each in _told()["claim"]]
    return {each.id: each for each in found}


@functools.cache
def _told() -> dict[str, Any]:
    return tomllib.loads(SOURCE.read_text("utf-8"))
