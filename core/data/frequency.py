"""The step between rows: finding it, naming it, the season it implies, and going on from it."""

import re

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.dataset import EXAMPLES
from core.data.words import counted

Index = pd.DatetimeIndex | pd.RangeIndex

DAY = 86_400_000_000  # microseconds
UNITS = (("h", 3_600_000_000), ("min", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1))
HOUR = DAY // 24
MONTHS = {"MS": 1, "ME": 1, "QS": 3, "QE": 3, "YS": 12, "YE": 12}
MONTHS |= {f"B{unit}": months for unit, months in MONTHS.items()}  # on the first or last business day
NOT_ALWAYS_EVEN = frozenset({"W", *MONTHS})  # a row may stand on a near day
AS_A_RULE = 0.8  # of the rows
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
MONTH_ENDS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def infer_frequency(index: pd.Index) -> str | None:
    """The step of sorted times as a pandas alias; None when irregular, too short or without times.

    Missing times do not hide a step: every distance must be a multiple of the commonest one, which must make up
    at least half of them. Days without a single weekend are business days, holidays or not. Times in UTC that are even
    where they were measured stay so when clocks change there. A month or a week may have its row on a near day, where
    the usual one was a holiday.
    """
    if not isinstance(index, pd.DatetimeIndex) or len(index) < 3:
        return None
    times = _microseconds(index)
    times = times if (np.diff(times) > 0).all() else np.unique(times)
    return _step_of(times) or _step_of(_without_clock_changes(times))


def _step_of(times: npt.NDArray[np.int64]) -> str | None:
    if len(times) < 3:
        return None
    if (times % DAY == times[0] % DAY).all():
        return _calendar_step(pd.DatetimeIndex(times.astype("datetime64[us]")), times // DAY)
    step = _common_step(times)
    return _clock_alias(step) if step else None


def _without_clock_changes(times: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The times with summer's hour put back, where they are an hour off an even step in one half of the year."""
    for step in (DAY, DAY // 2, DAY // 4, DAY // 6, DAY // 8):
        off = times % step
        early, late = off.min(), off.max()
        if late - early == step - HOUR:  # either side of midnight
            early, late = late, early
        is_early = off == early
        changes = int((is_early[1:] != is_early[:-1]).sum())
        if (late - early) % step == HOUR and (is_early | (off == late)).all() and changes <= _changes_within(times):
            moved: npt.NDArray[np.int64] = times + HOUR * is_early
            return moved
    return times[:0]


def _changes_within(times: npt.NDArray[np.int64]) -> int:
    """Clocks change twice a year."""
    return 2 * int((times[-1] - times[0]) / (365 * DAY) + 1)


def season_length(frequency: str | None) -> int:
    """Rows in one season: a year of months, quarters or weeks, a week of days, a day of hours; 1 = none.

    Steps from 5 minutes on have a season of one day, finer ones of the next larger clock unit.
    """
    count, unit = _parts(frequency)
    seconds = {"h": 3600, "min": 60, "s": 1}.get(unit, 0) * count
    if seconds:
        season = 86400 if seconds >= 300 else 3600 if unit == "min" else 60
        return season // seconds if season % seconds == 0 else 1
    season = {"MS": 12, "ME": 12, "QS": 4, "QE": 4, "W": 52, "D": 7, "B": 5}.get(_plain_unit(unit), 1)
    return season // count if season % count == 0 else 1


def step_words(frequency: str | None) -> str:
    """The step in words: "monthly", "every 15 minutes", "business days"."""
    if frequency is None:
        return "irregular steps"
    count, unit = _parts(frequency)
    adverb, noun = _WORDS.get(_plain_unit(unit), (frequency, frequency))
    return adverb if count == 1 else f"every {count} {noun}"


def counted_steps(count: int, frequency: str | None) -> str:
    """So many steps by their own noun where they have one: "3 months", "1 day", "4 steps"."""
    steps, unit = _parts(frequency)
    unit = _plain_unit(unit)
    return counted(count, _WORDS[unit][1][:-1] if steps == 1 and unit in _WORDS else "step")


def missing_words(count: int, frequency: str) -> str:
    """How many times are missing, by the step's own noun where it has one: "1 day is", "3 times are"."""
    steps, unit = _parts(frequency)
    unit = _plain_unit(unit)
    named = steps == 1 and unit in _WORDS
    noun = _WORDS[unit][1] if named else "times"
    words = f"1 {noun[:-1]} is missing" if count == 1 else f"{count:,} {noun} are missing"
    return words if named else f"{words} from the step ({step_words(frequency)})"


_WORDS = {
    "YS": ("yearly", "years"),
    "YE": ("yearly", "years"),
    "QS": ("quarterly", "quarters"),
    "QE": ("quarterly", "quarters"),
    "MS": ("monthly", "months"),
    "ME": ("monthly", "months"),
    "W": ("weekly", "weeks"),
    "D": ("daily", "days"),
    "B": ("business days", "business days"),
    "h": ("hourly", "hours"),
    "min": ("every minute", "minutes"),
    "s": ("every second", "seconds"),
    "ms": ("every millisecond", "milliseconds"),
    "us": ("every microsecond", "microseconds"),
}


def future_index(index: Index, frequency: str | None, horizon: int) -> Index:
    """The `horizon` times (or row numbers) that follow the last row; irregular times go on by their median step."""
    if not isinstance(index, pd.DatetimeIndex):
        return pd.RangeIndex(index.stop, index.stop + horizon)
    last = index[-1]
    if frequency is None:
        return pd.DatetimeIndex([last + median_step(index) * k for k in range(1, horizon + 1)])
    count, unit = _parts(frequency)
    if unit in MONTHS and unit[0] != "B" and not _anchored(index[-1:], unit):  # such as every 15th
        return pd.DatetimeIndex([last + pd.DateOffset(months=count * MONTHS[unit] * k) for k in range(1, horizon + 1)])
    times = pd.date_range(last, periods=horizon + 2, freq=frequency)
    near = last + (times[-1] - times[-2]) / 2  # the usual day of a row that came early, as before a holiday
    return times[times > (near if unit in NOT_ALWAYS_EVEN else last)][:horizon]


def full_index(index: pd.DatetimeIndex, frequency: str) -> pd.DatetimeIndex:
    """The rows' own times, and the usual time of every step between the first and the last that has no row."""
    missing = missing_times(index, frequency)
    if missing <= 0:
        return index
    there = _steps_since_first(index, frequency)
    ahead = future_index(index[:1], frequency, int(there[-1]))
    absent = np.setdiff1d(np.arange(1, there[-1]), there) - 1
    return pd.DatetimeIndex(index.append(ahead[absent]).sort_values(), name=index.name)


def median_step(index: pd.DatetimeIndex) -> pd.Timedelta:
    """The distance between rows that as many are above as below."""
    return pd.Timedelta(int(np.median(np.diff(_microseconds(index)))), unit="us")


def suggest_windows(rows: int, frequency: str | None) -> tuple[int, int]:
    """A lookback and a horizon that suit the step, shrunk until a 70/10/20 split has windows in all three parts.

    The horizon takes at most half of the validation part, the lookback a third of the training part, or two seasons
    of it where they still fit into a half: shorter than that it could not compare one season with the last.
    """
    season = season_length(frequency)
    lookback, horizon = suited_windows(frequency)
    train, validation = int(rows * 0.7), int(rows * 0.1)
    room = max(train // 3, 2 * season if 2 * season <= train // 2 else 1, 1)
    return max(1, min(lookback, room)), max(1, min(horizon, validation // 2))


def suited_windows(frequency: str | None) -> tuple[int, int]:
    """The lookback and horizon that suit the step where there are rows enough."""
    count, unit = _parts(frequency)
    season = season_length(frequency)
    if unit in ("h", "min") and count > 1 and season > 1:  # one or two days back, a day ahead
        return max(min(2 * season, LONGEST), season, 14), season
    return _WINDOWS.get(_plain_unit(unit), (20, 5))


LONGEST = 288  # rows a model should look back: three days of quarters of an hour, a day of five minutes
_WINDOWS = {
    "MS": (24, 12),
    "ME": (24, 12),
    "h": (48, 24),
    "D": (28, 7),
    "B": (20, 5),
    "W": (104, 8),
    "QS": (12, 4),
    "QE": (12, 4),
    "YS": (8, 2),
    "YE": (8, 2),
    "min": (60, 15),
    "s": (60, 15),
}


def missing_times(index: pd.DatetimeIndex, frequency: str) -> int:
    """How many times the step would have between the first and the last row that are not there."""
    ends = index[[0, -1]]  # by arithmetic: one long hole would make a huge grid
    return int(_steps_since_first(ends, frequency)[-1]) + 1 - len(index)


def first_missing(index: pd.DatetimeIndex, frequency: str, most: int = EXAMPLES) -> pd.DatetimeIndex:
    """The first `most` of the times that the step would have and that are not there."""
    apart = np.diff(_steps_since_first(index, frequency))
    found: list[pd.Timestamp] = []
    for row in np.flatnonzero(apart > 1)[:most]:
        found += [*future_index(index[: row + 1], frequency, min(int(apart[row]) - 1, most - len(found)))]
    return pd.DatetimeIndex(found)


def step_of_clock(frequency: str | None) -> int:
    """The step in microseconds, where it is one of hours or shorter; else 0."""
    count, unit = _parts(frequency)
    return count * dict(UNITS).get(unit, 0)


def _steps_since_first(index: pd.DatetimeIndex, frequency: str) -> npt.NDArray[np.int64]:
    """How many steps each row is behind the first; a row near the time it should have counts as there."""
    count, unit = _parts(frequency)
    if unit in MONTHS:
        months = (index.year * 12 + index.month).to_numpy(dtype=np.int64)
        return _whole((months - months[0]) / (count * MONTHS[unit]))
    times = _microseconds(index)
    if unit == "B":
        days = (times // DAY).astype("datetime64[D]")
        return np.asarray(np.busday_count(days[0], days)) // count
    first, second = _microseconds(pd.date_range(index[0], periods=2, freq=frequency))
    return _whole((times - times[0]) / (second - first))


def _whole(numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    return np.asarray(np.round(numbers), dtype=np.int64)


def regularity(index: pd.DatetimeIndex) -> float:
    """The share of the step's times that are there, from 0 (no step) to 1; of sorted, distinct times.

    Months by another day than their first or last count for a little less: such steps are rare.
    """
    frequency = infer_frequency(index)
    if frequency is None:
        return 0.0
    unit = _parts(frequency)[1]
    usual = unit not in MONTHS or unit[0] == "B" or _anchored(index[-1:], unit)
    return (1.0 if usual else 0.9) * len(index) / (len(index) + max(0, missing_times(index, frequency)))


def _calendar_step(index: pd.DatetimeIndex, days: npt.NDArray[np.int64]) -> str | None:
    """The alias for times that all share one time of day: years, quarters, months, weeks, business days or days."""
    for suffix in ("S", "E"):
        if _anchored(index, f"M{suffix}"):
            return _month_alias(index, suffix)
    step = _common_step(days)
    if step is None:
        return _near_months(index) or _near_weeks(index, days)
    if step % 7 == 0:
        return f"{step // 7 if step > 7 else ''}W-{index[0].day_name()[:3].upper()}"
    weekdays = index.day_of_week
    if step == 1 and weekdays.max() < 5 and days[-1] - days[0] >= len(days):
        return "B"
    return f"{step if step > 1 else ''}D"


def _anchored(index: pd.DatetimeIndex, unit: str) -> bool:
    return bool((index.day == 1).all() if unit[-1] == "S" else index.is_month_end.all())


def _near_months(index: pd.DatetimeIndex) -> str | None:
    """A row a month, on its first or last business day as a rule, or on the same day of every month."""
    months = index.to_numpy().astype("datetime64[M]")
    if (np.diff(months.astype(np.int64)) < 1).any():
        return None
    days, starts = index.to_numpy().astype("datetime64[D]"), months.astype("datetime64[D]")
    ends = (months + 1).astype("datetime64[D]")
    for suffix, usual in (("S", np.busday_offset(starts, 0, "forward")), ("E", np.busday_offset(ends, -1, "forward"))):
        if (days == usual).mean() >= AS_A_RULE and (np.abs(days - usual).astype(np.int64) <= 4).all():
            alias = _month_alias(index, suffix)
            return alias and re.sub(r"([MQY][SE])", r"B\1", alias)
    length = (ends - starts).astype(np.int64)
    same = (index.day == np.minimum(index.day.max(), length)).all()
    return _month_alias(index, "S") if same else None


def _near_weeks(index: pd.DatetimeIndex, days: npt.NDArray[np.int64]) -> str | None:
    """A row a week, on one weekday as a rule."""
    step = _common_step((days + 3) // 7)  # 1970 began on a Thursday
    weekdays = np.bincount(index.day_of_week, minlength=7)
    if step is None or weekdays.max() < AS_A_RULE * len(days):
        return None
    return f"{step if step > 1 else ''}W-{WEEKDAYS[weekdays.argmax()]}"


def _month_alias(index: pd.DatetimeIndex, suffix: str) -> str | None:
    step = _common_step((index.year * 12 + index.month).to_numpy(dtype=np.int64))
    if step is None:
        return None
    month = index[0].month
    if step % 12 == 0:
        anchor = "" if month == (1 if suffix == "S" else 12) else f"-{MONTH_ENDS[month - 1]}"
        return f"{step // 12 if step > 12 else ''}Y{suffix}{anchor}"
    if step == 3:
        plain = month % 3 == (1 if suffix == "S" else 0)
        return f"Q{suffix}" if plain else f"Q{suffix}-{MONTH_ENDS[month - 1]}"
    return f"{step if step > 1 else ''}M{suffix}"


def _common_step(times: npt.NDArray[np.int64]) -> int | None:
    """The commonest distance if all distances are multiples of it and at least half of them equal it."""
    distances = np.diff(times)
    found, counts = np.unique(distances, return_counts=True)
    step = int(found[counts.argmax()])
    regular = step > 0 and counts.max() * 2 >= len(distances) and not (found % step).any()
    return step if regular else None


def _clock_alias(step: int) -> str:
    if step % DAY == 0:
        return f"{step // DAY if step > DAY else ''}D"
    unit, size = next((unit, size) for unit, size in UNITS if step % size == 0)
    return f"{step // size if step > size else ''}{unit}"


def _parts(frequency: str | None) -> tuple[int, str]:
    """Count and unit of an alias, its anchor left out: "15min" is (15, "min"), "W-SUN" is (1, "W")."""
    match = re.match(r"(\d*)([A-Za-z]+)", frequency or "")
    return (int(match[1] or 1), match[2]) if match else (1, "")


def _plain_unit(unit: str) -> str:
    """Months are months, on their first business day too."""
    return unit[1:] if unit in MONTHS and unit[0] == "B" else unit


def _microseconds(index: pd.DatetimeIndex) -> npt.NDArray[np.int64]:
    return index.to_numpy().astype("datetime64[us]").astype(np.int64)
