"""The decimal sign of a file, by all its cells: evidence column by column, then one sign for all."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.data.dataset import EXAMPLES, Notice
from core.data.reading.memory import release_memory
from core.data.reading.numbers_shapes import sort_by_shape

SAMPLE = 1000  # cells, evenly spread
NEARLY_ALL = 0.95  # of the cells of a column of dates: a line of totals may stand below them
RARE = 0.02  # of the cells that can tell: as few may be slips of the hand


@dataclass(frozen=True)
class DecimalSign:
    sign: str  # "." or ","
    notices: tuple[Notice, ...] = ()  # ambiguous_numbers, when it stays a guess


def decimal_sign(columns: Sequence[pa.StringArray], delimiter: str, asked: str | None = None) -> DecimalSign:
    """The decimal sign of the whole file, by all its cells."""
    if asked is not None:
        return DecimalSign(asked)
    evidence = [found for found in map(_evidence, columns) if found is not None]
    release_memory()
    usual = "." if delimiter == "," else ","  # between cells and within numbers, the comma rarely is both
    certain = [column for column in evidence if column.sign]
    if certain:
        return _by_majority(certain, usual)
    likely = {column.likely for column in evidence} - {""}
    if len(likely) == 1:
        return DecimalSign(likely.pop())
    return _guess(evidence, usual, _grouping(columns, delimiter))


GERMAN = r"^[0-3]?[0-9]\.[01]?[0-9]\.(?:[0-9]{2}){1,2}(?:[ T].*)?$"
AMERICAN = r"^[01]?[0-9]/[0-3]?[0-9]/(?:[0-9]{2}){1,2}(?: .*)?$|[0-9] ?[AaPp]\.?[Mm]\.?$"


def _grouping(columns: Sequence[pa.StringArray], delimiter: str) -> str:
    """The sign between thousands where those write who write the file's dates so; "" where these do not tell."""
    samples = [_spread(cells) for cells in columns]
    if delimiter == ";" and any(_all_like(cells, GERMAN) for cells in samples):
        return "."
    american = (cells for cells in samples if _all_like(cells, AMERICAN))
    return "," if any(not _are_days_first(cells) for cells in american) else ""


def _all_like(cells: pa.StringArray, pattern: str) -> bool:
    filled = cells.filter(pc.not_equal(cells, ""))
    return (pc.sum(pc.match_substring_regex(filled, pattern)).as_py() or 0) >= NEARLY_ALL * max(1, len(filled))


def _are_days_first(cells: pa.StringArray) -> bool:
    """Whether dates with slashes have the day before the month, or may have: as all the world but America does."""
    clock = r"[AaPp]\.?[Mm]\.?$"
    month_first = r"^[01]?[0-9]/(?:1[3-9]|2[0-9]|3[01])/"
    return not pc.any(pc.match_substring_regex(cells, f"{clock}|{month_first}")).as_py()


@dataclass(frozen=True)
class Evidence:
    """What the numbers of one column say, in cells."""

    point: int  # numbers under a decimal point only: 12.5, 0.123, 1,234.56
    comma: int
    sure: bool  # among them are some that no slip of the hand makes of other numbers
    dots: tuple[str, ...]  # the first ambiguous cells with a dot: 1.234
    commas: tuple[str, ...]
    ambiguous: int
    example_point: str
    example_comma: str
    small: bool  # whole numbers of two or three digits beside them: then 1.234 is their neighbour 1234
    large: bool  # ungrouped whole numbers of four digits and more: then groups are not written here

    @property
    def sign(self) -> str:
        """The sign that only one reading allows."""
        slips = not self.sure and max(self.point, self.comma) < RARE * self.ambiguous
        if slips or not self.point + self.comma:
            return ""
        return "." if self.point >= self.comma else ","

    @property
    def likely(self) -> str:
        """By the whole numbers beside the ambiguous ones, all of which have the same sign."""
        if self.small == self.large or bool(self.dots) == bool(self.commas):
            return ""
        return "." if bool(self.dots) == self.large else ","

    @property
    def mixed(self) -> bool:
        return min(self.point, self.comma) > RARE * (self.point + self.comma)


def _by_majority(columns: list[Evidence], usual: str) -> DecimalSign:
    points, commas = ([column for column in columns if column.sign == sign] for sign in ".,")
    sign = usual if len(points) == len(commas) else "." if len(points) > len(commas) else ","
    if not (points and commas) and not any(column.mixed for column in columns):
        return DecimalSign(sign)
    point = next(column.example_point for column in columns if column.example_point)
    comma = next(column.example_comma for column in columns if column.example_comma)
    told = (
        f"Numbers are written with a decimal point (“{point}”) and with a decimal comma (“{comma}”). Each was read by "
        f"the sign that its column shows; where a column shows none, the decimal {_name(sign)} was taken."
    )
    return DecimalSign(sign, (Notice("mixed_decimal_signs", told, examples=(point, comma)),))


def _guess(columns: list[Evidence], usual: str, grouping: str) -> DecimalSign:
    """Every cell is ambiguous. Measured values have three decimals more often than all amounts are in thousands.

    `grouping`: the sign that the dates suggest between thousands. Where all cells begin alike, as rates of exchange do,
    it does not count.
    """
    dots = [cell for column in columns for cell in column.dots]
    commas = [cell for column in columns for cell in column.commas]
    if not dots and not commas:
        return DecimalSign(".")
    sign = usual if commas else "."
    alike = len({re.split("[.,]", cell)[0] for cell in (*dots, *commas)}) == 1
    by_dates = bool(grouping) and bool(dots) != bool(commas) and not alike
    sign = _other(grouping) if by_dates else sign
    cell, count = (dots or commas)[0], sum(column.ambiguous for column in columns)
    written = "." if dots else ","
    decimals, whole = cell.replace(written, "."), cell.replace(written, "")
    taken, other = (decimals, whole) if sign == written else (whole, decimals)
    why = _BY_DATES if by_dates else ""
    told = (
        f"“{cell}” can be {decimals} with three decimals or {whole} in thousands; the cells do not decide it. "
        f"It was read as {taken}, with a decimal {_name(sign)}{why}; if it is {other}, choose the decimal "
        f"{_name(_other(sign))}."
    )
    return DecimalSign(sign, (Notice("ambiguous_numbers", told, count=count, examples=(*dots, *commas)[:EXAMPLES]),))


_BY_DATES = " as those use who write dates as this file does"


def _name(sign: str) -> str:
    return "point" if sign == "." else "comma"


def _other(sign: str) -> str:
    return "," if sign == "." else "."


def _evidence(cells: pa.StringArray) -> Evidence | None:
    """None for a column without numbers, and for one of whole numbers without groups."""
    content = cells.buffers()[2]
    raw = content.to_pybytes() if content else b""
    if b"," not in raw:
        sample = _weigh(_spread(cells)) if b"." in raw else None
        if sample is None or sample.sign == ".":
            return sample
    return _weigh(cells)


def _spread(cells: pa.StringArray) -> pa.StringArray:
    if len(cells) <= SAMPLE:
        return cells
    filled = cells.filter(pc.not_equal(cells, ""))
    return filled.take(np.linspace(0, len(filled) - 1, min(SAMPLE, len(filled))).astype(np.intp))


def _weigh(cells: pa.StringArray) -> Evidence | None:
    shapes = sort_by_shape(cells)
    numbers = shapes.numbers
    if 2 * sum(len(rows) for _, rows in numbers) < shapes.filled or not numbers or _calendar(cells):
        return None
    points = [rows for spelling, rows in numbers if spelling.comma is None]
    commas = [rows for spelling, rows in numbers if spelling.point is None]
    doubtful = [(spelling, rows) for spelling, rows in numbers if spelling.ambiguous]
    dots = [rows for spelling, rows in doubtful if "." in (spelling.point or "")]
    thousands = [rows for spelling, rows in doubtful if "." in (spelling.comma or "")]
    return Evidence(
        point=sum(map(len, points)),
        comma=sum(map(len, commas)),
        sure=any(spelling.sure for spelling, _ in numbers),
        dots=_examples(cells, dots),
        commas=_examples(cells, thousands),
        ambiguous=sum(map(len, dots)) + sum(map(len, thousands)),
        example_point=next(iter(_examples(cells, points)), ""),
        example_comma=next(iter(_examples(cells, commas)), ""),
        small=any(spelling.whole_digits in (2, 3) for spelling, _ in numbers),
        large=any(spelling.whole_digits > 3 for spelling, _ in numbers),
    )


def _examples(cells: pa.StringArray, parts: Sequence["np.ndarray[tuple[int], np.dtype[np.intp]]"]) -> tuple[str, ...]:
    if not parts:
        return ()
    first = np.sort(np.concatenate([rows[:EXAMPLES] for rows in parts]))[:EXAMPLES]
    return tuple(cells.take(pa.array(first)).to_pylist())


PADDED = r"^[-+]?0[0-9]+[.,]"  # 08.30, 01.2021: times of day, dates and codes, no decimal numbers
YEAR_AND_MONTH = r"^(?:19|20)[0-9]{2}[.,](?:0[1-9]|1[0-2])$"


def _calendar(cells: pa.StringArray) -> bool:
    """Whether the column holds dates or times of day that look like numbers."""
    if pc.any(pc.match_substring_regex(cells, PADDED)).as_py():
        return True
    filled = cells.filter(pc.not_equal(cells, ""))
    return bool(pc.all(pc.match_substring_regex(filled, YEAR_AND_MONTH)).as_py())
