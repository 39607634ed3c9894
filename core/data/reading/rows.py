"""Which lines of the body are rows: blank ones, repeated headers, remarks between and below them are told apart."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from core.data.dataset import EXAMPLES, Notice
from core.data.reading.header import Header, is_comment
from core.data.reading.lines import Places, shown
from core.data.reading.parsing import Body, Ragged
from core.data.reading.shapes import BLANKS, Shape, filled, shape
from core.errors import BadFile

MANY = 0.1  # of the lines have too many cells: then the delimiter, or the header, is another one
FEW = 5  # of such lines are always borne
FOOTER_LINES = 200  # looked at from the end
FOOTER = re.compile(
    r"(?:sources?|quellen?|fuente|fonte|bron|źródło|zdroj|notes?|hinweis|anmerkung|remarque|notas?|rows|records|zeilen"
    r"|datensätze|lignes|filas|total rows|generated|exported|created|printed|erstellt|exportiert|stand"
    r"|as of|end|ende|fin|eof|copyright|disclaimer|legend|legende)\b.*|[*†‡©\-=_#(].*",
    re.IGNORECASE | re.DOTALL,
)


@dataclass
class Told:
    """Lines of the body that are no rows, or not as they stood: records and what is shown of them."""

    skipped: list[int] = field(default_factory=list)  # remarks
    repeated: list[int] = field(default_factory=list)  # headers
    long: list[int] = field(default_factory=list)
    short: list[int] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)  # of ragged ones


def sort_ragged(ragged: Sequence[Ragged], header: Header) -> tuple[list[Ragged], Told]:
    """Those of the lines of unusual width that are rows, and what is to be told of them and of the others."""
    columns = max(header.width, len(header.names.names))
    told, rows = Told(), []
    for line in ragged:
        if not filled(line.cells):
            continue
        told.texts[line.record] = line.text
        if is_comment(line.text) or is_stray(line.cells, header.shapes):
            told.skipped.append(line.record)
            continue
        rows.append(line)
        if any(cell.strip(BLANKS) for cell in line.cells[columns:]):
            told.long.append(line.record)
        elif len(line.cells) < header.names.given:
            told.short.append(line.record)
    return rows, told


def is_stray(cells: Sequence[str], shapes: Sequence[Shape]) -> bool:
    """Whether no cell looks like its column: a title, a remark, a line of the file's own about itself."""
    usual = [(shape(cell), look) for cell, look in zip(cells, shapes, strict=False) if look in ("number", "time")]
    there = [cell.strip(BLANKS) for cell in cells if cell.strip(BLANKS)]
    if any(look in ("number", "time") for look in shapes):
        unlike = any(found not in ("blank", look) for found, look in usual)
        if unlike or any(found == look for found, look in usual):
            return unlike and not any(found == look for found, look in usual)
    return len(there) == 1 and len(shapes) > 1 and FOOTER.fullmatch(there[0]) is not None


def refuse_many_long(
    told: Told, ragged: Sequence[Ragged], header: Header, places: Places, rows: int, sign: str
) -> None:
    if len(told.long) <= max(FEW, MANY * rows):
        return
    first = next(line for line in ragged if line.record == told.long[0])
    columns = max(header.width, len(header.names.names))
    raise BadFile(
        f"{len(told.long):,} lines have more cells than the header: one has {len(first.cells)} instead of {columns}",
        f"line {places.line(first.record)}",
        "If numbers have decimal commas, save the file with semicolons between the cells; else name its delimiter."
        if sign == ","
        else "Correct these lines, or name the delimiter that the file uses.",
    )


def drop_rows(body: Body, header: Header, told: Told) -> None:
    """Take away rows without any cell, repeated headers, and remarks below the last row."""
    keep = np.ones(len(body.records), dtype=np.bool_)
    blank = _equal(body, [""] * len(body.columns))
    if blank is not None:
        keep &= ~blank
    for row in header.rows:
        again = _equal(body, row) if filled(row) > 1 or len(body.columns) == 1 else None
        if again is not None:
            told.repeated.extend(body.records[again & keep].tolist())
            keep &= ~again
    blanks = body.records[blank] if blank is not None else body.records[:0]
    if not keep.all():
        body.keep(keep)
    end = _end_of_rows(body, header.shapes)
    if end < len(body.records):
        told.skipped.extend(body.records[end:].tolist())
        body.keep(np.arange(len(body.records)) < end)
    last = body.records[-1] if len(body.records) else -1
    told.skipped.extend(blanks[blanks > last].tolist())


def _equal(body: Body, row: Sequence[str]) -> npt.NDArray[np.bool_] | None:
    """Which rows hold exactly these cells, "" where there are fewer; None when none does."""
    cells = [*row, *[""] * (len(body.columns) - len(row))]
    same: Any = None
    for column, cell in zip(body.columns, cells, strict=False):
        like = pc.equal(column, cell)
        same = like if same is None else pc.and_(same, like)
        if not pc.any(same).as_py():
            return None
    found: npt.NDArray[np.bool_] = same.to_numpy(zero_copy_only=False)
    return found


def _end_of_rows(body: Body, shapes: Sequence[Shape]) -> int:
    """How many rows there are before the remarks at the end begin."""
    end = len(body.records)
    while end > max(0, len(body.records) - FOOTER_LINES) and is_stray(body.row(end - 1), shapes):
        end -= 1
    return end


def tell(told: Told, header: Header, places: Places, body: Body) -> tuple[Notice, ...]:
    """Notices of lines skipped, of repeated headers and of rows that were cut or filled, with the lines themselves."""
    notices = []
    if header.skipped or told.skipped:
        notices.append(_skipped(told, header, places, int(body.records[-1]) if len(body.records) else -1))
    if count := len(told.repeated):
        lines = "1 line repeats" if count == 1 else f"{count:,} lines repeat"
        examples = tuple(places.shown(record) for record in sorted(told.repeated)[:EXAMPLES])
        message = f"{lines} the names of the columns and {_was(count)} left out."
        notices.append(Notice("skipped_lines", message, count=count, examples=examples))
    if told.long or told.short:
        notices.append(_ragged(told, places))
    if len(header.names.names) > header.width:
        count = len(body.records) - len(told.long)
        words = f"Most lines have {header.width} cells where the header has {len(header.names.names)}"
        short = [record for record in body.records[:2000].tolist() if record not in told.long][:EXAMPLES]
        examples = tuple(_shown(record, told, places) for record in short)
        message = f"{words}: those at the end of the line count as missing."
        notices.append(Notice("ragged_rows", message, count=count, examples=examples))
    return tuple(notices)


def _skipped(told: Told, header: Header, places: Places, last: int) -> Notice:
    below = [record for record in told.skipped if record > last]
    between = len(told.skipped) - len(below)
    parts = [
        f"{_lines(count)} {where}"
        for count, where in (
            (len(header.skipped), "above the data"),
            (between, "between the rows"),
            (len(below), "below the data"),
        )
        if count
    ]
    count = len(header.skipped) + len(told.skipped)
    examples = [record.shown() for record in header.skipped[:EXAMPLES]]
    examples += [_shown(record, told, places) for record in sorted(told.skipped)[: EXAMPLES - len(examples)]]
    message = f"{' and '.join(parts)} {_was(count)} left out: not part of the table."
    return Notice("skipped_lines", message, count=count, examples=tuple(examples))


def _ragged(told: Told, places: Places) -> Notice:
    parts = []
    if count := len(told.long):
        parts.append(f"{_lines(count)} {_has(count)} more cells than the header, and what goes beyond was left out")
    if count := len(told.short):
        parts.append(f"{_lines(count)} {_has(count)} fewer cells than the header, and the others count as missing")
    records = sorted(told.long + told.short)
    examples = tuple(_shown(record, told, places) for record in records[:EXAMPLES])
    where = f"first on line {places.line(records[0])}"
    return Notice("ragged_rows", f"{'; '.join(parts)} ({where}).", count=len(records), examples=examples)


def _shown(record: int, told: Told, places: Places) -> str:
    return shown(places.line(record), told.texts[record]) if record in told.texts else places.shown(record)


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count:,} lines"


def _has(count: int) -> str:
    return "has" if count == 1 else "have"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"
