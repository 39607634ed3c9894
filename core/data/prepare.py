"""From a dataset to what a framework trains on: one scaled array and the origins of its windows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.calendar import calendar_columns
from core.data.dataset import Split
from core.data.frequency import Index
from core.data.public_holidays import NONE, holiday_columns
from core.data.scaling import Scaler
from core.data.transforms import Transform, back, forward, lost_rows
from core.data.windows import Origins, WindowParts, origins_between, window_parts

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ahead:
    """What is known in advance of the rows to be forecast: each of it is led by the horizon.

    At row t a led column holds the value of row t + horizon. So the last rows of a window, which end before its first
    forecast step, carry the values of the steps themselves.
    """

    known: tuple[int, ...] = ()  # places of the inputs known in advance among the measured columns
    future: Floats = field(default_factory=lambda: np.empty((0, 0)))  # (F >= horizon, known): after the last row
    holidays: str = NONE  # a country, see core.data.public_holidays
    frequency: str | None = None  # by which the rows go on after the last


@dataclass(frozen=True)
class Prepared:
    """What every framework is given, in NumPy terms.

    V measured columns (targets first, transformed), then those that are given as they are: calendar, holidays, led.
    """

    values: npt.NDArray[np.float32]  # (T, V + columns beside), scaled
    scaler: Scaler  # of the V measured columns
    parts: WindowParts
    targets: int  # K, the first K columns
    transform: Transform = "none"  # of the targets
    levels: Floats = field(default_factory=lambda: np.empty((0, 0)))  # (T, K) in own units, where the way back needs it

    def own_units(self, scaled: npt.NDArray[np.floating], origins: Origins) -> Floats:
        """Forecasts (N, H, K) of the windows at `origins`, in the data's own units."""
        forecast = self.scaler.inverse(scaled, slice(self.targets))
        last = self.levels[origins - 1] if len(self.levels) else np.empty((0, self.targets))
        return back(self.transform, forecast, last)


def prepare(
    values: Floats,
    index: Index,
    split: Split | None,
    *,
    targets: int,
    lookback: int,
    horizon: int,
    scaler: Literal["standard", "minmax", "none"],
    calendar: Sequence[str],
    transform: Transform = "none",
    ahead: Ahead = Ahead(),
) -> Prepared:
    """Transform the targets, scale by the training rows, add what is given beside, find the windows of each part.

    `values` (T, V) are a dataset's columns in their own units, its `targets` first. Without `split` (the final fit) all
    rows train. `calendar` names the calendar inputs, see core.data.calendar. A row without a transformed value is in no
    window and does not count for the scale.
    """
    measured, lost = _transformed(values, targets, transform), lost_rows(transform)
    beside = _beside(index, horizon, calendar, ahead)
    fitted = Scaler.fit(measured[lost:] if split is None else measured[lost : split.train], scaler)
    width = values.shape[1]
    prepared = np.empty((len(values), width + beside.shape[1] + len(ahead.known)), dtype=np.float32)
    fitted.transform(measured, out=prepared[:, :width])
    prepared[:, width : width + beside.shape[1]] = beside
    _lead(values, horizon, ahead, fitted, out=prepared[:, width + beside.shape[1] :])
    levels = np.array(values[:, :targets]) if lost else np.empty((0, targets))
    return Prepared(prepared, fitted, _parts(len(values), split, lookback, horizon, lost), targets, transform, levels)


def columns_beside(calendar: Sequence[str], holidays: str, known: int) -> int:
    """How many columns a prepared array has behind the measured ones."""
    return 2 * len(calendar) + (2 if holidays != NONE else 0) + known  # sine and cosine; a holiday now and then


def _transformed(values: Floats, targets: int, transform: Transform) -> Floats:
    """All columns; a copy where the targets change, which is let go once they are scaled."""
    if transform == "none":
        return values
    measured = np.array(values)
    measured[:, :targets] = forward(transform, measured[:, :targets])
    return measured


def _beside(index: Index, horizon: int, calendar: Sequence[str], ahead: Ahead) -> npt.NDArray[np.float32]:
    """Columns that the times alone give: calendar inputs, and holidays as they are and led."""
    times = calendar_columns(index, calendar)  # (T, 2 · names)
    if ahead.holidays == NONE:
        return times
    days = holiday_columns(cast(pd.DatetimeIndex, index), ahead.frequency, ahead.holidays, horizon)
    return np.hstack((times, days))


def _lead(values: Floats, horizon: int, ahead: Ahead, scaler: Scaler, out: npt.NDArray[np.float32]) -> None:
    """The inputs known in advance, `horizon` rows early and on the scale of their own past, into `out` (T, known)."""
    if not ahead.known:
        return
    places = list(ahead.known)
    led = np.concatenate((values[horizon:, places], ahead.future[:horizon]))
    Scaler(scaler.mean[places], scaler.scale[places]).transform(led, out=out)


def _parts(rows: int, split: Split | None, lookback: int, horizon: int, lost: int) -> WindowParts:
    if split is not None:
        parts = window_parts(split, lookback, horizon)
        return WindowParts(parts.train[lost:], parts.validation, parts.test)
    none = np.empty(0, dtype=np.int64)
    return WindowParts(origins_between(lookback + lost, rows, horizon), none, none)
