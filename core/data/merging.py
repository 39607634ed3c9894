"""Rows of the same time merged as a person chose, or left apart for a resampling; either is told."""

from dataclasses import replace
from typing import get_args

from core.data.dataset import Table
from core.data.reading.long import is_total, values_of
from core.data.repeats import Aggregate, put_together
from core.data.words import counted
from core.errors import BadSettings, Problem

MERGED = {
    "mean": "merged by their mean",
    "sum": "added up",
    "last": "the last one was kept",
    "first": "the first one was kept",
    "min": "the smallest value was kept",
    "max": "the largest value was kept",
}


def merge(table: Table, how: Aggregate = "mean") -> Table:
    """Rows of the same time merged in another way than by their mean; those of other times stay.

    What is resampled afterwards is the merged rows; without a choice, all rows of the file are. A total is that of the
    merged series. Raises BadSettings for an unknown way.
    """
    if how not in get_args(Aggregate):
        what = f"“{how[:20]}” is no way to merge rows"
        raise BadSettings([Problem(what, "merge", f"Choose from {', '.join(MERGED)}.")])
    if table.repeated is None:
        return table
    told = f"{_repeated_words(table)}: {MERGED[how]}."
    if table.pairs is None or table.id is None or table.series is None:
        pairs, frame = None, put_together(table.frame, table.repeated, how, None)
        cells = frame
    else:
        pairs = put_together(table.pairs, table.repeated, how, table.id)
        frame, cells = values_of(pairs, table.id, table.series), pairs.drop(columns=table.id)
    missing = {str(name): int(count) for name, count in cells.isna().sum().items()}
    return replace(_retold(table, told), frame=frame, pairs=pairs, missing=missing, repeated=None)


def one_by_one(table: Table, how: Aggregate) -> Table:
    """For a resampling: repeated times are said to count one by one; those of a total's series are merged like it."""
    if table.repeated is None:
        return table
    if table.pairs is not None and is_total(table.series, table.ids):
        return merge(table, how)
    return _retold(table, f"{_repeated_words(table)}: each row counts in its step.")


def _repeated_words(table: Table) -> str:
    return f"{counted(table.duplicates, 'row')} repeated a time"


def _retold(table: Table, message: str) -> Table:
    """What was done with repeated times, in the place of what the reader did with them."""
    notices = tuple(
        replace(notice, message=message) if notice.code == "duplicate_times" else notice for notice in table.notices
    )
    return replace(table, notices=notices)
