"""From cells to the parts of times: by their places in cells that look alike, else by a pattern.

A place costs a tenth of a pattern. A column looks like its sample but for a few cells: these alone are left to RE2.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from core.data.reading.time_names import ROMAN
from core.data.reading.time_parts import ABSENT, Bools, Ints

NUMBERS = frozenset(
    {"year", "month", "day", "one", "two", "hour", "minute", "second", "weekday", "yearday", "number", "fraction"}
)
LOOKS = (
    40  # of cells that are cut by place; month names and their lengths make 24, twice as many with days of one digit
)
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Words:
    """(R,) words, as places in the distinct ones; ABSENT where there is none."""

    codes: Ints
    names: tuple[str, ...]

    def mapped(self, meaning: Callable[[str], int], absent: int = ABSENT) -> Ints:
        """The meaning of each, found once for each distinct one."""
        return np.array([*map(meaning, self.names), absent], np.int64)[self.codes]


@dataclass(frozen=True)
class Parts:
    """What the cells of a column hold, by name, (R,) each."""

    matched: Bools
    numbers: dict[str, Ints]  # ABSENT where a cell has none
    words: dict[str, Words]
    short: Bools  # years of two digits, as they stand in `numbers`
    roman: bool = False  # some numbers are Roman


@dataclass
class _Table:
    """The parts of R rows, filled in some rows at a time."""

    rows: int
    matched: Bools = field(init=False)
    short: Bools = field(init=False)
    numbers: dict[str, Ints] = field(default_factory=dict)
    codes: dict[str, Ints] = field(default_factory=dict)
    names: dict[str, dict[str, int]] = field(default_factory=dict)
    roman: bool = False

    def __post_init__(self) -> None:
        self.matched, self.short = np.zeros(self.rows, bool), np.zeros(self.rows, bool)

    def put(self, name: str, rows: Ints | slice, numbers: Ints | int) -> None:
        if name not in self.numbers:
            self.numbers[name] = np.full(self.rows, ABSENT, np.int32)
        self.numbers[name][rows] = numbers

    def say(self, name: str, rows: Ints | slice, words: npt.NDArray[np.object_] | str) -> None:
        """Put words, or one for all the rows."""
        known = self.names.setdefault(name, {})
        if name not in self.codes:
            self.codes[name] = np.full(self.rows, ABSENT, np.int32)
        if isinstance(words, str):
            self.codes[name][rows] = known.setdefault(words, len(known))
            return
        self.codes[name][rows] = [known.setdefault(word, len(known)) if word else ABSENT for word in words]

    def parts(self) -> Parts:
        words = {name: Words(codes, tuple(self.names[name])) for name, codes in self.codes.items() if self.names[name]}
        return Parts(self.matched, self.numbers, words, self.short, self.roman)


def cut(cells: pa.StringArray, python: re.Pattern[str], re2: str, sample: list[str]) -> Parts:
    """Cut every cell that fits the pattern, in Python's or RE2's writing, into the groups that it names."""
    table = _Table(len(cells))
    if not cells.null_count and cells.type == pa.string():
        _by_looks(cells, table, _looks(python, sample))
    left = np.flatnonzero(~table.matched)
    if len(left):
        _by_pattern(cells if len(left) == len(cells) else cells.take(pa.array(left)), re2, table, left)
    return table.parts()


def _looks(python: re.Pattern[str], sample: list[str]) -> list[re.Match[str]]:
    """A cell for each of the commonest looks: alike are cells that differ in the digits of their numbers only."""
    counts: Counter[str] = Counter()
    examples: dict[str, re.Match[str]] = {}
    for match in map(python.fullmatch, sample):
        if match and match.string.isascii():
            look = list(match.string)
            for start, end in _digit_spans(match).values():
                look[start:end] = "\0" * (end - start)
            counts["".join(look)] += 1
            examples.setdefault("".join(look), match)
    return [examples[look] for look, _ in counts.most_common(LOOKS)]


def _digit_spans(match: re.Match[str]) -> dict[str, tuple[int, int]]:
    groups = match.groupdict()
    return {name: match.span(name) for name in groups if name in NUMBERS and (groups[name] or "").isdigit()}


def _by_looks(cells: pa.StringArray, table: _Table, looks: list[re.Match[str]]) -> None:
    _, offsets, content = cells.buffers()
    if content is None:
        return
    bounds = np.frombuffer(offsets, np.int32)[cells.offset : cells.offset + len(cells) + 1]
    widths, signs = np.diff(bounds), np.frombuffer(content, np.uint8)
    for match in looks:
        width = len(match.string)
        fitting = (widths == width) & ~table.matched
        if fitting.all():  # the usual case: all cells in one block
            block = signs[bounds[0] : bounds[-1]].reshape(len(cells), width)
            if _fits(lambda place, block=block: block[:, place], match).all():  # type: ignore[misc]
                _put(table, slice(None), lambda place, block=block: block[:, place], match)  # type: ignore[misc]
                return
        rows = np.flatnonzero(fitting)
        starts = bounds[rows].astype(np.int64)
        fits = _fits(lambda place, starts=starts: signs[starts + place], match) if len(rows) else fitting[:0]  # type: ignore[misc]
        rows, starts = rows[fits], starts[fits]
        if len(rows):
            _put(table, rows, lambda place, starts=starts: signs[starts + place], match)  # type: ignore[misc]


def _fits(sign: Callable[[int], Bytes], match: re.Match[str]) -> Bools:
    """Which cells look like the example; `sign` gives all their bytes at one place."""
    digits = {place for span in _digit_spans(match).values() for place in range(*span)}
    fits = np.full(len(sign(0)), True)
    for place in sorted(range(len(match.string)), key=lambda place: place in digits):
        fits &= (sign(place) - 48 <= 9) if place in digits else (sign(place) == ord(match.string[place]))
        if not fits.any():
            break
    return fits


def _put(table: _Table, rows: Ints | slice, sign: Callable[[int], Bytes], match: re.Match[str]) -> None:
    spans = _digit_spans(match)
    for name, (start, end) in spans.items():
        if name == "fraction":
            table.put("micro", rows, _digits(sign, start, min(end, start + 6)) * 10 ** max(0, 6 - end + start))
        else:
            table.put(name, rows, _digits(sign, start, end))
    for name, text in match.groupdict().items():
        if text and name == "number" and name not in spans:
            table.put(name, rows, ROMAN.get(text, 0))
            table.roman = True
        elif text and name not in spans:
            table.say(name, rows, text)
    table.matched[rows] = True
    start, end = spans.get("year", (0, 0))
    table.short[rows] = end - start == 2


def _digits(sign: Callable[[int], Bytes], start: int, end: int) -> Ints:
    number = (sign(start) - 48).astype(np.int32)
    for place in range(start + 1, end):
        number = number * 10 + (sign(place) - 48)
    return number


def _by_pattern(cells: pa.StringArray, re2: str, table: _Table, rows: Ints) -> None:
    struct = pc.extract_regex(cells, re2)
    matched = struct.is_valid().to_numpy(zero_copy_only=False)
    if not matched.any():
        return
    struct, rows = struct.filter(pa.array(matched)), rows[matched]
    table.matched[rows] = True
    for group, column in zip(struct.type, struct.flatten(), strict=True):
        name = group.name
        if not pc.any(pc.not_equal(column, "")).as_py():
            continue
        if name == "fraction":
            table.put("micro", rows, _numbers(pc.utf8_slice_codeunits(pc.ascii_rpad(_filled(column), 6, "0"), 0, 6)))
        elif name == "number":
            roman = pc.match_substring_regex(column, "[IVX]")
            table.roman |= bool(pc.any(roman).as_py())
            table.put(name, rows, _counts(column) if table.roman else _numbers(column))
        elif name in NUMBERS:
            table.put(name, rows, _numbers(column))
        else:
            table.say(name, rows, column.to_numpy(zero_copy_only=False))
        if name == "year":
            table.short[rows] = pc.equal(pc.binary_length(column), 2).to_numpy(zero_copy_only=False)


def _filled(column: pa.StringArray) -> pa.StringArray:
    return pc.if_else(pc.equal(column, ""), None, column)


def _numbers(column: pa.StringArray) -> Ints:
    numbers: Ints = pc.cast(_filled(column), pa.int64()).fill_null(ABSENT).to_numpy(zero_copy_only=False)
    return numbers


def _counts(column: pa.StringArray) -> Ints:
    return np.array([int(text) if text.isdigit() else ROMAN.get(text, 0) for text in column.to_pylist()], np.int64)
