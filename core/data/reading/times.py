"""The time column: which one it is, or which two or three together, how its times are written, and each row's time."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core.data.dataset import EXAMPLES, Notice
from core.data.reading import time_merged
from core.data.reading.grid import Grid
from core.data.reading.time_columns import of_asked, of_nameless_parts, of_parts, with_clock
from core.data.reading.time_formats import read_text
from core.data.reading.time_names import role_of
from core.data.reading.time_numbers import is_numeric, read_number_times
from core.data.reading.time_reading import (
    NEARLY_ALL,
    Context,
    Reading,
    missing_cells,
    readable_share,
    sample_of,
    short_cells,
)
from core.errors import BadFile


@dataclass(frozen=True)
class Times:
    """The time of every row."""

    columns: tuple[str, ...]  # the column it comes from; date and time, or year and month, may be two
    values: npt.NDArray[np.datetime64]  # (R,) datetime64[us], NaT where the cells give no time; in UTC if `utc`
    form: str  # how the times are written, in words: "day.month.year", "seconds since 1970", "ISO weeks"
    utc: bool = False  # the cells carried an offset from UTC or a zone
    day_first: bool | None = None  # how day and month were read where their order mattered
    notices: tuple[Notice, ...] = ()  # ambiguous_dates, excel_serial, mixed_offsets, …


def find_times(
    grid: Grid, asked: Sequence[str] = (), day_first: bool | None = None, decimal: str = "."
) -> Times | None:
    """The times of the columns asked for, else of those that hold times, else None.

    Raises BadFile when a column asked for does not exist or gives no times.
    """
    short = replace(grid, columns=tuple(map(short_cells, grid.columns)))

    def read(grid: Grid) -> Reading | None:
        return _asked(grid, asked, day_first, decimal) if asked else _found(grid, day_first, decimal)

    reading, filled = _with_merged(short, read)
    if asked and (reading is None or np.isnat(reading.values).all()):
        raise _unreadable(grid, asked[0])
    return None if reading is None else _times(reading, [*filled, *_notices(grid, reading)])


def _times(reading: Reading, notices: list[Notice]) -> Times:
    zoned = bool(reading.zones)
    return Times(reading.columns, reading.values, reading.form, zoned, reading.day_first, tuple(notices))


def _with_merged(grid: Grid, read: Callable[[Grid], Reading | None]) -> tuple[Reading | None, list[Notice]]:
    """What is read of the grid; where many rows have no time, of its merged cells filled down, and what is told."""
    reading = read(grid)
    if reading is not None and np.isnat(reading.values).mean() < time_merged.BLANK:
        return reading, []
    filled = time_merged.fill_down(grid)
    again = None if filled is None else read(filled.grid)
    if filled is None or again is None or not time_merged.completes(filled, again, reading):
        return reading, []
    return again, time_merged.told(filled, again)


def label_times(labels: Sequence[str], day_first: bool | None = None) -> Times | None:
    """The times that a header's labels are, when nearly all of them are times: the columns of a turned table."""
    mangled = all(re.match(r"X\d", label) for label in labels)  # so R writes names that begin with a digit
    cells = short_cells(pa.array([label[mangled:].strip() for label in labels], pa.string()))
    reading = _read(cells, Context("date", day_first=day_first))
    if reading is None or readable_share(reading, cells, day_first is not None) < NEARLY_ALL or reading.distinct < 2:
        return None
    return _times(reading, [])


def _found(grid: Grid, day_first: bool | None, decimal: str) -> Reading | None:
    """The most likely column, or columns, of all."""
    readings = []
    for place, (name, cells) in enumerate(zip(grid.names, grid.columns, strict=True)):
        context = Context(name, place == 0, name in grid.nameless, day_first=day_first, decimal=decimal)
        reading = _read(cells, context)
        if (
            reading is not None
            and _changes(reading)
            and readable_share(reading, cells, day_first is not None) >= NEARLY_ALL
        ):
            readings.append(reading.called(name))
    best = readings[0] if len(readings) == 1 else max(readings, key=_rank, default=None)
    if best is None or (best.form == "years" and role_of(best.columns[0]) == "year"):
        return of_parts(grid) or best or of_nameless_parts(grid)
    return with_clock(grid, best) or best


def _changes(reading: Reading) -> bool:
    """Whether there are two times at least: a column that says when the file was written tells no rows apart."""
    return len(reading.values) < 2 or bool((reading.values != reading.values[0]).any())


def _rank(reading: Reading) -> tuple[float, ...]:
    """What speaks for a column, the weightiest first; of equals, the first in the file is taken."""
    hint = Context(reading.columns[0]).hint
    rows = max(len(reading.values), 1)
    return (hint >= 0, round(reading.distinct / rows, 1), reading.regularity > 0.5, reading.sure, hint)


def _read(cells: pa.StringArray, context: Context) -> Reading | None:
    """One column as times, or None when it holds none."""
    sample = sample_of(cells)
    if not sample:
        return None
    if is_numeric(sample):
        return read_number_times(cells, sample, context)
    return read_text(cells, sample, context)


def _asked(grid: Grid, names: Sequence[str], day_first: bool | None, decimal: str) -> Reading | None:
    """The times of the columns named, whatever they are called and however few of their cells can be read."""
    for name in names:
        if name not in grid.names:
            there = ", ".join(f"“{name}”" for name in grid.names)
            raise BadFile(f"There is no column “{name}”", "time column", f"Choose one of {there}.")

    def read(name: str) -> Reading | None:
        reading = _read(grid.column(name), Context(name, asked=True, day_first=day_first, decimal=decimal))
        return reading and reading.called(name)

    return read(names[0]) if len(names) == 1 else of_asked(grid, names, read)


def _unreadable(grid: Grid, name: str) -> BadFile:
    cells = grid.column(name)
    filled = np.flatnonzero(~missing_cells(cells))
    if not len(filled):
        return BadFile(f"Nothing stands in the time column “{name}”", remedy="Choose another column for the times.")
    row = int(filled[0])
    return BadFile(
        f"A time in “{name}” cannot be read: “{cells[row].as_py()[:80]}”",
        f"line {grid.line(row)}",
        "Write times as 2012-12-31 or 2012-12-31 18:00: in a spreadsheet, format the column that way and save it "
        "again; or choose another column for the times.",
    )


def _notices(grid: Grid, reading: Reading) -> list[Notice]:
    """What is told about the times: guesses, conversions, and cells that could not be read."""
    name = " + ".join(reading.columns)
    notices = []
    if reading.doubtful is not None:
        rows = np.flatnonzero(reading.doubtful)
        order = {True: "day first", False: "month first", None: "year first"}[reading.day_first]
        message = (
            f"Day and month of the dates in “{name}” can be exchanged, as in “{_cell(grid, reading, int(rows[0]))}”: "
            f"they were read {order}, as {reading.reason}. Choose the other order if that is wrong."
        )
        notices.append(_counted("ambiguous_dates", message, grid, reading, rows))
    if reading.serial:
        message = f"The numbers in “{name}” were read as dates: spreadsheets count the days from 1900 on so."
        notices.append(Notice("excel_serial", message, name, count=len(reading.values)))
    notices += _about_zones(reading, name)
    rows = np.flatnonzero(reading.impossible)
    if len(rows):
        message = f"{_dates(len(rows))} in “{name}” cannot be, such as “{_cell(grid, reading, int(rows[0]))}”."
        notices.append(_counted("impossible_dates", message, grid, reading, rows))
    return notices


def _about_zones(reading: Reading, name: str) -> list[Notice]:
    if not reading.zones:
        return []
    if {zone.upper().replace(":", "") for zone in reading.zones} <= {"Z", "UTC", "GMT", "+0000", "+00"}:
        return [Notice("timezone", f"The times in “{name}” are in UTC.", name)]
    notices = [Notice("timezone", f"The times in “{name}” carry an offset from UTC and were converted to UTC.", name)]
    if len(reading.zones) > 1:
        zones = ", ".join(reading.zones[:8])
        message = f"The offset from UTC changes in “{name}” ({zones}), as it does where clocks change: all are in UTC."
        notices.append(
            Notice("mixed_offsets", message, name, count=len(reading.zones), examples=reading.zones[:EXAMPLES])
        )
    return notices


def _counted(code: str, message: str, grid: Grid, reading: Reading, rows: npt.NDArray[np.int64]) -> Notice:
    examples = tuple(f"line {grid.line(int(row))}: {_cell(grid, reading, int(row))}" for row in rows[:EXAMPLES])
    return Notice(code, message, " + ".join(reading.columns), count=len(rows), examples=examples)


def _cell(grid: Grid, reading: Reading, row: int) -> str:
    return " ".join(str(grid.column(name)[row].as_py()) for name in reading.columns)[:80]


def _dates(count: int) -> str:
    return "1 date" if count == 1 else f"{count:,} dates"
