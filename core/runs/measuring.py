"""What a run measures of itself."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

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
