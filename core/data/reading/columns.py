"""The columns beside the time: numbers that may be forecast, text that is kept as labels, and what is left out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from core.data.dataset import EXAMPLES, Notice
from core.data.reading.grid import Grid
from core.data.reading.numbers import Numbers, read_numbers, why_not
from core.data.words import quoted

MOSTLY = 0.75  # of the filled cells are numbers: then the column is numeric, and the others count as missing
NEARLY_EACH = 0.9  # of the cells of a count follow the one before: a row may be lost, a cell be wrong
COUNTS_FROM = 20  # rows: from there on, whole numbers in even steps are a count and nothing to forecast
EXPLAINED = 20  # columns of text, for which it is said why they are not read as numbers
LOOKED_AT = 2_000  # cells of each
LISTED = 8  # names in a sentence; the others are counted


@dataclass
class Columns:
    """R rows: columns of numbers, columns of text, and the names of those left out."""

    rows: int
    numbers: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    text: dict[str, pa.StringArray] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()  # as named in the file: “” for a nameless one
    units: dict[str, str] = field(default_factory=dict)
    contrary: dict[str, tuple[int, ...]] = field(default_factory=dict)  # rows read by the other decimal sign, by column
    almost: dict[str, str] = field(default_factory=dict)  # why text that is nearly numbers was not read, by column
    notices: list[Notice] = field(default_factory=list)

    def frame(self, index: pd.Index) -> pd.DataFrame:
        return pd.DataFrame(self.numbers, index=index, copy=False)

    def label_frame(self, index: pd.Index) -> pd.DataFrame:
        return pd.DataFrame({name: cells.to_pandas().to_numpy() for name, cells in self.text.items()}, index=index)


def read_columns(grid: Grid, apart: Collection[str], decimal: str, times: npt.NDArray[np.datetime64] | None) -> Columns:
    """Sort the columns of a grid, but for those `apart`, into numbers and text; what cannot be forecast is left out.

    A column that never changes, holds nothing, or counts the rows or the time, says nothing about what is to come.
    """
    found = Columns(grid.rows)
    empty: list[str] = []
    for name, cells in zip(grid.names, grid.columns, strict=True):
        if name in apart:
            continue
        read = read_numbers(cells, decimal)
        if not read.filled:
            empty.append(name)
        elif read.unread.sum() > (1 - MOSTLY) * read.filled:
            found.text[name] = cells
            why = why_not(cells.slice(0, LOOKED_AT), decimal) if len(found.text) <= EXPLAINED else None
            found.almost |= {name: why} if why else {}
        else:
            found.numbers[name] = read.values
            found.contrary |= {name: read.contrary} if read.contrary else {}
            _note_unit(found, name, read)
            found.notices += _about_cells(grid, name, read)
    _tell_percent(found)
    useless = _useless(found, times)
    _tell_dropped(found, empty, useless)
    gone = {*empty, *useless, *found.text}
    found.dropped = tuple("" if name in grid.nameless else name for name in grid.names if name in gone)
    found.numbers = {name: values for name, values in found.numbers.items() if name not in useless}
    return found


def about_decimal(grid: Grid, contrary: Mapping[str, Sequence[int]], asked: str | None) -> list[Notice]:
    """Columns that show another decimal sign than the one asked for, and so were read by theirs."""
    if not asked or not contrary:
        return []
    examples = [_cell(grid, name, row) for name, rows in contrary.items() for row in rows[:EXAMPLES]]
    first = next(iter(contrary))
    cell = grid.column(first)[contrary[first][0]].as_py()[:80]
    wanted, written = ("point", "comma") if asked == "." else ("comma", "point")
    told = f"A decimal {wanted} was asked for, but “{cell}” is written with a decimal {written}: {cited(contrary)} "
    told += f"{'was' if len(contrary) == 1 else 'were'} read by the {written}."
    count = sum(map(len, contrary.values()))
    column = first if len(contrary) == 1 else None
    return [Notice("decimal_not_followed", told, column, count, examples=tuple(examples[:EXAMPLES]))]


def cited(names: Iterable[str]) -> str:
    """Names in a sentence, each in quotation marks; many of them counted."""
    every = list(names)
    more = f" and {len(every) - LISTED} more" if len(every) > LISTED else ""
    return ", ".join(map(quoted, every[:LISTED])) + more


def _useless(found: Columns, times: npt.NDArray[np.datetime64] | None) -> dict[str, str]:
    """Code of the reason by name, as long as another column is left to forecast."""
    reasons = {name: reason for name, values in found.numbers.items() if (reason := _reason(values, times))}
    if len(reasons) == len(found.numbers):
        return {}  # better dull columns than none
    return reasons


def _reason(values: npt.NDArray[np.float64], times: npt.NDArray[np.datetime64] | None) -> str | None:
    filled = values[~np.isnan(values)]
    if len(filled) and (filled == filled[0]).all():
        return "constant_column"
    if len(values) < COUNTS_FROM or len(filled) < NEARLY_EACH * len(values):
        return None
    if _counts(filled):
        return "counter"
    clock = times is not None and len(filled) == len(values) and _is_clock(values, times)
    return "counter" if clock else None


def _counts(filled: npt.NDArray[np.float64]) -> bool:
    """Whether whole numbers go up, or down, in even steps; by one each, a few may be lost or out of place."""
    steps = np.diff(filled)
    if (filled == np.round(filled)).mean() < NEARLY_EACH:
        return False
    if (steps == steps[0]).all() and steps[0] == np.round(steps[0]):
        return True
    even = max((steps == 1).mean(), (steps == -1).mean()) >= NEARLY_EACH
    return bool(even and np.ptp(filled) >= NEARLY_EACH * (len(filled) - 1))  # hours of a day begin again


def _is_clock(values: npt.NDArray[np.float64], times: npt.NDArray[np.datetime64]) -> bool:
    """Whether whole numbers grow exactly as the time does: a second column of times."""
    if (values[:EXAMPLES] != np.round(values[:EXAMPLES])).any():
        return False
    clock = (times - times[0]).astype("timedelta64[us]").astype(np.float64)
    span = clock[-1]
    if not span or values[-1] == values[0]:
        return False
    expected = values[0] + clock * ((values[-1] - values[0]) / span)
    return bool((np.abs(values - expected) <= 1e-6 * abs(values[-1] - values[0])).all())


def _tell_dropped(found: Columns, empty: list[str], useless: dict[str, str]) -> None:
    constant = [name for name, reason in useless.items() if reason == "constant_column"]
    counters = [name for name, reason in useless.items() if reason == "counter"]
    for code, names, why in (
        ("text_column", list(found.text), "Text, kept beside the numbers but not learned from"),
        ("empty_column", empty, "Left out because nothing is in it"),
        ("constant_column", constant, "Left out because the value never changes"),
        ("counter_column", counters, "Left out because it only counts the rows or the time"),
    ):
        if names:
            found.notices.append(
                Notice(code, f"{why}: {cited(names)}.", count=len(names), examples=tuple(names[:EXAMPLES]))
            )
    for name, why in found.almost.items():
        found.notices.append(Notice("almost_numbers", f"{cited([name])} was not read: {why}.", name))


def _tell_percent(found: Columns) -> None:
    names = [name for name, unit in found.units.items() if unit == "%"]
    if names:
        told = f"Percentages are kept as written, 12.5 for 12.5%: {cited(names)}."
        found.notices.append(Notice("percent", told, count=len(names)))


def _note_unit(found: Columns, name: str, read: Numbers) -> None:
    if read.unit:
        found.units[name] = read.unit


def _about_cells(grid: Grid, name: str, read: Numbers) -> list[Notice]:
    """Cells of a numeric column that are no numbers, and infinite ones."""
    notices = []
    for code, where, one, many in (
        ("unread_cells", read.unread, "is no number and counts", "are no numbers and count"),
        ("infinite_values", read.infinite, "is infinite and counts", "are infinite and count"),
    ):
        count = int(where.sum())
        if count:
            what = f"One cell of {cited([name])} {one}" if count == 1 else f"{count:,} cells of {cited([name])} {many}"
            examples = tuple(_cell(grid, name, int(row)) for row in np.flatnonzero(where)[:EXAMPLES])
            notices.append(Notice(code, f"{what} as missing ({examples[0]}).", name, count, examples=examples))
    return notices


def _cell(grid: Grid, name: str, row: int) -> str:
    return f"line {grid.line(row):,}: {grid.column(name)[row].as_py()[:80]}"
