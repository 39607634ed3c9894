"""Whether 01/02/2021 is 1 February or 2 January: decided by all cells of a column, else by what is more even."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.reading.time_cells import Parts
from core.data.reading.time_parts import Bools, Ints, Moments, full_years, moments
from core.data.reading.time_reading import Context, evenness, ordered

CLEARLY = 0.02  # more of an even step's times are there
FAR = 0.5
EVEN = 0.3  # of the step's times must be there: with less, it is the step of next to nothing
SLIPS = 0.02  # of the cells may be slips of the pen
CUSTOMARY = DAY_FIRST, MONTH_FIRST, YEAR_FIRST = "day first", "month first", "year first"
ONLY_EVEN = "only so are they evenly spaced"


@dataclass(frozen=True)
class Ordered:
    values: Moments
    order: str
    doubtful: Bools | None = None  # (R,) where the other reading gives another time, if both are possible
    reason: str = ""
    swapped: Moments | None = None  # (R,) the times with day and month exchanged, if both are possible


def decide(parts: Parts, clock: dict[str, Ints], context: Context, sample: list[str]) -> Ordered:
    """Read parts `one`, `two` and `year` in the order asked for, else in the one that suits the most cells."""
    readings = {order: moments({**_order(parts, order), **clock}) for order in _possible(parts, context)}
    unread = {order: int(np.isnat(values).sum()) for order, values in readings.items()}
    fewest = min(unread.values())
    best = [order for order in readings if unread[order] == fewest]
    best = best if len(best) > 1 else _with_even(readings, unread, best[0])
    if context.day_first is not None:
        return _as_asked(parts, clock, best[0], readings[best[0]])
    if len(best) == 1 or (readings[best[0]] == readings[best[1]])[~np.isnat(readings[best[0]])].all():
        return Ordered(readings[best[0]], best[0])
    possible = {order: readings[order] for order in best}
    order = _by_evenness(possible, CLEARLY)
    reason = ONLY_EVEN
    if order is None:
        order, reason = _by_custom(readings, context, sample)
        order = order if order in best else best[0]
    elif YEAR_FIRST in best and not {DAY_FIRST, MONTH_FIRST} <= set(best):
        return Ordered(readings[order], order)
    other = next(other for other in sorted(best, key=CUSTOMARY.index) if other != order)
    differ: npt.NDArray[np.bool_] = (readings[order] != readings[other]) & ~np.isnat(readings[order])
    return Ordered(readings[order], order, differ, reason, readings[other] if order != YEAR_FIRST != other else None)


def _as_asked(parts: Parts, clock: dict[str, Ints], order: str, values: Moments) -> Ordered:
    """In the order asked for, and in doubt where only the other one is evenly spaced."""
    other = MONTH_FIRST if order == DAY_FIRST else DAY_FIRST
    others = moments({**_order(parts, other), **clock})
    differ: npt.NDArray[np.bool_] = (values != others) & ~np.isnat(values)
    if np.isnat(others).sum() > np.isnat(values).sum() or not differ.any():
        return Ordered(values, order)
    if evenness(others) < max(EVEN, evenness(values) + CLEARLY):
        return Ordered(values, order)
    return Ordered(values, order, differ, f"asked for, though only {other} is evenly spaced")


def _possible(parts: Parts, context: Context) -> tuple[str, ...]:
    if context.day_first is not None:
        return (DAY_FIRST,) if context.day_first else (MONTH_FIRST,)
    return (DAY_FIRST, MONTH_FIRST, YEAR_FIRST) if parts.short.any() else (DAY_FIRST, MONTH_FIRST)


def _order(parts: Parts, order: str) -> dict[str, Ints]:
    one, two, last = (parts.numbers[name] for name in ("one", "two", "year"))
    if order == YEAR_FIRST:
        return {"year": full_years(one, parts.short), "month": two, "day": last}
    month, day = (two, one) if order == DAY_FIRST else (one, two)
    return {"year": full_years(last, parts.short), "month": month, "day": day}


def _with_even(readings: dict[str, Moments], unread: dict[str, int], best: str) -> list[str]:
    """Beside the order that suits the most cells, one by which a few more are slips but all others evenly spaced."""
    rows = len(readings[best])
    near = {order: values for order, values in readings.items() if unread[order] - unread[best] <= SLIPS * rows}
    even = _by_evenness(near, FAR) if len(near) > 1 else None
    return [best] if even in (None, best) else [best, even]


def _by_evenness(readings: dict[str, Moments], more: float) -> str | None:
    """The order in which by a share of `more` more of an even step's times are there than in any other."""
    even = {order: evenness(values) for order, values in readings.items()}
    best, next_best = sorted(even, key=lambda order: -even[order])[:2]
    return best if even[best] >= max(EVEN, even[next_best] + more) else None


def _by_custom(readings: dict[str, Moments], context: Context, sample: list[str]) -> tuple[str, str]:
    """Where neither is more even: what people who write so usually mean."""
    if all("." in cell for cell in sample):
        return DAY_FIRST, "dates with dots usually begin with the day"
    if any(cell[-1:] in "mM" or cell.lower().endswith(("am.", "pm.", "m.")) for cell in sample):
        return MONTH_FIRST, "dates beside AM and PM usually begin with the month"
    if context.decimal == ",":
        return DAY_FIRST, "where numbers have a decimal comma, dates usually begin with the day"
    if ordered(readings[MONTH_FIRST]) and not ordered(readings[DAY_FIRST]):
        return MONTH_FIRST, "only so are they in the order of the rows"
    return DAY_FIRST, "this is the commoner order, and a guess"


def exchanged(form: str) -> str:
    """The way of writing in words, with day and month exchanged."""
    return form.replace("day", "\0", 1).replace("month", "day", 1).replace("\0", "month", 1)
