"""Exponential smoothing: the ETS model that AICc prefers, fitted once and rolled on with its parameters fixed.

The models are those without a multiplicative trend that are stable: Hyndman & Athanasopoulos (2021), chapter 8.
statsmodels fits them; the states after each later row follow from its recursion, repeated here.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from core.evaluation.rolling import Floats, Rolled, Series, Unsuitable, quietly

TAIL = 5_000  # rows to fit on: older ones have no weight any more, and a fit takes some 50 ms
ITERATIONS = 200

Component = Literal["add", "mul"]


@dataclass(frozen=True)
class Form:
    """An ETS model: its error, trend and season."""

    error: Component
    trend: bool
    damped: bool
    season: Component | None

    @property
    def words(self) -> str:
        letter = {"add": "A", "mul": "M", None: "N"}
        trend = ("Ad" if self.damped else "A") if self.trend else "N"
        return f"ETS({letter[self.error]},{trend},{letter[self.season]})"


@dataclass(frozen=True)
class Smoothing:
    """A fitted model."""

    form: Form
    alpha: float
    beta_star: float  # beta / alpha
    gamma_star: float  # gamma / (1 - alpha)
    phi: float  # 1 where the trend is not damped, 0 without one
    level: float  # before the first row, as are the next two
    slope: float
    seasonal: Floats  # (m,), oldest first; one neutral value without a season


@dataclass(frozen=True)
class States:
    """What is known before each row."""

    level: Floats  # (n + 1,)
    slope: Floats  # (n + 1,)
    seasonal: Floats  # (n + m,): the value for row t, one season earlier, is at t


def roll(series: Series) -> Rolled:
    """Forecasts of the best model. Raises Unsuitable."""
    part = series.tail(TAIL)
    best = choose(part.known, part.season)
    forecast = ahead(best, states(best, part.values), part)
    return Rolled(forecast, best.form.words)


def choose(known: Floats, season: int) -> Smoothing:
    """The model with the smallest AICc. Raises Unsuitable when none can be fitted."""
    found: list[tuple[float, Smoothing]] = []
    for form in forms(known, season):
        with quietly():
            try:
                found.append(fit(form, known, season))
            except (ValueError, np.linalg.LinAlgError, ZeroDivisionError):  # this one does not suit the series
                continue
    found = [each for each in found if np.isfinite(each[0])]
    if not found:
        raise Unsuitable("No model of exponential smoothing could be fitted to this series.")
    return min(found, key=lambda each: each[0])[1]


def forms(known: Floats, season: int) -> Iterator[Form]:
    """Models that the series allows: multiplicative ones need values above zero, a season two whole ones to see it."""
    positive = bool(known.min() > 0)
    seasonal = season > 1 and len(known) >= max(2 * season, 10 + 2 * (season // 2))  # as statsmodels begins one
    errors: tuple[Component, ...] = ("add", "mul") if positive else ("add",)
    for error in errors:
        seasons: list[Component | None] = [None, *(["add"] if seasonal else [])]  # type: ignore[list-item]
        if seasonal and error == "mul":
            seasons.append("mul")
        for trend, damped in ((False, False), (True, False), (True, True)):
            yield from (Form(error, trend, damped, each) for each in seasons)


def fit(form: Form, known: Floats, season: int) -> tuple[float, Smoothing]:
    """AICc and the fitted model. Its first states are read off the series and count as parameters all the same."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    model = ETSModel(
        known,
        error=form.error,
        trend="add" if form.trend else None,
        damped_trend=form.damped,
        seasonal=form.season,
        seasonal_periods=season if form.season else None,
        initialization_method="heuristic",
    )
    result = model.fit(disp=False, maxiter=ITERATIONS)
    first = 1 + form.trend + (season if form.season else 0)
    return _aicc(float(result.llf), len(known), len(result.params) + first + 1), _smoothing(form, model, result)


def states(model: Smoothing, values: Floats) -> States:
    """The states before each of the rows (n,) and after the last one; NaN from a row on that would divide by zero."""
    multiplies = model.form.season == "mul"
    level, slope, seasonal = model.level, model.slope, model.seasonal.tolist()
    levels, slopes = [level], [slope]
    alpha, beta, gamma, phi = model.alpha, model.beta_star, model.gamma_star, model.phi
    for row, value in enumerate(values.tolist()):
        before, season = level, seasonal[row]
        adjusted = _ratio(value, season) if multiplies else value - season
        level = alpha * adjusted + (1 - alpha) * (before + phi * slope)
        slope = beta * (level - before) + (1 - beta) * phi * slope
        found = _ratio(value, level) if multiplies else value - level
        seasonal.append(gamma * found + (1 - gamma) * season)
        levels.append(level)
        slopes.append(slope)
    return States(np.array(levels), np.array(slopes), np.array(seasonal))


def ahead(model: Smoothing, known: States, part: Series) -> Floats:
    """Forecasts (N, H) at the origins of `part`."""
    steps, season = np.arange(part.horizon), len(model.seasonal)
    damping = np.cumsum(model.phi ** (steps + 1.0))
    trend = known.level[part.origins][:, None] + damping * known.slope[part.origins][:, None]
    seasonal = known.seasonal[part.origins[:, None] + steps % season]
    return np.asarray(trend * seasonal if model.form.season == "mul" else trend + seasonal)


def _ratio(above: float, below: float) -> float:
    return above / below if below else math.nan


def _smoothing(form: Form, model: Any, result: Any) -> Smoothing:
    found = dict(zip(model.param_names, map(float, result.params), strict=True))
    alpha = found["smoothing_level"]
    neutral = np.zeros(1)
    return Smoothing(
        form,
        alpha,
        beta_star=found.get("smoothing_trend", 0.0) / alpha,
        gamma_star=found.get("smoothing_seasonal", 0.0) / (1 - alpha),
        phi=found.get("damping_trend", 1.0 if form.trend else 0.0),
        level=float(model.initial_level),
        slope=float(model.initial_trend) if form.trend else 0.0,
        seasonal=np.array(model.initial_seasonal, np.float64) if form.season else neutral,
    )


def _aicc(log_likelihood: float, rows: int, parameters: int) -> float:
    """Infinite where there are too few rows for so many parameters."""
    left = rows - parameters - 1
    return -2 * log_likelihood + 2 * parameters * rows / left if left > 0 else np.inf
