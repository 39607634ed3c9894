"""How many times as long one thing takes as another, from timings that were taken in turn, with its uncertainty."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

ONE_MEASUREMENT = "one measurement"


@dataclass(frozen=True)
class Ratio:
    """`ratio` is the median of `n` pairs; `interval` is None where a single pair tells nothing of the spread."""

    ratio: float
    interval: tuple[float, float] | None
    n: int

    def words(self) -> str:
        """1.24 (1.18 to 1.31), or: 1.24 (one measurement)."""
        told = ONE_MEASUREMENT if self.interval is None else f"{self.interval[0]:.2f} to {self.interval[1]:.2f}"
        return f"{self.ratio:.2f} ({told})"


def ratio(first: Sequence[float], second: Sequence[float], level: float = 0.95) -> Ratio | None:
    """Seconds of `first` over those of `second`, pair by pair, as they were measured next to each other; None of none.

    The interval is Student's t on the logarithms of the pairs' ratios: whatever slows both of a pair cancels, and a few
    pairs already give an honest, wide interval, where a bootstrap of so few would be too narrow. It is widened to hold
    the median, which an outlier moves less than the mean.
    """
    logs = [math.log(one / other) for one, other in zip(first, second, strict=True)]
    if not logs:
        return None
    middle = statistics.median(logs)
    if len(logs) == 1:
        return Ratio(math.exp(middle), None, 1)
    from scipy.special import stdtrit  # here, as a page that only shows ratios need not load it

    mean, error = statistics.fmean(logs), statistics.stdev(logs) / math.sqrt(len(logs))
    reach = float(stdtrit(len(logs) - 1, (1 + level) / 2)) * error
    low, high = min(middle, mean - reach), max(middle, mean + reach)
    return Ratio(math.exp(middle), (math.exp(low), math.exp(high)), len(logs))
