"""Simple forecasts that a model has to beat, and the reference that a model's own forecasts are made relative to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.data.dataset import Split
from core.data.windows import Origins, gather, origins_between

Floats = npt.NDArray[np.float64]

BLOCK = 1 << 18  # forecast values at a time


@dataclass(frozen=True)
class Baseline:
    """`rows` says which known row each step repeats: (origins (N,), horizon, season) to (N, H)."""

    name: str
    label: str
    sentence: str
    rows: Callable[[Origins, int, int], Origins]


def forecast(name: str, values: Floats, origins: Origins, horizon: int, season: int) -> Floats:
    """Forecasts (N, H, K) of the baseline `name` at `origins`, from the rows of `values` (T, K) before each origin."""
    return np.asarray(values[BASELINES[name].rows(origins, horizon, season)])


def baseline_names(season: int) -> tuple[str, ...]:
    """The baselines that say something of their own at this season length."""
    return tuple(name for name in BASELINES if season >= 2 or name != "seasonal_naive")


def choose_reference(
    values: Floats, split: Split, lookback: int, horizon: int, season: int
) -> tuple[Literal["last", "seasonal", "none"], str]:
    """The reference whose own simple forecast errs least on the validation part, and a sentence why.

    `values` (T, K) are the targets in their own units; errors are absolute, scaled by the training part's deviation.
    The seasonal reference is open only to windows that hold two seasons: one to compare the other with.
    """
    origins = origins_between(max(lookback, split.validation_start), split.test_start, horizon)
    if not len(origins):
        return "last", "Forecasts are made relative to the last value: the validation part holds no window to judge by."
    train = values[: split.train]
    deviation = np.where(train.std(axis=0) > 0, train.std(axis=0), 1.0)
    scaled = (values[: split.test_start] - train.mean(axis=0)) / deviation
    errors: dict[Literal["last", "seasonal", "none"], float] = {"last": _mae(scaled, origins, horizon, "naive", season)}
    if 2 <= season <= lookback // 2:
        errors["seasonal"] = _mae(scaled, origins, horizon, "seasonal_naive", season)
    errors["none"] = _mae(scaled, origins, horizon, None, season)
    best = min(errors, key=lambda name: errors[name])
    others = ", ".join(f"{_WORDS[name]} {error:.2f}" for name, error in errors.items() if name != best)
    sentence = f"Forecasts are made relative to {_WORDS[best]}: on the validation part it misses by {errors[best]:.2f}"
    return best, f"{sentence} standard deviations ({others})."


_WORDS = {"last": "the last value", "seasonal": "the value one season back", "none": "the mean of the training part"}


def _mae(scaled: Floats, origins: Origins, horizon: int, name: str | None, season: int) -> float:
    """Mean absolute error of a baseline on scaled values; without a name of the mean, which is 0 there."""
    total = np.float64(0)
    block = max(1, BLOCK // (horizon * scaled.shape[1]))
    for start in range(0, len(origins), block):
        some = origins[start : start + block]
        actual = gather(scaled, some, 0, horizon)
        expected = forecast(name, scaled, some, horizon, season) if name else 0.0
        total += np.abs(actual - expected).sum()
    return float(total / (len(origins) * horizon * scaled.shape[1]))


def _naive(origins: Origins, horizon: int, season: int) -> Origins:
    return np.repeat(origins[:, None] - 1, horizon, axis=1)


def _seasonal_naive(origins: Origins, horizon: int, season: int) -> Origins:
    """The last known row of the same phase; the last row of all where the data does not reach a season back."""
    rows = origins[:, None] - season + np.arange(horizon) % season
    return np.where(rows >= 0, rows, origins[:, None] - 1)


BASELINES: dict[str, Baseline] = {
    baseline.name: baseline
    for baseline in (
        Baseline("naive", "Naive", "Repeats the last value.", _naive),
        Baseline("seasonal_naive", "Seasonal naive", "Repeats the last season.", _seasonal_naive),
    )
}
