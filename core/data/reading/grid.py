"""From bytes to cells: every cell of a file as text, column by column, under names that each occur once."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from core.data.dataset import EXAMPLES, Notice
from core.data.reading.dialect import COLUMNS_LIMIT, LINES, find_dialect, take_sample, too_many_columns
from core.data.reading.encoding import to_utf8
from core.data.reading.header import Header, find_header, header_only
from core.data.reading.kinds import UPLOAD_LIMIT, refuse_other_text, unpack
from core.data.reading.lines import MOST_BROKEN, Dialect, Places, Record, Source, cut, mend_quotes, records
from core.data.reading.parsing import Body, Ragged, cut_body, insert, trim, unmark, western_digits, widen
from core.data.reading.rows import drop_rows, refuse_many_long, sort_ragged, tell


@dataclass(frozen=True)
class Grid:
    """The rows of data of a file, as text. R rows, C columns; nothing is interpreted yet."""

    names: tuple[str, ...]  # C, each once; a nameless column is called by its place: "column 3"
    columns: tuple[pa.StringArray, ...]  # C arrays of (R,): cells without blanks around them, "" where nothing is
    encoding: str  # utf-8, utf-8-sig, utf-16, utf-16-le, utf-16-be, cp1252, …
    delimiter: str
    header_rows: int  # lines that name the columns; 0 where the file has no header
    line: Callable[[int], int]  # the file's line, from 1, on which data row `row`, from 0, begins
    nameless: frozenset[str] = frozenset()  # of names, those that were made up
    units: dict[str, str] = field(default_factory=dict)  # by name, from a row of units: {"load": "MW"}
    notices: tuple[Notice, ...] = ()

    @property
    def rows(self) -> int:
        return len(self.columns[0])

    def column(self, name: str) -> pa.StringArray:
        return self.columns[self.names.index(name)]


def read_grid(content: bytes, delimiter: str | None = None, *, limit: int = UPLOAD_LIMIT) -> Grid:
    """Cut the content into cells. Raises BadFile for what is no table of text, or has no row below its header.

    `limit`: the most bytes that a compressed file may unpack to.
    """
    content, unpacked = unpack(content, limit)
    text = to_utf8(content)
    refuse_other_text(text.source)
    source, dialect = find_dialect(text.source, delimiter)
    parts = _cut(source, dialect)
    broken: list[Record] = []
    if parts.may_swallow_lines:
        source, broken = mend_quotes(source, dialect)
        if len(broken) > MOST_BROKEN:
            dialect = replace(dialect, quote="")
        parts = _cut(source, dialect) if broken else parts
    about_text = (*unpacked, *text.notices, *_told_quotes(broken))
    return _grid(parts, dialect, text.encoding, about_text)


@dataclass(frozen=True)
class _Parts:
    header: Header
    body: Body
    ragged: list[Ragged]
    places: Places
    may_swallow_lines: bool  # a quoted cell over several lines may hold rows of its own


def _cut(source: Source, dialect: Dialect) -> _Parts:
    sample = take_sample(source)
    head = list(islice(records(source, dialect, sample.head_end), LINES)) or list(islice(records(source, dialect), 2))
    header = find_header(head, [cut(line, dialect) for line in sample.rest], dialect)
    if len(header.names.names) > COLUMNS_LIMIT:
        raise too_many_columns(len(header.names.names))
    below = source.at(header.body)
    body, ragged = cut_body(below, dialect, header.width)
    multiline, swallows = _over_lines(body, ragged, dialect)
    unclosed = swallows or any(record.unclosed for record in head)
    return _Parts(header, body, ragged, Places(below, dialect, multiline), unclosed)


def _over_lines(body: Body, ragged: Sequence[Ragged], dialect: Dialect) -> tuple[bool, bool]:
    """Whether any cell goes over several lines, and whether one of those may hold rows of its own.

    Rows: lines that begin with a number or a time, or a quotation mark that was meant to close an earlier one.
    """
    if not body.quoted:
        return False, False
    inside = rf"[^\r\n{re.escape(dialect.delimiter)}]*"
    row = rf"[\r\n]{inside}\d{inside}{re.escape(dialect.delimiter)}|{re.escape(dialect.quote)}"
    multiline = any("\n" in line.text or "\r" in line.text for line in ragged)
    swallows = multiline or any(line.text.count(dialect.quote) % 2 for line in ragged)
    for column in body.columns:
        over = pc.or_(pc.match_substring(column, "\n"), pc.match_substring(column, "\r"))
        if pc.any(over).as_py():
            multiline = True
            swallows = swallows or pc.any(pc.match_substring_regex(column.filter(over), row)).as_py()
    return multiline, swallows


def _grid(parts: _Parts, dialect: Dialect, encoding: str, about_text: tuple[Notice, ...]) -> Grid:
    header, body, places = parts.header, parts.body, parts.places
    rows, told = sort_ragged(parts.ragged, header)
    refuse_many_long(told, parts.ragged, header, places, len(body.records) + len(rows), dialect.delimiter)
    widen(body, len(header.names.names))
    insert(body, rows)
    trim(body)
    drop_rows(body, header, told)
    if not len(body.records):
        raise header_only()
    unmark(body)
    western_digits(body)
    if dialect.shown and body.quoted:
        body.columns = [pc.replace_substring(column, dialect.delimiter, dialect.shown) for column in body.columns]
    names = header.names.names[: _columns_that_hold_anything(body, header.names.given)]
    notices = (*about_text, *header.names.notices, *tell(told, header, places, body))
    if dialect.shown:
        notices = tuple(_as_in_the_file(notice, dialect) for notice in notices)
    kept = body.records
    return Grid(
        names=names,
        columns=tuple(body.columns[: len(names)]),
        encoding=encoding,
        delimiter=dialect.name,
        header_rows=header.named,
        line=lambda row: places.line(int(kept[row])),
        nameless=header.names.nameless & frozenset(names),
        units=header.names.units,
        notices=notices,
    )


def _columns_that_hold_anything(body: Body, given: int) -> int:
    """How many columns remain without empty ones that the header has no cell for: delimiters at the ends of lines."""
    columns = len(body.columns)
    while columns > given and not pc.any(pc.not_equal(body.columns[columns - 1], "")).as_py():
        columns -= 1
    return columns


def _as_in_the_file(notice: Notice, dialect: Dialect) -> Notice:
    lines = tuple(line.replace(dialect.delimiter, dialect.shown) for line in notice.examples)
    return replace(notice, examples=lines)


def _told_quotes(broken: Sequence[Record]) -> tuple[Notice, ...]:
    if not broken:
        return ()
    lines = (
        "On 1 line a quotation mark opens" if len(broken) == 1 else f"On {len(broken):,} lines a quotation mark opens"
    )
    told = f"{lines} and never closes; it was left out (first on line {broken[0].line})."
    examples = tuple(record.shown() for record in broken[:EXAMPLES])
    return (Notice("unclosed_quote", told, count=len(broken), examples=examples),)
