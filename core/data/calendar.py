"""Calendar inputs: hour, weekday, month or day of the year as points on a circle: December is next to January."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.frequency import Index, median_step
from core.errors import BadSettings, Problem

NAMES = ("hour", "weekday", "month", "day_of_year")
DAY = pd.Timedelta(days=1)
TWO_YEARS = 730 * DAY  # one year alone cannot tell its seasons from its trend


def calendar_names(index: Index, frequency: str | None, train_rows: int) -> tuple[str, ...]:
    """The calendar inputs that step and length warrant, judged by the training rows alone.

    hour: steps below a day, 3 days or more. weekday: steps of a day or less, 3 weeks or more. month: steps of a month
    or a quarter, 2 years or more. day_of_year: steps of a week or less, 2 years or more. None for irregular times.
    """
    if not isinstance(index, pd.DatetimeIndex) or frequency is None or train_rows < 2:
        return ()
    step = median_step(index)
    length = index[train_rows - 1] - index[0] + step
    warranted = {
        "hour": step < DAY and length >= 3 * DAY,
        "weekday": step <= DAY and length >= 21 * DAY,
        "month": 28 * DAY <= step <= 92 * DAY and length >= TWO_YEARS,
        "day_of_year": step <= 7 * DAY and length >= TWO_YEARS,
    }
    return tuple(name for name in NAMES if warranted[name])


def calendar_columns(index: Index, names: Sequence[str]) -> npt.NDArray[np.float32]:
    """Sine and cosine of each name, side by side: (T, 2 · names), in [-1, 1].

    Raises BadSettings for unknown names, and for any name where the rows have no times.
    """
    _refuse_unknown(names)
    columns = np.empty((len(index), 2 * len(names)), dtype=np.float32)
    if not names:
        return columns
    if not isinstance(index, pd.DatetimeIndex):
        remedy = "Choose a time column, or no calendar inputs."
        raise BadSettings([Problem("Calendar inputs need times, and the rows have none", "calendar", remedy)])
    for place, name in enumerate(names):
        angle = 2 * np.pi * _turn(index, name)
        columns[:, 2 * place] = np.sin(angle)
        columns[:, 2 * place + 1] = np.cos(angle)
    return columns


def _turn(index: pd.DatetimeIndex, name: str) -> npt.NDArray[np.float64]:
    """How far round its circle each time is, in [0, 1)."""
    if name == "hour":
        return np.asarray(index.hour + index.minute / 60) / 24
    if name == "weekday":
        return np.asarray(index.day_of_week) / 7
    if name == "month":
        return np.asarray(index.month - 1) / 12
    return np.asarray(index.day_of_year - 1) / 366


def _refuse_unknown(names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        what = f"There is no calendar input called {', '.join(unknown)}"
        raise BadSettings([Problem(what, "calendar", f"Choose from {', '.join(NAMES)}.")])
