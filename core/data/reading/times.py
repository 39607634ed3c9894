"""The time column: which one it is, or which two or three together, how its times are written, and each row's time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.dataset import Notice
from core.data.reading.grid import Grid


@dataclass(frozen=True)
class Times:
    """The time of every row."""

    columns: tuple[str, ...]  # the column it comes from; date and time, or year and month, may be two
    values: npt.NDArray[np.datetime64]  # (R,) datetime64[us], NaT where the cells give no time; in UTC if `utc`
    form: str  # how the times are written, in words: "day.month.year", "seconds since 1970", "ISO weeks"
    utc: bool = False  # the cells carried an offset from UTC or a zone
    day_first: bool | None = None  # how day and month were read where their order mattered
    notices: tuple[Notice, ...] = ()  # ambiguous_dates, excel_serial, mixed_offsets, …


def find_times(
    grid: Grid, asked: Sequence[str] = (), day_first: bool | None = None, decimal: str = "."
) -> Times | None:
    """The times of the columns asked for, else of those that hold times, else None.

    Raises BadFile when a column asked for does not exist or gives no times.
    """
    raise NotImplementedError


def label_times(labels: Sequence[str], day_first: bool | None = None) -> Times | None:
    """The times that a header's labels are, when nearly all of them are times: the columns of a turned table."""
    raise NotImplementedError
