"""Stretches in which a series that usually changes from row to row keeps one value, as of a sensor that is stuck."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

SHORTEST = 30  # rows of the longest
SHORTER = 20  # rows of others beside it
LONGER = 5  # times the longest usual stretch of equal values
MOST = 6  # stretches; what happens more often is how the series is
ENOUGH = 50  # other stretches, to know how the series usually moves
USUAL = 5.0  # rows without a change, on average, at most; prices and rates stand still by nature
BEYOND = 0.5  # times the range of the other values; a limit lies nearer than that
DIFFERENT = 20  # values at least, or they are steps rather than a measurement


@dataclass(frozen=True)
class Stuck:
    """The first and the last row of a stretch, the rows with a value in it, and their value."""

    first: int
    last: int
    rows: int
    value: float


def find_stuck(values: Floats) -> list[Stuck]:
    """Of a series (T,) in which missing cells are NaN, in order; zeros are none: no rain, no sun, no sale."""
    there = np.flatnonzero(np.isfinite(values))
    series = values[there]
    if len(series) <= SHORTEST:
        return []
    begins = np.flatnonzero(np.append(True, series[1:] != series[:-1]))
    lengths = np.diff(np.append(begins, len(series)))
    long = _far_longer(np.where(series[begins] == 0, 0, lengths))
    if not len(long):
        return []
    rest = np.delete(series[begins], long)
    if len(rest) < ENOUGH or len(np.unique(rest)) < DIFFERENT or np.delete(lengths, long).mean() > USUAL:
        return []
    found = [(int(begins[run]), int(lengths[run])) for run in long if not _at_its_limit(series[begins[run]], rest)]
    return [Stuck(int(there[begin]), int(there[begin + rows - 1]), rows, float(series[begin])) for begin, rows in found]


def _far_longer(lengths: Rows) -> Rows:
    """Which of the stretches are far longer than all the others."""
    none = np.empty(0, dtype=np.int64)
    if len(lengths) <= MOST or lengths.max() < SHORTEST:
        return none
    longest = np.argpartition(lengths, -MOST - 1)[-MOST - 1 :]
    longest = longest[np.argsort(-lengths[longest])]
    sizes = lengths[longest]
    cuts = np.flatnonzero((sizes[:-1] >= SHORTER) & (sizes[:-1] >= LONGER * sizes[1:]))
    return np.sort(longest[: cuts[-1] + 1]) if len(cuts) else none


def _at_its_limit(value: float, rest: Floats) -> bool:
    """Humidity stays at 100 % for days; what stands still far beyond all other values is not held by a limit."""
    low, high = float(rest.min()), float(rest.max())
    beyond = BEYOND * (high - low)
    return low - beyond <= value <= low or high <= value <= high + beyond
