"""The orders of an ARIMA model, found step by step by AICc: Hyndman & Khandakar's search (2008), kept small.

Candidates are judged by conditional least squares, which takes milliseconds where maximum likelihood takes seconds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from core.evaluation.rolling import Floats

MOST = {"p": 3, "q": 3, "seasonal_p": 1, "seasonal_q": 1}
MOST_TERMS = 6
CANDIDATES = 40


@dataclass(frozen=True)
class Order:
    """An ARIMA model's orders; `mean`: whether the differenced series has one that is not zero."""

    p: int = 0
    q: int = 0
    seasonal_p: int = 0
    seasonal_q: int = 0
    mean: bool = False

    @property
    def terms(self) -> int:
        return self.p + self.q + self.seasonal_p + self.seasonal_q


def search(rows: Floats, season: int, means: Sequence[bool]) -> tuple[Order, Floats]:
    """The order with the smallest AICc that steps from a few first ones lead to, and its parameters.

    `rows` are differenced; `means`: with or without a mean, or both. Raises ValueError when none fits.
    """
    judged = {order: _conditional(order, rows, season) for order in _first(season, means)}
    best = min(judged, key=lambda order: judged[order][0])
    moved = True
    while moved and len(judged) < CANDIDATES:
        moved = False
        for order in _neighbours(best, season, means):
            if order not in judged and len(judged) < CANDIDATES:
                judged[order] = _conditional(order, rows, season)
                if judged[order][0] < judged[best][0]:
                    best, moved = order, True
                    break
    if not np.isfinite(judged[best][0]):
        raise ValueError("no order fits")
    return best, judged[best][1]


def _first(season: int, means: Sequence[bool]) -> list[Order]:
    orders = [Order(2, 2), Order(), Order(1, 0), Order(0, 1)]
    if season > 1:
        orders = [Order(2, 2, 1, 1), Order(), Order(1, 0, 1, 0), Order(0, 1, 0, 1)]
    return [replace(order, mean=mean) for order in orders for mean in means]


def _neighbours(order: Order, season: int, means: Sequence[bool]) -> Iterator[Order]:
    """One term more or less, of one kind or of both kinds that belong together; then with or without a mean."""
    seasonal = (("seasonal_p",), ("seasonal_q",), ("seasonal_p", "seasonal_q")) if season > 1 else ()
    for names in (*seasonal, ("p",), ("q",), ("p", "q")):
        for change in (-1, 1):
            values = {name: getattr(order, name) + change for name in names}
            if all(0 <= value <= MOST[name] for name, value in values.items()):
                found = replace(order, **values)
                if found.terms <= MOST_TERMS:
                    yield found
    if len(means) > 1:
        yield replace(order, mean=not order.mean)


def _conditional(order: Order, rows: Floats, season: int) -> tuple[float, Floats]:
    """AICc and parameters by conditional least squares: what came before the first row is taken as zero."""
    from scipy.optimize import least_squares

    centred = rows - rows.mean() if order.mean else rows
    left_out = min(MOST["p"] + (season if season > 1 else 0), len(rows) // 4)  # of all candidates, which begin unlike
    errors = partial(_errors, order, centred, season, left_out)
    free = np.zeros(0)
    if order.terms:
        free = least_squares(errors, np.full(order.terms, 0.1), method="trf", max_nfev=25).x
    variance = float(np.mean(errors(free) ** 2))
    count, parameters = len(rows) - left_out, order.terms + order.mean + 1
    left = count - parameters - 1
    if left <= 0 or not np.isfinite(variance) or variance <= 0:
        return np.inf, np.zeros(0)
    aicc = count * np.log(variance) + 2 * parameters * count / left
    return float(aicc), np.concatenate((*_constrained(order, free), [variance]))


def _errors(order: Order, rows: Floats, season: int, left_out: int, free: Floats) -> Floats:
    """Errors one step ahead of the rows from `left_out` on."""
    from scipy.signal import lfilter

    ar, ma, seasonal_ar, seasonal_ma = _constrained(order, free)
    above = np.convolve(_polynomial(-ar, 1), _polynomial(-seasonal_ar, season))
    below = np.convolve(_polynomial(ma, 1), _polynomial(seasonal_ma, season))
    errors = np.asarray(lfilter(above, below, rows))[left_out:]
    return np.asarray(np.nan_to_num(errors, nan=1e6, posinf=1e6, neginf=-1e6))


def _constrained(order: Order, free: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Terms of each kind that neither explode nor depend on the far past more than on the near (Monahan, 1984)."""
    from statsmodels.tsa.statespace.tools import constrain_stationary_univariate as stationary

    ends = np.cumsum([order.p, order.q, order.seasonal_p, order.seasonal_q])
    ar, ma, seasonal_ar, seasonal_ma = (
        stationary(np.clip(part, -10, 10)) if len(part) else part for part in np.split(free, ends[:-1])
    )
    return ar, -ma, seasonal_ar, -seasonal_ma


def _polynomial(terms: Floats, lag: int) -> Floats:
    """1 + t1 B^lag + t2 B^2lag …"""
    found = np.zeros(len(terms) * lag + 1)
    found[0], found[lag::lag] = 1.0, terms
    return found
