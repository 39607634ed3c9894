"""From bytes to cells: every cell of a file as text, column by column, under names that each occur once."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow as pa

from core.data.dataset import Notice


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


def read_grid(content: bytes, delimiter: str | None = None) -> Grid:
    """Cut the content into cells. Raises BadFile for what is no table of text, or has no row below its header."""
    raise NotImplementedError
