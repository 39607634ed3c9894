"""Simple forecasts that a model has to beat, and the reference that a model's own forecasts are made relative to."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.data.dataset import Split
from core.data.windows import Origins, gather, origins_between

Floats = npt.NDArray[np.float64]

BLOCK = 1 << 18  # forecast values at a time


@dataclass(frozen=True)
class Method:
    """A simple method: arithmetic on known rows, or fitted once a fold (core.evaluation.classical and lags)."""

    name: str
    label: str  # in a table
    noun: str  # in a sentence: "the naive forecast"
    words: str  # what it does: "nothing beats repeating the last value"
    help: str
    fitted: bool = True


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("naive", "Naive", "naive forecast", "repeating the last value", "Repeats the last value.", False),
        Method(
            "seasonal_naive",
            "Seasonal naive",
            "seasonal naive forecast",
            "repeating the last season",
            "Repeats the last season: the same hour yesterday, the same month last year.",
            False,
        ),
        Method(
            "drift",
            "Drift",
            "drift forecast",
            "a straight line through the first and the last value",
            "Goes on along the straight line through the first and the last known value.",
            False,
        ),
        Method(
            "theta",
            "Theta",
            "Theta forecast",
            "the Theta method",
            "Half a straight line, half exponential smoothing; the season is taken out first.",
        ),
        Method(
            "ets",
            "Exponential smoothing (ETS)",
            "ETS forecast",
            "exponential smoothing",
            "Level, trend and season, each a mean in which recent values count more.",
        ),
        Method(
            "arima",
            "ARIMA",
            "ARIMA forecast",
            "an ARIMA model",
            "Each value from the last ones and the last errors, after differences have taken out trend and season.",
        ),
        Method(
            "ridge",
            "Ridge regression",
            "ridge regression",
            "ridge regression on the same windows",
            "A weighted sum of the values in the window that the networks see, one for each step ahead.",
        ),
        Method(
            "boosting",
            "Gradient boosting",
            "gradient boosting",
            "gradient boosted trees on the same windows",
            "Many small decision trees on the values in the window that the networks see.",
        ),
    )
}


def simple_names(season: int) -> tuple[str, ...]:
    """The methods that are arithmetic alone and say something of their own at this season length."""
    return tuple(m.name for m in METHODS.values() if not m.fitted and (season >= 2 or m.name != "seasonal_naive"))


def fitted_names() -> tuple[str, ...]:
    """The methods that are fitted, the quickest first."""
    return tuple(method.name for method in METHODS.values() if method.fitted)


def forecast(name: str, values: Floats, origins: Origins, horizon: int, season: int) -> Floats:
    """Forecasts (N, H, K) of a method that is arithmetic, from the rows of `values` (T, K) before each origin."""
    if name == "drift":
        return _drift(values, origins, horizon)
    rows = {"naive": _naive, "seasonal_naive": _seasonal_naive}[name](origins, horizon, season)
    return np.asarray(values[rows])


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
    """The known row (N, H) that each step repeats."""
    return np.repeat(origins[:, None] - 1, horizon, axis=1)


def _seasonal_naive(origins: Origins, horizon: int, season: int) -> Origins:
    """The last known row of the same phase; the last row of all where the data does not reach a season back."""
    rows = origins[:, None] - season + np.arange(horizon) % season
    return np.where(rows >= 0, rows, origins[:, None] - 1)


def _drift(values: Floats, origins: Origins, horizon: int) -> Floats:
    """From the first value through the last one, and on."""
    last = values[origins - 1]  # (N, K)
    slope = (last - values[0]) / np.maximum(origins - 1, 1)[:, None]
    return np.asarray(last[:, None] + np.arange(1, horizon + 1)[:, None] * slope[:, None])
