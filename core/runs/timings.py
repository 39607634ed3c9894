"""Where a run's time went: up to its first epoch, in that one, and in each fit to be held against the twin's."""

import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from core import hardware
from core.runs import memory
from core.runs.measuring import Clock
from core.runs.spec import FitSpec, Plan


@dataclass(frozen=True)
class FitTime:
    """What one fit took. The frameworks make the same fits one after another, so these are interleaved."""

    fit: str
    epoch_s: float | None = None  # median of its epochs after the first; None where there is none
    forecast_ms: float | None = None
    load: float | None = None  # cores that other processes, the server too, kept busy while it trained


class Timings:
    """Of a run as it goes on. The timed fits are what counts where there are any, else those that are scored."""

    def __init__(self, plan: Plan) -> None:
        self.clock = Clock()  # stands still while it waits for its turn, and while it probes for the certificate
        self.build_s: float | None = None
        self.first_epoch_s: float | None = None  # it holds the compilation
        self.fits: list[FitTime] = []
        self._counts = "timed" if any(fit.kind == "timed" for fit in plan.fits) else "score"
        self._steady: list[float] = []  # seconds of all later epochs
        self._compiled = False  # by this process, which the first fit that it trains does
        self._load: float | None = None
        self._measured: tuple[float, float] | None = None

    def of_interest(self, fit: FitSpec) -> bool:
        return fit.kind == self._counts

    @contextmanager
    def watching(self) -> Iterator[None]:
        """While a fit trains: what others do with the processor."""
        before = hardware.read_cpu()
        yield
        self._load = hardware.other_load(before, hardware.read_cpu())

    def note_build(self, first_began: float | None) -> None:
        """When the first epoch of all began, perf_counter."""
        if self.build_s is None and first_began is not None:
            self.build_s = self.clock.seconds(until=first_began)

    def note(self, fit: FitSpec, seconds: Sequence[float], forecast_ms: float | None, whole: bool = True) -> FitTime:
        """After a fit that was watched: the seconds of the epochs that this process trained, in their order.

        `whole` is False where they are not all: nothing is then held against the twin's.
        """
        compiles, self._compiled = not self._compiled, True
        if self.first_epoch_s is None and seconds:
            self.first_epoch_s = seconds[0]
        steady = list(seconds[1:] if compiles or len(seconds) > 1 else seconds)
        self._steady += steady
        found = FitTime(fit.id, statistics.median(steady) if steady else None, forecast_ms, self._load)
        self.fits += [found] if whole else []
        return found

    def keep(self, seconds: Sequence[float], told: dict[str, Any] | None) -> None:
        """A fit of an earlier process, which had a first epoch of its own."""
        if self.first_epoch_s is None and seconds:
            self.first_epoch_s = seconds[0]
        self._steady += seconds[1:]
        self.fits += [FitTime(**told)] if told else []

    def measure(self) -> tuple[float, float]:
        """Seconds, without import and waiting, and peak memory (MB), when this is first asked."""
        if self._measured is None:
            self._measured = self.clock.seconds(), memory.peak_memory_mb()
        return self._measured

    def compile_s(self) -> float | None:
        """What the first epoch of a compiled training took longer than the later ones; it holds little else."""
        if self.first_epoch_s is None or not self._steady:
            return None
        return max(0.0, self.first_epoch_s - statistics.median(self._steady))

    def as_json(self) -> dict[str, Any]:
        forecasts = [fit.forecast_ms for fit in self.fits if fit.forecast_ms is not None]
        return {
            "build_s": self.build_s,
            "first_epoch_s": self.first_epoch_s,
            "epoch_s": statistics.median(self._steady) if self._steady else None,
            "forecast_ms": statistics.median(forecasts) if forecasts else None,
            "interleaved": [asdict(fit) for fit in self.fits],
        }
