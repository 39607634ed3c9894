"""Why a column that holds digits was not read as numbers, in words."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.data.reading.numbers_grammar import Spelling
from core.data.reading.numbers_shapes import Shapes, sort_by_shape
from core.data.reading.numbers_spellings import CURRENCIES
from core.data.reading.shapes import shape
from core.data.words import enumerated, shortened

MOSTLY = 0.75  # of the cells: what is said holds for as many
SOME = 0.2  # of the cells are numbers: fewer, and the column is text with a few numbers in it
LONGEST = 100  # signs looked at
RARE = 0.02  # of the cells: as few may be slips of the hand
DURATION = r"^-?\d+:\d\d(?::\d\d)?$|^\d+ ?(?:h|hrs?|hours?|std\.?|d|min|m)\.? ?\d+ ?(?:min|m|s|h)?\.?$"
RANGE = r"^\d+(?:[.,]\d+)? ?(?:-|–|to|bis) ?\d+(?:[.,]\d+)?\D*$"
OTHERWISE = r"^[^\pL\d]{0,2}\d[^\pL]*$"  # 1/2, 51°30'26"


def why_not(cells: pa.StringArray, decimal: str) -> str | None:
    """Why the column was not read as numbers, and what to do: "numbers in two units, kB and MB: write all in one".

    To be put behind a name and a colon. None for a column that simply holds text.
    """
    shapes = sort_by_shape(cells)
    filled = shapes.filled
    if not filled:
        return None
    numbers = [(spelling, len(rows)) for spelling, rows in shapes.numbers]
    read = sum(count for _, count in numbers)
    for pattern, words in ((DURATION, _duration), (RANGE, _range), (OTHERWISE, _otherwise)):
        like = pc.match_substring_regex(cells, pattern, ignore_case=True)
        if (pc.sum(like).as_py() or 0) >= MOSTLY * filled and (pattern == DURATION or read < SOME * filled):
            cell = shortened(cells.filter(like)[0].as_py())
            return None if pattern != DURATION and shape(cell) == "time" else words(shortened(cell))
    if read < SOME * filled:
        return None
    if read >= MOSTLY * filled:
        return _in_two_ways(numbers, filled) or _unlike(cells, shapes)
    return _unlike(cells, shapes)


def _duration(cell: str) -> str:
    return f"durations or times of day such as “{cell}”: write numbers in one unit, for example 8.33 hours for 8:20"


def _range(cell: str) -> str:
    return f"ranges such as “{cell}”: write one number in each cell"


def _otherwise(cell: str) -> str:
    return f"cells such as “{cell}”, which cannot be read as numbers: write plain ones, such as 0.5 for 1/2"


def _in_two_ways(numbers: list[tuple[Spelling, int]], filled: int) -> str | None:
    """Units or currencies that differ from cell to cell, or stand beside some of the numbers only."""
    currencies = _counted((CURRENCIES.get(spelling.currency.lower(), ""), count) for spelling, count in numbers)
    units = _counted((spelling.unit, count) for spelling, count in numbers)
    for found, noun, do in (
        (currencies, "currencies", "convert them to one"),
        (units, "units", "write all of them in one"),
    ):
        named = [name for name, count in found.most_common() if name and count > RARE * filled]
        if len(named) > 1:
            return f"numbers in {_number(len(named))} {noun}, {enumerated(named[:6])}: {do}"
        if named and found[""] > RARE * filled:
            return f"numbers with “{named[0]}” and numbers without it: write all of them in one way"
    return None


def _counted(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    counts = Counter[str]()
    for name, count in pairs:
        counts[name] += count
    return counts


def _number(count: int) -> str:
    return {2: "two", 3: "three", 4: "four"}.get(count, f"{count:,}")


def _unlike(cells: pa.StringArray, shapes: Shapes) -> str | None:
    """The cells that are no numbers, most frequent first, if the column has many of both."""
    other = ~(shapes.blank | shapes.missing | shapes.infinite)
    for _, rows in shapes.numbers:
        other[rows] = False
    count = int(np.count_nonzero(other))
    if not count:
        return None
    usual = pc.value_counts(cells.filter(pa.array(other))).to_pylist()
    cell = max(usual, key=lambda found: int(found["counts"]))["values"]
    return (
        f"{count:,} of {shapes.filled:,} cells are no numbers, such as “{shortened(cell)}”: "
        "leave these cells empty, or write a number in them"
    )
