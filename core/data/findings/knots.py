"""Straight lines between every k-th row: values interpolated from a coarser step, too short to stand out singly."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SHORTEST = 3  # rows from knot to knot
FEWEST = 8  # lines
MOSTLY = 0.5  # of the rows
ALIKE = 0.08  # by which the lengths of lines may differ, as those of months do
SLOPES = 30  # different ones; lines between values of few digits share them
TOGETHER = 0.9  # of the lines are followed by another one; a saw's tooth by a jump
DIGITS = 10  # after the point, at most; more are the noise of computing
SAMPLE = 500  # rows at either end from which the digits are counted


@dataclass(frozen=True)
class Knots:
    """How many rows lie from one knot to the next, and the rows between knots."""

    apart: int
    between: Rows


def find_knots(values: Floats) -> Knots | None:
    """Whether most of a series (T,) bends only at rows a usual distance apart, and each line has its own slope."""
    if len(values) < FEWEST * SHORTEST:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        bends = np.abs(np.diff(values, 2))
    unit = _unit(values)
    straight = bends <= (2.001 * unit if unit else 1e-11 * np.abs(values[1:-1]))
    if not MOSTLY / 2 < straight.mean() < 1:  # the knots themselves are none
        return None
    knots = np.flatnonzero(~straight) + 1
    lengths = np.diff(knots)
    usual = _usual(lengths)
    lines = np.abs(lengths - usual) <= ALIKE * usual
    if usual < SHORTEST or not _mostly(lines, lengths, len(values)) or not _slopes_differ(values, knots, lines):
        return None
    return Knots(usual, _between(knots, lines))


def _unit(values: Floats) -> float:
    """Of the last digit after the point; 0 where there is no last one."""
    there = values[np.isfinite(values)]
    some = np.append(there[:SAMPLE], there[-SAMPLE:])  # and not every n-th, which might be the knots alone
    for digits in range(DIGITS):
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = some * 10.0**digits
            whole = np.abs(scaled - np.round(scaled)) <= 1e-14 * np.abs(scaled) + 1e-9
        if whole.all():
            return 10.0**-digits
    return 0.0


def _usual(lengths: Rows) -> int:
    """The length of line in which most rows lie."""
    rows = np.bincount(lengths, weights=lengths) if len(lengths) else np.zeros(1)
    return int(rows.argmax())


def _mostly(lines: Flags, lengths: Rows, rows: int) -> bool:
    followed = (lines[:-1] & lines[1:]).sum() + 1
    return bool(lines.sum() >= FEWEST and followed >= TOGETHER * lines.sum() and lengths[lines].sum() > MOSTLY * rows)


def _slopes_differ(values: Floats, knots: Rows, lines: Flags) -> bool:
    """What repeats the same few slopes is a schedule or a clock, and what does not change is no line."""
    begins, ends = knots[:-1][lines], knots[1:][lines]
    slopes = (values[ends] - values[begins]) / (ends - begins)
    different = len(np.unique(np.round(slopes / np.abs(slopes).max(initial=1e-300), 6)))
    return different >= min(SLOPES, 0.5 * len(slopes))


def _between(knots: Rows, lines: Flags) -> Rows:
    inside = np.zeros(knots[-1] + 2, dtype=np.int8)
    np.add.at(inside, knots[:-1][lines] + 1, 1)
    np.add.at(inside, knots[1:][lines], -1)
    return np.flatnonzero(np.cumsum(inside) > 0)
