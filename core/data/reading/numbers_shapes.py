"""A column of text sorted by shape, its cells with every digit written as 0: few shapes stand for a million cells."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from core.data.reading.numbers_grammar import Spelling, Word, meaning
from core.data.reading.numbers_spellings import NO_NUMBER, NUMBER

Rows = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]

ZERO = ord("0")
TO_SHAPE = bytes(ZERO if sign in b"123456789" else sign for sign in range(256))
FEW = 2000  # shapes, each looked at by itself
MANY = 10_000  # shapes that may be numbers in one column: beyond them it is text


@dataclass(frozen=True)
class Shapes:
    """One column of R cells. What is in none of the parts is text."""

    text: npt.NDArray[np.uint8]  # the bytes of all cells
    starts: npt.NDArray[np.int32]  # (R,), where each cell begins in `text`
    numbers: list[tuple[Spelling, Rows]]  # every way in which numbers are written, and its rows
    blank: Bools  # (R,)
    missing: Bools  # (R,) spelled: “n/a”
    infinite: Bools  # (R,)

    @property
    def filled(self) -> int:
        return len(self.starts) - int(self.blank.sum() + self.missing.sum())

    def digits(self, rows: Rows, places: tuple[int, ...]) -> npt.NDArray[np.uint8]:
        """(rows, places), the signs at those bytes of each cell."""
        return np.stack([self.text[self.starts[rows] + place] for place in places], axis=1)

    def values(self, rows: Rows, plain: str, places: tuple[int, ...]) -> npt.NDArray[np.float64]:
        """The numbers that cells are when their digits at `places` replace the zeros of `plain`."""
        signs = np.empty((len(rows), len(plain)), dtype=np.uint8)
        signs[:] = np.frombuffer(plain.encode(), dtype=np.uint8)
        starts = self.starts[rows]
        zeros = (column for column, sign in enumerate(plain) if sign == "0")
        for column, place in zip(zeros, places, strict=False):
            signs[:, column] = self.text[starts + place]
        ends = np.arange(0, signs.size + 1, len(plain), dtype=np.int32)
        cells = pa.StringArray.from_buffers(len(rows), pa.py_buffer(ends), pa.py_buffer(signs))
        numbers: npt.NDArray[np.float64] = pc.cast(cells, pa.float64()).to_numpy()
        return numbers


def sort_by_shape(cells: pa.StringArray) -> Shapes:
    """The ways in which the cells of a column are written, none of them decided yet."""
    text, starts, codes, shapes = _encode(cells)
    counts = np.bincount(codes, minlength=len(shapes))
    meanings = {int(place): meaning(str(shapes[place])) for place in _worth_a_look(shapes, counts)}
    spellings = {place: found for place, found in meanings.items() if isinstance(found, Spelling)}
    blank, missing, infinite = np.zeros((3, len(shapes)), dtype=np.bool_)
    for place, found in meanings.items():
        blank[place] = found is Word.BLANK
        missing[place] = found is Word.MISSING or (found is Word.TICK and bool(spellings))
        infinite[place] = found is Word.INFINITE
    sorted_out = Shapes(text, starts, [], blank[codes], missing[codes], infinite[codes])
    return replace(sorted_out, numbers=_numbers(sorted_out, spellings, codes, counts))


def _encode(
    cells: pa.StringArray,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32], npt.NDArray[np.int32], pa.StringArray]:
    """The bytes, each cell's start, each cell's shape by its place among the distinct ones, and those."""
    if cells.null_count:
        cells = pc.fill_null(cells, "")
    _, ends, content = cells.buffers()
    bounds = np.frombuffer(ends, dtype=np.int32)[cells.offset : cells.offset + len(cells) + 1]
    raw = content.to_pybytes() if content else b""
    shaped = pa.py_buffer(raw.translate(TO_SHAPE))
    encoded = pa.StringArray.from_buffers(len(cells), ends, shaped, offset=cells.offset).dictionary_encode()
    return np.frombuffer(raw, dtype=np.uint8), bounds[:-1], encoded.indices.to_numpy(), encoded.dictionary


def _worth_a_look(shapes: pa.StringArray, counts: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """The places of the shapes that may be anything but text, when there are many; the most frequent ones."""
    if len(shapes) <= FEW:
        return np.arange(len(shapes))
    possible = pc.match_substring_regex(shapes, f"{NUMBER}|{NO_NUMBER}", ignore_case=True)
    places = np.flatnonzero(possible.to_numpy(zero_copy_only=False))
    return places[np.argsort(-counts[places], kind="stable")[:MANY]]


def _numbers(
    found: Shapes, spellings: dict[int, Spelling], codes: npt.NDArray[np.int32], counts: npt.NDArray[np.intp]
) -> list[tuple[Spelling, Rows]]:
    if not spellings:
        return []
    order = np.argsort(codes.astype(np.uint16) if len(counts) < 1 << 16 else codes, kind="stable")
    ends = np.cumsum(counts)
    split: list[tuple[Spelling, Rows]] = []
    for place, spelling in spellings.items():
        split += _by_digits(found, spelling, order[ends[place] - counts[place] : ends[place]])
    return split


def _by_digits(found: Shapes, spelling: Spelling, rows: Rows) -> list[tuple[Spelling, Rows]]:
    """Shapes hide two things that digits decide: 0.123 is no group, and the digit of a unit is part of its name."""
    if spelling.unit_digits:
        signs = found.digits(rows, spelling.unit_digits)
        rows = rows[(signs == signs[0]).all(axis=1)]  # the others, such as 2021m2 beside 2021m1, are text
        unit = spelling.unit
        for sign in signs[0]:
            unit = unit.replace("0", chr(sign), 1)
        spelling = replace(spelling, unit=unit)
    if not (spelling.grouped_point or spelling.grouped_comma):
        return [(spelling, rows)]
    zero = found.digits(rows, spelling.digits[:1])[:, 0] == ZERO
    if not zero.any():
        return [(spelling, rows)]
    point = None if spelling.grouped_point else spelling.point
    comma = None if spelling.grouped_comma else spelling.comma
    whole = [(spelling, rows[~zero])] if not zero.all() else []
    padded = [(replace(spelling, point=point, comma=comma), rows[zero])] if point or comma else []  # 0 123 is text
    return [*whole, *padded]
