"""The time column in its many spellings: one column, or several that together make a time."""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from tests.core.data.ugly_case import Case, accept, comma, either, rows, text, truth

Form = str | Callable[[pd.Timestamp], str]
GERMAN: dict[str, Any] = {"delimiter": ";", "decimal": ","}


def cases() -> Iterator[Case]:
    yield from iso()
    yield from days()
    yield from zones()
    yield from numbers()
    yield from epochs()
    yield from calendars()


def made(name: str, start: str, freq: str, count: int, form: Form, **fields: Any) -> Case:
    """One value column, one time column in this form."""
    known = truth(name, start, freq, count, "load")
    return accept(name, text(rows(known, form)), known, **fields)


def iso() -> Iterator[Case]:
    yield made("iso_t_minutes", "2021-03-01", "15min", 200, "%Y-%m-%dT%H:%M")
    yield made("iso_basic", "2021-03-01", "h", 120, "%Y%m%dT%H%M%S")
    yield made("iso_z", "2021-03-01", "h", 120, "%Y-%m-%dT%H:%M:%SZ", utc=True)
    yield made("iso_milliseconds", "2021-03-01", "250ms", 120, lambda at: at.isoformat(timespec="milliseconds"))
    yield made("iso_comma_seconds", "2021-03-01", "30s", 90, lambda at: f"{at:%Y-%m-%d %H:%M:%S},000")
    yield made("iso_utc_word", "2021-03-01", "h", 120, "%Y-%m-%d %H:%M:%S UTC", utc=True)
    yield made("slashes_year_first", "2020-02-01", "D", 90, "%Y/%m/%d")
    yield made("points_year_first", "2020-02-01", "D", 90, "%Y.%m.%d")
    yield made("hungarian", "2020-02-01", "D", 90, "%Y. %m. %d.")
    yield made("one_second", "2022-11-11 23:50", "s", 300, "%Y-%m-%d %H:%M:%S")
    yield made("eight_hours", "2022-11-11", "8h", 60, "%Y-%m-%d %H:%M")
    yield made("ten_digit_minutes", "2022-11-11", "15min", 150, "%Y%m%d%H%M")
    yield made("fourteen_digits", "2022-11-11", "10s", 150, "%Y%m%d%H%M%S")


def days() -> Iterator[Case]:
    yield made(
        "us_dates", "2021-01-25", "D", 60, lambda at: f"{at.month}/{at.day}/{at.year}", never=("ambiguous_dates",)
    )
    yield made("us_two_digit_years", "2021-01-25", "D", 60, "%m/%d/%y", never=("ambiguous_dates",))
    yield made("german_two_digit_years", "2021-01-01", "D", 90, "%d.%m.%y")
    yield made("turn_of_the_century", "1999-10-01", "D", 180, "%d/%m/%y")
    yield made("british_dashes_time", "2021-04-01", "h", 400, "%d-%m-%Y %H:%M:%S")
    monthly = {"warn": ("ambiguous_dates",)}
    yield made("us_first_of_months", "2014-01-01", "MS", 60, lambda at: f"{at.month}/1/{at.year}", **monthly)
    yield made("twelve_days_hourly", "2021-05-01", "h", 12 * 24, "%d/%m/%Y %H:%M")
    yield made(
        "finnish_points_in_time", "2021-03-20", "h", 150, lambda at: f"{at.day}.{at.month}.{at.year} {at.hour}.{at:%M}"
    )
    yield made("danish_points_in_time", "2021-03-20", "h", 150, "%d-%m-%Y %H.%M")
    yield made("am_pm_lower", "2021-03-20", "30min", 150, lambda at: at.strftime("%d/%m/%Y %I:%M:%S %p").lower())
    spanish = {"AM": "a. m.", "PM": "p. m."}
    yield made("am_pm_spanish", "2021-03-20", "h", 150, lambda at: f"{at:%d/%m/%Y %I:%M} {spanish[f'{at:%p}']}")
    yield made("end_of_day_is_24", "2021-03-01 01:00", "h", 72, hour_24)
    yield made(
        "weekday_before",
        "2021-03-01",
        "D",
        70,
        lambda at: f"{['Mo', 'Di', 'Mi', 'Do', 'Fr', 'Sa', 'So'][at.weekday()]}, {at:%d.%m.%Y}",
    )
    yield made("english_weekday", "2021-03-01", "D", 70, "%a %d/%m/%Y")
    yield made("mail_dates", "2021-03-01", "D", 70, "%a, %d %b %Y %H:%M:%S GMT", utc=None)
    yield made("sas_date9", "2021-03-01", "D", 70, lambda at: at.strftime("%d%b%Y").upper())
    yield made("oracle_dates", "2021-03-01", "D", 70, lambda at: at.strftime("%d-%b-%y").upper())
    yield made("us_long_dates", "2021-03-01", "D", 70, lambda at: f"{at:%B} {at.day}, {at.year}")
    yield made("investing_dates", "2021-03-01", "B", 70, "%b %d, %Y")
    yield made("business_days_german", "2021-03-01", "B", 90, "%d.%m.%Y")
    yield made("week_ends_on_friday", "2019-01-04", "W-FRI", 80, "%d.%m.%Y")
    yield made("month_ends", "2015-01-31", "ME", 60, "%d.%m.%Y")
    yield made("quarter_ends", "2000-03-31", "QE-DEC", 60, "%Y-%m-%d")
    yield made("year_ends_in_june", "1960-06-30", "YE-JUN", 50, "%d.%m.%Y")
    yield made("fortnights", "2019-01-02", "14D", 60, "%Y-%m-%d")
    interval = lambda at: f"{at:%d.%m.%Y %H:%M} - {at + pd.Timedelta('1h'):%d.%m.%Y %H:%M}"  # noqa: E731
    yield made("from_to_in_one_cell", "2021-03-01", "h", 120, interval)


def hour_24(at: pd.Timestamp) -> str:
    """Midnight as the end of the day before, as meters write it."""
    day = at - pd.Timedelta("1D") if at.hour == at.minute == 0 else at
    return f"{day:%d.%m.%Y} {at.hour or 24:02}:{at:%M}"


def zones() -> Iterator[Case]:
    utc = truth("zones", "2021-03-27", "h", 96, "load")
    local = lambda at: at.tz_localize("UTC").tz_convert("Europe/Berlin")  # noqa: E731
    offset = text(rows(utc, lambda at: local(at).isoformat()))
    yield accept("offset_changes_in_spring", offset, utc, utc=True)
    autumn = truth("autumn", "2021-10-30", "h", 72, "load")
    yield accept(
        "offset_changes_in_autumn",
        text(rows(autumn, lambda at: local(at).strftime("%Y-%m-%d %H:%M:%S%z"))),
        autumn,
        utc=True,
    )
    fixed = text(rows(utc, lambda at: f"{at - pd.Timedelta('5h'):%Y-%m-%d %H:%M}-05:00"))
    yield accept("one_offset", fixed, utc, utc=True)
    names = text(rows(utc, lambda at: f"{local(at):%Y-%m-%d %H:%M %Z}"))
    yield either("zone_names", names, utc, ("time", "date", "zone"), utc=None, first=None, last=None, checks=())
    spring = truth("spring", "2021-03-27", "15min", 192, "load")
    missing = [row for row, at in enumerate(spring.index) if at.day == 28 and at.hour == 2]
    skipped = spring.without(missing)
    fields = {"freq": "15min", "gaps": 4, "warn": ("gaps",), **GERMAN}
    yield accept("clock_goes_forward", text(rows(skipped, "%d.%m.%Y %H:%M", comma()), ";"), skipped, **fields)
    table = rows(autumn, "%d.%m.%Y %H:%M", comma())
    twice = next(row for row, at in enumerate(autumn.index) if at.day == 31 and at.hour == 2)
    table.insert(twice + 2, [table[twice + 1][0], "500,00"])
    mean = list(autumn.columns["load"])
    mean[twice] = (mean[twice] + 500) / 2
    merged = type(autumn)(autumn.index, {"load": mean})
    yield accept("clock_goes_back", text(table, ";"), merged, dup=1, warn=("duplicate_times",), **GERMAN)


def numbers() -> Iterator[Case]:
    """Times that look like numbers or have no days in them."""
    yield made("year_month_integer", "2012-01-01", "MS", 90, "%Y%m")
    yield made("month_slash_year", "2012-01-01", "MS", 90, "%m/%Y")
    yield made("month_point_year", "2012-01-01", "MS", 90, "%m.%Y")
    yield made("imf_months", "2012-01-01", "MS", 90, lambda at: f"{at.year}M{at.month:02}")
    yield made("stata_months", "2012-01-01", "MS", 90, lambda at: f"{at.year}m{at.month}")
    yield made("years", "1950-01-01", "YS", 70, "%Y")
    yield made("days_as_integers", "2019-06-01", "D", 100, "%Y%m%d")
    for label, form in QUARTERS.items():
        yield made(f"quarter_{label}", "2001-01-01", "QS-JAN", 60, form)
    yield made("half_years", "1990-01-01", "6MS", 40, lambda at: f"{at.year}-H{1 + at.month // 7}")
    yield made("eurostat_half_years", "1990-01-01", "6MS", 40, lambda at: f"{at.year}S{1 + at.month // 7}")
    yield made("iso_week_plain", "2018-12-31", "W-MON", 110, lambda at: "{}W{:02}".format(*at.isocalendar()[:2]))
    yield made("german_weeks", "2018-12-31", "W-MON", 110, lambda at: "KW {1:02}/{0}".format(*at.isocalendar()[:2]))
    yield made("week_days_iso", "2018-12-31", "D", 110, lambda at: "{}-W{:02}-{}".format(*at.isocalendar()))
    yield made("days_of_the_year", "2019-12-01", "D", 90, "%Y-%j", expect="either", reason=("date", "time"))


QUARTERS: dict[str, Form] = {
    "dashed": lambda at: f"{at.year}-Q{at.quarter}",
    "first": lambda at: f"Q{at.quarter} {at.year}",
    "tight": lambda at: f"{at.year}q{at.quarter}",
    "german": lambda at: f"{at.quarter}. Quartal {at.year}",
    "french": lambda at: f"T{at.quarter} {at.year}",
    "slashed": lambda at: f"Q{at.quarter}/{at.year}",
    "short": lambda at: f"{at.quarter}Q{at:%y}",
}


def epochs() -> Iterator[Case]:
    def since_1970(unit: int) -> Form:
        return lambda at: str(int(at.timestamp() * unit))

    yield made("epoch_seconds", "2021-06-01", "5min", 200, since_1970(1))
    yield made("epoch_seconds_float", "2021-06-01", "5min", 200, lambda at: f"{at.timestamp():.1f}")
    yield made("epoch_milliseconds", "2015-06-01", "D", 100, since_1970(1_000))
    yield made("epoch_microseconds", "2023-06-01", "min", 200, since_1970(1_000_000))
    yield made("epoch_nanoseconds", "2023-06-01", "min", 200, since_1970(1_000_000_000))
    serial = lambda at: f"{(at - pd.Timestamp('1899-12-30')) / pd.Timedelta('1D'):.9f}"  # noqa: E731
    yield made("excel_serial_hours", "2021-06-01", "h", 120, serial, warn=("excel_serial",))
    known = truth("serial", "2021-06-01", "h", 120, "load")
    table = text(rows(known, lambda at: serial(at).replace(".", ","), comma()), ";")
    yield accept("excel_serial_with_comma", table, known, warn=("excel_serial",), **GERMAN)
    weeks = lambda at: f"{(at - pd.Timestamp('1899-12-30')).days}"  # noqa: E731
    yield made("excel_serial_weeks", "2015-06-01", "W-MON", 120, weeks, warn=("excel_serial",))
    yield made("decimal_months", "1958-03-01", "MS", 120, lambda at: f"{at.year + (at.month - 1) / 12:.4f}")
    yield made("decimal_quarters", "1958-01-01", "QS-JAN", 80, lambda at: f"{at.year + (at.quarter - 1) / 4:.2f}")


MONTHS = {
    "german": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "german_short": "Jän. Feb. Mär. Apr. Mai Jun. Jul. Aug. Sep. Okt. Nov. Dez.",
    "french": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "french_short": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "spanish": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "spanish_short": "ene feb mar abr may jun jul ago sep oct nov dic",
    "italian": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "italian_short": "gen feb mar apr mag giu lug ago set ott nov dic",
    "portuguese": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "dutch": "januari februari maart april mei juni juli augustus september oktober november december",
    "dutch_short": "jan feb mrt apr mei jun jul aug sep okt nov dec",
    "polish": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "swedish": "januari februari mars april maj juni juli augusti september oktober november december",
    "danish_short": "jan feb mar apr maj jun jul aug sep okt nov dec",
}


def calendars() -> Iterator[Case]:
    """Month names: long ones in days, short ones in months."""
    for language, words in MONTHS.items():
        names = words.split()
        if language.endswith("_short"):
            yield made(
                f"months_{language}", "2016-01-01", "MS", 72, lambda at, names=names: f"{names[at.month - 1]} {at.year}"
            )
        else:
            form = lambda at, names=names: f"{at.day}. {names[at.month - 1]} {at.year}"  # noqa: E731
            yield made(f"days_{language}", "2020-11-20", "D", 150, form)
    yield made("short_month_short_year", "2016-01-01", "MS", 72, lambda at: at.strftime("%b-%y"))
    german = dict(enumerate(MONTHS["german_short"].replace(".", "").split(), start=1))
    yield made(
        "german_excel_months", "2016-01-01", "MS", 72, lambda at: f"{german[at.month].replace('Jän', 'Jan')} {at:%y}"
    )
    yield made(
        "spanish_of",
        "2021-01-10",
        "D",
        60,
        lambda at: f"{at.day} de {MONTHS['spanish'].split()[at.month - 1]} de {at.year}",
    )
    yield made("year_then_month_name", "2016-01-01", "MS", 72, "%Y %B")
