"""Classical methods on one or several series, each by itself: fitted once, rolled over the rows that follow."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from core.data.windows import Origins
from core.evaluation import arima, ets, theta
from core.evaluation.rolling import LEAST_ROWS, Floats, Rolled, Series, Unsuitable

METHODS: dict[str, tuple[Callable[[Series], Rolled], int]] = {  # each with the rows it is fitted on at most
    "theta": (theta.roll, theta.TAIL),
    "ets": (ets.roll, ets.TAIL),
    "arima": (arima.roll, arima.TAIL),
}


def forecast(
    name: str, values: Floats, end: int, origins: Origins, horizon: int, season: int
) -> tuple[Floats, tuple[str, ...]]:
    """Forecasts (N, H, K) at `origins` of the series `values` (T, K), fitted on the rows before `end`; and the models.

    Raises Unsuitable where one of the series cannot be fitted.
    """
    made = np.empty((len(origins), horizon, values.shape[1]))
    models = []
    for target in range(values.shape[1]):
        own = np.ascontiguousarray(values[:, target], np.float64)
        rolled = one(name, Series(own, end, origins, horizon, season))
        made[:, :, target] = rolled.forecast
        models.append(rolled.model)
    return made, tuple(models)


def one(name: str, series: Series) -> Rolled:
    """Of a single series. Where a forecast is not finite, the last value stands in its place. Raises Unsuitable."""
    roll, tail = METHODS[name]
    last = np.repeat(series.values[series.origins - 1][:, None], series.horizon, axis=1)
    known = series.tail(tail).known
    if len(known) < LEAST_ROWS:
        raise Unsuitable(f"It needs at least {LEAST_ROWS} rows before the test part; there are {len(known)}.")
    size = float(np.abs(known).max())
    if np.ptp(known) <= 1e-12 * size:
        return Rolled(last, "the last value, as nothing changes before the test part")
    rolled = roll(replace(series, values=series.values / size))  # optimisers suit numbers about one
    forecast = rolled.forecast * size
    return Rolled(np.where(np.isfinite(forecast), forecast, last), rolled.model)


def fitted_on(name: str, end: int) -> int:
    """How many rows before `end` a method is fitted on."""
    return min(end, METHODS[name][1])
