"""What a case of the unpublished collection is: bytes, and what a careful person would make of them.

The fields of an expectation are those of the published manifest (tests/data/ugly/manifest.json). A case is made from a
`Truth`, the series behind the file, so that rows, ends, sums and cells follow from it and are never typed in.
"""

import csv
import io
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

Writer = Callable[[float], str]
Rows = list[list[str]]


@dataclass(frozen=True)
class Case:
    """`expect` is accept, reject, or either: read as described or refused plainly. None says: not held against it."""

    name: str
    content: bytes
    expect: str = "accept"
    encoding: str | None = "utf-8"
    delimiter: str | None = ","
    decimal: str | None = "."
    layout: str = "wide"
    time: tuple[str, ...] | None = ()
    freq: str | None = None
    rows: int | None = None
    first: str | None = None
    last: str | None = None
    utc: bool | None = None
    values: tuple[str, ...] | None = None  # names, or "#1", "#2" where only their order is held to
    target: str | None = None  # None: not held to
    drop: tuple[str, ...] = ()
    missing: Mapping[str, int] = field(default_factory=dict)
    sums: Mapping[str, float] = field(default_factory=dict)
    checks: tuple[tuple[Any, str, float], ...] = ()
    gaps: int | None = None
    dup: int | None = None
    warn: tuple[str, ...] = ()
    never: tuple[str, ...] = ()  # notices that would be a false alarm
    ids: tuple[str, ...] = ()
    rows_per_id: Mapping[str, int] = field(default_factory=dict)
    sums_per_id: Mapping[str, float] = field(default_factory=dict)  # of the target
    id: str | None = None
    reason: tuple[str, ...] = ()  # a refusal has at least one of these words
    asked: Mapping[str, Any] = field(default_factory=dict)  # keywords of read_table


@dataclass(frozen=True)
class Truth:
    """Series as they are. `index` is None where a file gives no times."""

    index: pd.DatetimeIndex | None
    columns: Mapping[str, Sequence[float]]  # (R,) each, rounded as they will be written

    @property
    def rows(self) -> int:
        return len(next(iter(self.columns.values())))

    def without(self, rows: Sequence[int]) -> "Truth":
        """As if these rows had never been."""
        kept = [row for row in range(self.rows) if row not in set(rows)]
        index = None if self.index is None else self.index[kept]
        return Truth(index, {name: [values[row] for row in kept] for name, values in self.columns.items()})

    def missing(self, **where: Sequence[int]) -> "Truth":
        """Cells of columns emptied; a column is given by its place: c0, c1, …"""
        columns = {name: list(values) for name, values in self.columns.items()}
        for place, rows in where.items():
            for row in rows:
                columns[list(columns)[int(place[1:])]][row] = float("nan")
        return replace(self, columns=columns)

    def named(self, *names: str) -> "Truth":
        return replace(self, columns=dict(zip(names, self.columns.values(), strict=True)))


def truth(
    seed: str, start: str | None, freq: str, rows: int, *names: str, digits: int = 2, level: float = 480
) -> Truth:
    """Waves with noise; the same for the same seed."""
    random = np.random.default_rng(zlib.crc32(seed.encode()))
    index = None if start is None else pd.date_range(start, periods=rows, freq=freq)
    columns = {}
    for place, name in enumerate(names or ("value",)):
        wave = 1 + 0.2 * np.sin(np.arange(rows) / (3 + place)) + 0.05 * random.standard_normal(rows)
        columns[name] = [round(float(number), digits) for number in level * (1 + 0.37 * place) * wave]
    return Truth(index, columns)


def number(digits: int = 2, decimal: str = ".", group: str = "", before: str = "", after: str = "") -> Writer:
    """How a locale writes a number; nothing for a missing one."""

    def write(value: float) -> str:
        if np.isnan(value):
            return ""
        text = f"{value:,.{digits}f}".replace(",", "\0").replace(".", decimal).replace("\0", group)
        sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
        return f"{sign}{before}{text}{after}"

    return write


def comma(digits: int = 2, group: str = "", before: str = "", after: str = "") -> Writer:
    return number(digits, ",", group, before, after)


def rows(
    known: Truth,
    time: str | Callable[[pd.Timestamp], str] | None = "%Y-%m-%d",
    write: Writer | Sequence[Writer] | None = None,
    name: str = "date",
) -> Rows:
    """A header and the cells: the time first (no column for it with None), then the columns."""
    form = (lambda at: at.strftime(time)) if isinstance(time, str) else time
    writers = list(write) if isinstance(write, Sequence) else [write or number()] * len(known.columns)
    found = [([] if form is None else [name]) + list(known.columns)]
    for row in range(known.rows):
        cells = [] if form is None or known.index is None else [form(known.index[row])]
        found.append(cells + [put(values[row]) for put, values in zip(writers, known.columns.values(), strict=True)])
    return found


def with_column(table: Rows, place: int, name: str, cell: str | Callable[[int], str]) -> Rows:
    """One more column at `place`; `cell` gets the data row from 0."""
    put = cell if callable(cell) else lambda row: cell
    return [[*line[:place], name if row == 0 else put(row - 1), *line[place:]] for row, line in enumerate(table)]


def text(table: Sequence[Sequence[str]], delimiter: str = ",", end: str = "\r\n", quote: str = "needed") -> str:
    """Lines of a CSV; `quote` is needed, all, words (header and text) or none."""
    if quote == "none":
        return "".join(delimiter.join(line) + end for line in table)
    kinds = {"needed": csv.QUOTE_MINIMAL, "all": csv.QUOTE_ALL}
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator=end, quoting=kinds[quote]).writerows(table)
    return buffer.getvalue()


def accept(name: str, written: str | bytes, known: Truth, encoding: str = "utf-8", **fields: Any) -> Case:
    """A case whose expectation follows from the series behind it; `fields` say what else, or otherwise."""
    content = written if isinstance(written, bytes) else written.encode(encoding)
    index = known.index
    expected: dict[str, Any] = {
        "encoding": encoding,
        "time": ("date",),
        "rows": known.rows,
        "values": tuple(known.columns),
        "target": next(iter(known.columns)),
        "missing": {column: int(np.isnan(values).sum()) for column, values in known.columns.items()},
        "sums": {column: float(np.nansum(values)) for column, values in known.columns.items()},
        "checks": tuple(_checks(known)),
        "dup": 0,
    }
    if index is not None:
        expected |= {"first": str(index.min()), "last": str(index.max()), "freq": index.freqstr, "gaps": 0}
    else:
        expected |= {"layout": "index", "time": (), "warn": ("no_dates",)}
    return Case(name, content, **{**expected, **fields})


def either(name: str, written: str | bytes, known: Truth, reason: Sequence[str], **fields: Any) -> Case:
    return accept(name, written, known, expect="either", reason=tuple(reason), **fields)


def reject(name: str, content: str | bytes, *reason: str, **fields: Any) -> Case:
    return Case(name, content if isinstance(content, bytes) else content.encode(), "reject", reason=reason, **fields)


def _checks(known: Truth) -> list[tuple[Any, str, float]]:
    found = []
    for row in sorted({0, known.rows // 2, known.rows - 1}):
        at = row if known.index is None else known.index[row]
        found += [(at, name, values[row]) for name, values in known.columns.items() if not np.isnan(values[row])]
    return found
