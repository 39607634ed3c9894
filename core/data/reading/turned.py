"""A table whose header holds the times: turned on its side, or years against months."""

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pyarrow as pa

from core.data.dataset import Notice
from core.data.reading.columns import listed
from core.data.reading.grid import Grid
from core.data.reading.times import Times, find_times, label_times

LABELS = 8  # columns at most before the first time of a turned table
FEWEST_TIMES = 3
MONTHS = 12


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
        cells = [[column[row].as_py() for column in grid.columns[1 : 1 + MONTHS]] for row in range(grid.rows)]
    elif (years := _years(across)) and grid.rows == MONTHS:
        months = _months(grid.columns[0].to_pylist())
        cells = [column.to_pylist() for column in grid.columns[1:]]
    if not (years and months):
        return None
    order = np.argsort([12 * year + month for year in years for month in months])
    times = np.array([f"{year}-{month:02}" for year in years for month in months], "datetime64[M]")
    column = pa.array(np.array(cells, dtype=object).ravel()[order], pa.string())
    told = Notice("turned_table", "The table has years on one side and months on the other: it became one row a month.")
    one = replace(
        grid, names=("value",), columns=(column,), line=lambda row: 1, notices=(*grid.notices, told), units={}
    )
    found = Times((), times[order].astype("datetime64[us]"), "years and months")
    return Turned(replace(one, nameless=frozenset(), units={}), found, grid.names[:1])


def _years(labels: list[str]) -> list[int]:
    """The years that all labels are, each once; none otherwise."""
    plain = all(len(label) == 4 and label.isdigit() and 1500 <= int(label) <= 2200 for label in labels)
    return [int(label) for label in labels] if plain and len(set(labels)) == len(labels) > 1 else []


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
            + (f", named by {listed(labels)}." if labels else "."),
        )
    ]
    rest = [grid.names[first + place] for place in np.flatnonzero(np.isnat(times.values))]
    if rest:
        told.append(Notice("skipped_columns", f"Columns without a time left out: {listed(rest)}.", count=len(rest)))
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
