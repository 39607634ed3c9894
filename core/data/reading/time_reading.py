"""What reading one column, or several together, as times came to; and what is known before the cells are looked at."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.data.frequency import regularity
from core.data.reading.time_names import is_missing, time_hint
from core.data.reading.time_parts import DAY, Bools, Moments

SAMPLE = 200  # cells by which the form is found; all of them are then read in it
NEARLY_ALL = 0.8  # of the filled cells must be times
LONGEST = 100  # signs; a longer cell is no time, and no pattern is tried on it: some take the square of its length
NO_TIME = "text"  # stands for such a cell


@dataclass(frozen=True)
class Context:
    """A column before it is read, and what the person asked for."""

    name: str = ""
    first: bool = False  # the first column of the file
    nameless: bool = False
    asked: bool = False  # the person says that it holds times
    day_first: bool | None = None
    decimal: str = "."

    @property
    def hint(self) -> int:
        return 3 if self.asked else time_hint(self.name)


@dataclass(frozen=True)
class Reading:
    """The times of R rows, and what is to be told about them."""

    values: Moments  # (R,) NaT where there is none
    form: str  # in words
    columns: tuple[str, ...] = ()
    impossible: Bools = field(default_factory=lambda: np.zeros(0, bool))  # (R,) written as a time that cannot be
    zones: tuple[str, ...] = ()  # offsets and zones as written; the values are in UTC where there are any
    day_first: bool | None = None  # where the order mattered
    doubtful: Bools | None = None  # (R,) cells that mean another time with day and month exchanged, if undecided
    reason: str = ""  # why this order was taken, where it is in doubt
    swapped: Moments | None = None  # (R,) the times in the other order of day and month, where it is in doubt
    sure: int = 1  # 1: written as dates; 0: what may be something else, such as numbers
    serial: bool = False  # day numbers of a spreadsheet

    @property
    def dates_only(self) -> bool:
        """Whether every time is a midnight: a time of day may stand in another column."""
        whole = self.values.view(np.int64)
        return bool(((whole % DAY == 0) | np.isnat(self.values)).all())

    @property
    def distinct(self) -> int:
        return len(in_order(self.values))

    @property
    def regularity(self) -> float:
        return evenness(self.values)

    def called(self, *columns: str) -> "Reading":
        return replace(self, columns=columns)


def evenness(values: Moments) -> float:
    """The share of an even step's times that are there; 0 without such a step. Order and repeats do not count."""
    return regularity(pd.DatetimeIndex(in_order(values)))


def in_order(values: Moments) -> Moments:
    """The distinct times, sorted. By sorting: NumPy's own way by hashes costs five times as much."""
    times = values[~np.isnat(values)]
    if (times[1:] > times[:-1]).all():
        return times
    times = np.sort(times)
    return times[np.r_[True, times[1:] > times[:-1]]]


def ordered(values: Moments) -> bool:
    """Whether the times run forward, or backward, from row to row, but for a few."""
    steps = np.diff(values[~np.isnat(values)].view(np.int64))
    return len(steps) > 0 and max((steps >= 0).mean(), (steps <= 0).mean()) >= 0.95 and bool(steps.any())


def short_cells(cells: pa.StringArray) -> pa.StringArray:
    """The cells, those that are too long for a time replaced by a word."""
    longest = pc.max(pc.binary_length(cells)).as_py() or 0
    if longest <= LONGEST:
        return cells
    too_long = pc.greater(pc.utf8_length(cells), LONGEST)
    return pc.if_else(too_long, NO_TIME, cells) if pc.any(too_long).as_py() else cells


def sample_of(cells: pa.StringArray) -> list[str]:
    """The first cells that are filled, and others from all over the column."""
    rows = len(cells)
    if rows > SAMPLE:
        spread = np.linspace(SAMPLE // 2, rows - 1, SAMPLE // 2).astype(np.int64)
        cells = cells.take(pa.array(np.r_[np.arange(SAMPLE // 2), spread]))
    return [cell for cell in cells.to_pylist() if cell and not is_missing(cell)]


def missing_cells(cells: pa.StringArray) -> Bools:
    """(R,) whether each cell is empty or a spelling of “missing”."""
    missing = np.zeros(len(cells), bool)
    wordy = pc.match_substring_regex(cells, "^(?:[^0-9]|$)").fill_null(True).to_numpy(zero_copy_only=False)
    places = np.flatnonzero(wordy)
    missing[places] = [cell is None or is_missing(cell) for cell in cells.take(pa.array(places)).to_pylist()]
    return missing


def readable_share(reading: Reading, cells: pa.StringArray, decided: bool) -> float:
    """Of the filled cells, the share that are times, or would be if a person had not `decided` on another order."""
    unread = np.isnat(reading.values)
    if decided and reading.day_first is not None:
        unread &= ~reading.impossible
    if not unread.any():
        return 1.0
    missing = missing_cells(cells.filter(pa.array(unread)))
    filled = len(cells) - int(missing.sum())
    return 1 - (int(unread.sum()) - int(missing.sum())) / filled if filled else 0.0
