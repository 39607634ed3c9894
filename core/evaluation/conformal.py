"""Prediction intervals that hold for any model: half widths from errors it made on windows it was not trained on.

Split conformal (Vovk, Gammerman & Shafer 2005; Lei et al. 2018), for each step of the horizon and each target apart.
The calibration windows are earlier test windows: neither training nor early stopping has seen them, and all that they
forecast has happened before the forecast that gets the band is made.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from core.evaluation.variance import variance_of_mean

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Kind = Literal["full", "uncertain", "none"]

LEVELS = (0.8, 0.95)
FULL_WINDOWS = 250
FULL_HORIZONS = 12  # windows of this many horizons: so many errors of the last step that share no row
LEAST_WINDOWS = 40
BLOCKS = 20  # how often the bands of a backtest are made anew, at most
MOST_WINDOWS = 2_000  # looked at to make a band: the share they hold is then known within half a point at 95%
MOST_JUDGED = 10_000  # looked at for the coverage achieved


class Errors(Protocol):
    """Errors (N, H, K) of consecutive windows: an array, or what reads those that are asked for."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, windows: Rows, /) -> Floats: ...


@dataclass(frozen=True)
class Promise:
    """What a band from so many calibration windows is worth."""

    kind: Kind
    windows: int
    ranges: tuple[tuple[float, float], ...]  # of each level: true coverage of the last step, in 9 of 10 calibrations
    reason: str


@dataclass(frozen=True)
class Bands:
    """Half widths of the bands of every test window, made anew at some of them from the windows known by then."""

    levels: tuple[float, ...]
    starts: Rows  # (B,) first window of each block
    half_widths: Floats  # (B, levels, H, K)
    promises: tuple[Promise, ...]  # B

    def block_of(self, windows: int) -> Rows:
        """Which block each of the N windows belongs to, (N,); -1 before the first: no band."""
        return np.searchsorted(self.starts, np.arange(windows), side="right") - 1


@dataclass(frozen=True)
class Coverage:
    """How many of the actual values were in their band, over the windows that had one."""

    level: float
    step: int  # from 1; 0: over all of them
    n: int  # windows
    coverage: float
    interval: tuple[float, float]  # 95%, of the coverage


def half_widths(residuals: Floats, levels: Sequence[float] = LEVELS) -> Floats:
    """Half widths (levels, H, K) of the bands, from errors (N, H, K) in any unit.

    The k-th smallest absolute error with k = ⌈(N + 1) level⌉: one of N + 1 exchangeable errors is at most that with
    probability `level` or more. Infinite where N is too small for the level.
    """
    ranks = [math.ceil((len(residuals) + 1) * level - 1e-9) for level in levels]
    absolute = np.partition(np.abs(residuals), [min(rank, len(residuals)) - 1 for rank in ranks], axis=0)
    infinite = np.full(residuals.shape[1:], np.inf)
    return np.stack([absolute[rank - 1] if rank <= len(residuals) else infinite for rank in ranks])


def calibrated(residuals: Errors, windows: int, levels: Sequence[float] = LEVELS) -> Floats:
    """The same from the first `windows` of errors (N, H, K); of more than 2,000 from so many, drawn by lot.

    By lot, as every n-th might be of the same hour each. The lot is the same for the same number of windows.
    """
    return half_widths(residuals[drawn(np.arange(windows), MOST_WINDOWS)], levels)


def drawn(windows: Rows, most: int) -> Rows:
    """At most so many of the windows, in their order."""
    if len(windows) <= most:
        return windows
    return np.sort(np.random.default_rng(0).choice(windows, most, replace=False))


def promise(windows: int, horizon: int, levels: Sequence[float] = LEVELS) -> Promise:
    """What can be said of the coverage of bands from so many calibration windows of consecutive origins.

    The coverage of one calibration on n independent errors follows a Beta distribution about the level (Vovk 2012).
    Errors of the last step share all but one row with their neighbours', so that N of them count as N / horizon.
    """
    needed = max(FULL_WINDOWS, FULL_HORIZONS * horizon)
    if windows < LEAST_WINDOWS:
        reason = f"No band: {windows} earlier test windows to calibrate on, at least {LEAST_WINDOWS} are needed."
        return Promise("none", windows, (), reason)
    independent = windows / horizon
    ranges = tuple(_beta_range(level * (independent + 1), (1 - level) * (independent + 1), 0.9) for level in levels)
    if windows >= needed:
        return Promise("full", windows, ranges, f"Calibrated on {windows:,} earlier test windows.")
    likely = ", ".join(
        f"between {low:.0%} and {high:.0%} instead of {level:.0%}"
        for level, (low, high) in zip(levels, ranges, strict=True)
    )
    reason = f"Calibrated on {windows} earlier test windows only, {needed} would do: likely to hold {likely}."
    return Promise("uncertain", windows, ranges, reason)


def backtest(residuals: Errors, levels: Sequence[float] = LEVELS) -> Bands:
    """The bands that test windows would have had, from errors (N, H, K) in the order of consecutive origins.

    Made anew at most 20 times, the first time once 40 windows are known. Window i is known to window n if
    i ≤ n − horizon: the last row it forecasts then lies before n's first. Folds follow one another without a gap, so
    that the windows of earlier folds are among the known ones. Bands of the future: `calibrated` on all residuals.
    """
    windows, horizon, _ = residuals.shape
    starts = np.arange(LEAST_WINDOWS + horizon - 1, windows, max(horizon, math.ceil(windows / BLOCKS)))
    known = starts - horizon + 1
    made = [calibrated(residuals, count, levels) for count in known.tolist()]
    return Bands(
        levels=tuple(levels),
        starts=starts.astype(np.int64),
        half_widths=np.stack(made) if made else np.zeros((0, len(levels), *residuals.shape[1:])),
        promises=tuple(promise(count, horizon, levels) for count in known.tolist()),
    )


def coverage(residuals: Errors, bands: Bands, kinds: Sequence[Kind] = ("full", "uncertain")) -> list[Coverage]:
    """The coverage achieved by each level and step, over targets and the windows whose band is one of `kinds`."""
    return [each for each in achieved(residuals, bands, kinds) if each.step > 0]


def achieved(residuals: Errors, bands: Bands, kinds: Sequence[Kind] = ("full", "uncertain")) -> list[Coverage]:
    """The same, and before each level's steps the coverage over all of them."""
    block_of = bands.block_of(residuals.shape[0])
    counted = [i for i, block in enumerate(block_of.tolist()) if block >= 0 and bands.promises[block].kind in kinds]
    inside = held(residuals, bands, drawn(np.array(counted, np.int64), MOST_JUDGED))
    return [each for n, level in enumerate(bands.levels) for each in shares(inside[:, n], level, len(counted))]


def held(residuals: Errors, bands: Bands, windows: Rows) -> Floats:
    """The share of targets within the band of each of these windows, (n, levels, H); they are in order."""
    block_of = bands.block_of(residuals.shape[0])[windows]
    parts = [np.empty((0, len(bands.levels), residuals.shape[1]))]
    for block in np.unique(block_of).tolist():  # one block after another: all widths at once may not fit into memory
        errors = np.abs(residuals[windows[block_of == block]])
        parts.append((errors[:, None] <= bands.half_widths[block]).mean(axis=3))
    return np.concatenate(parts)


def shares(held: Floats, level: float, windows: int) -> list[Coverage]:
    """Coverage over all steps, and by step, from the shares (n, H) held in n windows drawn from so many."""
    if not len(held):
        return []
    horizon = held.shape[1]
    by_step = [_coverage(held[:, step], level, step + 1, step + 1, windows) for step in range(horizon)]
    return [_coverage(held.mean(axis=1), level, 0, horizon, windows), *by_step]


def _coverage(held: Floats, level: float, step: int, shared: int, windows: int) -> Coverage:
    """With the uncertainty of as many independent windows as these (n,) are worth.

    Neighbours share all but one of the `shared` rows that they look ahead, so that `windows` count as windows / shared.
    """
    share = float(held.mean())
    independent = min(windows / shared, len(held) / _inflation(held))
    interval = _beta_range(share * independent + 0.5, (1 - share) * independent + 0.5, 0.95)  # Jeffreys
    return Coverage(level, step, windows, share, interval)


def _inflation(held: Floats) -> float:
    """How many times the variance of the mean is that of independent windows; 1 where it cannot be told."""
    block = len(held) // 10
    apart = float(held.var()) / len(held)
    return variance_of_mean(held[None], block) / apart if block >= 1 and apart > 0 else 1.0


def _beta_range(above: float, below: float, share: float) -> tuple[float, float]:
    """The middle `share` of a Beta distribution."""
    tail = (1 - share) / 2
    return float(betaincinv(above, below, tail)), float(betaincinv(above, below, 1 - tail))
