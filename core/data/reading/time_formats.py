"""Columns of dates and times written as text: the way of writing is found on a sample, then all cells are read so."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.data.reading import time_order
from core.data.reading.time_cells import Parts, Words, cut
from core.data.reading.time_names import is_weekday, month_numbers, role_of, units_of
from core.data.reading.time_parts import FIRST_YEAR, LAST_YEAR, Bools, Ints, Moments, full_years, moments
from core.data.reading.time_patterns import ORDERED, PATTERNS, WORDS, YEARS, YMD, Pattern
from core.data.reading.time_reading import NEARLY_ALL, Context, Reading, evenness, missing_cells, ordered
from core.data.reading.time_zones import to_utc, zone_of

ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?")
BLANKS = ("\xa0", "\u202f", "\u2009")  # spaces that a pattern does not take for spaces
SPAN = re.compile(r"(?P<start>.*\d.*?)(?:\s+[-/]\s+|\s*–\s*|/|\s+(?:to|bis|au|al|do)\s+)(?P<end>.*\d.*)")
MARKS = re.compile("[\u0300-\u036f]+")  # accents that follow their letter, as some programs write them
A_FEW = 0.05  # of the cells
WAYS = 3  # of writing, at most, in one column
UNIT_FORMS = {"quarter": "quarters", "half": "half-years", "week": "ISO weeks"}
CLOCK_PARTS = ("hour", "minute", "second", "micro", "pm")


def read_text(cells: pa.StringArray, sample: list[str], context: Context) -> Reading | None:
    """The times of a column of text, or None when too few of the sampled cells are times."""
    if sum(any(map(str.isdigit, cell)) for cell in sample[:20]) * 2 < len(sample[:20]):
        return None
    cells, sample = _plain(cells, sample)
    pattern = _pattern(sample, context)
    if pattern is None:
        return _read_spans(cells, sample, context)
    if pattern is YMD and all(map(ISO.fullmatch, sample)):
        reading = _cast(cells, sample)
        if reading is not None:
            return reading
    reading = _read(cells, sample, pattern, context)
    return reading if reading.sure or context.hint >= 2 or _like_times(reading) else None


def _like_times(reading: Reading) -> bool:
    """Whether words beside two digits are times: "Jan 01", "Jan 02" are days without a year, not Januaries."""
    months = reading.values[~np.isnat(reading.values)].astype("datetime64[M]").astype(np.int64)
    years_apart = (np.diff(months) == 12).sum() * 2 > len(months) and len(np.unique(months % 12)) > 1
    even = reading.regularity > 0.5 and reading.distinct > 0.9 * len(reading.values)
    return not years_apart and (even or ordered(reading.values))


def _plain(cells: pa.StringArray, sample: list[str]) -> tuple[pa.StringArray, list[str]]:
    """Without unusual blanks, accents of their own, a spreadsheet's mark of text and the brackets of a server's log."""
    for blank in BLANKS:
        if any(blank in cell for cell in sample):
            cells, sample = pc.replace_substring(cells, blank, " "), [cell.replace(blank, " ") for cell in sample]
    if any(cell[0] == "'" for cell in sample):
        cells, sample = pc.utf8_ltrim(cells, "'"), [cell.lstrip("'") for cell in sample]
    if not all(map(str.isascii, sample)) and any(map(MARKS.search, sample)):
        cells, sample = pc.replace_substring_regex(cells, r"\pM+", ""), [MARKS.sub("", cell) for cell in sample]
    if all(cell[0] == "[" for cell in sample):
        cells, sample = pc.utf8_trim(cells, "[]"), [cell.strip("[]") for cell in sample]
    return cells, sample


def _pattern(sample: list[str], context: Context) -> Pattern | None:
    """The way of writing in which most sampled cells are times."""
    scores = {}
    for pattern in PATTERNS:
        held = [cell for cell in sample if pattern.python.fullmatch(cell)]
        if len(held) * 2 >= len(sample):
            parts = cut(pa.array(held), pattern.python, pattern.re2, held)
            if not parts.matched.any():  # Python and RE2 do not agree on what is a blank
                continue
            values = _interpret(parts, pattern, held, context).values
            decided = pattern is ORDERED and context.day_first is not None  # though it may not suit all cells
            scores[pattern] = len(held) if decided else int((~np.isnat(values)).sum())
            if scores[pattern] == len(sample):
                return pattern
    best = max(scores, key=lambda pattern: scores[pattern], default=None)
    return best if best is not None and scores[best] * 2 >= len(sample) else None


def _read_spans(cells: pa.StringArray, sample: list[str], context: Context) -> Reading | None:
    """Spans such as "01.03.2021 00:00 - 01.03.2021 01:00" by their beginnings."""
    matches = [SPAN.fullmatch(cell) for cell in sample]
    starts = [match["start"].strip() for match in matches if match]
    if len(starts) < NEARLY_ALL * len(sample):
        return None
    pattern = _pattern(starts, context)
    if pattern is None:
        return None
    start = pc.utf8_trim_whitespace(pc.extract_regex(cells, f"^{SPAN.pattern}$").field("start").fill_null(""))
    return _read(start, starts, pattern, context)


def _cast(cells: pa.StringArray, sample: list[str]) -> Reading | None:
    """ISO 8601 by Arrow's own cast, which checks every cell; None when one of them is anything else."""
    zoned = any(match[1] for match in map(ISO.fullmatch, sample) if match)
    try:
        cast = pc.cast(cells, pa.timestamp("us", "UTC" if zoned else None))
    except pa.ArrowInvalid:
        missing = missing_cells(cells)
        again = missing.any() and not cells.null_count
        return _cast(pc.if_else(pa.array(missing), None, cells), sample) if again else None
    bounds = pc.min_max(cast)
    if not FIRST_YEAR <= pc.year(bounds["min"]).as_py() <= pc.year(bounds["max"]).as_py() <= LAST_YEAR:
        return None
    values = cast.to_numpy(zero_copy_only=False).astype("datetime64[us]", copy=False)
    return Reading(values, _form(YMD, sample, 0), zones=_iso_zones(cells, sample) if zoned else ())


def _iso_zones(cells: pa.StringArray, sample: list[str]) -> tuple[str, ...]:
    """The distinct offsets at the ends of ISO times; each of a column is as long as the first, as a rule."""
    last = ISO.fullmatch(sample[-1])
    zone = last[1] if last else "Z"
    if pc.all(pc.ends_with(cells, zone)).as_py():
        return (zone,)
    ends = pc.extract_regex(cells, r"(?P<zone>[Zz]|[+-]\d\d(?::?\d\d)?)$").field("zone")
    return tuple(end for end in pc.unique(ends).to_pylist() if end)


def _read(cells: pa.StringArray, sample: list[str], pattern: Pattern, context: Context) -> Reading:
    """Read all cells in one way, and those that are not written so in the next."""
    parts = cut(cells, pattern.python, pattern.re2, sample)
    reading = _interpret(parts, pattern, sample, context)
    values, impossible, zones = reading.values, parts.matched & np.isnat(reading.values), reading.zones
    rest = ~parts.matched
    for _ in range(WAYS - 1):
        if not rest.any() or not (rest := rest & ~missing_cells(cells)).any():
            break
        places = np.flatnonzero(rest)
        left = cells.take(pa.array(places))
        other = _pattern(some := left.slice(0, 200).to_pylist(), context)
        if other is None:
            break
        more_parts = cut(left, other.python, other.re2, some)
        more = _interpret(more_parts, other, some, context)
        values[places], zones = more.values, (*zones, *more.zones)
        impossible[places] = more_parts.matched & np.isnat(more.values)
        rest = np.zeros_like(rest)
        rest[places] = ~more_parts.matched
    return replace(reading, values=values, impossible=impossible, zones=tuple(dict.fromkeys(zones)))


def _interpret(parts: Parts, pattern: Pattern, sample: list[str], context: Context) -> Reading:
    """Times from the parts of cells: words become numbers, day and month are told apart, zones are taken off."""
    numbers = dict(parts.numbers)
    possible = parts.matched & _weekdays(parts)
    if "noon" in parts.words:
        numbers["pm"] = parts.words["noon"].mapped(lambda word: int(word[0] in "pP"))
    clock = {name: numbers[name] for name in CLOCK_PARTS if name in numbers}
    order, dates = time_order.Ordered(np.zeros(0, "datetime64[us]"), ""), dict[str, Ints]()
    if pattern is ORDERED:
        order = time_order.decide(parts, clock, context, sample)
        values = order.values
    else:
        dates = {name: numbers[name] for name in ("month", "day", "yearday", "weekday") if name in numbers}
        dates |= _by_word(parts) if "word" in parts.words else {}
        if _are_quarters(dates, numbers["year"], context):
            dates = {"quarter": dates["month"]}
        values = moments({"year": full_years(numbers["year"], parts.short), **dates, **clock})
    values, known, zones = _zoned(values, parts)
    values[~(possible & known)] = np.datetime64("NaT")
    place = ("", time_order.DAY_FIRST, time_order.MONTH_FIRST, time_order.YEAR_FIRST).index(order.order)
    unit = "years" if pattern is YEARS else None
    unit = next((UNIT_FORMS[name] for name in UNIT_FORMS if name in dates), unit)
    return Reading(
        values,
        unit or _form(pattern, sample, place - 1),
        zones=zones,
        day_first={1: True, 2: False}.get(place),
        doubtful=order.doubtful,
        reason=order.reason,
        swapped=order.swapped,
        sure=int(pattern is not YEARS and not parts.short.any()),
    )


def _zoned(values: Moments, parts: Parts) -> tuple[Moments, Bools | bool, tuple[str, ...]]:
    """Zones stand at the end, or in brackets behind it, where an offset has the last word."""
    zone, remark = parts.words.get("zone"), parts.words.get("remark")
    if zone is not None:
        return to_utc(values, zone)
    if remark is not None and all(zone_of(name) is not None for name in remark.names):
        return to_utc(values, remark)
    return values, True, ()


def _weekdays(parts: Parts) -> Bools | bool:
    """Whether the word before a date, if there is one, is a day of the week."""
    prefix = parts.words.get("prefix")
    return True if prefix is None else prefix.mapped(is_weekday, absent=1).astype(bool)


def _by_word(parts: Parts) -> dict[str, Ints]:
    """What word and number mean: month and day, or a quarter, half, week or month of the year."""
    word, number = parts.words["word"], parts.numbers.get("number")
    month = word.mapped(month_numbers(word.names).__getitem__)
    if number is None:
        return {"month": month}
    if (month > 0).sum() * 2 >= parts.matched.sum():
        return {"month": month, "day": number}
    unit = "quarter" if parts.roman else _unit(word, number[parts.matched])
    known = word.mapped(lambda name: int(bool(units_of(name)))) > 0
    return {unit: np.where(known, number, 0)} if unit else {"month": month}


def _are_quarters(dates: dict[str, Ints], year: Ints, context: Context) -> bool:
    """Whether months beside a year, none beyond the fourth, are quarters.

    Either the column's name says so, or only so are they evenly spaced over several years.
    """
    month = dates.get("month")
    if month is None or len(dates) > 1 or month.max() != 4:
        return False
    if role_of(context.name) == "quarter":
        return True
    several = len(np.unique(year[month > 0])) > 1
    return several and evenness(moments({"year": year, "quarter": month})) >= NEARLY_ALL


def _unit(words: Words, numbers: Ints) -> str | None:
    """What the numbers count, by the words beside them; "S" is a week where more than a few go beyond 2."""
    meanings = [units_of(word) for word in words.names if units_of(word)]
    shared = frozenset.intersection(*meanings) if meanings else frozenset()
    limits = {"quarter": 4, "half": 2, "week": 53, "month": 12}
    return next((unit for unit, limit in limits.items() if unit in shared and (numbers > limit).mean() <= A_FEW), None)


def _form(pattern: Pattern, sample: Sequence[str], order: int) -> str:
    """The way of writing in words, after a cell: "day.month.year hour:minute"."""
    match = max((match for match in map(pattern.python.fullmatch, sample) if match), key=lambda match: len(match[0]))
    named = match.re.groupindex
    spans = sorted((match.span(name), name) for name in named if match[name])
    text, end = "", 0
    for (start, stop), name in spans:
        word = WORDS.get(name, name)
        text += match[0][end:start].replace("T", " ")
        text += (" " if text[-1:].isalnum() else "") + (word if isinstance(word, str) else word[max(order, 0)])
        end = stop
    return text + match[0][end:]
