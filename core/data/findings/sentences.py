"""Each kind of finding as a notice: what, where, and what to do about it."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.dataset import EXAMPLES, Notice, Table
from core.data.findings.knots import find_knots
from core.data.findings.leakage import Leak
from core.data.findings.regularity import carried_weekends, find_blocks, find_lines
from core.data.findings.shifts import Shift, split_words, unit_words
from core.data.findings.stand_ins import StandIn
from core.data.findings.stuck import find_stuck
from core.data.findings.zeros import zeros_at_ends
from core.data.frequency import missing_words
from core.data.words import counted, enumerated, moment, moments, number, quoted, season_words

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

TRAINING = 0.7  # of the rows, as a rule
LEAK_EXAMPLES = 3


def leak(table: Table, target: str, found: Leak) -> Notice:
    name, of = quoted(found.column), quoted(target)
    remedy = "leave it out of the inputs."
    if found.ahead:
        later = "one row" if found.ahead == 1 else f"{found.ahead:,} rows"
        what = f"{name} holds what {of} will be {later} later" + ("" if found.equal else ", in other units")
        told = f"{what}. A forecast made with it knows the answer beforehand, and its score means nothing: {remedy}"
    elif found.equal:
        told = f"{name} is the same as {of}, row for row. It tells a model nothing more than {of} itself: {remedy}"
    else:
        told = f"{name} is {of} in other units, row for row. It tells a model nothing more than {of} itself: {remedy}"
    rows = len(table.frame) - found.ahead
    examples = tuple(_pair(table, target, found, row) for row in range(min(LEAK_EXAMPLES, rows)))
    return Notice("leakage", told, found.column, rows, serious=found.ahead > 0, examples=examples)


def shifts(table: Table, target: str, found: Sequence[Shift]) -> list[Notice]:
    return [
        Notice("level_shift", _shift_words(table, target, shift), target, 1, examples=(_at(table, shift.row),))
        for shift in found
    ]


def regularity(table: Table, name: str, values: Floats, serious: bool) -> Notice | None:
    """The first of: filled from a coarser step, weekends carried over, lines between a few rows, straight lines."""
    index = table.frame.index
    if block := find_blocks(values, index):
        each = (
            f"changes only when a new {block.period} begins"
            if block.period
            else f"changes only every {block.rows} rows"
        )
        told = f"{quoted(name)} {each}: it seems to have been filled in from fewer values. " + (
            f"A model would learn the filling: resample to one row a {block.period}."
            if block.period
            else "A model would learn the filling: use the values before they were filled in."
        )
        repeated = np.flatnonzero(np.append(False, values[1:] == values[:-1]))
        return _regular(table, name, told, repeated, serious)
    weekends = carried_weekends(values, index)
    if len(weekends):
        told = (
            f"Saturdays and Sundays of {quoted(name)} repeat the value of Friday ({counted(len(weekends), 'day')}): "
            "they seem to have been filled in. Leave those rows out, or resample to business days."
        )
        return _regular(table, name, told, weekends, serious)
    if knots := find_knots(values):
        told = (
            f"{quoted(name)} follows straight lines between values about {knots.apart} rows apart, bending only at "
            "them: it seems to have been filled in from fewer values. A model would learn the filling: use the values "
            "before they were filled in."
        )
        return _regular(table, name, told, knots.between, serious)
    return _lines(table, name, values, serious)


def _lines(table: Table, name: str, values: Floats, serious: bool) -> Notice | None:
    lines = find_lines(values)
    if not lines:
        return None
    longest = max(lines, key=lambda line: line.end - line.begin)
    stretches = "One stretch grows" if len(lines) == 1 else f"{len(lines):,} stretches grow"
    span = f"{_at(table, longest.begin)} to {_at(table, longest.end - 1)}"
    told = (
        f"{stretches} by the same amount from row to row in {quoted(name)}, the longest from {span}: "
        "drawn as a straight line rather than measured. Scores treat them as measured."
    )
    rows = sum(line.end - line.begin for line in lines)
    examples = tuple(f"{_at(table, line.begin)} to {_at(table, line.end - 1)}" for line in lines[:EXAMPLES])
    return Notice("invented_regularity", told, name, rows, serious=serious, examples=examples)


def stand_ins(table: Table, name: str, found: Sequence[StandIn], serious: bool) -> list[Notice]:
    """The code as it stands in the file."""
    notices = []
    for each in found:
        where = "far from every other value" if each.far else "where no other value is below 0"
        told = (
            f"{each.code:.15g} stands {len(each.rows):,} times in {quoted(name)}, {where}: probably a code for "
            "“missing”. If so, empty those cells in the file: it would be learned as a value."
        )
        examples = moments(table.frame.index[each.rows], table.frequency)
        notices.append(Notice("stand_in", told, name, len(each.rows), serious=serious, examples=examples))
    return notices


def stuck(table: Table, name: str, values: Floats, serious: bool) -> Notice | None:
    found = find_stuck(values)
    if not found:
        return None
    longest = max(found, key=lambda each: each.rows)
    more = f", and it stands still {counted(len(found) - 1, 'more time')} like that" if len(found) > 1 else ""
    told = (
        f"The value {number(longest.value)} of {quoted(name)} does not change over {longest.rows:,} rows from "
        f"{_at(table, longest.first)} on{more}. If a sensor was stuck, empty those cells in the file: "
        "scores treat them as measured."
    )
    examples = tuple(f"{_at(table, each.first)} to {_at(table, each.last)}: {number(each.value)}" for each in found)
    rows = sum(each.rows for each in found)
    return Notice("stuck", told, name, rows, serious=serious, examples=examples)


def duplicates(table: Table) -> list[Notice]:
    """As the reader told it."""
    if not table.duplicates:
        return []
    told = next((notice for notice in table.notices if notice.code == "duplicate_times"), None)
    repeat = "1 row repeats a time" if table.duplicates == 1 else f"{table.duplicates:,} rows repeat a time"
    message = f"{repeat} that was there already: rows of the same time were merged by their mean."
    return [told or Notice("duplicate_times", message, count=table.duplicates)]


def gaps(table: Table) -> list[Notice]:
    """Not on business days: there they are holidays."""
    index, frequency = table.frame.index, table.frequency
    if not table.gaps or frequency in (None, "B") or not isinstance(index, pd.DatetimeIndex):
        return []
    steps = _steps(index, frequency)
    usual = int(np.median(steps))
    places = np.flatnonzero(steps > usual)
    longest = int(places[steps[places].argmax()]) if len(places) else 0
    between = [f"between {_at(table, row)} and {_at(table, row + 1)}" for row in (longest, *places[:EXAMPLES].tolist())]
    where = f", all {between[0]}" if len(places) == 1 else f" in {len(places):,} places, most of them {between[0]}"
    told = (
        f"{missing_words(table.gaps, frequency)}{where if table.gaps > 1 else ' ' + between[0]}. "
        "The rows on both sides count as neighbours unless you fill the gaps."
    )
    return [Notice("gaps", told, count=table.gaps, examples=tuple(between[1:]))]


def missing(table: Table, name: str, values: Floats) -> Notice | None:
    empty = np.isnan(values)
    count = int(empty.sum())
    if not count:
        return None
    edges = np.flatnonzero(np.diff(np.concatenate([[0], empty.astype(np.int8), [0]])))
    runs = edges[1::2] - edges[::2]
    longest, first = int(runs.max()), int(edges[::2][runs.argmax()])
    share = f"{count / len(values):.1%}" if count >= 0.001 * len(values) else "less than 0.1%"
    many = f", at most {longest:,} in a row (from {_at(table, first)} on)" if longest > 1 else ""
    cells = "1 value is missing" if count == 1 else f"{count:,} values are missing"
    told = f"{cells} in {quoted(name)} ({share}{many}). Choose how to fill them, or leave those rows out."
    where = moments(table.frame.index[empty], table.frequency)
    return Notice("missing_values", told, name, count, examples=where)


def outliers(table: Table, name: str, values: Floats, rows: Rows, target: str) -> Notice | None:
    """Of one column; those of another than the target are said to be so, as an overview counts the target's alone."""
    if not len(rows):
        return None
    farthest = int(rows[np.abs(values[rows] - np.nanmedian(values)).argmax()])
    which = "1 value lies" if len(rows) == 1 else f"{len(rows):,} values lie"
    of = f"{which} far from the others around it" if len(rows) == 1 else f"{which} far from the others around them"
    if _at_clock_changes(table.frame.index[rows]):
        reason = "All fall on nights when clocks changed, where an hour is missing or counted twice."
    else:
        reason = "If they are errors, empty those cells in the file: a few of them can spoil what a model learns."
    where = quoted(name) if name == target else f"{quoted(name)}, a column beside {quoted(target)}"
    told = f"{of} in {where}, such as {number(float(values[farthest]))} ({_at(table, farthest)}). {reason}"
    examples = tuple(f"{_at(table, int(row))}: {number(float(values[row]))}" for row in rows[:EXAMPLES])
    return Notice("outliers", told, name, len(rows), examples=examples)


def zeros(table: Table, name: str, values: Floats) -> list[Notice]:
    leading, trailing = zeros_at_ends(values)
    remedy = "If nothing was measured there, leave those rows out of the file: they would be learned as values."
    notices = []
    if leading:
        told = f"{quoted(name)} is exactly 0 in the first {leading:,} rows, until {_at(table, leading - 1)}. {remedy}"
        notices.append(Notice("leading_zeros", told, name, leading))
    if trailing:
        since = _at(table, len(values) - trailing)
        told = f"{quoted(name)} is exactly 0 in the last {trailing:,} rows, from {since} on. {remedy}"
        notices.append(Notice("trailing_zeros", told, name, trailing))
    return notices


def constant(name: str, values: Floats) -> Notice | None:
    there = values[~np.isnan(values)]
    if not len(there) or there.min() != there.max():
        return None
    told = f"{quoted(name)} is {number(float(there[0]))} in every row: there is nothing to learn from it."
    return Notice("constant_column", told, name, len(there))


def too_short(table: Table, season: int) -> list[Notice]:
    rows = len(table.frame)
    training = int(TRAINING * rows)
    if season < 2 or training >= 2 * season:
        return []
    told = (
        f"{season_words(table.frequency).capitalize()} is {season:,} rows, and the {training:,} rows to learn from "
        "hold less than two of them: what repeats with it cannot be learned. More rows help, or a longer step."
    )
    return [Notice("too_short_for_season", told, count=rows)]


def percentages(name: str, values: Floats) -> Notice | None:
    """Zeros make a percentage error infinite, a change of sign makes it meaningless."""
    zero = int((values == 0).sum())
    signs = bool((values > 0).any() and (values < 0).any())
    if not zero and not signs:
        return None
    parts = [counted(zero, "value") + " of exactly 0"] * bool(zero) + ["positive and negative values"] * signs
    told = (
        f"{quoted(name)} holds {enumerated(parts)}: errors in percent (MAPE, sMAPE) are not meaningful for it. "
        "Judge it by MAE, RMSE or MASE."
    )
    return Notice("mape_undefined", told, name, zero)


def _shift_words(table: Table, target: str, shift: Shift) -> str:
    since = f"{quoted(target)} goes on at another level from {_at(table, shift.row)} on"
    levels = f"about {number(shift.before)} before, {number(shift.after)} after"
    if shift.factor is None:
        return f"{since} ({levels}). A model learns the old level too: consider only the rows after it."
    levels += f": {number(shift.factor)} times as much"
    split, unit = split_words(shift.factor) if shift.overnight else None, unit_words(shift.factor)
    looks = [words for words in (split, unit and f"a change of unit ({unit})") if words]
    if not looks:
        return f"{since} ({levels}). A model learns the old level too: consider only the rows after it."
    return f"{since} ({levels}). It looks like {' or '.join(looks)}: correct the values before it."


def _regular(table: Table, name: str, told: str, rows: npt.NDArray[np.int64], serious: bool) -> Notice:
    where = moments(table.frame.index[rows], table.frequency)
    return Notice("invented_regularity", told, name, len(rows), serious=serious, examples=where)


def _pair(table: Table, target: str, found: Leak, row: int) -> str:
    ours, theirs = table.frame[found.column].iloc[row], table.frame[target].iloc[row + found.ahead]
    later = f" on {_at(table, row + found.ahead)}" if found.ahead else ""
    return f"{_at(table, row)}: {number(ours)}, and {quoted(target)} is {number(theirs)}{later}"


def _steps(index: pd.DatetimeIndex, frequency: str) -> npt.NDArray[np.int64]:
    """Distances between rows: months for steps of months, else microseconds."""
    if frequency.lstrip("0123456789").removeprefix("B")[:1] in ("M", "Q", "Y"):
        times = (index.year * 12 + index.month).to_numpy(dtype=np.int64)
    else:
        times = index.to_numpy().astype("datetime64[us]").astype(np.int64)
    return times[1:] - times[:-1]


def _at_clock_changes(times: pd.Index) -> bool:
    """Sundays in March, October or November before four in the morning."""
    if not isinstance(times, pd.DatetimeIndex) or len(times) < 2 or (times == times.normalize()).all():
        return False
    return bool((times.month.isin([3, 4, 10, 11]) & (times.day_of_week == 6) & (times.hour < 4)).all())


def _at(table: Table, row: int) -> str:
    return moment(table.frame.index[row], table.frequency)
