"""Codes that stand for “missing” among the values, such as -999: repeated exactly, and far from all other values."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

NINES = (99.0, 99.9, 99.99, *(float("9" * digits) for digits in range(3, 9)), 999.9, 999.99, 9999.9, 9999.99)
LIMITS = (-32768.0, 32767.0, -2147483648.0, 2147483647.0, 1e20, -1e20, 1e30, -1e30)  # of whole numbers and formats
CODES = np.array([*NINES, *(-code for code in NINES), *LIMITS, -1.0, -999.25])

MOST = 0.5  # of the cells
FEWEST = 2  # times; a single one may be an outlier like any other
ENOUGH = 10  # other cells
DIFFERENT = 8  # other values beside a code that might as well be a price or a count
NEGATIVE_GAP = 0.5  # times the range of the others; few things are measured to be exactly -999 again and again
POSITIVE_GAP = 3.0


@dataclass(frozen=True)
class StandIn:
    """A code and the rows that hold it, in order; where it is not `far` from the others, it alone is below 0."""

    code: float
    rows: Rows
    far: bool


def find_stand_ins(values: Floats) -> list[StandIn]:
    """Of a series (T,) in which missing cells are NaN."""
    coded = np.isin(values, CODES)
    if not coded.any():
        return []
    codes, counts = np.unique(values[coded], return_counts=True)
    codes = codes[counts >= FEWEST]
    there = np.isfinite(values)
    others = values[there & ~np.isin(values, codes)]
    if len(others) < max(ENOUGH, (1 - MOST) * there.sum()):
        return []
    found = []
    for code in map(float, codes):
        far = _is_far(code, others)
        if far or (code <= -99 and others.min() >= 0):
            found.append(StandIn(code, np.flatnonzero(values == code), far))
    return found


def without(values: Floats, found: list[StandIn]) -> Floats:
    """The values with NaN for every code."""
    return np.where(np.isin(values, [each.code for each in found]), np.nan, values) if found else values


def _is_far(code: float, others: Floats) -> bool:
    gap = float(np.abs(others - code).min())
    if code <= -99:
        low, high = np.quantile(others, [0.01, 0.99])
        return bool(gap > NEGATIVE_GAP * (float(high) - float(low)))
    far = gap > POSITIVE_GAP * (float(others.max()) - float(others.min()))
    return far and (code >= 999 or len(np.unique(others)) >= DIFFERENT)
