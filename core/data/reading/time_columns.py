"""Times that several columns make together: a date and a time of day; a year and a month, quarter, week or day."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.data.reading.grid import Grid
from core.data.reading.time_cells import cut
from core.data.reading.time_names import CLOCK_WORDS, ROMAN, month_numbers, role_of, units_of, words_of
from core.data.reading.time_order import CLEARLY, ONLY_EVEN, exchanged
from core.data.reading.time_parts import (
    ABSENT,
    DAY,
    HOUR,
    SECOND,
    Bools,
    Ints,
    clock_time,
    full_years,
    moments,
)
from core.data.reading.time_patterns import CLOCK
from core.data.reading.time_reading import NEARLY_ALL, Reading, evenness, sample_of
from core.data.words import quoted

CLOCK_IN = "with the time of day in"
TIME_OF_DAY = re.compile(rf"^T?{CLOCK}(?:\s?[-–]\s?[0-9:.]+)?$".replace(r"\d", "[0-9]"))
COLONS = re.compile(r"\d{1,2}[:.h]\d{2}|\d{1,2}\s?[AaPp]\.?\s?[Mm]")
RANGES = {"month": 12, "quarter": 4, "week": 53, "yearday": 366, "day": 31, "hour": 24, "minute": 59, "second": 59}
PLANS = (("month", "day"), ("yearday",), ("month",), ("week", "day"), ("week",), ("quarter",))  # the finest first


def with_clock(grid: Grid, dates: Reading) -> Reading | None:
    """The dates and the times of day of another column, where dates recur and those tell their rows apart."""
    place = grid.names.index(dates.columns[-1])
    found = []
    for other, name in enumerate(grid.names):
        if name not in dates.columns:
            clock = _clock_of(grid.columns[other], name, beside=other == place + 1)
            if clock is not None:
                found.append(_added(dates, clock, name))
    best = max(found, key=lambda reading: reading.distinct, default=None)
    if best is None or not dates.dates_only or best.distinct <= dates.distinct:
        return None
    return _finer(grid, _evener(best))


def _evener(reading: Reading) -> Reading:
    """With the times of day, the other order of day and month may be the one without holes."""
    if reading.swapped is None or evenness(reading.swapped) < reading.regularity + CLEARLY:
        return reading
    return replace(
        reading,
        values=reading.swapped,
        swapped=reading.values,
        form=exchanged(reading.form),
        day_first=not reading.day_first,
        reason=ONLY_EVEN,
    )


def _finer(grid: Grid, reading: Reading) -> Reading:
    """Minutes and seconds may stand in columns of their own behind an hour."""
    for role, unit in (("minute", 60 * SECOND), ("second", SECOND)):
        if (reading.values.view(np.int64) % HOUR == 0).all() or role == "second":
            for name in (name for name in grid.names if role_of(name) == role and name not in reading.columns):
                part = _part(grid.column(name), role)
                if part is not None:
                    finer = _added(reading, (part * unit, part != ABSENT), name)
                    reading = finer if finer.distinct > reading.distinct else reading
    return reading


def _added(dates: Reading, clock: tuple[Ints, Bools], name: str) -> Reading:
    since, known = clock
    clocked = [
        None if values is None else np.where(known, values + since.astype("timedelta64[us]"), np.datetime64("NaT"))
        for values in (dates.values, dates.swapped)
    ]
    assert clocked[0] is not None
    beside = f"and {quoted(name)}" if CLOCK_IN in dates.form else f"{CLOCK_IN} {quoted(name)}"
    form = f"{dates.form} {beside}"
    return replace(dates, values=clocked[0], swapped=clocked[1], columns=(*dates.columns, name), form=form)


def _clock_of(cells: pa.StringArray, name: str, beside: bool, asked: bool = False) -> tuple[Ints, Bools] | None:
    """Microseconds since midnight, and which cells hold a time of day; None for a column of anything else."""
    sample = sample_of(cells)
    named = asked or role_of(name) == "hour" or bool(CLOCK_WORDS.intersection(words_of(name)))
    telling = sum(map(bool, map(COLONS.match, sample))) >= NEARLY_ALL * len(sample)
    if not sample or not (named or (beside and telling)):
        return None
    for read in (_written, _packed):
        since, known = read(cells, sample)
        filled = len(cells) - cells.null_count - int(pc.sum(pc.equal(cells, "")).as_py() or 0)
        if known.sum() >= NEARLY_ALL * max(filled, 1):
            return since, known
    return None


def _written(cells: pa.StringArray, sample: list[str]) -> tuple[Ints, Bools]:
    """Times of day such as 9:05, 09:05:00.250, 9 AM, hours from 0 to 24, and spans by their beginnings."""
    if not all(map(TIME_OF_DAY.match, sample[:5])):
        return np.zeros(len(cells), np.int64), np.zeros(len(cells), bool)
    parts = cut(cells, TIME_OF_DAY, TIME_OF_DAY.pattern, sample)
    numbers = dict(parts.numbers)
    if "noon" in parts.words:
        numbers["pm"] = parts.words["noon"].mapped(lambda word: int(word[0] in "pP"))
    since, possible = clock_time(numbers)
    return np.where(parts.matched, since, 0), parts.matched & possible


def _packed(cells: pa.StringArray, sample: list[str]) -> tuple[Ints, Bools]:
    """Times of day as numbers: 930 and 93000, or 0.5 for noon."""
    plain = pc.if_else(pc.match_substring_regex(cells, r"^\d+([.,]\d+)?$"), pc.replace_substring(cells, ",", "."), None)
    numbers = pc.cast(plain, pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False)
    numbers = np.where(numbers < 10_000_000, numbers, np.nan)
    known = ~np.isnan(numbers)
    if not known.any():
        return np.zeros(len(cells), np.int64), known
    if np.nanmax(numbers) < 1:
        return np.round(np.nan_to_num(numbers) * DAY / SECOND).astype(np.int64) * SECOND, known
    whole = np.nan_to_num(numbers).astype(np.int64)
    seconds = np.nanmax(numbers) > 2400
    hour, minute, second = (
        (whole // 10_000, whole // 100 % 100, whole % 100) if seconds else (whole // 100, whole % 100, 0)
    )
    since, possible = clock_time({"hour": hour, "minute": minute, "second": np.zeros_like(whole) + second})
    return np.where(known, since, 0), known & possible & (numbers == whole)


@dataclass(frozen=True)
class _Part:
    name: str
    values: Ints


def of_parts(grid: Grid) -> Reading | None:
    """Times of columns called year and month (day, hour …), year and quarter, week or day of the year."""
    parts = _named_parts(grid)
    if "year" not in parts:
        return None
    for plan in PLANS:
        if all(role in parts for role in plan):
            chosen = ["year", *plan]
            reading = _together(grid, {role: parts[role] for role in chosen})
            if reading is not None:
                return reading
    return None


def _named_parts(grid: Grid) -> dict[str, _Part]:
    parts: dict[str, _Part] = {}
    for name in grid.names:
        role = role_of(name)
        if role and role not in parts and not _only_a_letter(name, role, grid.names):
            values = _part(grid.column(name), role)
            if values is not None:
                parts[role] = _Part(name, values)
    return parts


def _only_a_letter(name: str, role: str, names: Sequence[str]) -> bool:
    """Whether a name is one letter, such as y, and another column says in full that it holds that part."""
    return len(name) == 1 and any(len(other) > 1 and role_of(other) == role for other in names)


def _part(cells: pa.StringArray, role: str) -> Ints | None:
    """The whole numbers of one part, ABSENT where there is none; None when they do not fit it."""
    numbers = pc.if_else(pc.match_substring_regex(cells, r"^\d{1,4}(\.0+)?$"), cells, None)
    if numbers.null_count > len(cells) / 2:
        return _worded(cells, role)
    values: Ints = pc.cast(pc.cast(numbers, pa.float64()), pa.int64()).fill_null(ABSENT).to_numpy(zero_copy_only=False)
    if role == "year":
        values = full_years(values, (values >= 0) & (values < 100))
        fitting = (values >= 1500) & (values <= 2200)
    else:
        fitting = (values >= 0) & (values <= RANGES[role])
    return values if fitting.sum() >= NEARLY_ALL * len(cells) else None


def _worded(cells: pa.StringArray, role: str) -> Ints | None:
    """Months by name, and quarters and weeks as Q1 or KW 1."""
    encoded = cells.fill_null("").dictionary_encode()
    words = encoded.dictionary.to_pylist()
    if role not in ("month", "quarter", "week") or len(words) > 100:
        return None
    months = month_numbers(words) if role == "month" else {}
    found = np.array([months.get(word) or _meaning(word, role) for word in words], np.int64)[encoded.indices.to_numpy()]
    return found if (found != ABSENT).sum() >= NEARLY_ALL * len(cells) else None


def _meaning(word: str, role: str) -> int:
    match = re.fullmatch(r"([^\W\d]*)[.\s-]*(\d{1,2})\.?\s?([^\W\d]*)\.?", word)
    if match and role in units_of(match[1] or match[3]):
        return int(match[2])
    return ROMAN.get(word, ABSENT) if role == "quarter" else ABSENT


def _together(grid: Grid, parts: dict[str, _Part]) -> Reading | None:
    """The times that the parts make, with hours, minutes and seconds where they tell rows apart."""
    numbers = {"weekday" if role == "day" and "week" in parts else role: part.values for role, part in parts.items()}
    if "weekday" in numbers and numbers["weekday"].max() > 7:
        return None
    values = moments(numbers)
    if np.isnat(values).mean() > 1 - NEARLY_ALL:
        return None
    columns = tuple(part.name for part in parts.values())
    reading = Reading(values, " and ".join(parts), columns, impossible=np.isnat(values))
    return with_clock(grid, reading) or reading


def of_asked(grid: Grid, names: Sequence[str], read: Callable[[str], Reading | None]) -> Reading | None:
    """The times of several columns that a person named: a date and a time of day, or parts of dates."""
    chosen = replace(grid, names=tuple(names), columns=tuple(grid.column(name) for name in names))
    if (reading := of_parts(chosen)) is not None and len(reading.columns) == len(names):
        return reading
    for date in names:
        reading = read(date)
        if reading is not None and reading.form == "years":
            return _by_ranges(grid, date, [name for name in names if name != date])
        if reading is not None and not np.isnat(reading.values).all():
            for other in names:
                clock = None if other == date else _clock_of(grid.column(other), other, beside=True, asked=True)
                reading = reading if clock is None else _added(reading, clock, other)
            if len(reading.columns) == len(names):
                return reading
    return None


def of_nameless_parts(grid: Grid) -> Reading | None:
    """A year and a part of it in the first columns of a file without a header, when they make an even step."""
    names = grid.names[:2]
    if len(names) < 2 or not grid.nameless.issuperset(names) or _part(grid.column(names[0]), "year") is None:
        return None
    reading = _by_ranges(grid, names[0], names[1:])
    return reading if reading is not None and reading.regularity > NEARLY_ALL and _once(reading) else None


def _once(reading: Reading) -> bool:
    return reading.distinct > NEARLY_ALL * len(reading.values)


def _by_ranges(grid: Grid, year: str, others: Sequence[str]) -> Reading | None:
    """A year and what stands beside it, whatever it is called: the part of a year that its numbers fit."""
    roles = (
        ("quarter", "month", "week", "yearday") if len(others) == 1 else ("month", "day", "hour", "minute", "second")
    )
    parts = {"year": _part(grid.column(year), "year")}
    names = {"year": year}
    for name in others:
        found = ((role, _part(grid.column(name), role)) for role in roles if role not in parts)
        role, values = next(((role, values) for role, values in found if values is not None), ("", None))
        parts[role], names[role] = values, name
    known = {role: _Part(names[role], values) for role, values in parts.items() if values is not None}
    return _together(grid, known) if len(known) == len(others) + 1 else None
