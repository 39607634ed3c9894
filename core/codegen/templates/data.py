"""From data.csv to windows: the same in both frameworks' scripts."""

import numpy as np
import pandas as pd
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from core.codegen.templates.settings import run, spec


def read() -> tuple[pd.DataFrame, np.ndarray, np.ndarray, np.ndarray]:
    """The table, what windows are cut from (rows, columns) on one scale, and shift and scale of the targets."""
    frame = pd.read_csv("data.csv", index_col=0, parse_dates=run.times)
    if run.holidays:
        holiday = frame.pop(run.holiday).to_numpy()
    values = frame.to_numpy(np.float64, copy=True)
    if run.transform == "log":
        values[:, : spec.targets] = np.log(values[:, : spec.targets])
    if run.transform == "difference":  # the first row has no change: no window sees it
        values[1:, : spec.targets] = np.diff(values[:, : spec.targets], axis=0)
    if run.transform == "percent":  # the first row has no change: no window sees it
        values[1:, : spec.targets] = values[1:, : spec.targets] / values[:-1, : spec.targets] - 1
    if run.scaler == "none":
        shift, scale = np.zeros(spec.targets), np.ones(spec.targets)
        columns = [values]
    if run.scaler == "standard":
        scaler = StandardScaler().fit(run.scaled_by)
        shift, scale = scaler.mean_[: spec.targets], scaler.scale_[: spec.targets]
        columns = [scaler.transform(values)]
    if run.scaler == "minmax":
        scaler = MinMaxScaler().fit(run.scaled_by)
        shift, scale = scaler.data_min_[: spec.targets], 1 / scaler.scale_[: spec.targets]
        columns = [scaler.transform(values)]
    if run.calendar:
        columns.append(calendar(frame.index))
    if run.holidays:  # as they are, and as they will be once the horizon has passed
        columns.append(np.column_stack((holiday, np.roll(holiday, -spec.horizon))))
    if run.known:  # in advance: the last rows of a window hold what they will be in the rows to forecast
        columns.append(np.roll(columns[0][:, run.known], -spec.horizon, axis=0))
    return frame, np.hstack(columns).astype(np.float32), shift, scale


def calendar(times: pd.DatetimeIndex) -> np.ndarray:
    """Sine and cosine of each turn that the calendar makes: December is next to January."""
    turns = run.turns
    return np.column_stack([wave(2 * np.pi * turn) for turn in turns for wave in (np.sin, np.cos)])


def parts() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Windows to learn from, to choose the best epoch by, and to test: each by the row of its first forecast step."""
    train = np.arange(run.first_origin, run.train - spec.horizon + 1)
    validation = np.arange(run.train, run.train + run.validation - spec.horizon + 1)
    test = np.arange(run.train + run.validation, run.train + run.validation + run.test - spec.horizon + 1)
    return train, validation, test
