"""How good the data is: what is missing, repeated, odd or too good to be true, in words for an analyst."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.dataset import EXAMPLES, Notice, Table
from core.data.findings import sentences
from core.data.findings.leakage import find_leaks
from core.data.findings.outliers import Floats, Rows, find_outliers
from core.data.findings.shifts import Shift, find_shifts, split_words
from core.data.findings.stand_ins import find_stand_ins, without
from core.data.frequency import season_length
from core.data.words import number

Mark = tuple[pd.Timestamp | int, str]  # a time (or a row's number) and a few words, for the chart

TOLD = 20  # columns with the same finding; the others are counted
MARKED = 5  # outliers on the chart
PRICES = {"open", "high", "low", "close", "adj close", "adjusted close", "adjclose", "last", "price", "settle", "vwap"}


@dataclass(frozen=True)
class Quality:
    """What was found in a table: counts for an overview, and every finding in a sentence of its own."""

    target: str
    rows: int
    cells: int  # of all columns of numbers
    missing: int  # cells
    duplicates: int  # rows that repeated a time
    gaps: int  # times missing from the step; holidays between business days are none
    outliers: int  # of the target
    findings: tuple[Notice, ...] = ()
    marks: tuple[Mark, ...] = ()  # level shifts and the largest outliers of the target


def examine(table: Table, target: str) -> Quality:
    """Everything worth knowing about the data before a model learns from it; the table is left as it is.

    What puts scores in doubt comes first, the target before the other columns. An infinite cell counts as missing,
    and what stands for a missing one is told and then looked at no further.
    """
    season = season_length(table.frequency)
    columns = {str(name): _finite(table.frame[name].to_numpy(dtype=np.float64)) for name in table.frame.columns}
    columns = {target: columns[target], **columns}
    codes = {name: find_stand_ins(values) for name, values in columns.items()}
    clean = {name: without(values, codes[name]) for name, values in columns.items()}
    odd = {name: find_outliers(values, season) for name, values in clean.items()}
    shifts = find_shifts(clean[target], _cycle(season, len(table.frame)))
    findings = (
        *_leakage(table, target, clean),
        *_by_column(columns, lambda name: sentences.stand_ins(table, name, codes[name], name == target)),
        *sentences.shifts(table, target, shifts),
        *_by_column(columns, lambda name: sentences.regularity(table, name, clean[name], name == target)),
        *_by_column(columns, lambda name: sentences.stuck(table, name, clean[name], name == target)),
        *sentences.duplicates(table),
        *sentences.gaps(table),
        *_by_column(columns, lambda name: sentences.missing(table, name, columns[name])),
        *_by_column(columns, lambda name: sentences.outliers(table, name, clean[name], odd[name], target)),
        *_by_column(columns, lambda name: sentences.zeros(table, name, columns[name])),
        *_by_column(columns, lambda name: sentences.constant(name, columns[name])),
        *sentences.too_short(table, season),
        *([note] if (note := percentage_note(table.frame[[target]])) else ()),
    )
    return Quality(
        target=target,
        rows=len(table.frame),
        cells=table.frame.size,
        missing=sum(int(np.isnan(values).sum()) for values in columns.values()),
        duplicates=table.duplicates,
        gaps=0 if table.frequency == "B" else table.gaps,
        outliers=len(odd[target]),
        findings=findings,
        marks=_marks(table, clean[target], odd[target], shifts),
    )


def percentage_note(frame: pd.DataFrame) -> Notice | None:
    """That percentage errors mean nothing for the one column of `frame`, where it holds zeros or changes its sign."""
    name = str(frame.columns[0])
    values = frame.iloc[:, 0].to_numpy(dtype=np.float64)
    return sentences.percentages(name, values)


def _finite(values: Floats) -> Floats:
    return np.where(np.isinf(values), np.nan, values)


def _cycle(season: int, rows: int) -> int:
    """A week where a season is a day and there are enough of them: a level lasts longer than a weekend."""
    return 7 * season if season >= 24 and rows >= 8 * 7 * season else season


def _leakage(table: Table, target: str, columns: Mapping[str, Floats]) -> Iterator[Notice]:
    """Prices of one row are near each other by nature; only one that comes a row early gives the answer away."""
    others = {name: values for name, values in columns.items() if name != target}
    for found in find_leaks(columns[target], others):
        if found.ahead or not (_is_price(target) and _is_price(found.column)):
            yield sentences.leak(table, target, found)


def _is_price(name: str) -> bool:
    return name.lower().replace("_", " ").strip("<> ") in PRICES


def _by_column(columns: Mapping[str, Floats], find: Callable[[str], Notice | list[Notice] | None]) -> Iterator[Notice]:
    """The same finding in very many columns is told for the first of them and counted for the others."""
    told = 0
    more: list[Notice] = []
    for name in columns:
        found = find(name)
        for notice in found if isinstance(found, list) else [found] if found else []:
            told += 1
            if told <= TOLD:
                yield notice
            else:
                more.append(notice)
    if more:
        names = tuple(notice.column for notice in more if notice.column)
        told_also = f"The same in {len(more):,} more columns."
        yield Notice(more[0].code, told_also, count=sum(notice.count for notice in more), examples=names[:EXAMPLES])


def _marks(table: Table, values: Floats, odd: Rows, shifts: list[Shift]) -> tuple[Mark, ...]:
    index = table.frame.index
    marks: list[Mark] = []
    for shift in shifts:
        split = split_words(shift.factor) if shift.overnight and shift.factor else None
        marks.append((index[shift.row], f"{split.removeprefix('a ')}?" if split else "another level"))
    far = np.abs(values[odd] - np.nanmedian(values)) if len(odd) else np.empty(0)
    marks += [(index[row], number(float(values[row]))) for row in odd[np.argsort(far)[::-1][:MARKED]]]
    return tuple(marks)
