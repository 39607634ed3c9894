"""Lines and records: a record is a line, or several where a quoted cell holds line ends."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import islice

import numpy as np
import numpy.typing as npt

from core.data.reading.shapes import shape
from core.errors import BadFile

LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|\Z)")  # line ends of all systems; other separators are data
SPAN = 200  # lines of one quoted cell; more, and its quotation mark was never closed
MOST_BROKEN = 500
LONG_LINE, FEW_CELLS = 1 << 20, 1000  # bytes of a line; with fewer delimiters in them it is no line of a table
SHOWN = 200  # signs of a line that are shown in a message


@dataclass(frozen=True)
class Source:
    """The text of a file as UTF-8, from where its table may begin."""

    data: bytes
    start: int = 0  # in bytes: behind a byte-order mark or a line "sep=;"
    line: int = 1  # the line that begins there

    def behind(self, record: "Record") -> "Source":
        return replace(self, start=record.end, line=record.line + record.lines)

    def at(self, record: "Record") -> "Source":
        return replace(self, start=record.start, line=record.line)


@dataclass(frozen=True)
class Dialect:
    """How lines are cut into cells."""

    delimiter: str  # one sign of one byte
    quote: str = '"'  # "" where quotation marks are ordinary signs
    shown: str = ""  # the delimiter as the file has it, where it is not the one above

    @property
    def name(self) -> str:
        return self.shown or self.delimiter


@dataclass(frozen=True)
class Record:
    cells: list[str]
    line: int  # of the file, from 1
    lines: int  # how many it takes
    start: int  # in bytes, as the next one
    end: int
    text: str  # as it stands in the file
    unclosed: bool = False  # a quotation mark opens in it and does not close

    def shown(self) -> str:
        return shown(self.line, self.text)


def shown(line: int, text: str) -> str:
    """A line for a message: "line 12: Total;1.234"."""
    return f"line {line}: {text if len(text) <= SHOWN else text[:SHOWN] + '…'}"


def records(source: Source, dialect: Dialect, end: int | None = None) -> Iterator[Record]:
    """The records from `source.start` to byte `end`; empty lines are none. One that reaches over `end` is left out."""
    place, line = source.start, source.line
    end = len(source.data) if end is None else min(end, len(source.data))
    while place < end:
        lines, opened = _lines_of_record(source.data, place, dialect)
        stop = place + sum(map(len, lines))
        unclosed = opened or (len(lines) > 1 and _swallows(lines, dialect))
        if unclosed:
            lines, stop = lines[:1], place + len(lines[0])
        text = b"".join(lines).decode("utf-8", errors="replace").rstrip("\r\n")
        if stop > end:
            return
        if text:
            yield Record(cut(text, dialect, unclosed), line, len(lines), place, stop, text, unclosed)
        place, line = stop, line + len(lines)


def cut(text: str, dialect: Dialect, unquoted: bool = False) -> list[str]:
    """The cells of one record."""
    if unquoted or not dialect.quote or dialect.quote not in text:
        return text.split(dialect.delimiter)
    try:
        return next(csv.reader(text.splitlines(True), delimiter=dialect.delimiter, quotechar=dialect.quote), [""])
    except csv.Error:  # a cell longer than the module allows
        return text.split(dialect.delimiter)


def _lines_of_record(data: bytes, place: int, dialect: Dialect) -> tuple[list[bytes], bool]:
    """The line at `place`, and the following ones while a quoted cell is open; whether it still is then."""
    line = _line_at(data, place)
    if not dialect.quote or dialect.quote.encode() not in line:
        return [line], False
    lines = [line]
    opened = _open(line, dialect, False)
    while opened and len(lines) <= SPAN and (place := place + len(lines[-1])) < len(data):
        lines.append(_line_at(data, place))
        opened = _open(lines[-1], dialect, True)
    return lines, opened


def _line_at(data: bytes, place: int) -> bytes:
    found = LINE.match(data, place)
    return found[0] if found else b""


def _open(line: bytes, dialect: Dialect, opened: bool) -> bool:
    """Whether a quoted cell is open at the line's end, if one was (or was not) at its beginning."""
    closed, opening = _quotes(dialect)
    rest = closed.sub(b"x", dialect.quote.encode() + line if opened else line)
    return opening.search(rest) is not None


@lru_cache(maxsize=64)
def _quotes(dialect: Dialect) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """A quoted cell that closes again, and a quotation mark where it opens one: at the beginning of a cell."""
    quote, delimiter = re.escape(dialect.quote.encode()), re.escape(dialect.delimiter.encode())
    begins = rb"(?:^|(?<=" + delimiter + rb"))" + quote
    return re.compile(begins + rb"(?:[^" + quote + rb"]|" + quote * 2 + rb")*+" + quote), re.compile(begins)


def _swallows(lines: Sequence[bytes], dialect: Dialect) -> bool:
    """Whether a cell over several lines swallowed lines that are rows of their own."""
    text = b"".join(lines)
    if text.count(dialect.quote.encode()) % 2:
        return True
    delimiter = dialect.delimiter.encode()
    first, inner = lines[0], lines[1:]
    kind = shape(first.split(delimiter)[0].decode("utf-8", errors="replace"))
    if kind in ("time", "number"):
        like = [shape(line.split(delimiter)[0].decode("utf-8", errors="replace")) == kind for line in inner]
        return delimiter in text and any(like) and all(delimiter in line for line in inner if line.strip())
    return False


def line_ends(part: bytes) -> int:
    return part.count(b"\n") + part.count(b"\r") - part.count(b"\r\n")


def refuse_long_line(source: Source) -> None:
    """Raises BadFile for a line so long, with so few delimiters, that it is none of a table."""
    data, place = source.data, source.start
    while place + LONG_LINE < len(data):
        stop = place + LONG_LINE
        end = max(data.rfind(b"\n", place, stop), data.rfind(b"\r", place, stop))
        if end < 0 and sum(data.count(sign, place, stop) for sign in (b",", b";", b"\t", b"|")) < FEW_CELLS:
            number = source.line + line_ends(data[source.start : place])
            raise BadFile(
                "A line is longer than 1 MB and hardly parted into cells",
                f"line {number:,}",
                "Upload a table with one line for each time.",
            )
        place = end + 1 if end >= 0 else place + len(_line_at(data, place))


def _records_with_quotes(source: Source, dialect: Dialect) -> Iterator[Record]:
    """The records with quotation marks, found by these: all others are passed over."""
    data, place, line = source.data, source.start, source.line
    while (mark := data.find(dialect.quote.encode(), place)) >= 0:
        before = max(data.rfind(b"\n", place, mark), data.rfind(b"\r", place, mark))
        start = before + 1 if before >= 0 else place
        line += line_ends(data[place:start])
        record = next(records(replace(source, start=start, line=line), dialect))
        yield record
        place, line = record.end, line + record.lines


def mend_quotes(source: Source, dialect: Dialect) -> tuple[Source, list[Record]]:
    """Take away quotation marks that open and never close; the records they stood in are returned too.

    Of more than `MOST_BROKEN` none is taken away: then the file's quotation marks are ordinary signs.
    """
    quoted = _records_with_quotes(source, dialect)
    broken = list(islice((record for record in quoted if record.unclosed), MOST_BROKEN + 1))
    if not 0 < len(broken) <= MOST_BROKEN:
        return source, broken
    opening = _quotes(dialect)[1]
    parts, place = [], 0
    for record in broken:
        line = source.data[record.start : record.end]
        last = [found.end() - 1 for found in opening.finditer(line)][-1:]
        for mark in last:
            parts.append(source.data[place : record.start + mark])
            place = record.start + mark + 1
    return replace(source, data=b"".join([*parts, source.data[place:]])), broken


class Places:
    """Where the records of a body stand in the file; worked out when first asked for, as only messages need it."""

    def __init__(self, source: Source, dialect: Dialect, multiline: bool) -> None:
        self._source, self._dialect, self._multiline = source, dialect, multiline

    def line(self, record: int) -> int:
        """The file's line, from 1, on which record `record`, from 0, begins; empty lines are no records."""
        numbers = self._found[0]
        return int(numbers[min(record, len(numbers) - 1)]) if len(numbers) else self._source.line

    def shown(self, record: int) -> str:
        """The record's line, for a message."""
        start = int(self._found[1][record])
        text = _line_at(self._source.data, start).decode("utf-8", errors="replace").rstrip("\r\n")
        return shown(self.line(record), text)

    @cached_property
    def _found(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        if self._multiline:
            pairs = [(record.line, record.start) for record in records(self._source, self._dialect)]
            both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
            return both[:, 0], both[:, 1]
        return _lines_with_text(self._source)


def _lines_with_text(source: Source) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Numbers and first bytes of the lines that are not empty."""
    signs = np.frombuffer(source.data, np.uint8, offset=source.start)
    feeds = np.flatnonzero(signs == 10)
    returns = np.flatnonzero(signs == 13)
    alone = returns[signs[np.minimum(returns + 1, len(signs) - 1)] != 10] if len(returns) else returns
    ends = np.union1d(feeds, alone) if len(alone) else feeds
    if not len(ends) or ends[-1] != len(signs) - 1:
        ends = np.append(ends, len(signs))
    starts = np.concatenate([[0], ends[:-1] + 1])
    length = ends - starts
    only_return = (length == 1) & (signs[np.minimum(starts, len(signs) - 1)] == 13)
    there = (length > 0) & ~only_return
    return source.line + np.flatnonzero(there), source.start + starts[there]
