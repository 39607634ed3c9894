"""Values too regular to have been measured: filled from a coarser step, drawn as a straight line, carried over."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

PERIODS = {"h": "hour", "D": "day", "W": "week", "M": "month", "Q": "quarter", "Y": "year"}  # from fine to coarse
NEARLY_ALL = 0.95
FEWEST = 4  # blocks, weekends or different values that make a rule
SHORTEST_LINE = 6  # rows
CHANCE = 1e-4  # that a series without straight lines has one as long


@dataclass(frozen=True)
class Regular:
    """Rows that repeat the one before, block by block."""

    rows: int  # in one block; 0 when it differs, as the days of a month do
    period: str | None  # the calendar period that a block fills: "month"


@dataclass(frozen=True)
class Line:
    """A stretch of evenly growing values: its first row and the row behind its last."""

    begin: int
    end: int


def find_blocks(values: Floats, index: pd.Index) -> Regular | None:
    """Whether values (T,) stand still within blocks of one length or within calendar periods, and change between."""
    begins = np.flatnonzero(np.append(True, values[1:] != values[:-1]))  # NaN differs from itself: each row a block
    lengths = np.diff(begins)[1:]  # without the first and the last, which may be cut off
    if len(begins) < FEWEST + 2 or len(begins) > 0.6 * len(values):
        return None
    if len(np.unique(values[begins])) < FEWEST or np.isnan(values).mean() > 0.5:
        return None
    if isinstance(index, pd.DatetimeIndex) and (period := _period(index, begins)):
        return Regular(0, period)
    length = int(np.bincount(lengths).argmax()) if lengths.max() < len(values) else 0
    whole = lengths % length == 0
    if length > 1 and whole.mean() >= NEARLY_ALL and (lengths == length).mean() >= 0.8:
        return Regular(length, None)
    return None


def find_lines(values: Floats) -> list[Line]:
    """Stretches of a series (T,) that grow by the same amount from row to row, too long for chance.

    None when the whole series is such a line. How many equal steps chance makes is counted on the series itself.
    """
    bends = np.diff(values, 2)
    if len(bends) < 2 * SHORTEST_LINE:
        return []
    straight = (np.abs(bends) <= _rounding(values, bends)) & (np.diff(values)[1:] != 0)
    if not straight.any():
        return []
    edges = np.diff(np.concatenate([[0], straight.astype(np.int8), [0]]))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    crooked = len(straight) - int(straight.sum())
    chance = len(begins) / (crooked + len(begins))  # that a crooked row is followed by a straight one
    needed = SHORTEST_LINE - 2 if chance < 1e-3 else np.log(CHANCE / len(values)) / np.log(min(chance, 0.999))
    long = ends - begins >= max(needed, SHORTEST_LINE - 2)
    lines = [Line(int(begin), int(end) + 2) for begin, end in zip(begins[long], ends[long], strict=True)]
    return [] if any(line.end - line.begin > 0.9 * len(values) for line in lines) else lines


def _rounding(values: Floats, bends: Floats) -> Floats | float:
    """By how much a straight line may bend because its values were rounded, where that is far less than is usual."""
    known = np.abs(bends[~np.isnan(bends)])
    usual = float(np.median(known)) if len(known) else 0.0
    for digits in range(4):
        unit = 10.0**-digits
        if usual < 20 * unit:
            continue
        scaled = values / unit
        if np.nanmax(np.abs(scaled - np.round(scaled)), initial=0.0) < 1e-6:
            return 2.001 * unit
    sizes = np.abs(values)
    return np.asarray(1e-11 * (sizes[:-2] + sizes[1:-1] + sizes[2:]))


def carried_weekends(values: Floats, index: pd.Index) -> Rows:
    """Saturdays and Sundays that repeat Friday's value, where nearly all do and nearly no working day does."""
    none = np.empty(0, dtype=np.int64)
    if not isinstance(index, pd.DatetimeIndex) or len(values) < 7 * FEWEST:
        return none
    same = np.append(False, values[1:] == values[:-1])
    weekend = index.day_of_week.to_numpy() >= 5
    if weekend.sum() < 2 * FEWEST or same[weekend].mean() < NEARLY_ALL or same[~weekend].mean() > 0.2:
        return none
    return np.flatnonzero(weekend & same)


def _period(index: pd.DatetimeIndex, begins: Rows) -> str | None:
    """The calendar period that new values wait for, and that usually brings one; None when they come within periods."""
    for alias, word in PERIODS.items():
        new = np.append(True, np.diff(_ordinals(index, alias)) != 0)
        periods = int(new.sum())
        if len(index) >= 1.9 * periods and new[begins].mean() >= NEARLY_ALL and len(begins) >= 0.5 * periods:
            return word
    return None


def _ordinals(index: pd.DatetimeIndex, alias: str) -> Rows:
    """The number of the hour, day, week (from Monday on), month, quarter or year that each time falls in."""
    if alias in ("h", "D", "W"):
        unit = "h" if alias == "h" else "D"
        numbers = index.to_numpy().astype(f"datetime64[{unit}]").astype(np.int64)
        return (numbers + 3) // 7 if alias == "W" else numbers
    months = (index.year * 12 + index.month - 1).to_numpy(dtype=np.int64)
    return months // {"M": 1, "Q": 3, "Y": 12}[alias]
