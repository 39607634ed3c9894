"""From parts of times (years, months, hours, weeks …) to microseconds since 1970."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.integer]
Moments = npt.NDArray[np.datetime64]  # datetime64[us]

FIRST_YEAR, LAST_YEAR = 1500, 2200  # what lies outside is a slip of the pen, or means “never” as 9999-12-31 does
SECOND = 1_000_000  # microseconds
HOUR, DAY = 3600 * SECOND, 86400 * SECOND
AT_ONCE = 1 << 17  # rows: what is in between takes many times the memory of the times themselves
ABSENT = -1  # a part that a cell does not have
PIVOT = 69  # two-digit years from there on are of the last century, as in POSIX

_MONTH_STARTS = (  # days since 1970 of every month from January of FIRST_YEAR on
    np.arange(f"{FIRST_YEAR}-01", f"{LAST_YEAR + 1}-02", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int64)
)
_FOURTHS = _MONTH_STARTS[::12] + 3  # 4 January is always in the first ISO week
_WEEK_STARTS = _FOURTHS - (_FOURTHS + 3) % 7  # the Monday of week 1 of every year


def moments(parts: Mapping[str, Ints]) -> Moments:
    """The time that the parts make: year and month, quarter, half, week or yearday, then day and time of day.

    NaT where one of them cannot be, such as 30 February, week 53 of a year that has 52, or hour 25. Hour 24 is the next
    day's hour 0. What is absent is the first of its kind.
    """
    rows = len(parts["year"])
    values = np.empty(rows, "datetime64[us]")
    for start in range(0, rows, AT_ONCE):
        some = slice(start, start + AT_ONCE)
        values[some] = _moments({name: numbers[some] for name, numbers in parts.items()})
    return values


def _moments(parts: Mapping[str, Ints]) -> Moments:
    year = parts["year"]
    valid = (year >= FIRST_YEAR) & (year <= LAST_YEAR)
    year = np.where(valid, year - FIRST_YEAR, 0)
    days, possible = _days(year, parts)
    clock, on_time = clock_time(parts)
    whole = days * DAY + clock
    whole[~(valid & possible & on_time)] = np.iinfo(np.int64).min  # NaT
    return whole.view("datetime64[us]")


def _days(year: Ints, parts: Mapping[str, Ints]) -> tuple[Ints, Bools]:
    """Days since 1970, and whether there is such a day. `year` counts from FIRST_YEAR."""
    if "week" in parts:
        week, weekday = parts["week"], _or(parts.get("weekday"), 1)
        length = (_WEEK_STARTS[year + 1] - _WEEK_STARTS[year]) // 7
        return _WEEK_STARTS[year] + (week - 1) * 7 + weekday - 1, (week >= 1) & (week <= length) & (weekday <= 7)
    if "yearday" in parts:
        count, start = parts["yearday"], _MONTH_STARTS[year * 12]
        return start + count - 1, (count >= 1) & (count <= _MONTH_STARTS[year * 12 + 12] - start)
    month, known = _month(parts)
    day = _or(parts.get("day"), 1)
    place = year * 12 + month - 1
    start = _MONTH_STARTS[place]
    return start + day - 1, known & (day >= 1) & (day <= _MONTH_STARTS[place + 1] - start)


def _month(parts: Mapping[str, Ints]) -> tuple[Ints | int, Bools | bool]:
    for name, months in (("month", 1), ("quarter", 3), ("half", 6)):
        if name in parts:
            number = parts[name]
            known = (number >= 1) & (number <= 12 // months)
            return np.where(known, (number - 1) * months + 1, 1), known
    return 1, True


def clock_time(parts: Mapping[str, Ints]) -> tuple[Ints | int, Bools | bool]:
    """Microseconds since midnight, and whether there is such a time of day. `pm` is 1 after noon, 0 before."""
    if "hour" not in parts:
        return 0, True
    hour, minute, second = (_or(parts.get(name), 0) for name in ("hour", "minute", "second"))
    micro = _or(parts.get("micro"), 0)
    if "pm" in parts:
        pm = parts["pm"]
        hour = np.where((pm >= 0) & (hour == 12), 0, hour)
        hour = np.where((pm == 1) & (hour < 12), hour + 12, hour)
    possible = (hour <= 24) & (minute < 60) & (second <= 60) & ((hour < 24) | (minute + second + micro == 0))
    seconds = np.asarray((hour * 60 + minute) * 60 + second, np.int64)  # in 32 bits, microseconds overflow
    return seconds * SECOND + micro, possible


def _or(numbers: Ints | None, instead: int) -> Ints | int:
    if numbers is None:
        return instead
    return np.where(numbers == ABSENT, instead, numbers) if (numbers == ABSENT).any() else numbers


def full_years(year: Ints, two_digits: Bools) -> Ints:
    """Years of four digits. 50 to 68 are of the last century where years after them are, which never come first."""
    if not two_digits.any():
        return year
    short = year[two_digits]
    pivot = 50 if ((short >= 50) & (short < PIVOT)).any() and (short >= PIVOT).any() else PIVOT
    return np.where(two_digits, year + np.where(year >= pivot, 1900, 2000), year)
