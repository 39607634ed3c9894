"""From a dataset to what a framework trains on: one scaled array and the origins of its windows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.calendar import calendar_columns
from core.data.dataset import Split
from core.data.frequency import Index
from core.data.scaling import Scaler
from core.data.windows import WindowParts, origins_between, window_parts
from core.runs.spec import DatasetSpec, Plan, Settings


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
    dataset: DatasetSpec,
    plan: Plan,
    settings: Settings,
    split: Split | None,
) -> Prepared:
    """Scale by the training rows, add calendar inputs, find the windows of each part.

    `values` (T, V) are a dataset's columns in their own units. Without `split` (the final fit) all rows train.
    """
    calendar = calendar_columns(index, plan.calendar)  # (T, 2 · names)
    scaler = Scaler.fit(values if split is None else values[: split.train], settings.scaler)
    prepared = np.empty((len(values), values.shape[1] + calendar.shape[1]), dtype=np.float32)
    scaler.transform(values, out=prepared[:, : values.shape[1]])
    prepared[:, values.shape[1] :] = calendar
    parts = _parts(len(values), split, settings.lookback, settings.horizon)
    return Prepared(prepared, scaler, parts, len(dataset.targets))


def _parts(rows: int, split: Split | None, lookback: int, horizon: int) -> WindowParts:
    if split is not None:
        return window_parts(split, lookback, horizon)
    none = np.empty(0, dtype=np.int64)
    return WindowParts(origins_between(lookback, rows, horizon), none, none)
