"""The rows in order: sorted by time, each time once, and one series of a file of several; what was done is told.

Rows of the same time are merged by their mean, and kept as they were beside it: they may mean something else together.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.dataset import EXAMPLES, Notice
from core.data.frequency import Index, infer_frequency
from core.data.reading import long
from core.data.reading.columns import Columns
from core.data.reading.times import Times
from core.data.repeats import is_repeat, of_series, take_apart
from core.data.words import NAMES_LISTED, enumerated, moment, quoted


@dataclass(frozen=True)
class Rows:
    """The rows of a table in order, and what was done to get there."""

    frame: pd.DataFrame
    labels: pd.DataFrame
    frequency: str | None
    missing: dict[str, int]
    duplicates: int
    notices: tuple[Notice, ...]
    series: str | None = None
    pairs: pd.DataFrame | None = None
    repeated: pd.DataFrame | None = None  # as in a Table
    id: str | None = None

    @property
    def own_repeated(self) -> pd.DataFrame | None:
        """The rows of `repeated` that belong to the series at hand; all of them to a total."""
        return None if self.repeated is None else of_series(self.repeated, self.id, self.series)


@dataclass(frozen=True)
class Unordered:
    """The rows as they stand in the file."""

    columns: Columns
    times: Times | None
    id: long.Id | None

    def wide(self) -> Rows:
        """Rows sorted by time, each time once: rows of the same time are merged by their mean, and counted."""
        frame, labels = self.columns.frame(self._index()), self.columns.label_frame(self._index())
        frame, order, unsorted = _sorted(frame)
        labels = labels if order is None else labels.iloc[order]
        frame, repeated = take_apart(frame, None)
        labels = labels if repeated is None else labels[~labels.index.duplicated()]
        frequency = infer_frequency(frame.index)
        merged = _about_merged(repeated, None, frequency)
        told = (*unsorted, *merged, *_about_missing(frame))
        return Rows(frame, labels, frequency, _missing(frame), _count(merged), told, repeated=repeated)

    def long(self, asked: str | None) -> Rows:
        """One of the series of a long file, or their total; all of them side by side in `pairs`."""
        assert self.id is not None
        every = long.pair_rows(self.columns.frame(self._index()), self.id)
        pairs, repeated = take_apart(every, self.id.name)
        series = long.choose_series(pairs, self.id, asked)
        frame, about_series = long.series_rows(pairs, self.id, series)
        frequency = infer_frequency(frame.index)
        merged = _about_merged(repeated, self.id.name, frequency)
        told = (about_series, *merged, *_about_missing(frame))
        labels, missing = pd.DataFrame(index=frame.index), _missing(pairs.drop(columns=self.id.name))
        return Rows(frame, labels, frequency, missing, _count(merged), told, series, pairs, repeated, self.id.name)

    def _index(self) -> Index:
        if self.times is None:
            return pd.RangeIndex(self.columns.rows)
        return pd.DatetimeIndex(self.times.values, name=" + ".join(self.times.columns) or "time")


def _sorted(frame: pd.DataFrame) -> tuple[pd.DataFrame, npt.NDArray[np.int64] | None, list[Notice]]:
    """Sorted by time, the order that sorts, and what to tell about it."""
    index = frame.index
    if index.is_monotonic_increasing:
        return frame, None, []
    newest_first = index.is_monotonic_decreasing
    order = np.arange(len(index))[::-1] if newest_first else np.argsort(index.to_numpy(), kind="stable")
    told = "The newest row came first" if newest_first else "The rows were not in the order of time"
    return frame.iloc[order], order, [Notice("unsorted", f"{told}: they were sorted by time.", count=len(index))]


def _about_merged(repeated: pd.DataFrame | None, id: str | None, frequency: str | None) -> list[Notice]:
    """How many rows repeat a time, and which times; the first row of a time repeats none."""
    if repeated is None:
        return []
    again = repeated[is_repeat(repeated, id)]
    times = [moment(time, frequency) for time in again.index[:EXAMPLES]]
    if id is not None:
        times = [f"{name}: {time}" for name, time in zip(again[id], times, strict=False)]
    count = "1 row repeats a time" if len(again) == 1 else f"{len(again):,} rows repeat a time"
    told = f"{count} that was there already: rows of the same time were merged by their mean."
    return [Notice("duplicate_times", told, count=len(again), examples=tuple(times))]


def _count(notices: list[Notice]) -> int:
    return sum(notice.count for notice in notices)


def _missing(frame: pd.DataFrame) -> dict[str, int]:
    return {str(name): int(count) for name, count in frame.isna().sum().items()}


def _about_missing(frame: pd.DataFrame) -> list[Notice]:
    """Cells without a number inside the rows, by column."""
    counts = {name: count for name, count in _missing(frame).items() if count}
    if not counts:
        return []
    total = sum(counts.values())
    times = frame.index[frame.isna().any(axis=1)][:EXAMPLES]
    examples = tuple(str(time) for time in times)
    if len(counts) == 1:
        (name,) = counts
        what = f"1 cell of {quoted(name)} holds" if total == 1 else f"{total:,} cells of {quoted(name)} hold"
        return [Notice("missing_values", f"{what} no number.", name, total, examples=examples)]
    where = enumerated(f"{quoted(name)} {count:,}" for name, count in list(counts.items())[:NAMES_LISTED])
    where += f" and {len(counts) - NAMES_LISTED} more columns" if len(counts) > NAMES_LISTED else ""
    return [Notice("missing_values", f"{total:,} cells hold no number ({where}).", count=total, examples=examples)]
