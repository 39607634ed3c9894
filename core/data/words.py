"""Times, names and counts as they are said in a sentence."""

import re
from collections.abc import Iterable, Sequence
from datetime import date

import pandas as pd

from core.data.dataset import EXAMPLES

NAME_LETTERS = 40  # of a column's name in a sentence
NAMES_LISTED = 6  # the others are counted
SPACES = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]")
UNSEEN = re.compile(  # control signs, such as ESC before an order to a terminal, and marks of writing direction
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def moment(time: pd.Timestamp | int, frequency: str | None) -> str:
    """A time as precise as the step needs it: "Q2 2016", "May 2016", "3 May 2016"; a row by its number."""
    if not isinstance(time, pd.Timestamp):
        return f"row {time + 1:,}"
    step = (frequency or "").lstrip("0123456789").split("-")[0]
    step = step.removeprefix("B") or step  # months, quarters and years of business days
    if step in ("YS", "YE"):
        return str(time.year)
    if step in ("QS", "QE") and time.month % 3 == (1 if step == "QS" else 0):
        return f"Q{time.quarter} {time.year}"
    if step in ("MS", "ME", "QS", "QE"):
        return f"{time.month_name()} {time.year}"
    if step in ("D", "B", "W"):
        return day(time)
    return f"{day(time)} {time:%H:%M}" if not time.second else f"{day(time)} {time:%H:%M:%S}"


def day(time: date) -> str:
    """ "3 May 2016", in English whatever the system speaks."""
    return f"{time.day} {pd.Timestamp(time).month_name()} {time.year}"


def moments(times: pd.Index, frequency: str | None) -> tuple[str, ...]:
    """The first `EXAMPLES` of the times."""
    return tuple(moment(time, frequency) for time in times[:EXAMPLES])


def visible(text: str) -> str:
    """Text whose signs cannot turn round, hide or move what is shown with it: each shows as a sign that is none."""
    return UNSEEN.sub("\N{REPLACEMENT CHARACTER}", SPACES.sub(" ", text))


def shortened(name: str) -> str:
    return name if len(name) <= NAME_LETTERS else f"{name[: NAME_LETTERS - 1]}…"


def quoted(name: str) -> str:
    """A column's name, a long one cut short."""
    return f"“{shortened(name)}”"


def listed(names: Sequence[str], word: str = "and") -> str:
    """Names in a sentence: "a, b and c"; long ones cut short, many of them counted: "a, b, c, d, e, f and 12 more"."""
    shown = [shortened(name) for name in names[:NAMES_LISTED]]
    if len(names) > NAMES_LISTED:
        shown.append(f"{len(names) - NAMES_LISTED:,} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {word} {shown[-1]}"


def season_words(frequency: str | None) -> str:
    """What a season of the step is called: "a year", "a week", "a day"."""
    match = re.match(r"(\d*)([A-Za-z]+)", frequency or "")
    count, unit = (int(match[1] or 1), match[2]) if match else (1, "")
    if unit == "min":
        return "a day" if count >= 5 else "an hour"
    return _SEASONS.get(unit, "a season")


_SEASONS = {
    **dict.fromkeys(("MS", "ME", "QS", "QE", "W"), "a year"),
    **dict.fromkeys(("D", "B"), "a week"),
    "h": "a day",
    "s": "a minute",
}


def counted(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"


def enumerated(parts: Iterable[str]) -> str:
    """ "a, b and c"."""
    every = list(parts)
    return every[0] if len(every) == 1 else f"{', '.join(every[:-1])} and {every[-1]}"


def number(value: float) -> str:
    """About four significant digits, thousands set apart."""
    size = abs(value)
    if size and (size >= 1e12 or size < 1e-4):
        return f"{value:.3e}"
    text = f"{value:,.0f}" if size >= 10_000 else f"{value:,.4g}" if size < 1000 else f"{value:,.1f}".removesuffix(".0")
    return text.replace("-", "−")
