"""Public holidays of a country as an input that is known for the rows to be forecast too.

Dates come from the `holidays` package, which is imported only where a country is asked for. It knows the present law
and much of its history, for most countries from about 1950 to 2100; in other years no day counts as a holiday.
"""

import difflib
import functools
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.frequency import Index, future_index, median_step
from core.errors import BadSettings, Problem

NONE = "none"
WHERE = "holidays"
DAY = pd.Timedelta(days=1)
EXAMPLES = "Give a country's two letters, such as DE, US or GB, a part of one, such as DE-BY, or none."
NEAR = 4  # countries or parts that a remedy suggests
PARTS_LISTED = 60
LETTERS = 40  # of what was asked for, in a sentence


def holiday_columns(
    index: pd.DatetimeIndex, frequency: str | None, country: str, horizon: int
) -> npt.NDArray[np.float32]:
    """Whether each row's day is a holiday, and whether the day `horizon` rows later is one: (T, 2) of 0 and 1.

    Rows of business days: whether the day is a holiday or borders on one, as the holiday itself has no row.
    Raises BadSettings for an unknown country.
    """
    times = index.append(future_index(index, frequency, horizon))
    flags = _flags(times.to_numpy().astype("datetime64[D]"), frequency == "B", country).astype(np.float32)
    return np.column_stack((flags[: len(index)], flags[horizon:]))


def problem(country: str, index: Index, frequency: str | None) -> Problem | None:
    """Why the holidays of a country cannot be an input of these rows; None where they can."""
    if country == NONE:
        return None
    try:
        _find(country)
    except BadSettings as error:
        return error.problems[0]
    if not isinstance(index, pd.DatetimeIndex):
        return Problem("Holidays need times, and the rows have none", WHERE, "Choose a time column, or no holidays.")
    if frequency is None:
        what = "The steps are irregular, so which days will be forecast is not known in advance"
        return Problem(what, WHERE, "Resample the data to a regular step, or choose no holidays.")
    if median_step(index) > DAY:
        what = "One row covers more than a day, so no row is a holiday"
        return Problem(what, WHERE, "Use daily or finer data, or choose no holidays.")
    return None


def countries() -> dict[str, str]:
    """Every country's two letters and its English name, by name."""
    from holidays.registry import COUNTRIES

    names = {codes[1]: key.replace("_", " ").title() for key, codes in COUNTRIES.items()}
    return dict(sorted(names.items(), key=lambda each: each[1]))


def letters(country: str) -> str:
    """The two letters of a country that is given by a name or by other letters, its part kept; else as it is given."""
    text = country.strip()
    whole = text.casefold().replace("-", " ")
    name, sign, part = text.partition("-")
    return _codes().get(whole) or f"{_codes().get(name.strip().casefold(), name)}{sign}{part}"


@functools.cache
def _codes() -> dict[str, str]:
    """Two letters by every name and code of a country, in small letters; a country's own two letters win."""
    from holidays.registry import COUNTRIES

    named = {name: codes[1] for key, codes in COUNTRIES.items() for name in (key.replace("_", " "), *codes)}
    named |= {codes[1]: codes[1] for codes in COUNTRIES.values()}
    return {name.casefold(): code for name, code in named.items()}


def _flags(days: npt.NDArray[np.datetime64], business: bool, country: str) -> npt.NDArray[np.bool_]:
    closed = _dates(country, days[0], days[-1])
    if not business:
        return np.isin(days, closed)
    around = (np.busday_offset(days, step, roll="forward") for step in (-1, 0, 1))
    return np.asarray(np.logical_or.reduce([np.isin(each, closed) for each in around]))


def _dates(country: str, first: np.datetime64, last: np.datetime64) -> npt.NDArray[np.datetime64]:
    """The holidays from the year before `first` to the year after `last`: neighbours of a row may lie there."""
    code, part = _find(country)
    begin, end = (int(day.astype("datetime64[Y]").astype(int)) + 1970 for day in (first, last))
    years = range(max(1, begin - 1), min(9999, end + 1) + 1)
    import holidays

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a country known for some of these years only
        found = holidays.country_holidays(code, subdiv=part, years=years)
    return np.array(sorted(found), dtype="datetime64[D]")


def _find(country: str) -> tuple[str, str | None]:
    """The package's own spelling of a country and of its part. Raises BadSettings."""
    import holidays

    code, _, part = letters(country).partition("-")
    if code.upper() not in countries():
        raise _unknown(
            f"There is no country “{code[:LETTERS]}” among those whose holidays are known", _near(code), EXAMPLES
        )
    if not part:
        return code.upper(), None
    entity: Any = getattr(holidays, code.upper())
    there = {name.upper(): name for name in entity.subdivisions}
    if part.upper() not in there:
        names = {name.upper(): short for name, short in getattr(entity, "subdivisions_aliases", {}).items()}
        near = _closest(part, {**{short: short for short in there.values()}, **names})
        known = ", ".join(list(there.values())[:PARTS_LISTED])
        remedy = f"Its parts are {known}." if known else f"It has no parts: give {code.upper()} alone."
        raise _unknown(
            f"{code.upper()} has no part “{part[:LETTERS]}” with holidays of its own",
            [f"{code.upper()}-{each}" for each in near],
            remedy,
        )
    return code.upper(), there[part.upper()]


def _near(text: str) -> list[str]:
    """Codes of the countries whose code or name comes close to a text."""
    from holidays.registry import COUNTRIES

    names = {name: codes[1] for key, codes in COUNTRIES.items() for name in (key.replace("_", " "), *codes)}
    return _closest(text, names)


def _closest(text: str, names: dict[str, str]) -> list[str]:
    lower: dict[str, str] = {name.lower(): code for name, code in names.items()}
    found = difflib.get_close_matches(text.lower(), lower, n=3 * NEAR, cutoff=0.6)
    return list(dict.fromkeys(lower[name] for name in found))[:NEAR]


def _unknown(what: str, near: list[str], remedy: str) -> BadSettings:
    meant = f"Perhaps {', '.join(near[:-1])}{' or ' if near[:-1] else ''}{near[-1]} is meant. " if near else ""
    return BadSettings([Problem(what, WHERE, meant + remedy)])
