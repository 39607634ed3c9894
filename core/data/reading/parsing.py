"""The cells of the body: Arrow cuts the lines of usual width, the others are cut one by one and put in their place."""

import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from core.data.reading.lines import Dialect, Source, cut
from core.data.reading.memory import release_memory
from core.data.reading.shapes import BLANKS, shape
from core.errors import BadFile

BLOCK = 4 << 20  # bytes cut at a time: holding one block's worth beside the columns costs little memory
MOST_RAGGED = 200_000  # lines of another width than most; with more it is no table
FIRST_DIGIT = 0xD9  # the first byte of the first digit beyond ASCII, U+0660, as UTF-8
LOOKED_AT, MOSTLY = 200, 0.6  # cells, and the share of them that are numbers or times
WESTERN = {
    **{sign: str(unicodedata.digit(chr(sign))) for sign in range(128, 0x1FFFF) if chr(sign).isdecimal()},
    **{full: chr(full - 0xFEE0) for full in map(ord, "－．，／：％＋")},
    **dict(zip(map(ord, "٫٬٪"), ".,%", strict=True)),
}


@dataclass
class Body:
    """Rows of a file in the making: R rows, C columns of (R,)."""

    columns: list[pa.StringArray]
    records: npt.NDArray[np.int64]  # (R,) which record of the body each row is, from 0; ascending
    quoted: bool = False  # quotation marks occur

    def keep(self, rows: npt.NDArray[np.bool_]) -> None:
        mask = pa.array(rows)
        self.columns = [column.filter(mask) for column in self.columns]
        self.records = self.records[rows]

    def row(self, place: int) -> list[str]:
        return [column[place].as_py() for column in self.columns]


@dataclass(frozen=True)
class Ragged:
    """A record with more or fewer cells than most."""

    record: int  # of the body, from 0
    text: str
    cells: list[str]


def cut_body(source: Source, dialect: Dialect, width: int) -> tuple[Body, list[Ragged]]:
    """The rows of `width` cells, and the others apart. Raises BadFile when hardly any lines are alike."""
    quoted = bool(dialect.quote) and source.data.find(dialect.quote.encode(), source.start) >= 0
    try:
        table, odd = _read(source, dialect, width, quoted, BLOCK)
    except pa.ArrowInvalid:  # a quoted cell longer than a block
        table, odd = _read(source, dialect, width, quoted, len(source.data) + 1)
    release_memory()
    columns = []
    for _ in range(width):  # one by one, so that never all of them are held twice
        columns.append(table.column(0).combine_chunks())
        table = table.remove_column(0)
    release_memory()
    total = len(columns[0]) + len(odd)
    regular = np.ones(total, dtype=np.bool_)
    regular[[number for number, _ in odd]] = False
    ragged = [Ragged(number, text, cut(text, dialect)) for number, text in odd]
    return Body(columns, np.flatnonzero(regular), quoted), ragged


def _read(
    source: Source, dialect: Dialect, width: int, quoted: bool, block: int
) -> tuple[pa.Table, list[tuple[int, str]]]:
    odd: list[tuple[int, str]] = []

    def set_apart(row: pacsv.InvalidRow) -> str:
        odd.append((row.number - 1, row.text))
        return "skip" if len(odd) <= MOST_RAGGED else "error"

    names = [str(place) for place in range(width)]
    buffer = pa.py_buffer(source.data).slice(source.start)
    options = {"delimiter": dialect.delimiter, "quote_char": dialect.quote if quoted else False}
    try:
        table = pacsv.read_csv(
            pa.BufferReader(buffer),
            read_options=pacsv.ReadOptions(use_threads=False, column_names=names, block_size=block),
            parse_options=pacsv.ParseOptions(newlines_in_values=quoted, invalid_row_handler=set_apart, **options),
            convert_options=pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), check_utf8=False),
        )
    except pa.ArrowInvalid:
        if len(odd) <= MOST_RAGGED:
            raise
        raise BadFile(
            f"More than {MOST_RAGGED:,} lines do not have {width} cells as most others",
            remedy="Name the delimiter that the file uses, or save the table as CSV again.",
        ) from None
    return table, odd


def insert(body: Body, ragged: list[Ragged]) -> None:
    """Put the odd rows in their place: missing cells are "", and what goes beyond the last column is left out."""
    if not ragged:
        return
    records = np.concatenate([body.records, [row.record for row in ragged]])
    order = np.argsort(records, kind="stable")
    body.records = records[order]
    for place, column in enumerate(body.columns):
        cells = [row.cells[place] if place < len(row.cells) else "" for row in ragged]
        body.columns[place] = pa.concat_arrays([column, pa.array(cells, pa.string())]).take(pa.array(order))


def widen(body: Body, columns: int) -> None:
    """Columns that the header names and most rows do not reach."""
    while len(body.columns) < columns:
        body.columns.append(pa.array([""] * len(body.records), pa.string()))


def trim(body: Body) -> None:
    """Take away the blanks around cells, in columns that have any."""
    for place, column in enumerate(body.columns):
        if len(column) and _may_have_blanks(column):
            body.columns[place] = pc.utf8_trim(column, characters=BLANKS)


def unmark(body: Body) -> None:
    """Take away the apostrophe before formulas, as `unmarked` does, in columns that have any."""
    for place, column in enumerate(body.columns):
        if len(column) and (_edges(column)[0] == ord("'")).any():
            body.columns[place] = pc.replace_substring_regex(column, r"^'('*[=+\-@\t\r])", r"\1")


def western_digits(body: Body) -> None:
    """Digits of other scripts, and full-width ones, become those of ASCII in columns of numbers and times."""
    for place, column in enumerate(body.columns):
        content = column.buffers()[2]
        if content is None or not (np.frombuffer(content, np.uint8) >= FIRST_DIGIT).any():
            continue
        cells = column.to_pylist()
        sample = [cell for cell in cells[:: 1 + len(cells) // LOOKED_AT] if cell]
        plain = [cell.translate(WESTERN) for cell in sample]
        if plain != sample and sum(shape(cell) in ("number", "time") for cell in plain) >= MOSTLY * len(sample):
            body.columns[place] = pa.array([cell.translate(WESTERN) for cell in cells], pa.string())


def _may_have_blanks(column: pa.StringArray) -> bool:
    first, last = _edges(column)
    return bool(((first <= 32) | (first >= 128) | (last <= 32) | (last >= 128)).any())


def _edges(column: pa.StringArray) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """First and last byte of every cell; those of a neighbour where a cell is empty, which does no harm here."""
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    if data is None or not data.size or ends[0] == ends[-1]:
        return np.empty(0, np.uint8), np.empty(0, np.uint8)
    signs = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]
    ends = ends - ends[0]
    return signs[np.minimum(ends[:-1], len(signs) - 1)], signs[np.maximum(ends[1:] - 1, 0)]
