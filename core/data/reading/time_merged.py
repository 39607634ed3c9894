"""Dates that stand on the first row of each day only, or years on that of each year: merged cells of a spreadsheet."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow.compute as pc

from core.data.dataset import EXAMPLES, Notice
from core.data.reading.grid import Grid
from core.data.reading.time_parts import Bools
from core.data.reading.time_reading import NEARLY_ALL, Reading

BLANK = 0.45  # of the cells at least: with the morning and the afternoon of each day, every other one
GAIN = 2  # times as many different times must be there with the cells filled as without


@dataclass(frozen=True)
class Filled:
    """A grid whose merged columns are filled down, and (R,) by column where that was done."""

    grid: Grid
    blank: dict[str, Bools]


def fill_down(grid: Grid) -> Filled | None:
    """The grid with the cells that are blank below a filled one made equal to it, in columns where many are.

    None where there is no such column, or where all of them are: then nothing completes a date.
    """
    columns, blank = list(grid.columns), {}
    for place, (name, cells) in enumerate(zip(grid.names, grid.columns, strict=True)):
        gone = pc.equal(pc.utf8_trim_whitespace(cells), "").fill_null(True)
        count = pc.sum(gone).as_py() or 0
        if BLANK * len(cells) <= count < len(cells) - 1 and not gone[0].as_py():
            columns[place] = pc.fill_null_forward(pc.if_else(gone, None, cells))
            blank[name] = gone.to_numpy(zero_copy_only=False)
    return Filled(replace(grid, columns=tuple(columns)), blank) if blank and len(blank) < len(columns) else None


def completes(filled: Filled, reading: Reading, before: Reading | None) -> bool:
    """Whether filled columns and one that was whole make times of nearly all rows, and many more than before."""
    merged = [name for name in reading.columns if name in filled.blank]
    whole = len(merged) < len(reading.columns)
    timed = (~np.isnat(reading.values)).mean() >= NEARLY_ALL
    return bool(merged and whole and timed and (before is None or reading.distinct >= GAIN * before.distinct))


def told(filled: Filled, reading: Reading) -> list[Notice]:
    """A notice for each filled column that the times come from."""
    notices = []
    for name in (name for name in reading.columns if name in filled.blank):
        rows = np.flatnonzero(filled.blank[name] & ~np.isnat(reading.values))
        cells = filled.grid.column(name)
        shown = (f"line {filled.grid.line(int(row))}: {cells[int(row)].as_py()[:80]}" for row in rows[:EXAMPLES])
        message = (
            f"“{name}” stands only on the first of several rows, as in merged cells: "
            f"{len(rows):,} blank cells were filled from the one above."
        )
        notices.append(Notice("filled_down", message, name, count=len(rows), examples=tuple(shown)))
    return notices
