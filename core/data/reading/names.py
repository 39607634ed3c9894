"""The names of the columns, each once, out of one to three lines of names and a line of units."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.data.dataset import EXAMPLES, Notice
from core.data.reading.shapes import BLANKS, shape
from core.data.reading.units import unit
from core.data.spreadsheet import unmarked

TIME_NAME = re.compile(
    r"date|time|stamp|^ds$|day|month|year|week|quarter|period|datum|zeit|tag|monat|jahr|woche|quartal|fecha|hora|mes|año"
    r"|data|dzie|jour|heure|tijd|giorno|ora|día|mois|année|dag|mies|rok|dzień|den|měs|datu|päiv|tarih|дата|время|日|月|年",
    re.IGNORECASE,
)
LABEL = re.compile(r"(?:(?P<month>\d\d?)\.)?(?P<year>(?:1[5-9]|2[01])\d\d)(?P<rest>[01]\d(?:[0-3]\d)?)?")
LONGEST = 300  # signs of a message


def clean(cells: Sequence[str]) -> list[str]:
    return [cell.strip(BLANKS) for cell in cells]


def without_end(cells: Sequence[str]) -> list[str]:
    """Without the empty cells at the end: a delimiter may stand behind the last name."""
    return list(cells[: max((place for place, cell in enumerate(cells, 1) if cell), default=0)])


def are_labels(cells: Sequence[str]) -> bool:
    """Rising or falling years, months or days behind a word: the header of a turned table."""
    labels = [LABEL.fullmatch(cell) for cell in without_end(clean(cells))[1:] if shape(cell) != "text"]
    if len(labels) < 3 or shape(cells[0]) not in ("text", "blank"):
        return False
    years = [(int(label["year"]), int(label["month"] or label["rest"] or 0)) for label in labels if label]
    if len(years) < len(labels):
        return False
    return years in (sorted(set(years)), sorted(set(years), reverse=True))


@dataclass(frozen=True)
class Names:
    names: tuple[str, ...]  # each once
    given: int  # columns that the header has a cell for
    nameless: frozenset[str]  # of names, those that were made up
    units: dict[str, str]
    wanted: tuple[str, ...]  # as the header has them: some may repeat, some be ""
    notices: tuple[Notice, ...]


def name_columns(rows: Sequence[list[str]], index: Sequence[str], units: Sequence[str], width: int) -> Names:
    """Names of `width` columns or more: the top line's word first; repeats and nameless ones get a number."""
    columns = max([width, *map(len, rows)])
    wanted = _wanted(rows, index, columns)
    names: dict[str, None] = {}
    nameless, repeated = set(), []
    for place, name in enumerate(wanted, 1):
        plain = name or f"column {place}"
        count, numbered = 1, plain
        while numbered in names or ((count > 1 or not name) and numbered in wanted):
            count += 1
            numbered = f"{plain} ({count})"
        names[numbered] = None
        if not name:
            nameless.add(numbered)
        elif count > 1:
            repeated.append(numbered)
    of = {name: unit(cell) for name, cell in zip(names, units, strict=False) if unit(cell)}
    lines = len(rows) + bool(index)
    given = max(map(len, rows), default=width)
    return Names(tuple(names), given, frozenset(nameless), of, tuple(wanted), _told(lines, of, repeated))


def _wanted(rows: Sequence[list[str]], index: Sequence[str], columns: int) -> list[str]:
    """The names as the header has them; "" where it has none."""
    padded = [row + [""] * (columns - len(row)) for row in rows]
    spread = [_spread(row) for row in padded[:-1]] + padded[-1:]
    wanted = [_joined(parts) for parts in zip(*spread, strict=True)] if spread else [""] * columns
    if index or (rows and TIME_NAME.search(rows[-1][0]) and not any(TIME_NAME.search(row[0]) for row in rows[:-1])):
        wanted[0] = unmarked((index or rows[-1])[0])  # the words over it name the levels of the header
    return wanted


def _spread(row: Sequence[str]) -> list[str]:
    """A group's name stands over its first column only: it holds for the nameless ones to its right too."""
    spread, last = [row[0]], ""  # what stands over the times names no group
    for cell in row[1:]:
        last = cell or last
        spread.append(last)
    return spread


def _joined(parts: Sequence[str]) -> str:
    return unmarked(" ".join(dict.fromkeys(part for part in parts if part)))


def _told(lines: int, units: dict[str, str], repeated: Sequence[str]) -> tuple[Notice, ...]:
    notices = []
    if not lines:
        told = "No line names the columns: they are called by their place, “column 1” and so on."
        notices.append(Notice("no_header", told))
    if lines > 1:
        told = f"{lines} lines name the columns: their words were put together, the top one first."
        notices.append(Notice("header_rows", told, count=lines))
    if units:
        told = "A line of units stands below the names: " + _list([f"“{name}” in {of}" for name, of in units.items()])
        notices.append(Notice("units", told, count=len(units)))
    if repeated:
        names = "1 column has" if len(repeated) == 1 else f"{len(repeated):,} columns have"
        told = f"{names} the name of another one and got a number: " + _list([f"“{name}”" for name in repeated])
        notices.append(Notice("duplicate_names", told, count=len(repeated), examples=tuple(repeated[:EXAMPLES])))
    return tuple(notices)


def _list(words: Sequence[str]) -> str:
    text = ", ".join(words)
    return f"{text}." if len(text) <= LONGEST else f"{text[:LONGEST]}…"
