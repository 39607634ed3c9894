"""From the bytes of a CSV to a Table: cells, times, numbers, layout, then one row a time in order.

Each step is a file of core.data.reading; this one says what follows from what, and tells what was done.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from core.data.dataset import EXAMPLES, Notice, Table
from core.data.frequency import Index, infer_frequency, missing_times, missing_words
from core.data.names import split_list
from core.data.quality import percentage_note
from core.data.reading import long
from core.data.reading.columns import Columns, read_columns
from core.data.reading.grid import Grid, read_grid
from core.data.reading.numbers import decimal_sign
from core.data.reading.times import Times, find_times
from core.data.reading.turned import turn, unfold
from core.data.words import NAMES_LISTED, enumerated, quoted
from core.errors import BadFile

MINIMUM_ROWS = 20  # below it a 70/10/20 split leaves nothing to validate on
MANY_COLUMNS = 100  # as inputs they cost time and memory and rarely help
MANY_GAPS = 0.05  # of all times: scattered, they reach into most windows of twenty rows


def read_table(
    content: bytes,
    file: str,
    *,
    time: str | Sequence[str] | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    day_first: bool | None = None,
    series: str | None = None,
) -> Table:
    """What the bytes of a CSV hold: one row a time, columns of float64.

    `file` is a name for display only and never opened. What a person knows better than the reader finds out: the
    columns of `time` (several together make one), the `delimiter` and `decimal` sign, whether the day comes before the
    month, and which `series` of a file of several (`TOTAL` for their sum). All that was done is told in the notices.
    Raises BadFile with what is wrong, where, and what to do.
    """
    grid = read_grid(content, delimiter)
    sign = decimal_sign(grid.columns, grid.delimiter, decimal)
    turned = None if time else unfold(grid) or turn(grid, day_first)
    grid = turned.grid if turned else grid
    found = turned.times if turned else find_times(grid, _names(time, grid), day_first, sign.sign)
    grid, times, about_rows = _timed_rows(grid, found)
    id = None if times is None else long.find_id(grid, times.columns, times.values)
    left_out = {*(times.columns if times else ()), *(id.columns if id else ())}
    columns = read_columns(grid, left_out, sign.sign, None if times is None else times.values)
    if not columns.numbers:
        raise BadFile("No column holds numbers", remedy="Upload a CSV with at least one column of numbers to forecast.")
    rows = _Rows(columns, times, id)
    parts = rows.long(series) if id else rows.wide()
    _refuse_too_short(parts)
    frequency = infer_frequency(parts.frame.index)
    gaps, about_step = _step(parts.frame.index, frequency)
    target = preselect(list(parts.frame.columns))
    percentages = percentage_note(parts.frame[[target]])
    return Table(
        frame=parts.frame,
        labels=parts.labels,
        sha256=hashlib.sha256(content).hexdigest(),
        file=file,
        time=times.columns if times else (),
        frequency=frequency,
        encoding=grid.encoding,
        delimiter=grid.delimiter,
        decimal=sign.sign,
        layout="transposed" if turned else "index" if times is None else "long" if id else "wide",
        form=None if times is None else times.form,
        utc=times is not None and times.utc,
        day_first=None if times is None else times.day_first,
        units={name: unit for name, unit in {**grid.units, **columns.units}.items() if name in parts.frame},
        id=id.name if id else None,
        ids=id.ids if id else (),
        series=parts.series,
        pairs=parts.pairs,
        target=target,
        dropped=(*(turned.labels if turned else ()), *(id.columns if id else ()), *columns.dropped),
        missing=parts.missing,
        duplicates=parts.duplicates,
        gaps=gaps,
        notices=(
            *grid.notices,
            *(times.notices if times else (_no_times(grid.rows),)),
            *sign.notices,
            *about_rows,
            *columns.notices,
            *_many_columns(len(parts.frame.columns)),
            *parts.notices,
            *about_step,
            *([percentages] if percentages else []),
        ),
    )


CONVENTIONS = ("y", "target")  # what the column to forecast is called where it is called by its role
PRICES = ("open", "high", "low", "close")


def preselect(columns: Sequence[str]) -> str:
    """The column a person most likely wants to forecast: the close of a table of prices, else the first."""
    plain = {name.lower().strip("<> "): name for name in reversed(columns)}
    if all(name in plain for name in PRICES):
        return plain["close"]
    return next((plain[name] for name in CONVENTIONS if name in plain), columns[0])


@dataclass(frozen=True)
class _Parts:
    """The rows of a table in order, and what was done to get there."""

    frame: pd.DataFrame
    labels: pd.DataFrame
    missing: dict[str, int]
    duplicates: int
    notices: tuple[Notice, ...]
    series: str | None = None
    pairs: pd.DataFrame | None = None


@dataclass(frozen=True)
class _Rows:
    """The rows as they stand in the file."""

    columns: Columns
    times: Times | None
    id: long.Id | None

    def wide(self) -> _Parts:
        """Rows sorted by time, each time once: rows of the same time are merged by their mean, and counted."""
        frame, labels = self.columns.frame(self._index()), self.columns.label_frame(self._index())
        frame, order, unsorted = _sorted(frame)
        frame, merged = _merged(frame)
        labels = labels if order is None else labels.iloc[order]
        labels = labels if not merged else labels[~labels.index.duplicated()]
        return _Parts(
            frame, labels, _missing(frame), merged, (*unsorted, *_about_merged(merged), *_about_missing(frame))
        )

    def long(self, asked: str | None) -> _Parts:
        """One of the series of a long file, or their total; all of them side by side in `pairs`."""
        assert self.id is not None
        pairs, merged = long.pair_rows(self.columns.frame(self._index()), self.id)
        series = long.choose_series(pairs, self.id, asked)
        frame, about_series = long.series_rows(pairs, self.id, series)
        told = (about_series, *_about_merged(merged), *_about_missing(frame))
        labels = pd.DataFrame(index=frame.index)
        return _Parts(frame, labels, _missing(pairs.drop(columns=self.id.name)), merged, told, series, pairs)

    def _index(self) -> Index:
        if self.times is None:
            return pd.RangeIndex(self.columns.rows)
        return pd.DatetimeIndex(self.times.values, name=" + ".join(self.times.columns) or None)


def _timed_rows(grid: Grid, times: Times | None) -> tuple[Grid, Times | None, list[Notice]]:
    """Rows without a readable time, such as totals, are left out and told."""
    if times is None:
        return grid, None, []
    without = np.isnat(times.values)
    if not without.any():
        return grid, times, []
    told = _left_out(grid, np.flatnonzero(without))
    kept = np.flatnonzero(~without)
    columns = tuple(cells.take(pa.array(kept)) for cells in grid.columns)
    timed = replace(grid, columns=columns, line=lambda row: grid.line(int(kept[row])))
    return timed, replace(times, values=times.values[kept]), told


def _left_out(grid: Grid, rows: npt.NDArray[np.int64]) -> list[Notice]:
    count = len(rows)
    message = f"{_rows_words(count)} without a readable time left out, such as totals, remarks or dates that cannot be."
    return [
        Notice("skipped_lines", message, count=count, examples=tuple(_line(grid, int(row)) for row in rows[:EXAMPLES]))
    ]


def _line(grid: Grid, row: int) -> str:
    cells = grid.delimiter.join(column[row].as_py() for column in grid.columns)
    return f"line {grid.line(row):,}: {cells[:200]}"


def _names(time: str | Sequence[str] | None, grid: Grid) -> tuple[str, ...]:
    """The columns of times asked for: one by its name, several as a list or with commas between them."""
    if not time:
        return ()
    if not isinstance(time, str):
        return tuple(time)
    return (time,) if time in grid.names else tuple(split_list(time))


def _no_times(rows: int) -> Notice:
    return Notice(
        "no_dates", "No column holds dates: the rows are taken in the order of the file, by their number.", count=rows
    )


def _sorted(frame: pd.DataFrame) -> tuple[pd.DataFrame, npt.NDArray[np.int64] | None, list[Notice]]:
    """Sorted by time, the order that sorts, and what to tell about it."""
    index = frame.index
    if index.is_monotonic_increasing:
        return frame, None, []
    order = np.argsort(index.to_numpy(), kind="stable")
    newest_first = index.is_monotonic_decreasing
    told = "The newest row came first" if newest_first else "The rows were not in the order of time"
    return frame.iloc[order], order, [Notice("unsorted", f"{told}: they were sorted by time.", count=len(index))]


def _merged(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    if frame.index.is_unique:
        return frame, 0
    merged = frame.groupby(level=0).mean()
    return merged, len(frame) - len(merged)


def _about_merged(count: int) -> list[Notice]:
    if not count:
        return []
    repeated = "1 row repeats a time" if count == 1 else f"{count:,} rows repeat a time"
    told = f"{repeated} that was there already: rows of the same time were merged by their mean."
    return [Notice("duplicate_times", told, count=count)]


def _missing(frame: pd.DataFrame) -> dict[str, int]:
    return {str(name): int(count) for name, count in frame.isna().sum().items()}


def _about_missing(frame: pd.DataFrame) -> list[Notice]:
    """Cells without a number inside the rows, by column."""
    counts = {name: count for name, count in _missing(frame).items() if count}
    if not counts:
        return []
    total = sum(counts.values())
    where = enumerated(f"{quoted(name)} {count:,}" for name, count in list(counts.items())[:NAMES_LISTED])
    where += f" and {len(counts) - NAMES_LISTED} more columns" if len(counts) > NAMES_LISTED else ""
    what = "1 cell holds no number" if total == 1 else f"{total:,} cells hold no number"
    times = frame.index[frame.isna().any(axis=1)][:EXAMPLES]
    return [Notice("missing_values", f"{what} ({where}).", count=total, examples=tuple(str(time) for time in times))]


def _many_columns(count: int) -> list[Notice]:
    if count <= MANY_COLUMNS:
        return []
    told = f"{count:,} columns hold numbers: forecast one or a few of them, and learn from those that matter to it."
    return [Notice("many_columns", told, count=count)]


def _step(index: pd.Index, frequency: str | None) -> tuple[int, list[Notice]]:
    """Times missing from a regular step; on business days they are holidays and nothing to report."""
    if not isinstance(index, pd.DatetimeIndex):
        return 0, []
    if frequency is None:
        return 0, [Notice("irregular", "The times are not evenly spaced: each row counts as one step.")]
    gaps = missing_times(index, frequency)
    if not gaps or frequency == "B":
        return gaps, []
    told = f"{missing_words(gaps, frequency)}; the rows on both sides count as neighbours."
    many = gaps >= MANY_GAPS * (gaps + len(index))
    return gaps, [Notice("gaps", told, count=gaps, serious=many)]


def _refuse_too_short(parts: _Parts) -> None:
    count = len(parts.frame)
    if count >= MINIMUM_ROWS:
        return
    of = f" of “{parts.series}”" if parts.series else " of different times" if parts.duplicates else ""
    raise BadFile(
        f"The file has only {_rows_words(count).removesuffix(' were').removesuffix(' was')}{of}",
        remedy=f"At least {MINIMUM_ROWS} are needed to learn from some and be judged on the others; "
        "from about 100 on, a forecast can be useful.",
    )


def _rows_words(count: int) -> str:
    return "1 row was" if count == 1 else f"{count:,} rows were"
