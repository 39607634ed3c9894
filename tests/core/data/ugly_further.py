"""Further files of the same kinds: times and numbers in still other spellings, and tables with traps in them."""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from tests.core.data.ugly_case import Case, Truth, accept, comma, either, number, rows, text, truth, with_column
from tests.core.data.ugly_columns import split
from tests.core.data.ugly_layouts import long_case, turn
from tests.core.data.ugly_times import MONTHS, made

GERMAN: dict[str, Any] = {"delimiter": ";", "decimal": ","}
PLAIN = ("french", "spanish", "italian", "portuguese", "dutch", "polish", "swedish")
PRESS = ("Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec.")


def cases() -> Iterator[Case]:
    yield from months()
    yield from clocks()
    yield from integers()
    yield from traps()
    yield from tables()
    yield from figures()


def named(language: str) -> Callable[[pd.Timestamp], str]:
    """The month's name."""
    return lambda at: MONTHS[language].split()[at.month - 1]


def months() -> Iterator[Case]:
    for language in PLAIN:
        name = named(language)
        yield made(
            f"plain_days_{language}", "2020-11-20", "D", 150, lambda at, name=name: f"{at.day} {name(at)} {at.year}"
        )
        capital = lambda at, name=name: f"{name(at).upper()} {at.year}"  # noqa: E731
        yield made(f"capital_months_{language}", "2016-01-01", "MS", 72, capital)
    french = named("french")
    first = lambda at: f"{'1er' if at.day == 1 else at.day} {french(at)} {at.year}"  # noqa: E731
    yield made("french_first_of_the_month", "2020-11-20", "D", 150, first)
    short = named("french_short")
    yield made("french_excel_months", "2016-01-01", "MS", 72, lambda at: f"{short(at)}-{at:%y}")
    yield made("press_style_months", "2016-01-01", "MS", 72, lambda at: f"{PRESS[at.month - 1]} {at.year}")
    yield made("chinese_months", "2016-01-01", "MS", 72, lambda at: f"{at.year}年{at.month}月")
    yield made("day_month_words_tight", "2021-02-10", "D", 72, lambda at: f"{at.day:02}{at:%b%y}".lower())


def clocks() -> Iterator[Case]:
    yield made("java_zoned", "2021-03-27", "h", 72, lambda at: f"{at:%Y-%m-%dT%H:%M:%S}+00:00[Etc/UTC]", utc=None)
    yield made("short_offset", "2021-03-27", "h", 72, lambda at: f"{at:%Y-%m-%d %H:%M:%S}+00", utc=True)
    yield made("postgres_microseconds", "2021-03-27", "h", 72, lambda at: f"{at:%Y-%m-%d %H:%M:%S}.000000")
    yield made("script_iso", "2021-03-27", "h", 72, lambda at: f"{at:%Y-%m-%dT%H:%M:%S}.000Z", utc=True)
    yield made(
        "locale_string_german", "2021-02-27", "h", 72, lambda at: f"{at.day}.{at.month}.{at.year}, {at:%H:%M:%S}"
    )
    us = lambda at: f"{at.month}/{at.day}/{at.year}, {at.hour % 12 or 12}:{at:%M:%S %p}"  # noqa: E731
    yield made("locale_string_us", "2021-02-25", "h", 96, us)
    yield made("unpadded_iso", "2021-02-25", "h", 96, lambda at: f"{at.year}-{at.month}-{at.day} {at.hour}:{at:%M}")
    yield made("unpadded_days", "2021-02-25", "D", 96, lambda at: f"{at.day}/{at.month}/{at:%y}")
    week = lambda at: f"{at:%Y-%m-%d} - {at + pd.Timedelta('6D'):%Y-%m-%d}"  # noqa: E731
    yield made("weeks_from_to", "2018-01-01", "W-MON", 72, week)
    yield made("iso_interval", "2018-01-01", "W-MON", 72, lambda at: week(at).replace(" - ", "/"))
    script = lambda at: f"{at:%a %b %d %Y %H:%M:%S} GMT+0000 (Coordinated Universal Time)"  # noqa: E731
    reason = ("time", "date")
    yield made("script_date", "2021-02-25", "h", 72, script, expect="either", reason=reason, utc=None)


def integers() -> Iterator[Case]:
    yield made("years_as_floats", "1950-01-01", "YS", 60, lambda at: f"{at.year}.0")
    yield made("days_as_floats", "2020-12-01", "D", 60, lambda at: f"{at:%Y%m%d}.0")
    yield made("year_point_month", "2010-01-01", "MS", 60, "%Y.%m")
    yield made("zoo_quarters", "2001-01-01", "QS-JAN", 60, lambda at: f"{at.year} Q{at.quarter}")
    yield made("spaced_weeks", "2018-12-31", "W-MON", 110, lambda at: "{} W{}".format(*at.isocalendar()[:2]))
    words = lambda at: "Week {1}, {0}".format(*at.isocalendar()[:2])  # noqa: E731
    yield made("weeks_in_words", "2018-12-31", "W-MON", 110, words, expect="either", reason=("time", "date"))


def traps() -> Iterator[Case]:
    """Columns that look like something else."""
    known = truth("traps", "2021-01-01", "D", 100, "value")
    meter = [float(40_000 + 3 * row + row % 5) for row in range(100)]
    counted = Truth(known.index, {"Zählerstand": meter, "value": known.columns["value"]})
    table = rows(counted, write=[number(0), number()])
    yield accept("a_meter_that_only_rises", text(table), counted, target=None)
    serial = Truth(known.index, {"visitors": [float(44_100 + row % 17) for row in range(100)], "value": meter})
    yield accept("values_like_serials", text(rows(serial, write=[number(0), number(0)])), serial, target=None)
    years = Truth(known.index, {"model": [float(2_000 + row % 23) for row in range(100)], "value": meter})
    yield accept("values_like_years", text(rows(years, write=[number(0), number(0)])), years, target=None)
    last = [[line[1], line[0]] for line in rows(known)]
    yield accept("time_is_the_last_column", text(last), known)
    assert known.index is not None
    both = with_column(rows(known), 0, "unix", lambda row: str(int(known.index[row].timestamp())))
    both = with_column(both, 2, "symbol", "BTC/EUR")
    site = "https://www.example.org/\n" + text([both[0], *both[:0:-1]], end="\n")
    yield accept("address_above_and_two_times", site, known, time=None, drop=("symbol",), warn=("unsorted",))
    weekday = with_column(rows(known), 1, "weekday", lambda row: ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"][row % 7])
    yield accept("weekdays_beside_dates", text(weekday), known, drop=("weekday",))
    flags = with_column(rows(known), 2, "holiday", lambda row: str(row % 7 == 0).lower())
    yield accept("true_and_false", text(flags), known, values=None)
    post = with_column(
        rows(known), 1, "Kommentar; intern", lambda row: '=HYPERLINK("http://x","y")' if row % 2 else "@ab"
    )
    yield accept("formulas_in_cells", text(post, ";"), known, delimiter=";", drop=("Kommentar; intern",))
    broken = text(rows(known.named("Größe"))).encode() + b"2021-04-11,5.5\r\n" + b"Stra\xdfe\r\n"
    more = Truth(known.index.append(pd.DatetimeIndex(["2021-04-11"])), {"Größe": [*known.columns["value"], 5.5]})
    open_names = {"encoding": None, "values": None, "target": None, "sums": {}, "missing": {}}
    yield accept("one_line_in_another_encoding", broken, more, freq="D", gaps=None, **open_names)


def tables() -> Iterator[Case]:
    known = truth("tables", "2022-03-01", "D", 60, "Sessions", digits=0, level=900)
    first = rows(known, "%d.%m.%Y", number(0), "Tag")
    second = [[], ["Quelle", "Sitzungen"], ["Suche", "12345"], ["Direkt", "2345"], ["Verweise", "345"]]
    fields = {"time": ("Tag",), "delimiter": ";", "decimal": None, "warn": ("skipped_lines",)}
    yield accept("a_second_table_below", text([*first, *second], ";"), known, **fields)
    monthly = truth("turned", "2019-01-01", "MS", 36, "Brot", "Milch")
    table = turn(monthly, "{:%m/%Y}", ("Ware", "Einheit"), comma(2, "."))
    total = [[*line, "Summe" if row == 0 else "99.999,99"] for row, line in enumerate(table)]
    reason = ("header", "turn", "column", "row")
    yield either("turned_with_a_sum", text(total, ";"), monthly, reason, layout="transposed", time=None, **GERMAN)
    bare = split(monthly, {"year": "{:%Y}", "month": "{0.month}"})[1:]
    places = monthly.named("#1", "#2")
    yield accept("year_and_month_without_header", text(bare), places, time=None, target=None)
    parts = {key: truth(key, "2012-01-01", "MS", 48, "Menge") for key in ("Graz", "Linz", "Wien")}
    lines = [
        [*line[:2], key, line[2]]
        for key, part in parts.items()
        for line in split(part, {"Jahr": "{:%Y}", "Monat": "{0.month}"}, comma())[1:]
    ]
    table = [["Jahr", "Monat", "Stadt", "Menge"], *lines]
    fields = {"time": ("Jahr", "Monat"), **GERMAN}
    yield long_case("long_with_year_and_month", text(table, ";"), parts, "Stadt", **fields)


def figures() -> Iterator[Case]:
    known = truth("figures", "2021-01-01", "D", 90, "a", "b")
    mixed = [float(round(value) * (1 if row % 3 else 25)) for row, value in enumerate(known.columns["a"])]
    whole = Truth(known.index, {"Besucher": mixed})
    table = rows(whole, write=number(0, ".", "."))
    yield accept("points_where_thousands_are", text(table, ";"), whole, delimiter=";", decimal=None)
    yield accept("commas_where_thousands_are", text(rows(whole, write=number(0, ".", ","))), whole)
    flagged = [[*line[:2], f"{line[2]} p" if row % 8 == 5 else line[2]] for row, line in enumerate(rows(known))]
    yield accept("flags_behind_numbers", text(flagged), known)
    star = [[line[0], f"{line[1]}*" if row % 10 == 9 else line[1], line[2]] for row, line in enumerate(rows(known))]
    yield accept("stars_behind_numbers", text(star), known)
    percent = truth("percent", "2021-01-01", "D", 90, "Quote", digits=1, level=30)
    some = [
        [line[0], f"{line[1]}%" if row and row % 2 else line[1]]
        for row, line in enumerate(rows(percent, write=number(1)))
    ]
    yield either("percent_signs_here_and_there", text(some), percent, ("number", "percent"), sums={}, checks=())
    zero = Truth(known.index, {"net": [0.0 if row % 2 else value for row, value in enumerate(known.columns["a"])]})
    minus = [
        [line[0], line[1].replace("0,00", "-0,00") if line[1] == "0,00" else line[1]]
        for line in rows(zero, write=comma())
    ]
    yield accept("minus_zero", text(minus, ";"), zero, **GERMAN)
    dash = [[line[0], "-" if line[1] == "0.00" else line[1]] for line in rows(zero, write=number())]
    holes = zero.missing(c0=[row for row in range(90) if row % 2])
    yield accept("every_second_a_dash", text(dash), holes, warn=("missing_values",))
