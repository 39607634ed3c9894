"""The time column: which one it is, and the time of every row."""

import re

import numpy as np
import pandas as pd

from core.data.cells import Cells
from core.data.dataset import Notice
from core.errors import BadFile

NEARLY_ALL = 0.9  # of the sampled cells are dates: then the column is one of times, and the others are errors in it
SAMPLE = 200  # cells
TIME_NAMES = re.compile(r"date|time|stamp|^ds$|^day$|^month$|^period$|datum|zeit|fecha", re.IGNORECASE)
LIKE_A_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")


def find_time_column(cells: Cells, asked: str | None) -> str | None:
    """The column asked for, else the first one of ISO dates, else None.

    Raises BadFile when the one asked for does not exist, or when a column looks like dates that are not ISO:
    taking row numbers instead would hide them.
    """
    frame = cells.frame
    if asked is not None:
        if asked not in frame:
            there = ", ".join(f"“{name}”" for name in frame)
            raise BadFile(f"There is no column “{asked}”", "time column", f"Choose one of {there}.")
        return asked
    samples = {
        str(name): frame[name].dropna().head(SAMPLE) for name in frame if not pd.api.types.is_numeric_dtype(frame[name])
    }
    for name, sample in samples.items():
        if len(sample) and _parse(sample).notna().mean() >= NEARLY_ALL:
            return name
    for name, sample in samples.items():
        first = str(sample.iloc[0])
        if LIKE_A_DATE.search(first) or (TIME_NAMES.search(name) and re.search(r"\d", first)):
            raise _unreadable(cells, name, int(sample.index[0]))
    return None


def read_times(cells: Cells, time: str | None) -> tuple[pd.DatetimeIndex | pd.RangeIndex, list[Notice]]:
    """The time of every row, without zone: times with an offset become UTC; row numbers without a time column."""
    if time is None:
        told = "No column holds dates: the rows are taken in the order of the file, by their number."
        return pd.RangeIndex(len(cells.frame)), [Notice("no_dates", told)]
    column = cells.frame[time]
    times = _parse(column)
    unread = np.flatnonzero(times.isna().to_numpy())
    if len(unread):
        raise _unreadable(cells, time, int(unread[0]))
    index = pd.DatetimeIndex(times, name=time)
    if index.tz is None:
        return index, []
    told = f"The times in “{time}” carry an offset from UTC and were converted to UTC."
    return index.tz_localize(None), [Notice("timezone", told)]


def _parse(column: "pd.Series[str]") -> "pd.Series[pd.Timestamp]":
    """ISO 8601 to timestamps, NaT for anything else; in UTC as soon as one cell carries an offset."""
    text = column.astype("str")
    try:
        times = pd.to_datetime(text, format="ISO8601", errors="coerce")
    except ValueError:  # offsets differ, as they do where clocks change
        times = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True)
    if times.dt.tz is not None:
        times = times.dt.tz_convert("UTC")
    return times.where(times.dt.year.between(1, 9999))  # years of four digits: others are slips of the pen


def _unreadable(cells: Cells, name: str, row: int) -> BadFile:
    cell = cells.frame[name].iloc[row]
    what = f"A time in “{name}” is missing" if pd.isna(cell) else f"A time in “{name}” cannot be read: “{cell}”"
    remedy = (
        "Write times as 2012-12-31 or 2012-12-31 18:00: in a spreadsheet, format the column that way and save it again."
    )
    return BadFile(what, f"line {cells.line(row)}", remedy)
