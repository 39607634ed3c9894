"""From bytes to cells: what kind of file it is, its encoding, delimiter and header; nothing is interpreted yet."""

import codecs
import csv
import io
import re
from dataclasses import dataclass

import pandas as pd

from core.errors import BadFile

DELIMITERS = (",", ";", "\t")
HEAD = 1 << 16  # bytes looked at to find out what a file is
BLOCK = 1 << 20  # bytes decoded at a time


@dataclass(frozen=True)
class Cells:
    """Every cell of a file: columns of numbers as numbers, others as text, missing cells as NaN; one row a line."""

    frame: pd.DataFrame
    content: bytes
    encoding: str
    delimiter: str
    decimal: str

    def line(self, row: int) -> int:
        """The file's line, from 1, that holds data row `row`, from 0; blank lines hold none."""
        filled = [number for number, line in enumerate(self.content.splitlines(), 1) if line.strip()]
        return filled[min(row + 1, len(filled) - 1)]


def read_cells(content: bytes, delimiter: str | None, decimal: str) -> Cells:
    """Cut the content into cells; lines that end early end in missing cells.

    Raises BadFile for what is no CSV: pictures, workbooks, web pages, other encodings, lines with too many cells.
    """
    _refuse_what_is_no_csv(content)
    encoding = _encoding(content)
    head = content[:HEAD].decode(encoding, errors="ignore")
    delimiter = delimiter or _delimiter(head)
    header = _header(head, delimiter)
    frame = _cut(content, encoding, delimiter, decimal, header)
    return Cells(frame, content, encoding, delimiter, decimal)


SAVE_NUMBERS = "Upload the numbers themselves, saved as CSV."
SAVE_SHEET = "Open it and save the sheet as CSV."
SAVE_AS_UTF8 = "Save it as CSV in the encoding UTF-8 (in Excel: “CSV UTF-8”)."
NOT_TEXT = (  # what a file of another kind begins with
    (b"\x89PNG", "a PNG picture", SAVE_NUMBERS),
    (b"\xff\xd8\xff", "a JPEG picture", SAVE_NUMBERS),
    (b"GIF8", "a GIF picture", SAVE_NUMBERS),
    (b"%PDF", "a PDF document", SAVE_NUMBERS),
    (b"PK\x03\x04", "an Excel workbook or a zip archive", SAVE_SHEET),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", SAVE_SHEET),
    (b"\x1f\x8b", "a compressed file (gzip)", "Unpack it and upload the CSV inside."),
)


def _refuse_what_is_no_csv(content: bytes) -> None:
    for start, name, remedy in NOT_TEXT:
        if content.startswith(start):
            raise BadFile(f"This is {name}, not a CSV text file", remedy=remedy)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise BadFile("The text is in the encoding UTF-16, which is not read", remedy=SAVE_AS_UTF8)
    if b"\x00" in content:
        line = content.count(b"\n", 0, content.index(b"\x00")) + 1
        raise BadFile("This is not a text file", f"line {line}", "Upload a table saved as CSV.")
    start = content[:HEAD].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if not start:
        raise _empty()
    if start.startswith((b"<!doctype html", b"<html")):
        raise BadFile(
            "This is a web page, not a CSV text file",
            remedy="Download the data itself: a link to a file often leads to a page about it first.",
        )


def _encoding(content: bytes) -> str:
    """UTF-8, with or without byte-order mark; checked in blocks, so that no decoded copy of it all is held."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(content), BLOCK):
        pending = len(decoder.getstate()[0])  # bytes of a sign cut in two by the block's edge
        try:
            decoder.decode(content[start : start + BLOCK], final=start + BLOCK >= len(content))
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, start - pending + error.start) + 1
            raise BadFile("The text is not in the encoding UTF-8", f"line {line}", SAVE_AS_UTF8) from None
    return "utf-8-sig" if content.startswith(codecs.BOM_UTF8) else "utf-8"


def _delimiter(head: str) -> str:
    """The sign that cuts the header into most cells; the comma when none cuts it."""
    return max(DELIMITERS, key=lambda sign: len(next(iter(_lines(head, sign)), [])))


def _header(head: str, delimiter: str) -> list[str]:
    """Names of the columns, each once; a nameless one is called by its place."""
    lines = _lines(head, delimiter)
    if not lines:
        raise _empty()
    if len(lines) == 1:
        raise BadFile("There is a header and no line below it", remedy="Upload a CSV with one line for each time.")
    header, first = lines[0], lines[1]
    if any(cell.strip() for cell in first[len(header) :]):
        raise _too_many_cells(2, len(first), len(header))
    header += [""] * (len(first) - len(header))  # delimiters at the ends of lines
    names: list[str] = []
    for place, cell in enumerate(header, 1):
        plain = cell.strip() or f"column {place}"
        repeats = (f"{plain} ({count})" for count in range(2, len(header) + 2))
        names.append(next(name for name in (plain, *repeats) if name not in names))
    return names


def _lines(head: str, delimiter: str) -> list[list[str]]:
    """The first two lines that are not blank, in cells."""
    lines = csv.reader(io.StringIO(head, newline=None), delimiter=delimiter)
    filled = (line for line in lines if any(cell.strip() for cell in line))
    return [line for line, _ in zip(filled, range(2), strict=False)]


def _cut(content: bytes, encoding: str, delimiter: str, decimal: str, header: list[str]) -> pd.DataFrame:
    try:
        frame = pd.read_csv(
            io.BytesIO(content),
            sep=delimiter,
            decimal=decimal,
            encoding=encoding,
            names=header,
            header=0,
            index_col=False,  # the first column is never taken for row names
            low_memory=False,  # one type a column, however long
        )
    except pd.errors.ParserError as error:
        ragged = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error))
        if ragged:
            raise _too_many_cells(int(ragged[2]), int(ragged[3]), int(ragged[1])) from None
        raise BadFile(
            "The lines cannot be cut into cells", remedy="Look for a quotation mark that is opened and never closed."
        ) from None
    if len(header) == 1 and not pd.api.types.is_numeric_dtype(frame[header[0]]):
        raise BadFile(
            "Only one column was found, and it holds no numbers",
            f"column “{header[0]}”",
            "Part the columns by commas, semicolons or tabs, or name the delimiter that the file uses.",
        )
    return frame


def _empty() -> BadFile:
    return BadFile("The file is empty", remedy="Upload a CSV with a header and one line for each time.")


def _too_many_cells(line: int, found: int, expected: int) -> BadFile:
    return BadFile(
        f"A line has {found} cells where the header has {expected}",
        f"line {line}",
        "Correct that line, or name the delimiter that the file uses.",
    )
