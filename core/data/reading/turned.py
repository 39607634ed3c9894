"""A table whose header holds the times: turned on its side, or years against months."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.data.dataset import EXAMPLES, Notice
from core.data.reading.columns import cited
from core.data.reading.grid import Grid
from core.data.reading.time_names import role_of, time_hint, words_of
from core.data.reading.times import Times, find_times, label_times
from core.data.words import counted

LABELS = 8  # columns at most before the first time of a turned table
FEWEST_TIMES = 3
MONTHS = 12
MOST_TOTALS = 3  # rows at most below the years or months


@dataclass(frozen=True)
class Turned:
    """A table whose header held the times, turned so that each row is a time."""

    grid: Grid
    times: Times
    labels: tuple[str, ...]  # the columns that named its rows


def turn(grid: Grid, day_first: bool | None) -> Turned | None:
    """The turned table where nearly all columns, but for labels before the first time, are named by times."""
    for first in range(min(LABELS, len(grid.names))):
        times = label_times(grid.names[first:], day_first) if len(grid.names) - first >= FEWEST_TIMES else None
        if times is not None and not np.isnat(times.values[0]):
            labels = replace(grid, names=grid.names[:first], columns=grid.columns[:first])
            return None if first and find_times(labels) is not None else _turned(grid, first, times)
    return None


def unfold(grid: Grid) -> Turned | None:
    """A table of years down and months across, or the other way round, as one column of values, month by month."""
    across = list(grid.names[1:])
    if months := _months(across[:MONTHS]):
        years = _years(grid.columns[0].to_pylist())
        width, height = MONTHS, len(years)
    elif (years := _years(across)) and grid.rows >= MONTHS:
        months = _months(grid.columns[0].slice(0, MONTHS).to_pylist())
        width, height = len(years), MONTHS
    if not (years and months) or grid.rows - height > MOST_TOTALS:
        return None
    cells = np.array([column.slice(0, height).to_pylist() for column in grid.columns[1 : 1 + width]], dtype=object)
    by_year = cells.T if _months(across[:MONTHS]) else cells
    order = np.argsort([12 * year + month for year in years for month in months])
    times = np.array([f"{year}-{month:02}" for year in years for month in months], "datetime64[M]")
    one = replace(
        grid,
        names=(_corner(grid),),
        columns=(pa.array(by_year.ravel()[order], pa.string()),),
        line=lambda row: 1,
        notices=(*grid.notices, *_about_unfolded(grid, width, height)),
        nameless=frozenset(),
        units={},
    )
    found = Times((), times[order].astype("datetime64[us]"), "years and months")
    return Turned(one, found, () if grid.names[0] == one.names[0] else grid.names[:1])


def _about_unfolded(grid: Grid, width: int, height: int) -> list[Notice]:
    told = Notice("turned_table", "The table has years on one side and months on the other: it became one row a month.")
    notices = [told, *_skipped("Columns beside the years and months left out", _filled_names(grid, 1 + width))]
    rows = [[column[row].as_py() for column in grid.columns] for row in range(height, grid.rows)]
    if rows:
        lines = [
            f"line {grid.line(row):,}: {grid.delimiter.join(cells)[:200]}" for row, cells in enumerate(rows, height)
        ]
        below = (
            f"Below the years and months, {counted(len(rows), 'row')} left out: {cited(cells[0] for cells in rows)}."
        )
        notices.append(Notice("skipped_lines", below, count=len(rows), examples=tuple(lines)))
    return notices


def _corner(grid: Grid) -> str:
    """What the values are, where the first header cell says it; mostly it says what stands below or beside it."""
    name = grid.names[0]
    of_times = time_hint(name) > 0 or any(role_of(word) for word in words_of(name))
    return "value" if of_times or name in grid.nameless or not words_of(name) else name


def _filled_names(grid: Grid, begin: int, end: int | None = None) -> list[str]:
    """Of those columns that hold anything."""
    columns = zip(grid.names[begin:end], grid.columns[begin:end], strict=True)
    return [name for name, cells in columns if pc.any(pc.not_equal(cells, "")).as_py()]


def _skipped(why: str, names: Sequence[str]) -> list[Notice]:
    if not names:
        return []
    return [Notice("skipped_columns", f"{why}: {cited(names)}.", count=len(names), examples=tuple(names[:EXAMPLES]))]


def _years(labels: list[str]) -> list[int]:
    """The years that the first labels are, each once; none where the same year comes again."""
    are_years = [len(label) == 4 and label.isdigit() and 1500 <= int(label) <= 2200 for label in labels]
    count = are_years.index(False) if False in are_years else len(labels)
    plain = not any(are_years[count:]) and 1 < count == len(set(labels[:count]))
    return [int(label) for label in labels[:count]] if plain else []


def _months(labels: list[str]) -> list[int]:
    """The twelve months that the labels are, by name or number; none otherwise."""
    if len(labels) != MONTHS:
        return []
    if all(label.isdigit() for label in labels):
        months = [int(label) for label in labels]
    else:
        times = label_times([f"{label} 2001" for label in labels])
        if times is None or np.isnat(times.values).any():
            return []
        months = (times.values.astype("datetime64[M]").astype(int) % 12 + 1).tolist()
    return months if sorted(months) == list(range(1, MONTHS + 1)) else []


def _turned(grid: Grid, first: int, times: Times) -> Turned:
    cells = [grid.columns[first + place] for place in np.flatnonzero(~np.isnat(times.values))]
    names, labels = _row_names(grid, first)
    table = np.array([column.to_pylist() for column in cells], dtype=object)  # (times, series)
    filled = [row for row in range(grid.rows) if any(table[:, row])]
    columns = tuple(pa.array(table[:, row], pa.string()) for row in filled)
    told = [
        Notice(
            "turned_table",
            f"The dates stand in the header: the table was turned, and each of its {len(filled)} rows became a column"
            + (f", named by {cited(labels)}." if labels else "."),
        )
    ]
    rest = [grid.names[first + place] for place in np.flatnonzero(np.isnat(times.values))]
    told += _skipped("Columns without a time left out", rest)
    others = [name for name in _filled_names(grid, 0, first) if name not in labels]
    told += _skipped("Columns that are not needed to tell the rows apart left out", others)
    kept = times.values[~np.isnat(times.values)]
    turned = replace(
        grid,
        names=tuple(names[row] for row in filled),
        columns=columns,
        notices=(*grid.notices, *told),
        line=lambda row: 1,
        nameless=frozenset(),
        units={},
    )
    return Turned(turned, replace(times, columns=(), values=kept), grid.names[:first])


def _row_names(grid: Grid, first: int) -> tuple[list[str], list[str]]:
    """A name for each row, and the label columns it is made of: as few as tell the rows apart."""
    labels = {name: grid.column(name).to_pylist() for name in grid.names[:first]}
    telling = [name for name, cells in labels.items() if len(set(cells)) > 1] or list(labels)[:1]
    for size in range(1, len(telling) + 1):
        for chosen in combinations(telling, size):
            names = [" ".join(filter(None, parts)) for parts in zip(*(labels[name] for name in chosen), strict=True)]
            if len(set(names)) == len(names):
                return [name or f"row {row}" for row, name in enumerate(names, 1)], list(chosen)
    names = [f"row {row}" for row in range(1, grid.rows + 1)]
    if telling:
        names = [f"{label} ({name})" for label, name in zip(labels[telling[0]], names, strict=True)]
    return names, telling[:1]
