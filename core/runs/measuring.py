"""What a run measures of itself."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from core.frameworks.base import Array, Origins, Trainer


class Clock:
    """Seconds of a run's own work, from when this is made."""

    def __init__(self) -> None:
        self._began, self._stood = time.perf_counter(), 0.0

    def seconds(self, until: float | None = None) -> float:
        """Up to now, or to a moment of `time.perf_counter` after which it did not stand still."""
        return (time.perf_counter() if until is None else until) - self._began - self._stood

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """It stands still while this lasts."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._stood += time.perf_counter() - began


def single_forecast_ms(trainer: Trainer, values: Array, origin: Origins) -> float | None:
    """Median of 20 forecasts of one window, after one that warms up; None without a window."""
    if not len(origin):
        return None
    trainer.predict(values, origin)
    seconds = []
    for _ in range(20):
        began = time.perf_counter()
        trainer.predict(values, origin)
        seconds.append(time.perf_counter() - began)
    return 1000 * statistics.median(seconds)


def memory_mb() -> float:
    return float(psutil.Process().memory_info().rss) / 2**20


def peak_memory_mb() -> float:
    """Of this process. On Linux VmHWM: ru_maxrss would begin with the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    information = psutil.Process().memory_info()
    return float(getattr(information, "peak_wset", information.rss)) / 2**20
