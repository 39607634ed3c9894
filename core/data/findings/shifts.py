"""Times from which a series goes on at another level, such as a stock split or a change of unit."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FAR = 8.0  # robust deviations of the usual change from block to block
MOST = 5  # shifts told; what jumps more often has no level
SIDE = 5  # rows whose median is the level before or after
SMALLEST_SPLIT = 0.33  # of the logarithm; prices rarely move by a third overnight, and 3-for-2 is the usual smallest
BLOCKS = 8  # at least; fewer say nothing about the usual change
SPLITS = (*map(Fraction, (*range(2, 21), 25, 30, 40, 50, 100)), Fraction(3, 2), Fraction(5, 2), Fraction(4, 3))
TENS = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
NEAR = 0.05  # a split's factor may be this much off, for the price moves overnight as well


@dataclass(frozen=True)
class Shift:
    """The first row of the new level, and how the levels differ."""

    row: int
    before: float
    after: float
    factor: float | None  # of the new level to the old one; None where values are not all positive
    overnight: bool  # from one row to the next, by a factor usual for splits


def find_shifts(values: Floats, season: int) -> list[Shift]:
    """Of a series (T,) in which missing cells are NaN, in order.

    Medians of blocks of whole seasons are compared: a level shifts where two blocks around a third differ far more than
    such blocks usually do, within a row or two, and the level stays.
    """
    there = np.flatnonzero(np.isfinite(values))
    series = values[there]
    if len(series) < 5 * BLOCKS or series.min() == series.max():
        return []
    positive = bool(series.min() > 0)
    scaled = _without_season(np.log(series) if positive else series, season)
    block = _block(len(series), season)
    firsts = {first for row in _candidates(scaled, block) if (first := _break(scaled, row, block)) is not None}
    sides = {first: block for first in firsts if _stays(scaled, first, block)}
    if positive:
        sides |= dict.fromkeys(_overnight(np.log(series)), SIDE)
    if len(sides) > MOST:
        return []
    shifts = []
    for first, side in sorted(sides.items()):
        before, after = (float(np.median(part)) for part in _sides(series, first, side))
        factor = after / before if positive else None
        shifts.append(Shift(int(there[first]), before, after, factor, side == SIDE))
    return shifts


def split_words(factor: float) -> str | None:
    """ "a 4-for-1 split" for a price that fell to a quarter, "a 1-for-10 reverse split" for ten times the price."""
    inverse = 1 / factor
    both_ways = (*SPLITS, *(1 / ratio for ratio in SPLITS))
    near = [ratio for ratio in both_ways if abs(inverse / float(ratio) - 1) < NEAR]
    if not near:
        return None
    ratio = min(near, key=lambda ratio: abs(inverse / float(ratio) - 1))
    new, old = ratio.numerator, ratio.denominator
    return f"a {new}-for-{old} {'reverse ' if new < old else ''}split"


def unit_words(factor: float) -> str | None:
    """ "1,000 times as much" for levels a power of ten apart."""
    for ten in TENS:
        for way, words in ((factor / ten, f"{ten:,} times as much"), (factor * ten, f"a {_part(ten)} of it")):
            if abs(way - 1) < NEAR:
                return words
    return None


def _part(ten: int) -> str:
    return {10: "tenth", 100: "hundredth", 1_000: "thousandth"}.get(ten, f"1/{ten:,}")


def _block(rows: int, season: int) -> int:
    """Whole seasons of about twenty rows, or shorter blocks where the series is short."""
    whole = season * max(1, -(-20 // season))
    return whole if rows >= BLOCKS * whole else max(rows // BLOCKS, 5)


def _without_season(series: Floats, season: int) -> Floats:
    """The median of each phase taken away."""
    seasons = len(series) // season
    if season < 2 or seasons < 3:
        return series
    changes = series - np.repeat(_medians(series, season), season)[: len(series)] if seasons else series
    usual = np.median(changes[: seasons * season].reshape(seasons, season), axis=0)
    return np.asarray(series - np.resize(usual, len(series)))


def _medians(series: Floats, block: int) -> Floats:
    """Of blocks in a row, a shorter rest at the end as one more."""
    whole = len(series) // block * block
    medians = np.median(series[:whole].reshape(-1, block), axis=1)
    return np.append(medians, np.median(series[whole:])) if whole < len(series) else medians


def _candidates(scaled: Floats, block: int) -> list[int]:
    """First rows of the blocks whose neighbours on both sides differ most, at most a few more than are told."""
    medians = np.median(scaled[: len(scaled) // block * block].reshape(-1, block), axis=1)
    changes = np.abs(medians[2:] - medians[:-2])
    usual = 1.4826 * float(np.median(changes))
    steps = np.abs(np.diff(scaled))
    noise = max(1.4826 * float(np.median(steps)), float(np.quantile(steps, 0.9)) / 1.645) / np.sqrt(2)
    limit = FAR * max(usual, 1.25 * noise * np.sqrt(2 / block), 1e-9 * float(np.abs(scaled).max()))
    peaks = (changes > limit) & (changes >= np.append(changes[1:], 0)) & (changes >= np.append(0, changes[:-1]))
    found = np.flatnonzero(peaks)
    largest = found[np.argsort(changes[found])[::-1][: 2 * MOST + 2]]
    return [int((place + 1) * block) for place in largest]


def _break(scaled: Floats, row: int, block: int) -> int | None:
    """The row within two blocks that parts them best; None where the level drifts there rather than jumps."""
    begin, end = max(row - block, 0), min(row + 2 * block, len(scaled))
    part = scaled[begin:end]
    if begin < block or end > len(scaled) - block:  # a level needs some rows to be one
        return None
    before, after = np.median(part[: block // 2]), np.median(part[-(block // 2) :])
    size = abs(after - before)
    part = np.clip(part, min(before, after) - size / 4, max(before, after) + size / 4)
    count = np.arange(1, len(part))
    sums = np.cumsum(part)
    gain = sums[:-1] ** 2 / count + (sums[-1] - sums[:-1]) ** 2 / (len(part) - count)
    first = int(gain.argmax()) + 1
    if not 3 <= first <= len(part) - 3:
        return None
    jump = np.median(part[first : first + 3]) - np.median(part[first - 3 : first])
    return begin + first if jump * np.sign(after - before) > 0.6 * size else None


def _stays(scaled: Floats, first: int, block: int) -> bool:
    """Whether most of the jump is still there after three blocks, and was not the way back from a short visit."""
    near = [np.median(part) for part in _sides(scaled, first, block)]
    far = [np.median(part) for part in _sides(scaled, first, 3 * block)]
    return bool((far[1] - far[0]) * np.sign(near[1] - near[0]) > 0.6 * abs(near[1] - near[0]))


def _overnight(logs: Floats) -> list[int]:
    """Rows at which a series that moves little is at once a split's factor higher or lower, and stays there."""
    steps = np.diff(logs)
    sizes = np.abs(steps)
    usual = float(np.quantile(sizes, 0.95)) / 1.96
    if not usual or float(np.median(sizes)) == 0:
        return []
    found = np.flatnonzero((sizes > FAR * usual) & (sizes > SMALLEST_SPLIT)) + 1
    found = found[(found >= SIDE) & (found <= len(logs) - SIDE)]
    return [int(row) for row in found[: 2 * MOST] if _is_split(logs, int(row), float(steps[row - 1]))]


def _is_split(logs: Floats, row: int, step: float) -> bool:
    before, after = (float(np.median(part)) for part in _sides(logs, row, SIDE))
    return abs(after - before - step) < 0.25 * abs(step) and split_words(float(np.exp(step))) is not None


def _sides(series: Floats, first: int, rows: int) -> tuple[Floats, Floats]:
    return series[max(first - rows, 0) : first], series[first : first + rows]
