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

    Rows before every target has begun and after the first of them has ended are left out: values made up there would
    be trained on, and scored, as if they had been measured. In between a missing cell takes the value before it; an
    input that begins later takes its first value until then. Infinite values count as missing. Notices count all of it.
    Raises NotFound for unknown columns, BadSettings without a target, BadFile when too few rows are left.
    """
    targets, columns = _choose(table, targets, inputs)
    values, notices = _gather(table.frame, columns)
    begin, end, cut_off = _measured(values[:, : len(targets)], targets)
    if end - begin < MINIMUM_ROWS:
        together = " of every target" if len(targets) > 1 else ""
        remedy = f"At least {MINIMUM_ROWS} are needed: choose another target."
        raise BadFile(f"Only {max(0, end - begin)} rows hold values{together}", "target " + listed(targets), remedy)
    values, filled = _fill(values[begin:end], columns, targets)
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
        notices=(*table.notices, *notices, *cut_off, *filled),
    )


def describe(dataset: Dataset) -> str:
    """What was understood, in one line of bounded length: rows, step, period, targets, inputs."""
    if isinstance(dataset.index, pd.DatetimeIndex):
        first, last = (_time_words(time, dataset.frequency) for time in (dataset.index[0], dataset.index[-1]))
        rows = f"{dataset.rows:,} rows, {step_words(dataset.frequency)}, {first} to {last}"
    else:
        rows = f"{dataset.rows:,} rows without times"
    past = "its own past" if len(dataset.targets) == 1 else "their own past"
    return f"{rows}, forecasting {listed(dataset.targets)} from {listed((past, *dataset.inputs))}"


NAME_LETTERS = 40  # of a column's name in a sentence
NAMES_LISTED = 6  # the others are counted


def listed(names: Sequence[str], word: str = "and") -> str:
    """Names in a sentence: "a, b and c"; long ones cut short, many of them counted: "a, b, c, d, e, f and 12 more"."""
    shown = [shortened(name) for name in names[:NAMES_LISTED]]
    if len(names) > NAMES_LISTED:
        shown.append(f"{len(names) - NAMES_LISTED:,} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {word} {shown[-1]}"


def shortened(name: str) -> str:
    return name if len(name) <= NAME_LETTERS else f"{name[: NAME_LETTERS - 1]}…"


def _choose(
    table: Table, targets: Sequence[str], inputs: Sequence[str] | Literal["all", "none"]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Targets, and all columns with the targets first; each name once."""
    there = [str(name) for name in table.frame.columns]
    chosen = tuple(dict.fromkeys(targets))
    if not chosen:
        raise BadSettings(
            [Problem("No column is chosen to forecast", "target", f"Choose one of {listed(there, 'or')}.")]
        )
    named = there if inputs == "all" else [] if inputs == "none" else inputs
    for place, names in (("target", chosen), ("inputs", named)):
        unknown = [name for name in names if name not in there]
        if unknown:
            remedy = f"The columns of numbers are {listed(there)}."
            raise NotFound(f"There is no column of numbers called {listed(unknown)}", place, remedy)
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
            told = f"{_count(infinite.sum(), 'infinite value')} in “{shortened(name)}” counted as missing."
            notices.append(Notice("infinite_values", told))
    return values, notices


def _measured(values: npt.NDArray[np.float64], targets: tuple[str, ...]) -> tuple[int, int, list[Notice]]:
    """Rows [begin, end) in which every target has begun and none has ended, and what is left out around them."""
    there = ~np.isnan(values)
    for target, column in zip(targets, there.T, strict=True):
        if not column.any():
            raise BadFile(f"“{shortened(target)}” holds no values", "target", "Choose another column to forecast.")
    begins, ends = there.argmax(axis=0), len(there) - there[::-1].argmax(axis=0)
    begin, end = int(begins.max()), int(ends.min())
    latest, earliest = (shortened(targets[place]) for place in (begins.argmax(), ends.argmin()))
    notices = []
    if begin:
        told = f"{_count(begin, 'row')} at the start left out: “{latest}” has not begun there."
        notices.append(Notice("rows_before_start", told))
    if end < len(values):
        told = f"{_count(len(values) - end, 'row')} at the end left out: “{earliest}” has no values there."
        notices.append(Notice("rows_after_end", told))
    return begin, end, notices


def _fill(
    values: npt.NDArray[np.float64], columns: tuple[str, ...], targets: tuple[str, ...]
) -> tuple[npt.NDArray[np.float64], list[Notice]]:
    notices = []
    for place, name in enumerate(columns):
        column, said = values[:, place], shortened(name)
        missing = np.isnan(column)
        if not missing.any():
            continue
        if missing.all():
            values[:, place] = 0.0
            notices.append(Notice("no_values", f"“{said}” holds no values in these rows and was set to 0."))
            continue
        leading = int(missing.argmin())
        values[:, place] = pd.Series(column).ffill().bfill().to_numpy()
        if inside := int(missing.sum()) - leading:
            notices.append(_filled(inside, said, name in targets))
        if leading:
            told = f"{_count(leading, 'row')} before “{said}” begins took its first value."
            notices.append(Notice("late_start", told))
    return values, notices


def _filled(count: int, name: str, target: bool) -> Notice:
    """Cells between the first and the last value of a column; those of a target are scored like any other."""
    was, them = ("was", "it") if count == 1 else ("were", "them")
    told = f"{_count(count, 'missing value')} in “{name}” {was} filled with the last known value"
    if target:
        return Notice("filled_target", f"{told}; scores treat {them} as measured.")
    return Notice("missing_values", f"{told}.")


def _time_words(time: pd.Timestamp, frequency: str | None) -> str:
    step = (frequency or "").lstrip("0123456789").split("-")[0]
    if step in ("YS", "YE"):
        return str(time.year)
    if step in ("MS", "ME", "QS", "QE"):
        return f"{time.month_name()} {time.year}"
    day = f"{time.day} {time.month_name()} {time.year}"
    return day if step in ("D", "B", "W") else f"{day} {time:%H:%M}"


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"
