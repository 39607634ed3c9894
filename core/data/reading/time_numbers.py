"""Columns of numbers that are times: 20210301, seconds since 1970, day numbers of spreadsheets, years and their parts.

A column of values must never be taken for one: each kind has its range, and name, order or even steps must speak for
it.
"""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.data.reading import time_digits
from core.data.reading.time_digits import EVEN, Column, Floats, Kind, even, read_ordered, share
from core.data.reading.time_names import counts, role_of, words_of
from core.data.reading.time_parts import DAY, FIRST_YEAR, HOUR, LAST_YEAR, SECOND, Ints, Moments, moments
from core.data.reading.time_reading import NEARLY_ALL, Context, Reading, evenness, in_order, ordered

NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d*)?(?:[eE]\+?\d+)?")
UNIX_1980, UNIX_2100 = 315_532_800, 4_102_444_800  # seconds since 1970
SERIAL_1970 = 25569  # the day number that spreadsheets give to 1 January 1970, counting 29 February 1900
LARGEST = 9e18  # beyond it, nothing counts times
LAST_LIVED = 2100  # years beyond it need a name that says they are years
NAT = np.iinfo(np.int64).min


def is_numeric(sample: list[str]) -> bool:
    """Whether nearly all sampled cells are plain numbers."""
    return sum(map(bool, map(NUMBER.fullmatch, sample))) >= NEARLY_ALL * len(sample)


def read_number_times(cells: pa.StringArray, sample: list[str], context: Context) -> Reading | None:
    """The times of a column of numbers, or None where they may be anything else; of several kinds the evenest."""
    few = _column(pa.array(sample, pa.string()), sample)
    likely = [kind for kind in KINDS if _in_range(few, kind) and _suits(_reading(kind, few, context, sample))]
    if not likely:
        return None
    column, readings = _column(cells, sample), []
    for kind in likely:
        reading = _reading(kind, column, context, sample)
        if context.asked or kind.accepts(column, reading.values, context):
            readings.append(replace(reading, impossible=np.isnat(reading.values) & ~np.isnan(column.values)))
    if len(readings) < 2:
        return readings[0] if readings else None
    return max(readings, key=lambda reading: round(reading.regularity, 1))  # of equals the first


def _suits(reading: Reading) -> bool:
    return bool(np.isnat(reading.values).mean() <= 1 - NEARLY_ALL)


def _reading(kind: Kind, column: Column, context: Context, sample: list[str]) -> Reading:
    inside = _inside(column, kind)
    if kind.parts is not None:
        return read_ordered(kind, inside, context, sample)
    return Reading(kind.read(inside), kind.form, sure=0, serial=kind.form == SERIAL_FORM)


def _in_range(column: Column, kind: Kind) -> bool:
    if kind.whole is not None and kind.whole is not (column.whole is not None):
        return False
    inside = (column.values >= kind.low) & (column.values < kind.high)
    return bool(inside.sum() >= NEARLY_ALL * len(inside))


def _inside(column: Column, kind: Kind) -> Column:
    """The numbers in the range of the kind alone: beyond it, arithmetic with them may overflow."""
    outside = ~((column.values >= kind.low) & (column.values < kind.high))
    whole = column.whole
    if kind.whole and whole is None:  # some few have fractions
        outside |= column.values != np.round(column.values)
        whole = np.where(outside, 0, column.values).astype(np.int64)
    if not outside.any():
        return column
    whole = None if whole is None else np.where(outside, 0, whole)
    return replace(column, values=np.where(outside, np.nan, column.values), whole=whole)


def _column(cells: pa.StringArray, sample: list[str]) -> Column:
    """The cells as numbers; whole ones exactly, as long as no cell holds a fraction."""
    try:
        return _of_integers(pc.cast(cells, pa.int64()))
    except pa.ArrowInvalid:
        pass
    plain = pc.replace_substring(cells, ",", ".") if any("," in cell for cell in sample) else cells
    is_whole = pc.match_substring_regex(plain, r"^[+-]?\d{1,18}$|^1\d{18}$")
    is_number = pc.match_substring_regex(plain, r"^[+-]?\d+(\.\d*)?([eE]\+?\d+)?$")
    if is_whole.equals(is_number):
        return _of_integers(pc.cast(pc.if_else(is_whole, plain, None), pa.int64()))
    numbers = pc.cast(pc.if_else(is_number, plain, None), pa.float64())
    values = pc.if_else(pc.less(numbers, LARGEST), numbers, np.nan).fill_null(np.nan).to_numpy(zero_copy_only=False)
    decimals = max((len(re.split("[.,]", cell)[-1]) for cell in sample if re.search("[.,]", cell)), default=0)
    return Column(values, _exactly(values), decimals)


def _exactly(values: Floats) -> Ints | None:
    """The same as integers, if they are: 1638057600.0."""
    filled = np.nan_to_num(values)
    if (np.abs(filled) >= 2**53).any() or (filled != np.round(filled)).any():
        return None
    return filled.astype(np.int64)


def _of_integers(numbers: pa.Int64Array) -> Column:
    whole = numbers.fill_null(0).to_numpy(zero_copy_only=False)
    values = whole.astype(np.float64)
    if numbers.null_count:
        values[numbers.is_null().to_numpy(zero_copy_only=False)] = np.nan
    return Column(values, whole)


def _since_1970(unit: float) -> Callable[[Column], Moments]:
    """Numbers that count so many seconds since 1970, as whole microseconds."""

    def read(column: Column) -> Moments:
        if column.whole is not None:
            micro = column.whole // 1000 if unit == 1e-9 else column.whole * round(unit * SECOND)
        else:
            micro = np.round(np.nan_to_num(column.values) * (unit * SECOND)).astype(np.int64)
        possible = (column.values * unit >= UNIX_1980) & (column.values * unit < UNIX_2100)
        return np.where(possible, micro, NAT).view("datetime64[us]")

    return read


def _serial(column: Column) -> Moments:
    """Days of a spreadsheet, their fractions times of day, as exactly as their decimals allow."""
    days = np.nan_to_num(column.values - SERIAL_1970)
    error = 0.5 * DAY * 10.0**-column.decimals if column.whole is None else 0
    grain = next((grain for grain in (1000, SECOND, 60 * SECOND, HOUR) if grain >= 2 * error), DAY)
    micro = np.round(days * (DAY / grain)).astype(np.int64) * grain
    possible = (column.values >= 1) & (column.values < 110_000)
    return np.where(possible, micro, NAT).view("datetime64[us]")


def _years(column: Column) -> Moments:
    assert column.whole is not None
    return moments({"year": column.whole})


def _decimal_years(column: Column) -> Moments:
    """Years and their fractions: months where the fractions are twelfths or a step is about one, else days."""
    filled = ~np.isnan(column.values)
    number = np.nan_to_num(column.values)
    twelfths = number * 12
    steps = np.abs(np.diff(number[filled]))
    monthly = len(steps) > 0 and 0.07 <= float(np.median(steps)) <= 0.1
    if (np.abs(twelfths - np.round(twelfths)) <= 12 * 0.51 * 10.0**-column.decimals + 0.01).all():
        month = np.round(twelfths).astype(np.int64)
    elif monthly:
        month = np.floor(twelfths + 0.02).astype(np.int64)
    else:
        year = np.floor(number).astype(np.int64)
        length = np.where((year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0)), 366, 365)
        day = np.round((number - year) * length).astype(np.int64)
        starts = moments({"year": np.where(filled, year, 0)})
        return starts + day * np.timedelta64(DAY, "us")
    return moments({"year": np.where(filled, month // 12, 0), "month": month % 12 + 1})


def _year_and_month(column: Column) -> Moments:
    """2021.01 for January: two digits behind the point, none of them 00 or above 12."""
    hundredths = np.round(np.nan_to_num(column.values) * 100).astype(np.int64)
    exact = column.decimals == 2 and bool((np.abs(hundredths - np.nan_to_num(column.values) * 100) < 1e-6).all())
    year, month = hundredths // 100, hundredths % 100
    return moments({"year": year if exact else np.zeros_like(year), "month": month})


def _month_and_year(column: Column) -> Moments:
    """03.2021 for March: four digits behind the point."""
    number = np.round(np.nan_to_num(column.values) * 10_000).astype(np.int64)
    year = number % 10_000
    return moments({"year": year if column.decimals == 4 else np.zeros_like(year), "month": number // 10_000})


def _leads(context: Context) -> bool:
    """Whether a column without a telling name may hold the times: the first, or a nameless one, that counts nothing."""
    return (context.first or context.nameless) and not counts(context.name)


def _moments_since(column: Column, values: Moments, context: Context) -> bool:
    hinted = context.hint >= 1 or (context.hint == -1 and not counts(context.name))
    return share(values, column) >= NEARLY_ALL and bool(hinted or (not counts(context.name) and even(values)))


def _serials(column: Column, values: Moments, context: Context) -> bool:
    """Day numbers: even or in order under a name that says so, else even and first in the file."""
    if share(values, column) < NEARLY_ALL or not (ordered(values) or evenness(values) >= EVEN):
        return False
    middle = float(np.nanmedian(column.values))
    return (context.hint >= 2 and 18_000 <= middle < 75_000) or (
        _leads(context) and SERIAL_1970 <= middle < 60_000 and even(values) and len(in_order(values)) == len(values)
    )


def _plain_years(column: Column, values: Moments, context: Context) -> bool:
    """Years: by their name, else one after the other without a hole in the first column."""
    if share(values, column) < 0.95:
        return False
    if role_of(context.name) == "year" and (words_of(context.name) and len(words_of(context.name)) == 1):
        return True
    steps = np.diff(values[~np.isnat(values)].astype("datetime64[Y]").astype(np.int64))
    one_by_one = len(steps) >= 5 and abs(int(steps[0])) == 1 and bool((steps == steps[0]).all())
    named = context.hint >= 2 or role_of(context.name) == "year"
    lived = one_by_one and bool((column.values <= LAST_LIVED).all())
    return (named and ordered(values) and evenness(values) >= EVEN) or (_leads(context) and lived)


def _fractions(column: Column, values: Moments, context: Context) -> bool:
    named = context.hint >= 2 or role_of(context.name) == "year"
    return share(values, column) >= 0.95 and (named or _leads(context)) and even(values)


SERIAL_FORM = "day numbers of a spreadsheet"


def _epoch(unit: str, seconds: float) -> Kind:
    low, high = UNIX_1980 / seconds, UNIX_2100 / seconds
    return Kind(f"{unit} since 1970", low, high, _since_1970(seconds), _moments_since, whole=None)


KINDS = (
    Kind("year and month", FIRST_YEAR, LAST_YEAR, _year_and_month, _fractions, whole=False),
    Kind("month and year", 1.15, 13, _month_and_year, _fractions, whole=False),
    Kind("years", FIRST_YEAR, LAST_YEAR + 1, _years, _plain_years),
    *time_digits.QUARTERS,
    Kind("decimal years", FIRST_YEAR, LAST_YEAR + 1, _decimal_years, _fractions, whole=False),
    Kind(SERIAL_FORM, 18_000, 80_000, _serial, _serials, whole=None),
    *time_digits.DATES,
    _epoch("seconds", 1),
    time_digits.MINUTES,
    _epoch("milliseconds", 1e-3),
    time_digits.SECONDS,
    _epoch("microseconds", 1e-6),
    time_digits.MILLISECONDS,
    _epoch("nanoseconds", 1e-9),
)
