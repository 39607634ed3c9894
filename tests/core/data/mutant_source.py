"""A published file that is about to be broken, and a broken one with what it promises."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

Random = np.random.Generator
Cells = list[list[str]]
ENCODINGS = {"02_fr_cp1252_euro_nbsp.csv": "cp1252", "03_excel_utf16le_tab.csv": "utf-16"}  # others are UTF-8
DELIMITERS = {"01": ";", "02": ";", "03": "\t", "07": "|", "20": "\t", "22": ";"}  # by number; others have commas
HEADERS = {"27": 2}  # rows that name columns; others have one


@dataclass(frozen=True)
class Source:
    """A published file; `text` is None for what is no text."""

    file: str
    content: bytes
    encoding: str
    delimiter: str
    header: int  # rows
    text: str | None

    @classmethod
    def of(cls, path: Path) -> "Source":
        content, encoding = path.read_bytes(), ENCODINGS.get(path.name, "utf-8-sig")
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            text = None
        number = path.name[:2]
        return cls(path.name, content, encoding, DELIMITERS.get(number, ","), HEADERS.get(number, 1), text)

    @cached_property
    def table(self) -> Cells:
        """Header and rows, blank lines as empty rows."""
        return list(csv.reader(io.StringIO(self.text or "", newline=""), delimiter=self.delimiter))

    def written(self, table: Cells, delimiter: str = "", quoting: int = csv.QUOTE_MINIMAL, end: str = "\r\n") -> bytes:
        buffer = io.StringIO()
        writer = csv.writer(buffer, delimiter=delimiter or self.delimiter, quoting=quoting, lineterminator=end)  # type: ignore[call-overload]
        writer.writerows(table)
        return self.encoded(buffer.getvalue())

    def encoded(self, text: str, encoding: str = "") -> bytes:
        return text.encode(encoding or self.encoding, "replace")


@dataclass(frozen=True)
class Mutant:
    """`touched` lines may read otherwise than before (None: no promise). A `mild` one is still to be read."""

    content: bytes
    what: str = ""
    touched: int | None = None
    mild: bool = False
    shorter: bool = False  # rows are gone with the part that was cut off
    by_name: bool = True  # columns are still called the same
    kind: str = ""


def pick(random: Random, options: Sequence[str]) -> str:
    """One of them; numpy's own choice cuts a NUL off."""
    return options[int(random.integers(len(options)))]
