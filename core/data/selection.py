"""What to forecast from what: a Dataset chosen from a Table, and the one line that says what was understood."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Literal, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.dataset import Dataset, Notice, Table
from core.data.frequency import Index, future_index, season_length, step_words
from core.data.reader import MINIMUM_ROWS
from core.data.words import counted, listed, moment, shortened
from core.errors import BadFile, BadSettings, NotFound, Problem


def make_dataset(
    table: Table,
    targets: Sequence[str],
    inputs: Sequence[str] | Literal["all", "none"] = "all",
    name: str | None = None,
    *,
    known: Sequence[str] = (),
) -> Dataset:
    """The chosen columns, targets first, without a missing cell.

    `known` are inputs, named among `inputs` or not, whose values after the last row of the targets are in the file.

    Rows before every target has begun and after the first of them has ended are left out: values made up there would
    be trained on, and scored, as if they had been measured. In between a missing cell takes the value before it; an
    input that begins later takes its first value until then. Infinite values count as missing. Notices count all of it.
    Raises NotFound for unknown columns, BadSettings without a target or for one that is known in advance, BadFile when
    too few rows are left.
    """
    targets, columns, known = _choose(table, targets, inputs, known)
    values, notices = _gather(table.frame, columns)
    begin, end, cut_off = _measured(values[:, : len(targets)], targets)
    if end - begin < MINIMUM_ROWS:
        together = " of every target" if len(targets) > 1 else ""
        remedy = f"At least {MINIMUM_ROWS} are needed: choose another target."
        raise BadFile(f"Only {max(0, end - begin)} rows hold values{together}", "target " + listed(targets), remedy)
    later = values[end:, [columns.index(each) for each in known]]
    index = cast(Index, table.frame.index)
    future = later[: _rows_ahead(later, index[begin:end], index[end:], table.frequency)]
    cut_off += _after(values[end:, : len(targets)], targets, later, known, len(future))
    values, filled = _fill(values[begin:end], columns, targets)
    return Dataset(
        name=name or PurePath(table.file).stem,
        file=table.file,
        sha256=table.sha256,
        index=cast(Index, index[begin:end]),
        values=values,
        columns=columns,
        targets=targets,
        frequency=table.frequency,
        season=season_length(table.frequency),
        notices=(*table.notices, *notices, *cut_off, *filled),
        known=known,
        future=future,
    )


def describe(dataset: Dataset) -> str:
    """What was understood, in one line of bounded length: rows, step, period, targets, inputs."""
    if isinstance(dataset.index, pd.DatetimeIndex):
        first, last = (moment(time, dataset.frequency) for time in (dataset.index[0], dataset.index[-1]))
        rows = f"{dataset.rows:,} rows, {step_words(dataset.frequency)}, {first} to {last}"
    else:
        rows = f"{dataset.rows:,} rows without times"
    past = "its own past" if len(dataset.targets) == 1 else "their own past"
    sources = listed((past, *(name for name in dataset.inputs if name not in dataset.known)))
    ahead = f"; known in advance: {listed(dataset.known)}" if dataset.known else ""
    return f"{rows}, forecasting {listed(dataset.targets)} from {sources}{ahead}"


def _choose(
    table: Table, targets: Sequence[str], inputs: Sequence[str] | Literal["all", "none"], known: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Targets, all columns with the targets first, and those known in advance; each name once."""
    there = [str(name) for name in table.frame.columns]
    chosen, ahead = tuple(dict.fromkeys(targets)), tuple(dict.fromkeys(known))
    if not chosen:
        raise BadSettings(
            [Problem("No column is chosen to forecast", "target", f"Choose one of {listed(there, 'or')}.")]
        )
    named = there if inputs == "all" else [] if inputs == "none" else inputs
    for place, names in (("target", chosen), ("inputs", named), ("known", ahead)):
        unknown = [name for name in names if name not in there]
        if unknown:
            remedy = f"The columns of numbers are {listed(there)}."
            raise NotFound(f"There is no column of numbers called {listed(unknown)}", place, remedy)
    if both := [name for name in ahead if name in chosen]:
        what = f"{listed(both)} cannot be forecast and known in advance at once"
        raise BadSettings([Problem(what, "target, known", "Choose either for each column.")])
    return chosen, (*chosen, *(name for name in dict.fromkeys([*named, *ahead]) if name not in chosen)), ahead


def _gather(frame: pd.DataFrame, columns: tuple[str, ...]) -> tuple[npt.NDArray[np.float64], list[Notice]]:
    """The columns side by side, (T, C) row by row in memory; infinite cells as NaN."""
    values = np.empty((len(frame), len(columns)))
    notices = []
    for place, name in enumerate(columns):
        column = frame[name].to_numpy(dtype=np.float64)
        infinite = np.isinf(column)
        values[:, place] = np.where(infinite, np.nan, column)
        if infinite.any():
            told = f"{counted(infinite.sum(), 'infinite value')} in “{shortened(name)}” counted as missing."
            notices.append(Notice("infinite_values", told))
    return values, notices


def _measured(values: npt.NDArray[np.float64], targets: tuple[str, ...]) -> tuple[int, int, list[Notice]]:
    """Rows [begin, end) in which every target has begun and none has ended, and what is left out before them."""
    there = ~np.isnan(values)
    for target, column in zip(targets, there.T, strict=True):
        if not column.any():
            raise BadFile(f"“{shortened(target)}” holds no values", "target", "Choose another column to forecast.")
    begins, ends = there.argmax(axis=0), len(there) - there[::-1].argmax(axis=0)
    begin, end = int(begins.max()), int(ends.min())
    notices = []
    if begin:
        latest = shortened(targets[begins.argmax()])
        told = f"{counted(begin, 'row')} at the start left out: “{latest}” has not begun there."
        notices.append(Notice("rows_before_start", told))
    return begin, end, notices


def _rows_ahead(later: npt.NDArray[np.float64], before: pd.Index, times: pd.Index, frequency: str | None) -> int:
    """Rows after the last one of the targets in which all of `later` (R, K) is there, at the times to be forecast."""
    if not later.size:
        return 0
    expected = future_index(cast(Index, before), frequency, len(times))
    usable = ~np.isnan(later).any(axis=1) & np.asarray(times == expected)
    return len(usable) if usable.all() else int(usable.argmin())


def _after(
    values: npt.NDArray[np.float64],
    targets: tuple[str, ...],
    later: npt.NDArray[np.float64],
    known: tuple[str, ...],
    used: int,
) -> list[Notice]:
    """What becomes of the rows after the first target's end: `used` of them tell what is known in advance."""
    if not len(values):
        return []
    rows, names = counted(len(values), "row"), listed(known) if known else ""
    ended = next(shortened(name) for name, cell in zip(targets, values[0], strict=True) if np.isnan(cell))
    if not used:
        too = f", and in the first of them {_unusable(later[0], known)}" if known else ""
        told = f"{rows} at the end left out: “{ended}” has no values there{too}."
    elif used < len(values):
        why = _unusable(later[used], known)
        told = f"Of {rows} at the end without “{ended}”, the first {used:,} tell {names} in advance; after them {why}."
    else:
        told = f"{rows} at the end without “{ended}” {'tells' if used == 1 else 'tell'} {names} in advance."
    return [Notice("rows_after_end", told)]


def _unusable(cells: npt.NDArray[np.float64], known: tuple[str, ...]) -> str:
    """Why a row does not tell what is known in advance."""
    gaps = [name for name, cell in zip(known, cells, strict=True) if np.isnan(cell)]
    if not gaps:
        return "the times do not follow the step"
    return f"{listed(gaps)} {'is' if len(gaps) == 1 else 'are'} missing"


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
            told = f"{counted(leading, 'row')} before “{said}” begins took its first value."
            notices.append(Notice("late_start", told))
    return values, notices


def _filled(count: int, name: str, target: bool) -> Notice:
    """Cells between the first and the last value of a column; those of a target are scored like any other."""
    was, them = ("was", "it") if count == 1 else ("were", "them")
    told = f"{counted(count, 'missing value')} in “{name}” {was} filled with the last known value"
    if target:
        return Notice("filled_target", f"{told}; scores treat {them} as measured.")
    return Notice("filled", f"{told}.")
