"""The rows in order: sorted by time, each time once, and one series of a file of several; what was done is told."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.dataset import EXAMPLES, Notice
from core.data.frequency import Index
from core.data.reading import long
from core.data.reading.columns import Columns
from core.data.reading.times import Times
from core.data.words import NAMES_LISTED, enumerated, quoted


@dataclass(frozen=True)
class Rows:
    """The rows of a table in order, and what was done to get there."""

    frame: pd.DataFrame
    labels: pd.DataFrame
    missing: dict[str, int]
    duplicates: int
    notices: tuple[Notice, ...]
    series: str | None = None
    pairs: pd.DataFrame | None = None


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
        frame, merged = _merged(frame)
        labels = labels if order is None else labels.iloc[order]
        labels = labels if not merged else labels[~labels.index.duplicated()]
        return Rows(frame, labels, _missing(frame), merged, (*unsorted, *_about_merged(merged), *_about_missing(frame)))

    def long(self, asked: str | None) -> Rows:
        """One of the series of a long file, or their total; all of them side by side in `pairs`."""
        assert self.id is not None
        pairs, merged = long.pair_rows(self.columns.frame(self._index()), self.id)
        series = long.choose_series(pairs, self.id, asked)
        frame, about_series = long.series_rows(pairs, self.id, series)
        told = (about_series, *_about_merged(merged), *_about_missing(frame))
        labels = pd.DataFrame(index=frame.index)
        return Rows(frame, labels, _missing(pairs.drop(columns=self.id.name)), merged, told, series, pairs)

    def _index(self) -> Index:
        if self.times is None:
            return pd.RangeIndex(self.columns.rows)
        return pd.DatetimeIndex(self.times.values, name=" + ".join(self.times.columns) or None)


def _sorted(frame: pd.DataFrame) -> tuple[pd.DataFrame, npt.NDArray[np.int64] | None, list[Notice]]:
    """Sorted by time, the order that sorts, and what to tell about it."""
    index = frame.index
    if index.is_monotonic_increasing:
        return frame, None, []
    order = np.argsort(index.to_numpy(), kind="stable")
    newest_first = index.is_monotonic_decreasing
    told = "The newest row came first" if newest_first else "The rows were not in the order of time"
    return frame.iloc[order], order, [Notice("unsorted", f"{told}: they were sorted by time.", count=len(index))]


def _merged(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    if frame.index.is_unique:
        return frame, 0
    merged = frame.groupby(level=0).mean()
    return merged, len(frame) - len(merged)


def _about_merged(count: int) -> list[Notice]:
    if not count:
        return []
    repeated = "1 row repeats a time" if count == 1 else f"{count:,} rows repeat a time"
    told = f"{repeated} that was there already: rows of the same time were merged by their mean."
    return [Notice("duplicate_times", told, count=count)]


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
