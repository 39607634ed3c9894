"""Missing cells between the first and the last value of a column: filled in three ways, and told."""

from collections.abc import Iterable
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.dataset import EXAMPLES, Notice
from core.data.words import moments, quoted

Made = Literal["last", "interpolate", "seasonal"]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FILLED_TOLD = 20  # columns; the others are counted
FILLED_WITH = {
    "last": "with the last known value",
    "interpolate": "along a straight line between the values on both sides",
    "seasonal": "with the value one season before",
}


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


def filled(values: Floats, grid: pd.Index, how: Made, season: int) -> tuple[Floats, Flags]:
    """The values (G,) without a missing cell between the first and the last, and which ones were made up."""
    how, made_up = made_from(how, season), inside(values)
    if not made_up.any():
        return values, made_up
    values = values.copy()
    if how != "interpolate":
        before = _before(values, 1 if how == "last" else season)
        values[made_up] = before[made_up]
    left = np.flatnonzero(made_up & np.isnan(values))
    there = np.flatnonzero(np.isfinite(values))
    clock = _clock(grid)
    values[left] = np.interp(clock[left], clock[there], values[there])
    return values, made_up


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
    made: dict[str, Flags], grid: pd.Index, frequency: str | None, how: Made, targets: Iterable[str]
) -> list[Notice]:
    """Targets first; those of a target are scored like any other."""
    notices = []
    others = 0
    wanted = set(targets)
    for name in sorted(made, key=lambda name: name not in wanted):
        count = int(made[name].sum())
        was, them = ("value was", "it") if count == 1 else ("values were", "them")
        told = f"{count:,} missing {was} filled in {quoted(name)} {FILLED_WITH[how]}"
        where = moments(grid[made[name]], frequency)
        if name in wanted:
            told += f"; scores treat {them} as measured."
            notices.append(Notice("filled_target", told, name, count, examples=where))
        elif others < FILLED_TOLD:
            others += 1
            notices.append(Notice("filled", f"{told}.", name, count, examples=where))
    rest = [name for name in made if name not in wanted][FILLED_TOLD:]
    if rest:
        count = sum(int(made[name].sum()) for name in rest)
        told = f"So were {count:,} missing values in {len(rest):,} more columns."
        notices.append(Notice("filled", told, count=count, examples=tuple(rest[:EXAMPLES])))
    return notices
