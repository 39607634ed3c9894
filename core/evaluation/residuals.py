"""Where forecasts go wrong: errors by step ahead, over time, by the clock, and by size; and a fit that is none.

Errors are forecast - actual of one target, (N windows, H steps), in the data's own units: above 0 is too high.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.floating]
By = Literal["hour", "weekday", "month"]

DAY = pd.Timedelta(days=1)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = tuple(pd.Timestamp(2024, month, 1).month_name() for month in range(1, 13))
SIZES = 10  # groups of equally many forecasts, from the smallest to the largest

GOOD_LEVELS = 0.8  # R² of the levels from which a fit looks good
NEXT_TO_NOTHING = 0.05  # of the moves explained
AT_MOST = 0.2  # that chance may explain, however few the windows
CHANCE = 3.84  # of chi-squared with one degree of freedom, 95%: n·r² stays below it where nothing is explained


@dataclass(frozen=True)
class Group:
    """The errors that fall together; NaN where there are none."""

    label: str | float  # a step, a name of the clock, or the middle size of the group
    mean: float  # above 0: too high on average
    lower: float  # a quarter of the errors lie below
    upper: float  # and three quarters below this
    mae: float
    count: int


def errors_of(forecast: Floats, actual: Floats) -> Floats:
    """(N, H), too high above 0."""
    return np.asarray(forecast, np.float64) - np.asarray(actual, np.float64)


def by_step(errors: Floats) -> tuple[Group, ...]:
    """One group a step ahead, from 1 to H."""
    return tuple(_group(step, errors[:, step - 1]) for step in range(1, errors.shape[1] + 1))


def over_time(errors: Floats) -> Floats:
    """(N,) mean error of each window, in the order of origins."""
    return np.asarray(errors.mean(axis=1)) if errors.size else np.zeros(0)


def by_clock(errors: Floats, times: npt.NDArray[np.datetime64], by: By) -> tuple[Group, ...]:
    """One group an hour of the day, a day of the week or a month that occurs; `times` (N, H) of what was forecast."""
    index = pd.DatetimeIndex(np.asarray(times).ravel())
    place = _places(index, by)
    flat = errors.ravel()
    return tuple(_group(_clock_label(by, number), flat[place == number]) for number in np.unique(place))


def clocks(index: pd.Index) -> tuple[By, ...]:
    """By which clocks the errors of rows at these times can be told apart; none where there are no times."""
    if not isinstance(index, pd.DatetimeIndex) or len(index) < 2:
        return ()
    step = pd.Series(index).diff().median()
    known: list[By] = []
    if step < DAY:
        known.append("hour")
    if step < 2 * DAY:
        known.append("weekday")
    elif step < 32 * DAY:
        known.append("month")
    return tuple(known)


def by_size(errors: Floats, forecast: Floats, groups: int = SIZES) -> tuple[Group, ...]:
    """Groups of equally many forecasts by their size.

    By the forecast and not by what happened: the largest values that happen are underestimated by every forecast that
    is not certain, which is no fault of it.
    """
    flat, sizes = errors.ravel(), np.asarray(forecast, np.float64).ravel()
    order = np.argsort(sizes, kind="stable")
    parts = [part for part in np.array_split(order, groups) if len(part)]
    return tuple(_group(float(np.median(sizes[part])), flat[part]) for part in parts)


@dataclass(frozen=True)
class Repeats:
    """Whether a fit that looks good only repeats the last known value."""

    level_r2: float  # of the values
    explained: float  # share of the actual moves that the forecast's moves explain
    moves: float  # size of the forecast's moves, of that of the actual ones
    windows: int
    verdict: bool

    @property
    def sentence(self) -> str:
        """What to tell; empty where there is nothing to warn of."""
        if not self.verdict:
            return ""
        return (
            f"Over the whole period it explains {self.level_r2:.0%} of the values, but only because each is close to "
            f"the one before: of how far they move from the last known value it explains {self.explained:.0%}. It "
            "hardly does more than repeat that value."
        )


def repeats_last(forecast: Floats, last: Floats, actual: Floats) -> Repeats:
    """Of forecasts (N, H), the last value known before each (N,), and what happened (N, H).

    The moves are the differences from the last value. `explained` is their squared correlation, about zero; windows
    overlap, so chance is judged by N / H of them. Where no value moves there is nothing to explain, and no warning.
    """
    base = np.asarray(last, np.float64)[:, None]
    made, happened = (np.asarray(values, np.float64) - base for values in (forecast, actual))
    spread, size = float(np.square(happened).sum()), float(np.square(made).sum())
    if spread <= 0:
        return Repeats(float("nan"), float("nan"), float("nan"), len(made), False)
    explained = _explained(made, happened)
    level_r2 = _r2(np.asarray(forecast, np.float64), np.asarray(actual, np.float64))
    independent = max(len(made) / made.shape[1], 1.0)
    nothing = max(NEXT_TO_NOTHING, min(AT_MOST, CHANCE / independent))
    verdict = level_r2 > GOOD_LEVELS and explained < nothing
    return Repeats(level_r2, explained, float(np.sqrt(size / spread)), len(made), verdict)


def _explained(made: Floats, happened: Floats) -> float:
    """0 where the forecast moves against what happens, or not at all."""
    size = float(np.sqrt(np.square(made).sum() * np.square(happened).sum()))
    together = float((made * happened).sum())
    return (together / size) ** 2 if size > 0 and together > 0 else 0.0


def _r2(forecast: Floats, actual: Floats) -> float:
    spread = float(np.square(actual - actual.mean()).sum())
    return 1 - float(np.square(forecast - actual).sum()) / spread if spread > 0 else float("nan")


def _group(label: str | float, errors: Floats) -> Group:
    if not len(errors):
        nothing = float("nan")
        return Group(label, nothing, nothing, nothing, nothing, 0)
    lower, upper = np.quantile(errors, (0.25, 0.75))
    return Group(label, float(errors.mean()), float(lower), float(upper), float(np.abs(errors).mean()), len(errors))


def _places(index: pd.DatetimeIndex, by: By) -> npt.NDArray[np.int64]:
    """Of each time: its hour, its weekday from Monday, or its month, all from 0."""
    found = index.hour if by == "hour" else index.day_of_week if by == "weekday" else index.month - 1
    return np.asarray(found, np.int64)


def _clock_label(by: By, number: int) -> str:
    names: Sequence[str] = {"hour": [f"{hour:02d}:00" for hour in range(24)], "weekday": WEEKDAYS, "month": MONTHS}[by]
    return names[number]
