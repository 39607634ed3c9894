"""Errors of imaginary fits, to find out how often the verdict is wrong: the true gap is known here.

A window's error is a product of what is hard about it for everyone, what one framework finds harder than the other,
what one fit finds harder, and how well that fit came out. All three patterns over windows are AR(0.8).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """Standard deviations, each as a share of the error."""

    seeds: float  # of a fit's mean error, between seeds
    windows: int
    folds: int = 1
    shared_by_folds: float = 0.5  # share of the seeds' variance that one seed has in common in every fold
    common: float = 0.5  # a window's difficulty, the same for both frameworks
    framework: float = 0.05  # and what differs between frameworks, for all their seeds alike
    fit: float = 0.1  # and between fits
    memory: float = 0.8  # correlation of neighbouring windows


def errors(world: World, seeds: int, gap: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Errors (S, N) of PyTorch and of TensorFlow, whose true ratio of mean errors is 1 + `gap`."""
    common = pattern((1, 1, world.windows), world.memory, rng) * world.common
    framework = pattern((2, 1, world.windows), world.memory, rng) * world.framework
    fit = pattern((2, seeds, world.windows), world.memory, rng) * world.fit
    luck = world.seeds * _luck(world, seeds, rng)
    both = np.exp(common + framework + fit) * np.maximum(1 + luck, 0.01)
    return both[0], both[1] * (1 + gap)


def fold_of(world: World) -> npt.NDArray[np.int64]:
    """Nearly equal consecutive folds, (N,)."""
    return np.arange(world.windows) * world.folds // world.windows


def _luck(world: World, seeds: int, rng: np.random.Generator) -> Floats:
    """How well each fit came out, (2, S, N): unit variance, the same for all windows of a fold."""
    seed = rng.standard_normal((2, seeds, 1))
    fold = rng.standard_normal((2, seeds, world.folds))
    own = np.sqrt(world.shared_by_folds) * seed + np.sqrt(1 - world.shared_by_folds) * fold
    return np.asarray(own[..., fold_of(world)])


def pattern(shape: tuple[int, ...], memory: float, rng: np.random.Generator) -> Floats:
    """Stationary AR(1) noise of unit variance along the last axis."""
    shocks = rng.standard_normal(shape) * np.sqrt(1 - memory**2)
    shocks[..., 0] /= np.sqrt(1 - memory**2)
    return np.asarray(lfilter([1.0], [1.0, -memory], shocks))


@dataclass(frozen=True)
class Series:
    """An AR(1) series about its mean; `memory` 1 is a random walk."""

    memory: float

    def values(self, count: int, rows: int, rng: np.random.Generator) -> Floats:
        """Of `count` series, (count, rows)."""
        if self.memory < 1:
            return pattern((count, rows), self.memory, rng)
        return np.cumsum(rng.standard_normal((count, rows)), axis=1)


def residuals(series: Series, train: int, windows: int, horizon: int, count: int, rng: np.random.Generator) -> Floats:
    """Errors (count, N, H, 1) of consecutive forecasts by an AR(1) model fitted to the first `train` rows of each.

    A random walk is forecast by its last value.
    """
    values = series.values(count, train + windows + horizon - 1, rng)
    mean, memory = _fitted(values[:, :train]) if series.memory < 1 else (np.zeros((count, 1)), np.ones((count, 1)))
    last = values[:, train - 1 : train + windows - 1] - mean  # (count, N)
    steps = range(horizon)
    return np.stack(
        [values[:, train + h : train + h + windows] - mean - memory ** (h + 1) * last for h in steps], axis=2
    )[..., None]


def _fitted(values: Floats) -> tuple[Floats, Floats]:
    """Mean and lag-1 coefficient by least squares, each (count, 1)."""
    mean = values.mean(axis=1, keepdims=True)
    before, after = values[:, :-1] - mean, values[:, 1:] - mean
    return mean, (before * after).sum(axis=1, keepdims=True) / (before**2).sum(axis=1, keepdims=True)
