"""How far a ratio of two mean errors can be off: by the luck of the seeds, and by which windows there happened to be.

Both parts are variances of the logarithm of the ratio, so that A/B and B/A are judged alike. docs/verdict.md derives
them in words.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

Floats = npt.NDArray[np.float64]

MIN_SEEDS = 3
BLOCKS = 10  # the windows' part is judged from this many blocks, as long as they can be


@dataclass(frozen=True)
class Variance:
    """The parts of the variance of a log ratio; seeds' parts are those of the mean over each side's own seeds."""

    seeds: tuple[float, ...]  # one a side with enough seeds
    counts: tuple[int, ...]  # how many seeds each of these sides has
    windows: float  # what the windows add beyond what the seeds' part holds already
    between_windows: float  # all that differs between blocks of windows, before that was taken off

    @property
    def total(self) -> float:
        return sum(self.seeds) + self.windows

    @property
    def freedom(self) -> float:
        """Degrees of freedom (Satterthwaite 1946): each part is known as well as its seeds or blocks tell.

        Never fewer than the least certain part's own: the windows' part is a difference, and may be much smaller than
        what it is uncertain by.
        """
        doubt = self.between_windows**2 / (BLOCKS - 1) if self.windows > 0 else 0.0
        doubt += sum(part**2 / (count - 1) for part, count in zip(self.seeds, self.counts, strict=True))
        least = min((BLOCKS, *self.counts)) - 1
        return max(least, self.total**2 / doubt) if doubt > 0 else math.inf

    def half_width(self, level: float) -> float:
        """Half of the two-sided interval that errs with probability `level`; on the logarithmic scale."""
        return float(stdtrit(min(self.freedom, 1e9), 1 - level / 2)) * math.sqrt(self.total)

    def with_seeds(self, count: int) -> "Variance":
        """As it would be with `count` seeds a side."""
        fewer = float(np.mean([before / count for before in self.counts])) if self.counts else 1.0
        return Variance(
            seeds=tuple(part * before / count for part, before in zip(self.seeds, self.counts, strict=True)),
            counts=(count,) * len(self.counts),
            windows=self.windows,
            between_windows=self.windows + (self.between_windows - self.windows) * fewer,
        )


@dataclass(frozen=True)
class LogRatio:
    """log(mean error above / mean error below) and how far it can be off."""

    value: float
    variance: Variance

    @property
    def gap(self) -> float:
        return math.expm1(self.value)

    def interval(self, level: float) -> tuple[float, float]:
        """Of the gap, two-sided, erring with probability `level`."""
        half = self.variance.half_width(level)
        return math.expm1(self.value - half), math.expm1(self.value + half)


def log_ratio(above: Floats, below: Floats, block: int) -> LogRatio:
    """Compare mean errors (S, N) over the same N windows; S may differ and seeds are not paired.

    A side's seeds count when there are at least three; a single deterministic forecast is (1, N). Errors are relative
    to their side's mean, which makes sums of them variances of the logarithm (delta method).
    """
    sides = [errors / errors.mean() for errors in (above, below)]
    between = variance_of_mean((sides[0].mean(axis=0) - sides[1].mean(axis=0))[None], block)
    seeded = [side for side in sides if len(side) >= MIN_SEEDS]
    held = sum(_of_single_fits(side, block) for side in seeded)  # a fit's own pattern over windows is luck of its seed
    return LogRatio(
        value=math.log(above.mean() / below.mean()),
        variance=Variance(
            seeds=tuple(float(side.mean(axis=1).var(ddof=1)) / len(side) for side in seeded),
            counts=tuple(len(side) for side in seeded),
            windows=max(0.0, between - held),
            between_windows=between,
        ),
    )


def _of_single_fits(side: Floats, block: int) -> float:
    """Variance that the windows lend to the mean over seeds through patterns that each fit (S, N) has for itself."""
    own = side - side.mean(axis=0) - side.mean(axis=1, keepdims=True) + 1
    return variance_of_mean(own, block) / (len(side) - 1)


def block_length(windows: int, horizon: int) -> int | None:
    """The longest blocks that leave ten of them; None where those are shorter than the horizon.

    Neighbouring windows share horizon − 1 steps, and errors of a bad week stay together: only blocks longer than that
    are near to independent of one another.
    """
    block = windows // BLOCKS
    return block if block >= max(1, horizon) else None


def variance_of_mean(series: Floats, block: int) -> float:
    """Variance of the mean over N correlated values, averaged over the M series (M, N).

    Moving blocks (Künsch 1989) miss what is correlated across their ends; blocks half as long miss twice as much, so
    that the difference between the two makes up for it (the lugsail estimator of Vats & Flegal 2022), never downwards.
    """
    whole = _between_blocks(series, block)
    return max(whole, 2 * whole - _between_blocks(series, max(1, block // 2)))


def _between_blocks(series: Floats, block: int) -> float:
    """block / (N − block) × the mean square of all moving blocks' means: unbiased for independent values."""
    count = series.shape[1]
    sums = np.cumsum(series - series.mean(axis=1, keepdims=True), axis=1)
    sums = np.concatenate([np.zeros((len(series), 1)), sums], axis=1)
    means = (sums[:, block:] - sums[:, :-block]) / block
    return float(np.mean(means**2) * block / (count - block))
