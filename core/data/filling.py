"""Missing cells between the first and the last value of a column: filled in three ways, and told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.dataset import EXAMPLES, Notice
from core.data.words import enumerated, moments, quoted

Made = Literal["last", "interpolate", "seasonal"]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FILLED_TOLD = 20  # columns; the others are counted
FILLED_WITH = {
    "last": "with the last known value",
    "interpolate": "along a straight line between the values on both sides",
    "seasonal": "with the value one season before",
}
LATER = "a value after the gap was used: a forecast made inside the gap would not have known it"


@dataclass(frozen=True)
class MadeUp:
    """Which cells of a column (G,) were filled, and which of them along a line, for which a later value was used."""

    cells: Flags
    lined: Flags

    def any(self) -> bool:
        return bool(self.cells.any())


def inside(values: Floats) -> Flags:
    """Missing cells between the first and the last value."""
    there = np.isfinite(values)
    if not there.any():
        return np.zeros(len(values), dtype=bool)
    missing = ~there
    missing[: int(there.argmax())] = False
    missing[len(there) - int(there[::-1].argmax()) :] = False
    return missing


def made_from(how: Made, season: int) -> Made:
    """What can be done: without a season, a straight line takes its place."""
    return "interpolate" if how == "seasonal" and season < 2 else how


def filled(values: Floats, grid: pd.Index, how: Made, season: int) -> tuple[Floats, MadeUp]:
    """The values (G,) without a missing cell between the first and the last, and which ones were made up.

    A cell in the first season has no value a season before: it gets a straight line between its neighbours.
    """
    how, made_up = made_from(how, season), inside(values)
    if not made_up.any():
        return values, MadeUp(made_up, made_up)
    values = values.copy()
    if how != "interpolate":
        before = _before(values, 1 if how == "last" else season)
        values[made_up] = before[made_up]
    lined = made_up & np.isnan(values)
    there = np.flatnonzero(np.isfinite(values))
    clock = _clock(grid)
    values[lined] = np.interp(clock[lined], clock[there], values[there])
    return values, MadeUp(made_up, lined)


def _before(values: Floats, step: int) -> Floats:
    """The last value that was there one, two, three… `step`s before each row; NaN where there was none."""
    rounds = -(-len(values) // step)
    table = np.append(values, np.full(rounds * step - len(values), np.nan)).reshape(rounds, step)
    rows = np.where(np.isfinite(table), np.arange(rounds)[:, None], 0)
    latest: Floats = np.take_along_axis(table, np.maximum.accumulate(rows, axis=0), axis=0).ravel()[: len(values)]
    return latest


def _clock(grid: pd.Index) -> Floats:
    """Microseconds since the first row, or rows."""
    if not isinstance(grid, pd.DatetimeIndex):
        return np.arange(len(grid), dtype=np.float64)
    times = grid.to_numpy().astype("datetime64[us]").astype(np.int64)
    return np.asarray(times - times[0], dtype=np.float64)


def about_filled(
    made: dict[str, MadeUp], grid: pd.Index, frequency: str | None, how: Made, targets: Iterable[str]
) -> list[Notice]:
    """Targets first; those of a target are scored like any other."""
    wanted = set(targets)
    others = [name for name in made if name not in wanted]
    notices = []
    for name in [*(name for name in made if name in wanted), *others[:FILLED_TOLD]]:
        count = int(made[name].cells.sum())
        was, them = ("value was", "it") if count == 1 else ("values were", "them")
        told = f"{count:,} missing {was} filled in {quoted(name)}{_way(how, [made[name]])}"
        told += f"; scores treat {them} as measured." if name in wanted else "."
        where = moments(grid[made[name].cells], frequency)
        notices.append(Notice("filled_target" if name in wanted else "filled", told, name, count, examples=where))
    return [*notices, *_about_rest(made, others[FILLED_TOLD:], how)]


def _about_rest(made: dict[str, MadeUp], rest: Sequence[str], how: Made) -> list[Notice]:
    if not rest:
        return []
    count = sum(int(made[name].cells.sum()) for name in rest)
    values = "1 missing value" if count == 1 else f"{count:,} missing values"
    columns = "1 more column" if len(rest) == 1 else f"{len(rest):,} more columns"
    told = f"{values} in {columns} {'was' if count == 1 else 'were'} filled{_way(how, [made[name] for name in rest])}."
    return [Notice("filled", told, count=count, examples=tuple(rest[:EXAMPLES]))]


def _way(how: Made, made: Sequence[MadeUp]) -> str:
    """How the cells were filled, with a count for each way where there were two of them."""
    lined = sum(int(each.lined.sum()) for each in made)
    others = sum(int(each.cells.sum()) for each in made) - lined
    ways = [(others, FILLED_WITH[how]), (lined, f"{FILLED_WITH['interpolate']} ({LATER})")]
    ways = [(count, words) for count, words in ways if count]
    if len(ways) == 1:
        return f" {ways[0][1]}"
    return f": {enumerated(f'{count:,} {words}' for count, words in ways)}"
