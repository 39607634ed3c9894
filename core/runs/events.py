"""What a worker tells while it works: one JSON line an event in the run's events.jsonl.

Times are seconds; `at` is Unix time; losses are on scaled values, NaN and infinity become null.
"""

import dataclasses
import json
import math
import time
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


@dataclass(frozen=True)
class FitDone(Event):
    fit: str
    best_epoch: int
    epochs: int  # done
    stopped: bool  # by the person, before its end


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


KINDS: dict[str, type[Event]] = {
    kind.__name__: kind for kind in (Started, Stage, FitStarted, Progress, EpochDone, FitDone, Finished, Failed)
}


def to_line(event: Event) -> bytes:
    """One JSON line, newline included."""
    content = {"event": type(event).__name__, **_finite(dataclasses.asdict(event))}
    return (json.dumps(content, allow_nan=False) + "\n").encode()


def from_line(line: bytes) -> Event | None:
    """The event of a line, or None for a torn line or a kind this version does not know."""
    try:
        content = json.loads(line)
        kind = KINDS[content.pop("event")]
        names = {f.name for f in dataclasses.fields(kind)}
        return kind(**{name: value for name, value in content.items() if name in names})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
