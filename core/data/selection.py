"""What to forecast from what: a Dataset chosen from a Table, and the one line that says what was understood."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Literal, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.dataset import Dataset, Notice, Table
from core.data.frequency import Index, season_length, step_words
from core.data.reader import MINIMUM_ROWS
from core.errors import BadFile, BadSettings, NotFound, Problem


def make_dataset(
    table: Table,
    targets: Sequence[str],
    inputs: Sequence[str] | Literal["all", "none"] = "all",
    name: str | None = None,
) -> Dataset:
    """The chosen columns, targets first, without a missing cell.

    Rows before every target has begun and after the last target has ended are left out: values made up there would be
    trained on, or scored, as if they had been measured. Elsewhere a missing cell takes the value before it; an input
    that begins later takes its first value until then. Infinite values count as missing. Notices count all of it.
    Raises NotFound for unknown columns, BadSettings without a target, BadFile when too few rows are left.
    """
    targets, columns = _choose(table, targets, inputs)
    values, notices = _gather(table.frame, columns)
    begin, end = _measured(values[:, : len(targets)], targets)
    notices += _cut_off(begin, len(values) - end)
    values, filled = _fill(values[begin:end], columns)
    if len(values) < MINIMUM_ROWS:
        remedy = f"At least {MINIMUM_ROWS} are needed: choose another target."
        raise BadFile(f"Only {len(values)} rows hold values", "target " + _and(targets), remedy)
    return Dataset(
        name=name or PurePath(table.file).stem,
        file=table.file,
        sha256=table.sha256,
        index=cast(Index, table.frame.index[begin:end]),
        values=values,
        columns=columns,
        targets=targets,
        frequency=table.frequency,
        season=season_length(table.frequency),
        notices=(*table.notices, *notices, *filled),
    )


def describe(dataset: Dataset) -> str:
    """What was understood, in one line: rows, step, period, targets, inputs."""
    if isinstance(dataset.index, pd.DatetimeIndex):
        first, last = (_time_words(time, dataset.frequency) for time in (dataset.index[0], dataset.index[-1]))
        rows = f"{dataset.rows:,} rows, {step_words(dataset.frequency)}, {first} to {last}"
    else:
        rows = f"{dataset.rows:,} rows without times"
    past = "its own past" if len(dataset.targets) == 1 else "their own past"
    inputs = dataset.inputs if len(dataset.inputs) <= 5 else (f"{len(dataset.inputs)} other columns",)
    return f"{rows}, forecasting {_and(dataset.targets)} from {_and((past, *inputs))}"


def _choose(
    table: Table, targets: Sequence[str], inputs: Sequence[str] | Literal["all", "none"]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Targets, and all columns with the targets first; each name once."""
    there = [str(name) for name in table.frame.columns]
    chosen = tuple(dict.fromkeys(targets))
    if not chosen:
        raise BadSettings([Problem("No column is chosen to forecast", "target", f"Choose one of {_and(there, 'or')}.")])
    named = there if inputs == "all" else [] if inputs == "none" else inputs
    for place, names in (("target", chosen), ("inputs", named)):
        unknown = [name for name in names if name not in there]
        if unknown:
            remedy = f"The columns of numbers are {_and(there)}."
            raise NotFound(f"There is no column of numbers called {_and(unknown)}", place, remedy)
    return chosen, (*chosen, *(name for name in dict.fromkeys(named) if name not in chosen))


def _gather(frame: pd.DataFrame, columns: tuple[str, ...]) -> tuple[npt.NDArray[np.float64], list[Notice]]:
    """The columns side by side, (T, C) row by row in memory; infinite cells as NaN."""
    values = np.empty((len(frame), len(columns)))
    notices = []
    for place, name in enumerate(columns):
        column = frame[name].to_numpy(dtype=np.float64)
        infinite = np.isinf(column)
        values[:, place] = np.where(infinite, np.nan, column)
        if infinite.any():
            told = f"{_count(infinite.sum(), 'infinite value')} in “{name}” counted as missing."
            notices.append(Notice("infinite_values", told))
    return values, notices


def _measured(values: npt.NDArray[np.float64], targets: tuple[str, ...]) -> tuple[int, int]:
    """Rows from the one where every target has begun to the last one where any target has a value, as [begin, end)."""
    there = ~np.isnan(values)
    for target, column in zip(targets, there.T, strict=True):
        if not column.any():
            raise BadFile(f"“{target}” holds no values", "target", "Choose another column to forecast.")
    return int(there.argmax(axis=0).max()), int(np.flatnonzero(there.any(axis=1))[-1]) + 1


def _cut_off(before: int, after: int) -> list[Notice]:
    notices = []
    if before:
        told = f"{_count(before, 'row')} at the start left out: the target has not begun there."
        notices.append(Notice("rows_before_start", told))
    if after:
        told = f"{_count(after, 'row')} at the end left out: the target has ended there."
        notices.append(Notice("rows_after_end", told))
    return notices


def _fill(values: npt.NDArray[np.float64], columns: tuple[str, ...]) -> tuple[npt.NDArray[np.float64], list[Notice]]:
    notices = []
    for place, name in enumerate(columns):
        column = values[:, place]
        missing = np.isnan(column)
        if not missing.any():
            continue
        if missing.all():
            values[:, place] = 0.0
            notices.append(Notice("no_values", f"“{name}” holds no values in these rows and was set to 0."))
            continue
        leading = int(missing.argmin())
        values[:, place] = pd.Series(column).ffill().bfill().to_numpy()
        if missing.sum() > leading:
            count = _count(missing.sum() - leading, "missing value")
            notices.append(Notice("missing_values", f"{count} in “{name}” were filled with the last known value."))
        if leading:
            told = f"{_count(leading, 'row')} before “{name}” begins took its first value."
            notices.append(Notice("late_start", told))
    return values, notices


def _time_words(time: pd.Timestamp, frequency: str | None) -> str:
    step = (frequency or "").lstrip("0123456789").split("-")[0]
    if step in ("YS", "YE"):
        return str(time.year)
    if step in ("MS", "ME", "QS", "QE"):
        return f"{time.month_name()} {time.year}"
    day = f"{time.day} {time.month_name()} {time.year}"
    return day if step in ("D", "B", "W") else f"{day} {time:%H:%M}"


def _and(names: Sequence[str], word: str = "and") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"
