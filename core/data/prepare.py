"""From a dataset to what a framework trains on: one scaled array and the origins of its windows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.data.calendar import calendar_columns
from core.data.dataset import Split
from core.data.frequency import Index
from core.data.scaling import Scaler
from core.data.windows import WindowParts, origins_between, window_parts


@dataclass(frozen=True)
class Prepared:
    """What every framework is given, in NumPy terms. V measured columns (targets first), then calendar columns."""

    values: npt.NDArray[np.float32]  # (T, V + calendar), scaled
    scaler: Scaler  # of the V measured columns
    parts: WindowParts
    targets: int  # K, the first K columns


def prepare(
    values: npt.NDArray[np.float64],
    index: Index,
    split: Split | None,
    *,
    targets: int,
    lookback: int,
    horizon: int,
    scaler: Literal["standard", "minmax", "none"],
    calendar: Sequence[str],
) -> Prepared:
    """Scale by the training rows, add calendar inputs, find the windows of each part.

    `values` (T, V) are a dataset's columns in their own units, its `targets` first. Without `split` (the final fit) all
    rows train. `calendar` names the calendar inputs, see core.data.calendar.
    """
    times = calendar_columns(index, calendar)  # (T, 2 · names)
    fitted = Scaler.fit(values if split is None else values[: split.train], scaler)
    prepared = np.empty((len(values), values.shape[1] + times.shape[1]), dtype=np.float32)
    fitted.transform(values, out=prepared[:, : values.shape[1]])
    prepared[:, values.shape[1] :] = times
    return Prepared(prepared, fitted, _parts(len(values), split, lookback, horizon), targets)


def _parts(rows: int, split: Split | None, lookback: int, horizon: int) -> WindowParts:
    if split is not None:
        return window_parts(split, lookback, horizon)
    none = np.empty(0, dtype=np.int64)
    return WindowParts(origins_between(lookback, rows, horizon), none, none)
