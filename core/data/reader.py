"""From the bytes of a CSV to a Table: cells (encoding, delimiter, header), time column, numbers, then rows in order."""

import hashlib

import pandas as pd

from core.data.cells import read_cells
from core.data.dataset import Notice, Table
from core.data.frequency import infer_frequency, missing_times, missing_words
from core.data.numbers import read_numbers
from core.data.timestamps import find_time_column, read_times
from core.errors import BadFile

MINIMUM_ROWS = 20  # below it a 70/10/20 split leaves nothing to validate on
MANY_GAPS = 0.05  # of all times: scattered, they reach into most windows of twenty rows


def read_table(
    content: bytes,
    file: str,
    *,
    time: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    day_first: bool | None = None,
    series: str | None = None,
) -> Table:
    """Read a CSV (comma, semicolon or tab; UTF-8; ISO dates) as one row a time and float64 columns.

    `file` is a name for display only and never opened. What was done to the data is told in the table's notices.
    Raises BadFile with what is wrong, where, and what to do.
    """
    cells = read_cells(content, delimiter, decimal or ".")
    time = find_time_column(cells, time)
    index, about_times = read_times(cells, time)
    numbers, dropped, about_cells = read_numbers(cells, time)
    frame, duplicates, about_order = _in_order(numbers.set_axis(index))
    _refuse_too_short(frame, duplicates)
    frequency = infer_frequency(frame.index)
    gaps, about_step = _step(frame.index, frequency)
    return Table(
        frame=frame,
        sha256=hashlib.sha256(content).hexdigest(),
        file=file,
        time=() if time is None else (time,),
        frequency=frequency,
        encoding=cells.encoding,
        delimiter=cells.delimiter,
        decimal=cells.decimal,
        layout="index" if time is None else "wide",
        target=preselect(list(frame.columns)),
        dropped=dropped,
        missing={str(name): int(count) for name, count in frame.isna().sum().items() if count},
        duplicates=duplicates,
        gaps=gaps,
        notices=(*about_times, *about_cells, *about_order, *about_step),
    )


TARGET_NAMES = (
    "y",
    "target",
    "close",
    "value",
    "sales",
    "demand",
    "load",
    "price",
    "temp",
    "temperature",
    "consumption",
)
COUNTER_NAMES = ("id", "index", "no", "nr", "row", "column 1")  # number the rows, are not forecast


def preselect(columns: list[str]) -> str:
    """The column a person most likely wants to forecast: a telling name, else a telling word in it, else the first."""
    for name in TARGET_NAMES:
        for column in columns:
            if column.lower() == name:
                return column
    for name in TARGET_NAMES[1:]:  # not "y" alone
        for column in columns:
            if name in column.lower().replace("-", " ").replace("_", " ").split():
                return column
    return next((column for column in columns if column.lower() not in COUNTER_NAMES), columns[0])


def _in_order(frame: pd.DataFrame) -> tuple[pd.DataFrame, int, list[Notice]]:
    """Rows sorted by time, each time once: rows of the same time are merged by their mean, and counted."""
    notices = []
    if not frame.index.is_monotonic_increasing:
        frame = frame.sort_index(kind="stable")
        notices.append(Notice("unsorted", "The rows were not in the order of time and were sorted."))
    if frame.index.is_unique:
        return frame, 0, notices
    merged = frame.groupby(level=0).mean()
    count = len(frame) - len(merged)
    repeated = "1 row repeats a time" if count == 1 else f"{count:,} rows repeat a time"
    told = f"{repeated} that was there already: rows of the same time were merged by their mean."
    return merged, count, [*notices, Notice("duplicate_times", told)]


def _step(index: pd.Index, frequency: str | None) -> tuple[int, list[Notice]]:
    """Times missing from a regular step; on business days they are holidays and nothing to report."""
    if not isinstance(index, pd.DatetimeIndex):
        return 0, []
    if frequency is None:
        return 0, [Notice("irregular", "The times are not evenly spaced: each row counts as one step.")]
    gaps = missing_times(index, frequency)
    if not gaps or frequency == "B":
        return gaps, []
    told = f"{missing_words(gaps, frequency)}; the rows on both sides count as neighbours."
    many = gaps >= MANY_GAPS * (gaps + len(index))
    return gaps, [Notice("many_gaps" if many else "gaps", told)]


def _refuse_too_short(frame: pd.DataFrame, duplicates: int) -> None:
    if len(frame) < MINIMUM_ROWS:
        rows = "1 row" if len(frame) == 1 else f"{len(frame)} rows"
        raise BadFile(
            f"The file has only {rows}" + (" of different times" if duplicates else ""),
            remedy=f"At least {MINIMUM_ROWS} are needed to learn from some and be judged on the others; "
            "from about 100 on, a forecast can be useful.",
        )
