"""What a worker tells while it works: one JSON line an event in the run's events.jsonl.

Times are seconds; `at` is Unix time; losses are on scaled values, NaN and infinity become null. The last member of
each line is a CRC of what comes before it, so that a changed line is never believed; an earlier version wrote none.
"""

import dataclasses
import json
import math
import time
import zlib
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Event:
    at: float = field(default_factory=time.time, kw_only=True)


@dataclass(frozen=True)
class Started(Event):
    framework: str
    version: str
    import_s: float
    warm: bool  # the worker had imported its framework before it was asked
    parameters: int
    applied: dict[str, Any]  # settings as they are in force
    notes: tuple[str, ...] = ()
    layers: tuple[dict[str, Any], ...] = ()  # of the built model, see core.frameworks.base.Layer


@dataclass(frozen=True)
class Stage(Event):
    """What goes on between epochs, for people: "compiling the training step", "scoring"."""

    text: str


@dataclass(frozen=True)
class FitStarted(Event):
    fit: str
    kind: str
    seed: int
    fold: int
    epochs: int  # at most
    windows: int  # training windows an epoch


@dataclass(frozen=True)
class FitResumed(Event):
    """A fit that was cut short goes on from the weights it had after an epoch; later epochs are trained again."""

    fit: str
    after_epoch: int


@dataclass(frozen=True)
class Progress(Event):
    """At most twice a second within an epoch."""

    fit: str
    epoch: int  # the one under way, from 1
    share: float  # of the epoch, 0 to 1
    windows_per_second: float
    memory_mb: float


@dataclass(frozen=True)
class EpochDone(Event):
    fit: str
    epoch: int  # from 1
    train_loss: float | None
    validation_loss: float | None  # None where the fit has no validation part
    seconds: float  # training and validation, without saving
    memory_mb: float
    learning_rate: float | None = None
    gradient_norm: float | None = None  # mean over the steps looked at, before clipping


@dataclass(frozen=True)
class FitDone(Event):
    fit: str
    best_epoch: int
    epochs: int  # done
    stopped: bool  # by the person, before its end
    scaled_mae: float | None = None  # of its test windows; None without any


@dataclass(frozen=True)
class Finished(Event):
    status: str  # finished or stopped
    total_s: float  # of the run's own work up to the certificate; import and waiting left out
    peak_memory_mb: float  # up to the same moment


@dataclass(frozen=True)
class Failed(Event):
    what: str
    where: str
    remedy: str


@dataclass(frozen=True)
class Tip(Event):
    """What is known by now of a tip, of several together, or of the plain script (core.runs.tips); the last counts."""

    kind: str  # plain, row, together, together_same_maths
    content: dict[str, Any]


@dataclass(frozen=True)
class Resumed(Event):
    """The run goes on after it was stopped, failed or interrupted."""


KINDS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        Started,
        Stage,
        FitStarted,
        FitResumed,
        Progress,
        EpochDone,
        FitDone,
        Finished,
        Failed,
        Resumed,
        Tip,
    )
}


CRC = b', "crc": "'  # within a JSON text quotes are escaped: it cannot stand there


def to_line(event: Event) -> bytes:
    """One JSON line, newline included."""
    content = {"event": type(event).__name__, **_finite(dataclasses.asdict(event))}
    text = json.dumps(content, allow_nan=False).encode()[:-1]
    return text + CRC + b'%08x"}\n' % zlib.crc32(text)


def parse(line: bytes) -> Event | None:
    """The event of a whole line, or None for a kind that this version does not know. Raises ValueError: damaged."""
    content = _content(line)
    try:
        kind = KINDS.get(content.pop("event"))
        if kind is None:
            return None
        names = {f.name for f in dataclasses.fields(kind)}
        if not names.issuperset(content) and CRC not in line:  # its checksum may be what was hit
            raise ValueError("a member that no version without checksums wrote")
        return kind(**{name: value for name, value in content.items() if name in names})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("no event") from error


def from_line(line: bytes) -> Event | None:
    """The event of a line, or None for a torn or damaged line or a kind this version does not know."""
    try:
        return parse(line)
    except ValueError:
        return None


def _content(line: bytes) -> Any:
    """The members of a line, checked where it has a checksum. Raises ValueError."""
    text, mark, rest = line.rstrip(b"\n").rpartition(CRC)
    if not mark:
        return json.loads(line)
    if rest != b'%08x"}' % zlib.crc32(text):
        raise ValueError("the checksum does not match")
    return json.loads(text + b"}")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
