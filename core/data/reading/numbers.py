"""Numbers as people and programs write them, from text to float64."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from core.data.reading.numbers_decimal import RARE, DecimalSign, decimal_sign
from core.data.reading.numbers_grammar import Spelling
from core.data.reading.numbers_refused import why_not
from core.data.reading.numbers_shapes import Rows, Shapes, sort_by_shape
from core.data.reading.numbers_spellings import CURRENCIES, FLAGS

__all__ = ["Bools", "DecimalSign", "Numbers", "decimal_sign", "read_numbers", "why_not"]

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Numbers:
    """One column of text read as numbers. (R,) each."""

    values: npt.NDArray[np.float64]  # NaN where nothing is, and where `unread` or `infinite`
    unread: Bools  # holds something that is no number and no spelling of “missing”
    infinite: Bools
    spelled_missing: int = 0  # cells such as “n/a”, “-”, “#N/V”
    unit: str | None = None  # the currency, percent sign or unit that stood beside the numbers: "€", "%", "kWh"
    contrary: tuple[int, ...] = ()  # rows read by the other decimal sign, as no other reading makes them numbers

    @property
    def filled(self) -> int:
        """Cells that hold anything but a spelling of “missing”."""
        return int(np.isfinite(self.values).sum() + self.unread.sum() + self.infinite.sum())


def read_numbers(cells: pa.StringArray, decimal: str) -> Numbers:
    """Read one column; a thousands sign is recognised beside the decimal sign.

    Percentages stay as they are written: 12.5 % is 12.5, with the unit "%". A column that shows the other decimal
    sign, and only that, is read by it; a cell that contradicts its column is left unread rather than guessed.
    """
    few = cells.take(np.arange(0, len(cells), 1 + len(cells) // SAMPLE))  # a cast that fails is ten times as slow
    plain = _read_plain(cells, decimal) if _read_plain(few, decimal) else None
    return plain or _read_shapes(cells, decimal)


SAMPLE = 100  # cells
SWAP = bytes.maketrans(b",.", b".,")


def _read_plain(cells: pa.StringArray, decimal: str) -> Numbers | None:
    """The column when every cell is blank or as Python writes a number, but for the decimal sign."""
    text = _swapped(cells) if decimal == "," else cells
    blank = pc.equal(text, "")
    try:
        numbers = pc.cast(pc.if_else(blank, None, text) if pc.any(blank).as_py() else text, pa.float64())
    except pa.ArrowInvalid:
        return None
    values = numbers.to_numpy(zero_copy_only=False)
    no_cells = np.zeros(len(cells), dtype=np.bool_)
    if np.isfinite(values).all():
        return Numbers(values, unread=no_cells, infinite=no_cells)
    infinite = np.isinf(values)
    spelled = int(np.isnan(values).sum()) - numbers.null_count  # “NaN”
    return Numbers(np.where(infinite, np.nan, values), no_cells, infinite, spelled)


def _swapped(cells: pa.StringArray) -> pa.StringArray:
    """Commas for points and points for commas."""
    _, ends, content = cells.buffers()
    swapped = pa.py_buffer((content.to_pybytes() if content else b"").translate(SWAP))
    return pa.StringArray.from_buffers(len(cells), ends, swapped, cells.buffers()[0], cells.null_count, cells.offset)


@dataclass(frozen=True)
class Part:
    """The cells that are written in one way, and what they are."""

    spelling: Spelling
    rows: Rows
    text: str  # as Python writes it, with zeros for digits


def _read_shapes(cells: pa.StringArray, decimal: str) -> Numbers:
    shapes = sort_by_shape(cells)
    parts, unit = _in_one_unit(shapes, _in_one_currency(_decided(shapes, decimal)))
    values = np.full(len(cells), np.nan)
    for part in parts:
        values[part.rows] = shapes.values(part.rows, part.text, part.spelling.digits)
    infinite = shapes.infinite | np.isinf(values)
    values[infinite] = np.nan
    unread = ~(np.isfinite(values) | infinite | shapes.blank | shapes.missing)
    contrary = [part.rows for part in parts if part.spelling.text(decimal) is None]
    rows = tuple(np.sort(np.concatenate(contrary)).tolist()) if contrary else ()
    return Numbers(values, unread, infinite, int(shapes.missing.sum()), unit, rows)


def _decided(shapes: Shapes, decimal: str) -> list[Part]:
    """Every way of writing under the decimal sign that the column itself shows, else under the file's."""
    other = "," if decimal == "." else "."
    numbers = shapes.numbers
    mine = sum(len(rows) for spelling, rows in numbers if spelling.text(other) is None)
    contrary = [(spelling, len(rows)) for spelling, rows in numbers if spelling.text(decimal) is None]
    others = sum(count for _, count in contrary)
    doubtful = sum(len(rows) for spelling, rows in numbers if spelling.ambiguous)
    certainly_other = not mine and any(spelling.sure for spelling, _ in contrary)
    if others <= RARE * (others + (mine or doubtful)) and not certainly_other:
        texts = [spelling.text(decimal) for spelling, _ in numbers]
    elif mine <= RARE * (mine + others):
        texts = [spelling.text(other) for spelling, _ in numbers]
    else:  # written by hand, in both ways: what can be either is left
        texts = [None if spelling.ambiguous else spelling.point or spelling.comma for spelling, _ in numbers]
    read = zip(numbers, texts, strict=True)
    return [Part(spelling, rows, text) for (spelling, rows), text in read if text is not None]


def _in_one_currency(parts: list[Part]) -> list[Part]:
    """Without the cells in another currency than most; those without one belong to it."""
    counts = Counter[str]()
    for part in parts:
        counts[_currency(part)] += len(part.rows)
    counts.pop("", None)
    usual = counts.most_common(1)[0][0] if counts else ""
    return [part for part in parts if _currency(part) in ("", usual)]


def _currency(part: Part) -> str:
    return CURRENCIES.get(part.spelling.currency.lower(), "")


RELATIVE = ("%", "‰", "percent", "pct", "Prozent")  # 0.05 beside 5 % may be either


def _in_one_unit(shapes: Shapes, parts: list[Part]) -> tuple[list[Part], str | None]:
    """The cells of the unit that most cells carry, and its name; of those without unit, what cannot be misread."""
    counts = Counter[str]()
    for part in parts:
        counts[part.spelling.unit] += len(part.rows)
    bare = counts.pop("", 0)
    currency = next((part.spelling.currency for part in parts if part.spelling.currency), "")
    if not counts:
        return parts, currency or None
    zeros, others = _bare(shapes, parts)
    if all(part.spelling.power for part in parts if part.spelling.unit) and len(counts) + bool(others) > 1:
        return [_multiplied(part) for part in parts], currency or None
    unit, count = counts.most_common(1)[0]
    if 2 * count < bare + counts.total():
        flagged = [part for part in parts if part.spelling.unit in FLAGS]
        return zeros + others + flagged, currency or None
    kept = [part for part in parts if part.spelling.unit == unit] + zeros
    return kept if unit in RELATIVE else kept + others, currency + unit


def _bare(shapes: Shapes, parts: list[Part]) -> tuple[list[Part], list[Part]]:
    """The cells without unit: zeros, which are the same in every unit, and others."""
    zeros, others = [], []
    for part in parts:
        if not part.spelling.unit:
            zero = (shapes.digits(part.rows, part.spelling.digits) == ord("0")).all(axis=1)
            zeros += [Part(part.spelling, part.rows[zero], part.text)] if zero.any() else []
            others += [Part(part.spelling, part.rows[~zero], part.text)] if not zero.all() else []
    return zeros, others


def _multiplied(part: Part) -> Part:
    power = f"e{part.spelling.power}" if part.spelling.power and "e" not in part.text else ""
    return Part(part.spelling, part.rows, part.text + power)
