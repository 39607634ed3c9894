"""Local times show when clocks were changed: an hour is missing in a spring night, one stands twice in autumn."""

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.dataset import EXAMPLES, Notice
from core.data.frequency import HOUR, step_of_clock
from core.data.words import day, listed

Days = Sequence[tuple[int, int, int]]  # month, and the first and last day that a Sunday of the change may be

FORWARD: Days = (  # Europe; the US since 2007 and before; Australia; New Zealand
    *((3, 25, 31), (3, 8, 14), (4, 1, 7), (10, 1, 7), (9, 24, 30)),
)
BACK: Days = ((10, 25, 31), (11, 1, 7), (4, 1, 7))  # Europe and the US before 2007; the US since; Australia
NIGHT = (HOUR, 4 * HOUR)  # begin of the hour since midnight, also where rows carry the end of their hour
DAY = 24 * HOUR


def about_clock_changes(index: pd.DatetimeIndex, repeated: pd.Index, frequency: str | None) -> list[Notice]:
    """What to tell of sorted local times, each once, and of those that stood twice."""
    step = step_of_clock(frequency)
    if not step or HOUR % step:
        return []
    forward = [day for day in _hours_missing(_microseconds(index), step) if _may_be(day, FORWARD)]
    back = [day for day in _hours_twice(_microseconds(pd.DatetimeIndex(repeated)), step) if _may_be(day, BACK)]
    if not forward and not back:
        return []
    parts = [_words("forward", forward, "is missing"), _words("back", back, "stands twice")]
    examples = [f"{day(each)}: one hour is missing" for each in forward]
    examples += [f"{day(each)}: one hour stands twice" for each in back]
    told = f"The clock was set {' and '.join(filter(None, parts))}, as local clocks are."
    return [Notice("clock_change", told, count=len(forward) + len(back), examples=tuple(examples[:EXAMPLES]))]


def _words(way: str, days: Sequence[date], what: str) -> str:
    if not days:
        return ""
    return f"{way} on {listed([day(each) for each in days])} (one hour {what}{' each time' if len(days) > 1 else ''})"


def _hours_missing(times: npt.NDArray[np.int64], step: int) -> Iterable[date]:
    """Days on which a gap begins at night and is an hour long."""
    begins = times[:-1][np.diff(times) == HOUR + step] + step
    return _nights(begins)


def _hours_twice(times: npt.NDArray[np.int64], step: int) -> Iterable[date]:
    """Days on which exactly one hour of times at night stands twice."""
    _, places, counts = np.unique(times // DAY, return_index=True, return_counts=True)
    whole = counts == HOUR // step
    first, last = times[places[whole]], times[places[whole] + counts[whole] - 1]
    return _nights(first[last - first == HOUR - step])


def _nights(begins: npt.NDArray[np.int64]) -> Iterable[date]:
    since = begins % DAY
    nights = begins[(since >= NIGHT[0]) & (since <= NIGHT[1])]
    return nights.astype("datetime64[us]").astype("datetime64[D]").astype(object).tolist()  # type: ignore[no-any-return]


def _may_be(day: date, changes: Days) -> bool:
    sunday = day.weekday() == 6
    return sunday and any(day.month == month and first <= day.day <= last for month, first, last in changes)


def _microseconds(index: pd.DatetimeIndex) -> npt.NDArray[np.int64]:
    return index.to_numpy().astype("datetime64[us]").astype(np.int64)
