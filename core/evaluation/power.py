"""What a comparison could have found: the smallest gap it would see, and how many seeds would settle it."""

import math

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import gammaincinv, ndtr, stdtrit

from core.evaluation.variance import MIN_SEEDS, LogRatio, Variance

POWER = 0.8
MOST_SEEDS = 1000

_QUANTILES = (np.arange(200) + 0.5) / 200
_CERTAIN = 1e9  # degrees of freedom that stand for a known variance


def smallest_detectable(variance: Variance, level: float, margin: float) -> float:
    """The gap that a comparison like this one finds with 80% power; the margin where nothing varies."""
    spread = math.sqrt(variance.total)
    if spread < 1e-12:
        return margin
    needed = needed_to_win(variance, level, margin)
    highest = float(needed.max()) + 5 * spread
    found = brentq(lambda true: float(np.mean(ndtr((true - needed) / spread))) - POWER, 0.0, highest)
    return math.expm1(min(found, 700.0))


def needed_to_win(variance: Variance, level: float, margin: float) -> npt.NDArray[np.float64]:
    """How large a log ratio has to be measured for a winner to be named, as equally likely values (200,).

    It has to reach the margin and the half width of its own interval, which is itself an estimate: the variance it is
    made from is distributed as chi-squared with the variance's degrees of freedom.
    """
    freedom = min(variance.freedom, _CERTAIN)
    estimated = np.sqrt(variance.total * 2 * gammaincinv(freedom / 2, _QUANTILES) / freedom)
    return np.asarray(np.maximum(stdtrit(freedom, 1 - level / 2) * estimated, math.log1p(margin)))


def seeds_needed(ratio: LogRatio, level: float, margin: float) -> int | None:
    """How many seeds a framework would settle it in all, should the measured gap stay; None: no number of them would.

    Settled: the interval leaves out 0, where the gap is at or beyond the margin; or else all of it lies within.
    """
    size = abs(ratio.value)
    room = size if abs(ratio.gap) >= margin else math.log1p(margin) - size

    def settles(count: int) -> bool:
        return ratio.variance.with_seeds(count).half_width(level) <= room

    too_few, enough = max((MIN_SEEDS, *ratio.variance.counts)), MOST_SEEDS
    if not settles(enough):
        return None
    while enough - too_few > 1:  # more seeds never widen the interval
        middle = (enough + too_few) // 2
        too_few, enough = (too_few, middle) if settles(middle) else (middle, enough)
    return enough
