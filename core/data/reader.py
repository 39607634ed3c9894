"""From the bytes of a CSV to a Table: cells, times, numbers, layout, then one row a time in order.

Each step is a file of core.data.reading; this one says what follows from what, and tells what was done.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core.data.dataset import EXAMPLES, Notice, Table
from core.data.names import split_list
from core.data.quality import percentage_note
from core.data.reading import long
from core.data.reading.columns import about_decimal, read_columns
from core.data.reading.grid import Grid, read_grid
from core.data.reading.kinds import UPLOAD_LIMIT
from core.data.reading.numbers import decimal_sign
from core.data.reading.order import Rows, Unordered
from core.data.reading.steps import about_step
from core.data.reading.times import Times, find_times
from core.data.reading.turned import turn, unfold
from core.data.words import counted, quoted
from core.errors import BadFile, NotFound

MINIMUM_ROWS = 20  # below it a 70/10/20 split leaves nothing to validate on
MANY_COLUMNS = 100  # as inputs they cost time and memory and rarely help


def read_table(
    content: bytes,
    file: str,
    *,
    time: str | Sequence[str] | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    day_first: bool | None = None,
    series: str | None = None,
    limit: int = UPLOAD_LIMIT,
) -> Table:
    """What the bytes of a CSV hold: one row a time, columns of float64.

    `file` is a name for display only and never opened. What a person knows better than the reader finds out: the
    columns of `time` (several together make one), the `delimiter` and `decimal` sign, whether the day comes before the
    month, and which `series` of a file of several (`TOTAL` for their sum). A compressed file unpacks to at most `limit`
    bytes. All that was done is told in the notices.
    Raises BadFile with what is wrong, where, and what to do.
    """
    grid = read_grid(content, delimiter, limit=limit)
    sign = decimal_sign(grid.columns, grid.delimiter, decimal)
    turned = None if time else unfold(grid) or turn(grid, day_first)
    grid = turned.grid if turned else grid
    found = turned.times if turned else find_times(grid, _names(time, grid), day_first, sign.sign)
    grid, times, about_rows = _timed_rows(grid, found)
    id = None if times is None else long.find_id(grid, times.columns, times.values)
    left_out = {*(times.columns if times else ()), *(id.columns if id else ())}
    columns = read_columns(grid, left_out, sign.sign, None if times is None else times.values)
    if not columns.numbers:
        raise _no_numbers(columns.almost)
    if series is not None and id is None:
        remedy = "It has one row a time: choose one of its columns instead."
        raise NotFound(f"There is no series “{series}”: the file does not hold several", "series", remedy)
    unordered = Unordered(columns, times, id)
    rows = unordered.long(series) if id else unordered.wide()
    _refuse_too_short(rows)
    gaps, told_step = about_step(rows.frame.index, rows.frequency, rows.own_repeated, times is not None and times.utc)
    target = preselect(list(rows.frame.columns))
    percentages = percentage_note(rows.frame[[target]])
    return Table(
        frame=rows.frame,
        labels=rows.labels,
        sha256=hashlib.sha256(content).hexdigest(),
        file=file,
        time=times.columns if times else (),
        frequency=rows.frequency,
        encoding=grid.encoding,
        delimiter=grid.delimiter,
        decimal=sign.sign,
        layout="transposed" if turned else "index" if times is None else "long" if id else "wide",
        form=None if times is None else times.form,
        utc=times is not None and times.utc,
        day_first=None if times is None else times.day_first,
        units={name: unit for name, unit in {**grid.units, **columns.units}.items() if name in rows.frame},
        id=id.name if id else None,
        ids=id.ids if id else (),
        series=rows.series,
        pairs=rows.pairs,
        repeated=rows.repeated,
        target=target,
        dropped=(*(turned.labels if turned else ()), *(id.columns if id else ()), *columns.dropped),
        missing=rows.missing,
        duplicates=rows.duplicates,
        gaps=gaps,
        notices=(
            *grid.notices,
            *(times.notices if times else (_no_times(grid.rows),)),
            *sign.notices,
            *about_rows,
            *about_decimal(grid, columns.contrary, decimal),
            *columns.notices,
            *([] if id else long.about_blocks(columns.text)),
            *_many_columns(len(rows.frame.columns)),
            *rows.notices,
            *told_step,
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
    left_out = f"{counted(count, 'row')} without a readable time {'was' if count == 1 else 'were'} left out"
    message = f"{left_out}, such as totals, remarks or dates that cannot be."
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


def _no_numbers(almost: Mapping[str, str]) -> BadFile:
    """By the first column that nearly holds some."""
    for name, why in almost.items():
        reason, _, remedy = why.rpartition(": ")
        return BadFile(
            f"No column can be read as numbers: {quoted(name)} holds {reason}", remedy=f"{remedy.capitalize()}."
        )
    return BadFile("No column holds numbers", remedy="Upload a CSV with at least one column of numbers to forecast.")


def _no_times(rows: int) -> Notice:
    return Notice(
        "no_dates", "No column holds dates: the rows are taken in the order of the file, by their number.", count=rows
    )


def _many_columns(count: int) -> list[Notice]:
    if count <= MANY_COLUMNS:
        return []
    told = f"{count:,} columns hold numbers: forecast one or a few of them, and learn from those that matter to it."
    return [Notice("many_columns", told, count=count)]


def _refuse_too_short(rows: Rows) -> None:
    count = len(rows.frame)
    if count >= MINIMUM_ROWS:
        return
    of = f" of “{rows.series}”" if rows.series else " of different times" if rows.duplicates else ""
    raise BadFile(
        f"The file has only {counted(count, 'row')}{of}",
        remedy=f"At least {MINIMUM_ROWS} are needed to learn from some and be judged on the others; "
        "from about 100 on, a forecast can be useful.",
    )
