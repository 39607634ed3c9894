"""Repairs that a person chose: from a Table to a Table, each told in a notice that counts what was changed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.dataset import Notice, Table
from core.data.filling import about_filled, filled, inside, made_from
from core.data.frequency import (
    full_index,
    infer_frequency,
    median_step,
    missing_times,
    missing_words,
    season_length,
    step_words,
)
from core.data.merging import merge, one_by_one
from core.data.repeats import Aggregate, aggregated, all_rows
from core.data.words import counted, enumerated, moments, quoted
from core.errors import BadSettings, Problem

__all__ = ["Aggregate", "Filling", "fill", "merge", "partly_covered", "resample", "suggest_step"]

Filling = Literal["auto", "leave_out", "last", "interpolate", "seasonal"]

LONGEST = 20  # times the rows of the file: what is longer would be made up almost entirely
MOST_BINS = 0.75  # of the steps hold a row
ENOUGH_BINS = 20  # below it a split leaves nothing to validate on
STEPS = ("s", "10s", "min", "5min", "10min", "15min", "30min", "h", "3h", "6h", "12h", "D", "W-MON", "MS", "QS", "YS")

AGGREGATES = {
    "mean": "the mean of",
    "sum": "the sum of",
    "last": "the last of",
    "first": "the first of",
    "min": "the smallest of",
    "max": "the largest of",
}


def resample(table: Table, step: str, how: Aggregate = "mean") -> Table:
    """One row a step (a pandas alias: "15min", "h", "D", "MS"), the rows within it aggregated; weeks begin on Monday.

    Rows of the same time count one by one, as in the file, unless they were merged before; for a total, they are first
    merged in the same way in each series. A step without a row stays missing.
    Raises BadSettings for rows without times, an impossible step, one shorter than that of the rows, and a grid much
    longer than the file.
    """
    index = _times(table)
    step = "W-MON" if step == "W" else step
    _refuse_step(table, index, step)
    table = one_by_one(table, how)
    rows = all_rows(table)
    weeks: Literal["left"] | None = "left" if step.lstrip("0123456789").startswith("W") else None
    bins = rows.replace([np.inf, -np.inf], np.nan).resample(step, closed=weeks, label=weeks)
    frame = aggregated(bins, how)
    empty = int((bins.size() == 0).sum())
    became = f"{counted(len(rows), 'row')} became {counted(len(frame), 'row')} ({step_words(step)})"
    told = [f"{became}, each {AGGREGATES[how]} the values in it"]
    if empty:
        told.append("one of them holds no row and stays missing" if empty == 1 else f"{empty:,} of them hold no row")
    if parts := partly_covered(index, frame.index, step):
        told.append(f"{enumerated(parts)} {'is' if len(parts) == 1 else 'are'} only partly covered")
    notice = Notice("resampled", f"{'; '.join(told)}.", count=len(rows))
    changed = _changed(table, frame, notice, frequency=infer_frequency(frame.index) or step, gaps=0)
    return replace(changed, repeated=None)


def suggest_step(table: Table) -> str:
    """The finest common step in which most steps hold a row; that of the rows where they have one.

    Raises BadSettings for rows without times.
    """
    index = _times(table)
    if table.frequency is not None:
        return table.frequency
    shares: dict[str, float] = {}
    for step in STEPS:
        places = _places(index, step)
        span = int(places[-1] - places[0]) + 1
        if span >= ENOUGH_BINS or not shares:
            shares[step] = (1 + np.count_nonzero(np.diff(places))) / span  # places come in order
    return next(
        (step for step, share in shares.items() if share >= MOST_BINS), max(shares, key=lambda step: shares[step])
    )


def fill(
    table: Table,
    how: Filling = "auto",
    columns: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
    *,
    business_days: bool = False,
) -> Table:
    """Gaps and missing cells of `columns` (None: all) filled, or rows without a target left out.

    "auto" changes nothing: rows on both sides of a gap count as neighbours, and a missing cell takes the value before
    it when a dataset is made. "leave_out" drops rows in which a target is missing. The others make gaps into rows
    (holidays only with `business_days`) and fill the cells between the first and the last value of a column; those
    before and after it stay missing. `targets` (None: the preselected one) are the columns whose filled cells are
    warned of.
    Raises BadSettings when the gaps would make a table much longer than the file.
    """
    targets = targets if targets is not None else [table.target] if table.target else []
    if how == "auto":
        return table
    if how == "leave_out":
        return _leave_out(table, targets)
    grid = _grid(table, business_days)
    added = grid.difference(table.frame.index)
    frame = table.frame.replace([np.inf, -np.inf], np.nan).reindex(grid)
    notices = _about_added(table, added)
    season = season_length(table.frequency) if isinstance(grid, pd.DatetimeIndex) else 1
    made = {}
    for name in frame.columns if columns is None else [name for name in columns if name in frame]:
        values, made_up = filled(frame[name].to_numpy(dtype=np.float64), grid, how, season)
        if made_up.any():
            frame[name] = values
            made[str(name)] = made_up
    notices += about_filled(made, grid, table.frequency, made_from(how, season), targets)
    regular = isinstance(grid, pd.DatetimeIndex) and table.frequency not in (None, "B")
    return _changed(table, frame, *notices, gaps=0 if regular or len(added) else table.gaps)


def _leave_out(table: Table, targets: Sequence[str]) -> Table:
    """Without the rows between the first and the last value of a target in which one is missing."""
    names = [name for name in targets if name in table.frame]
    gone = np.zeros(len(table.frame), dtype=bool)
    for name in names:
        gone |= inside(table.frame[name].to_numpy(dtype=np.float64))
    if not gone.any():
        return table
    frame = table.frame[~gone]
    rows = f"{counted(int(gone.sum()), 'row')} without a value of {enumerated(map(quoted, names))} left out"
    told = f"{rows}; those on both sides count as neighbours."
    notice = Notice("left_out", told, count=int(gone.sum()), examples=moments(table.frame.index[gone], table.frequency))
    gaps = table.gaps
    if isinstance(frame.index, pd.DatetimeIndex) and table.frequency is not None:
        gaps = missing_times(frame.index, table.frequency)
    return _changed(table, frame, notice, gaps=gaps)


def _times(table: Table) -> pd.DatetimeIndex:
    if isinstance(table.frame.index, pd.DatetimeIndex) and len(table.frame) > 1:
        return table.frame.index
    remedy = "Choose the column that says when each row was measured, or leave the rows as they are."
    raise BadSettings([Problem("Rows without times cannot be brought to a step", "step", remedy)])


def _refuse_step(table: Table, index: pd.DatetimeIndex, step: str) -> None:
    length = _length(index, step)
    if table.frequency is not None and length < 0.85 * median_step(index):
        what = f"A step of {step_words(step)} is shorter than that of the rows ({step_words(table.frequency)})"
        raise BadSettings([Problem(what, "step", "It would only add empty rows: choose a longer one.")])
    _refuse_length(table, int((index[-1] - index[0]) / length) + 1, "Choose a longer step.")


def _length(index: pd.DatetimeIndex, step: str) -> pd.Timedelta:
    try:
        first, second = pd.date_range(index[0], periods=2, freq=step)
    except (ValueError, OverflowError) as error:
        remedy = "Choose one such as 15min, h, D, W, MS (months) or YS (years)."
        raise BadSettings([Problem(f"“{step[:20]}” is not a step of time", "step", remedy)]) from error
    return second - first


def _refuse_length(table: Table, rows: int, remedy: str) -> None:
    if rows > LONGEST * len(table.frame):
        what = f"{len(table.frame):,} rows would become {rows:,}, nearly all of them empty"
        raise BadSettings([Problem(what, "step", remedy)])


def partly_covered(index: pd.DatetimeIndex, bins: pd.Index, step: str) -> list[str]:
    """The first and the last step, where rows cover only a part of them."""
    usual = 1.5 * median_step(index)
    offset = pd.tseries.frequencies.to_offset(step)
    first, last = bins[0], bins[-1]
    ends = step.lstrip("0123456789")[:2] in ("ME", "QE", "YE")  # named by their last day
    start = (first - offset).normalize() + pd.Timedelta(days=1) if ends else first
    end = last.normalize() + pd.Timedelta(days=1) if ends else last + offset
    found = [(index[0] - start > usual, "the first"), (end - index[-1] > usual, "the last")]
    return [words for partial, words in found if partial]


def _places(index: pd.DatetimeIndex, step: str) -> npt.NDArray[np.int64]:
    """Which step each row falls into, counted on."""
    months = {"MS": 1, "QS": 3, "YS": 12}.get(step)
    if months:
        return (index.year * 12 + index.month - 1).to_numpy(dtype=np.int64) // months
    days = {"W-MON": 7, "D": 1}.get(step)
    if days:
        return (index.to_numpy().astype("datetime64[D]").astype(np.int64) + 3) // days  # 1970 began on a Thursday
    size = int(_length(index, step) / pd.Timedelta(microseconds=1))
    return index.to_numpy().astype("datetime64[us]").astype(np.int64) // size


def _grid(table: Table, business_days: bool) -> pd.Index:
    """Every time of the step between the first and the last row; the rows as they are where there is no step."""
    index, frequency = table.frame.index, table.frequency
    if not isinstance(index, pd.DatetimeIndex) or frequency is None or (frequency == "B" and not business_days):
        return index
    gaps = missing_times(index, frequency)
    _refuse_length(table, len(index) + gaps, "Leave the gaps as they are, or bring the rows to a longer step first.")
    return full_index(index, frequency)


def _about_added(table: Table, added: pd.Index) -> list[Notice]:
    if not len(added) or table.frequency is None:
        return []
    told = f"{missing_words(len(added), table.frequency)} in the file and became rows."
    told = told.replace(" is missing", " was missing").replace(" are missing", " were missing")
    return [Notice("added_rows", told, count=len(added), examples=moments(added, table.frequency))]


OUTDATED = {"irregular", "gaps", "many_gaps", "missing_values"}  # notices that a repair makes untrue


def _changed(table: Table, frame: pd.DataFrame, *notices: Notice, gaps: int, frequency: str | None = None) -> Table:
    labels = table.labels.reindex(frame.index) if len(table.labels.columns) else pd.DataFrame(index=frame.index)
    return replace(
        table,
        frame=frame,
        labels=labels,
        frequency=frequency or table.frequency,
        missing={str(name): int(count) for name, count in frame.isna().sum().items()},
        gaps=gaps,
        notices=(*(notice for notice in table.notices if notice.code not in OUTDATED), *notices),
    )
