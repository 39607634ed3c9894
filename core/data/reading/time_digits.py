"""Times written as the digits of whole numbers: 20210301, 01032021, 210301, 202109 (a week), 2021060 (a day), 20211."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.reading import time_order
from core.data.reading.time_cells import Parts
from core.data.reading.time_names import counts, role_of, says_weeks
from core.data.reading.time_parts import FIRST_YEAR, LAST_YEAR, Ints, Moments, moments
from core.data.reading.time_reading import NEARLY_ALL, Context, Reading, evenness, in_order, ordered

Floats = npt.NDArray[np.float64]
EVEN = 0.7  # of an even step's times are there


@dataclass(frozen=True)
class Column:
    """The numbers of a column, (R,) each."""

    values: Floats  # NaN where a cell is none
    whole: Ints | None  # the same exactly, where all are whole
    decimals: int = 0  # signs after the decimal sign, at most


@dataclass(frozen=True)
class Kind:
    """One way to write times as numbers: what it is called, the range of its numbers, and what they mean."""

    form: str
    low: float
    high: float
    read: Callable[[Column], Moments]
    accepts: Callable[[Column, Moments, Context], bool]
    whole: bool | None = True  # whole numbers only, others only, or (None) either
    parts: Callable[[Column], Parts] | None = None  # where the order of day and month is to be decided


def even(values: Moments) -> bool:
    return ordered(values) and evenness(values) >= EVEN


def share(values: Moments, column: Column) -> float:
    """Of the numbers, the share that are times."""
    filled = int((~np.isnan(column.values)).sum())
    return int((~np.isnat(values)).sum()) / filled if filled else 0.0


def read_ordered(kind: Kind, column: Column, context: Context, sample: list[str]) -> Reading:
    """Dates of a kind whose order of day, month and year is decided by all rows."""
    assert kind.parts is not None
    order = time_order.decide(kind.parts(column), {}, context, sample)
    day_first = {time_order.DAY_FIRST: True, time_order.MONTH_FIRST: False}.get(order.order)
    form = {True: "day month year", False: "month day year", None: "year month day"}[day_first]
    return Reading(
        order.values,
        form,
        day_first=day_first,
        doubtful=order.doubtful,
        reason=order.reason,
        swapped=order.swapped,
        sure=0,
    )


def _cut(number: Ints, *sizes: int) -> list[Ints]:
    """The digits of whole numbers, in groups of so many from the right, the left-most group first."""
    groups = []
    for size in reversed(sizes):
        groups.append(number % 10**size)
        number = number // 10**size
    return [number, *reversed(groups)]


def _digits(names: str, *sizes: int) -> Callable[[Column], Moments]:
    """Numbers whose digits are the parts named: a year of four digits, and two digits each, or of the sizes given."""
    parts = names.split()

    def read(column: Column) -> Moments:
        assert column.whole is not None
        return moments(dict(zip(parts, _cut(column.whole, *(sizes or [2] * (len(parts) - 1))), strict=True)))

    return read


def _milliseconds(column: Column) -> Moments:
    assert column.whole is not None
    year, month, day, hour, minute, second, milli = _cut(column.whole, 2, 2, 2, 2, 2, 3)
    parts = {"month": month, "day": day, "hour": hour, "minute": minute, "second": second, "micro": milli * 1000}
    return moments({"year": year, **parts})


def _three(year_digits: int) -> Callable[[Column], Parts]:
    """Two digits, two digits and a year of so many: day, month and year in an order that is to be decided."""

    def cut(column: Column) -> Parts:
        assert column.whole is not None
        one, two, year = _cut(column.whole, 2, year_digits)
        matched = ~np.isnan(column.values)
        short = np.full(len(matched), year_digits == 2)
        return Parts(matched, {"one": one, "two": two, "year": year}, {}, short)

    return cut


def _dates(column: Column, values: Moments, context: Context) -> bool:
    """Digits of dates: nearly all are possible, and the name says so, or the steps are even."""
    if share(values, column) < (NEARLY_ALL if context.hint >= 2 else 0.99):
        return False
    return context.hint >= 2 or (not counts(context.name) and even(values))


def _months(column: Column, values: Moments, context: Context) -> bool:
    return _dates(column, values, context) and not says_weeks(context.name)


def _rarer_dates(column: Column, values: Moments, context: Context) -> bool:
    """Forms that other numbers may take: without a name that says so, even steps of dates must be uneven as numbers.

    So 201851, 201852, 201901 are weeks, and 201801, 201802, 201803 need not be.
    """
    if says_weeks(context.name) or context.hint >= 2:
        surely = context.hint >= 3 or (ordered(values) and not _yearly(values))
        return surely and share(values, column) >= NEARLY_ALL
    steps = np.diff(column.values[~np.isnan(column.values)])
    uneven = len(steps) > 0 and bool((steps != steps[0]).any())
    telling = share(values, column) >= 0.99 and not counts(context.name) and even(values)
    return uneven and telling and not _yearly(values)


def _yearly(values: Moments) -> bool:
    """Whether there is a year for nearly every time: of 52409, 52410, 52411 as dates, 24 May of year after year."""
    times = in_order(values)
    return len(in_order(times.astype("datetime64[Y]"))) > len(times) / 2


def _quarters(column: Column, values: Moments, context: Context) -> bool:
    """Every number ends with a digit from 1 to 4, and the name says so, or year follows year evenly."""
    if share(values, column) < 0.99 or not (ordered(values) or evenness(values) >= EVEN):
        return False
    named = role_of(context.name) == "quarter" or context.hint >= 2
    return (named and evenness(values) >= EVEN) or _rarer_dates(column, values, context)


def _decimal_quarters(column: Column) -> Moments:
    """2005.1 to 2005.4: one digit behind the point."""
    tenths = np.round(np.nan_to_num(column.values) * 10).astype(np.int64)
    return moments({"year": tenths // 10 if column.decimals == 1 else tenths * 0, "quarter": tenths % 10})


def _kind(form: str, low: float, high: float) -> Kind:
    return Kind(form, low, high, _digits(form), _dates)


def _ordered_kind(form: str, low: float, high: float, year_digits: int) -> Kind:
    parts = _three(year_digits)
    return Kind(form, low, high, lambda column: np.zeros(0, "datetime64[us]"), _rarer_dates, parts=parts)


QUARTERS = (
    Kind("quarters", FIRST_YEAR, LAST_YEAR + 1, _decimal_quarters, _quarters, whole=False),
    Kind("quarters", 19_001, 21_005, _digits("year quarter", 1), _quarters),
)
DATES = (
    Kind("year month", 150_001, 220_013, _digits("year month"), _months),
    Kind("ISO weeks", 190_001, 210_054, _digits("year week"), _rarer_dates),
    _ordered_kind("dates of six digits", 10_100, 991_232, 2),
    Kind("year and day of the year", 1_900_001, 2_100_367, _digits("year yearday", 3), _rarer_dates),
    _ordered_kind("dates of eight digits", 1_011_500, 31_122_201, 4),
    _kind("year month day", 15_000_101, 22_010_000),
    _kind("year month day hour", 1_900_010_100, 2_101_000_000),
)
MINUTES = _kind("year month day hour minute", 19e10, 21.1e10)
SECONDS = _kind("year month day hour minute second", 15e12, 22.1e12)
MILLISECONDS = Kind("year to milliseconds", 15e15, 22.1e15, _milliseconds, _dates)
