"""ARIMA: orders found step by step by AICc, fitted once by maximum likelihood, its Kalman filter rolled on.

The model whose orders win (core.evaluation.arima_orders) is fitted by statsmodels, and its filter goes over all later
rows: from the state before each of them its forecasts follow.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.evaluation.arima_orders import Order, search
from core.evaluation.rolling import Floats, Rolled, Series, Unsuitable, quietly

TAIL = 2_000  # rows to fit on: with a season of 24 a fit of so many takes seconds
LONGEST_SEASON = 24  # with seasonal terms: the filter's time grows with the square of the season
STRONG_SEASON = 0.64  # from which on rows are compared with those one season back (Wang, Smith & Hyndman, 2006)
LEVEL = 0.05  # of the test for a level that does not wander
ITERATIONS = 30


@dataclass(frozen=True)
class Differences:
    """What is taken from each row so that the rest does not wander."""

    times: int
    seasonal: int
    season: int

    @property
    def rows(self) -> int:
        """Rows at the start that have nothing to be taken from."""
        return self.times + self.seasonal * self.season

    @property
    def weights(self) -> Floats:
        """(rows + 1,) of a row and of those before it: (1 - B)^d (1 - B^m)^D."""
        found = np.ones(1)
        for lag in [1] * self.times + [self.season] * self.seasonal:
            found = np.convolve(found, np.concatenate(([1.0], np.zeros(lag - 1), [-1.0])))
        return found

    def of(self, values: Floats) -> Floats:
        """The differenced rows, (n - rows,)."""
        return np.convolve(values, self.weights, mode="valid")


@dataclass(frozen=True)
class Fitted:
    """A model and its parameters: those of `Order` in its sequence, then the variance."""

    order: Order
    differences: Differences
    centre: float  # of the differenced rows
    scale: float  # of them, without their centre
    parameters: Floats

    @property
    def words(self) -> str:
        order, by = self.order, self.differences
        text = f"ARIMA({order.p},{by.times},{order.q})"
        if order.seasonal_p or by.seasonal or order.seasonal_q:
            text += f"({order.seasonal_p},{by.seasonal},{order.seasonal_q})[{by.season}]"
        return text + (" with drift" if order.mean and by.rows else "")


def roll(series: Series) -> Rolled:
    """Raises Unsuitable."""
    part = series.tail(TAIL)
    try:
        with quietly():
            fitted = fit(part.known, part.season)
            forecast = ahead(fitted, part)
    except (ValueError, np.linalg.LinAlgError) as error:
        raise Unsuitable("No ARIMA model could be fitted to this series.") from error
    return Rolled(forecast, fitted.words)


def fit(known: Floats, season: int) -> Fitted:
    """The model of the orders that the search prefers."""
    differences = choose_differences(known, season)
    rows = differences.of(known)
    scale = float(rows.std())
    if scale <= 1e-9 * float(np.abs(known).max()):  # nothing is left to explain
        return Fitted(Order(mean=True), differences, float(rows.mean()), 1.0, np.ones(1))
    seasonal = 1 < season <= LONGEST_SEASON and len(rows) >= 3 * season
    order, start = search(rows / scale, season if seasonal else 1, _means(differences))
    centre = float(rows.mean()) if order.mean else 0.0
    parameters = _most_likely(order, (rows - centre) / scale, season, start)
    return Fitted(order, differences, centre, scale, parameters)


def choose_differences(known: Floats, season: int) -> Differences:
    """A seasonal one where the season is strong; others until the level does not wander any more (KPSS)."""
    seasonal = int(season > 1 and len(known) >= 3 * season + 10 and _strength(known, season) > STRONG_SEASON)
    for times in range(2 - seasonal):
        found = Differences(times, seasonal, season)
        if not _wanders(found.of(known)):
            return found
    return Differences(2 - seasonal, seasonal, season)


def _means(by: Differences) -> tuple[bool, ...]:
    """Whether the differenced rows may have a mean: one of undifferenced rows, or a drift, but no drift that grows."""
    return ((True,), (False, True), (False,))[by.times + by.seasonal]


def ahead(fitted: Fitted, part: Series) -> Floats:
    """Forecasts (N, H) at the origins of `part`: those of the differenced rows, put together again."""
    by = fitted.differences
    rows = (by.of(part.values) - fitted.centre) / fitted.scale
    model = _model(fitted.order, rows, by.season)
    model.update(fitted.parameters)
    model.ssm.memory_no_predicted_cov = model.ssm.memory_no_filtered = model.ssm.memory_no_smoothing = True
    predicted = model.ssm.filter().predicted_state  # (states, n + 1): of each row, from those before it
    seen, step = [model.ssm["design"][0]], model.ssm["transition"]
    for _ in range(1, part.horizon):
        seen.append(seen[-1] @ step)
    changes = (np.array(seen) @ predicted[:, part.origins - by.rows]).T  # (N, H)
    return _put_together(changes * fitted.scale + fitted.centre, by.weights, part)


def _put_together(changes: Floats, weights: Floats, part: Series) -> Floats:
    """Values (N, H) of forecast differences: what was taken from each row is added again."""
    forecast = np.array(changes)
    lags = np.flatnonzero(weights[1:]) + 1
    for step in range(part.horizon):
        for lag in lags:
            earlier = forecast[:, step - lag] if step >= lag else part.values[part.origins + step - lag]
            forecast[:, step] -= weights[lag] * earlier
    return forecast


def _model(order: Order, rows: Floats, season: int) -> Any:
    """statsmodels' model of rows that are differenced and centred."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    seasonal = (order.seasonal_p, 0, order.seasonal_q)
    return SARIMAX(rows, order=(order.p, 0, order.q), seasonal_order=(*seasonal, season if any(seasonal) else 0))


def _most_likely(order: Order, rows: Floats, season: int, start: Floats) -> Floats:
    """Parameters by maximum likelihood; those to begin with where that gets lost."""
    if not order.terms:
        return start
    model = _model(order, rows, season)
    try:
        found = model.fit(start_params=start, disp=False, maxiter=ITERATIONS, cov_type="none")
    except (ValueError, np.linalg.LinAlgError):
        return start
    better = np.isfinite(found.params).all() and found.llf >= model.loglike(start)
    return np.asarray(found.params) if better else start


def _strength(known: Floats, season: int) -> float:
    """How much of the variation around the trend is the season's, 0 to 1."""
    from statsmodels.tsa.seasonal import STL

    parts = STL(known, period=season, seasonal=11).fit()
    rest, both = np.var(parts.resid), np.var(parts.resid + parts.seasonal)
    return float(max(0.0, 1 - rest / both)) if both > 0 else 0.0


def _wanders(rows: Floats) -> bool:
    from statsmodels.tsa.stattools import kpss

    if len(rows) < 10 or np.ptp(rows) == 0:
        return False
    return bool(kpss(rows, regression="c", nlags=int(3 * np.sqrt(len(rows)) / 13))[1] < LEVEL)
