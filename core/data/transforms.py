"""Targets as the models learn them: as measured, as logarithms, or as changes from row to row; and the exact way back.

Training, scaling and losses are in transformed units. Everything that people read is in the data's own units.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Transform = Literal["none", "log", "difference", "percent"]

WORDS = {
    "log": "logarithms",
    "difference": "changes from row to row",
    "percent": "changes in percent from row to row",
}


def forward(transform: Transform, values: Floats) -> Floats:
    """Columns (T, K) as they are learned. The first row has no change: it holds 0, and no window may see it."""
    if transform == "none":
        return values
    if transform == "log":
        return np.asarray(np.log(values))
    changes = np.zeros(values.shape)
    before, after = values[:-1], values[1:]
    changes[1:] = after - before if transform == "difference" else after / before - 1
    return changes


def back(transform: Transform, forecast: Floats, last: Floats) -> Floats:
    """Forecasts (N, H, K) in the data's own units; `last` (N, K) holds the last known value before each of them."""
    with np.errstate(over="ignore"):  # a diverged forecast is infinite, and has no score
        if transform == "log":
            return np.asarray(np.exp(forecast))
        if transform == "difference":
            return np.asarray(last[:, None] + np.cumsum(forecast, axis=1))
        if transform == "percent":
            return np.asarray(last[:, None] * np.cumprod(1 + forecast, axis=1))
    return forecast


def lost_rows(transform: Transform) -> int:
    """Rows at the start of a series that have no transformed value: a change needs the row before."""
    return 1 if transform in ("difference", "percent") else 0


def unfit(transform: Transform, values: Floats) -> npt.NDArray[np.bool_]:
    """The cells (T,) of a target that stand against the transformation.

    A logarithm needs values above zero; a change in percent needs values that all have one sign.
    """
    if transform == "log":
        return np.asarray(values <= 0)
    if transform == "percent":
        above = (values > 0).sum() >= (values < 0).sum()  # the sign that most of them have
        return np.asarray(values <= 0 if above else values >= 0)
    return np.zeros(len(values), dtype=np.bool_)
