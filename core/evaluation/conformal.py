"""Prediction intervals that hold for any model: half widths from errors it made on windows it was not trained on.

Split conformal (Vovk, Gammerman & Shafer 2005; Lei et al. 2018), for each step of the horizon and each target apart.
The calibration windows are earlier test windows: neither training nor early stopping has seen them, and all that they
forecast has happened before the forecast that gets the band is made.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from core.evaluation.variance import variance_of_mean

Floats = npt.NDArray[np.float64]
Kind = Literal["full", "uncertain", "none"]

LEVELS = (0.8, 0.95)
FULL_WINDOWS = 250
FULL_HORIZONS = 12  # windows of this many horizons: so many errors of the last step that share no row
LEAST_WINDOWS = 40
BLOCKS = 20  # how often the bands of a backtest are made anew, at most


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
    starts: npt.NDArray[np.int64]  # (B,) first window of each block
    half_widths: Floats  # (B, levels, H, K)
    promises: tuple[Promise, ...]  # B

    def block_of(self, windows: int) -> npt.NDArray[np.int64]:
        """Which block each of the N windows belongs to, (N,); -1 before the first: no band."""
        return np.searchsorted(self.starts, np.arange(windows), side="right") - 1


@dataclass(frozen=True)
class Coverage:
    """How many of the actual values were in their band, over the windows that had one."""

    level: float
    step: int  # from 1
    n: int  # windows
    coverage: float
    interval: tuple[float, float]  # 95%, of the coverage


def half_widths(residuals: Floats, levels: Sequence[float] = LEVELS) -> Floats:
    """Half widths (levels, H, K) of the bands, from errors (N, H, K) in any unit.

    The k-th smallest absolute error with k = ⌈(N + 1) level⌉: one of N + 1 exchangeable errors is at most that with
    probability `level` or more. Infinite where N is too small for the level.
    """
    absolute = np.sort(np.abs(residuals), axis=0)
    ranks = [math.ceil((len(residuals) + 1) * level - 1e-9) for level in levels]
    infinite = np.full(residuals.shape[1:], np.inf)
    return np.stack([absolute[rank - 1] if rank <= len(residuals) else infinite for rank in ranks])


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


def backtest(residuals: Floats, levels: Sequence[float] = LEVELS) -> Bands:
    """The bands that test windows would have had, from errors (N, H, K) in the order of consecutive origins.

    Made anew at most 20 times, the first time once 40 windows are known. Window i is known to window n if
    i ≤ n − horizon: the last row it forecasts then lies before n's first. Folds follow one another without a gap, so
    that the windows of earlier folds are among the known ones. Bands of the future: `half_widths` of all residuals.
    """
    windows, horizon, _ = residuals.shape
    starts = np.arange(LEAST_WINDOWS + horizon - 1, windows, max(horizon, math.ceil(windows / BLOCKS)))
    known = starts
    made = [half_widths(residuals[:count], levels) for count in known.tolist()]
    return Bands(
        levels=tuple(levels),
        starts=starts.astype(np.int64),
        half_widths=np.stack(made) if made else np.zeros((0, len(levels), *residuals.shape[1:])),
        promises=tuple(promise(count, horizon, levels) for count in known.tolist()),
    )


def coverage(residuals: Floats, bands: Bands, kinds: Sequence[Kind] = ("full", "uncertain")) -> list[Coverage]:
    """The coverage achieved by each level and step, over targets and the windows whose band is one of `kinds`."""
    block_of = bands.block_of(len(residuals))
    counted = [i for i, block in enumerate(block_of.tolist()) if block >= 0 and bands.promises[block].kind in kinds]
    if not counted:
        return []
    widths = bands.half_widths[block_of[counted]]  # (n, levels, H, K)
    held = (np.abs(residuals[counted])[:, None] <= widths).mean(axis=3)  # (n, levels, H)
    return [
        _coverage(held[:, place, step], level, step + 1)
        for place, level in enumerate(bands.levels)
        for step in range(held.shape[2])
    ]


def _coverage(held: Floats, level: float, step: int) -> Coverage:
    """With the uncertainty of as many independent windows as these (n,) are worth: at most n / step."""
    share, count = float(held.mean()), len(held)
    independent = count / max(step, _inflation(held))
    interval = _beta_range(share * independent + 0.5, (1 - share) * independent + 0.5, 0.95)  # Jeffreys
    return Coverage(level, step, count, share, interval)


def _inflation(held: Floats) -> float:
    """How many times the variance of the mean is that of independent windows; 1 where it cannot be told."""
    block = len(held) // 10
    apart = float(held.var()) / len(held)
    return variance_of_mean(held[None], block) / apart if block >= 1 and apart > 0 else 1.0


def _beta_range(above: float, below: float, share: float) -> tuple[float, float]:
    """The middle `share` of a Beta distribution."""
    tail = (1 - share) / 2
    return float(betaincinv(above, below, tail)), float(betaincinv(above, below, 1 - tail))
