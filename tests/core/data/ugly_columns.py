"""Times spread over several columns, and exports of programs that everyone has seen."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from tests.core.data.ugly_case import Case, Rows, Truth, accept, comma, either, number, rows, text, truth, with_column
from tests.core.data.ugly_times import MONTHS

GERMAN: dict[str, Any] = {"delimiter": ";", "decimal": ","}


def cases() -> Iterator[Case]:
    yield from parts_of_dates()
    yield from date_and_time()
    yield from markets()
    yield from banks_and_shops()
    yield from loggers()


def split(known: Truth, forms: dict[str, str | Callable[[pd.Timestamp], str]], write: Any = None) -> Rows:
    """The time in several columns, each with its own form."""
    table = rows(known, None, write or number())
    assert known.index is not None
    for place, (name, form) in enumerate(forms.items()):
        cells = [form.format(at) if isinstance(form, str) else form(at) for at in known.index]
        table = with_column(table, place, name, cells.__getitem__)
    return table


def parts_of_dates() -> Iterator[Case]:
    monthly = truth("parts", "2009-01-01", "MS", 84, "passengers")
    table = split(monthly, {"Jahr": "{:%Y}", "Monat": "{0.month}"}, comma())
    yield accept("year_and_month_german", text(table, ";"), monthly, time=("Jahr", "Monat"), **GERMAN)
    table = split(monthly, {"month": "{:%b}", "year": "{:%Y}"})
    yield accept("month_name_and_year", text(table), monthly, time=None)
    table = split(monthly, {"Año": "{:%Y}", "Mes": lambda at: MONTHS["spanish"].split()[at.month - 1]}, comma())
    yield accept("spanish_year_and_month", text(table, ";"), monthly, time=("Año", "Mes"), **GERMAN)
    daily = truth("parts", "2018-11-20", "D", 100, "births")
    table = split(daily, {"year": "{:%Y}", "month": "{0.month}", "day": "{0.day}"})
    yield accept("year_month_day", text(table), daily, time=("year", "month", "day"))
    hourly = truth("parts", "2018-11-20", "h", 150, "pm2.5", "TEMP")
    forms = {"year": "{:%Y}", "month": "{0.month}", "day": "{0.day}", "hour": "{0.hour}"}
    table = with_column(split(hourly, forms), 0, "No", lambda row: str(row + 1))
    yield accept("year_month_day_hour", text(table), hourly, time=("year", "month", "day", "hour"), drop=("No",))
    quarterly = truth("parts", "1995-01-01", "QS-JAN", 80, "gdp")
    table = split(quarterly, {"Year": "{:%Y}", "Quarter": "Q{0.quarter}"})
    yield accept("year_and_quarter", text(table), quarterly, time=("Year", "Quarter"))
    weekly = truth("parts", "2018-01-01", "W-MON", 110, "Absatz")
    forms = {"Jahr": lambda at: str(at.isocalendar()[0]), "KW": lambda at: str(at.isocalendar()[1])}
    yield accept("year_and_week", text(split(weekly, forms, comma()), ";"), weekly, time=("Jahr", "KW"), **GERMAN)


def date_and_time() -> Iterator[Case]:
    quarter = truth("meter", "2021-03-01 00:15", "15min", 288, "Verbrauch kWh")
    day = lambda at: f"{at - pd.Timedelta('1min'):%d.%m.%Y}"  # noqa: E731
    clock = lambda at: "24:00" if at.hour == at.minute == 0 else f"{at:%H:%M}"  # noqa: E731
    table = split(quarter, {"Datum": day, "Uhrzeit": clock}, comma(3))
    yield accept("quarter_hours_until_24", text(table, ";"), quarter, time=("Datum", "Uhrzeit"), **GERMAN)
    start = truth("meter", "2021-03-01", "15min", 288, "Leistung")
    later = lambda at: f"{at + pd.Timedelta('15min'):%H:%M}"  # noqa: E731
    table = split(start, {"Datum": "{:%d.%m.%Y}", "von": "{:%H:%M}", "bis": later}, comma())
    yield accept("from_and_to", text(table, ";"), start, time=("Datum", "von"), drop=("bis",), **GERMAN)
    table = split(start, {"Date": "{0.month}/{0.day}/{0.year}", "Time": "{:%I:%M %p}"})
    yield accept("us_date_and_time", text(table), start, time=("Date", "Time"))
    hours = truth("market", "2022-01-01", "h", 240, "Price")
    table = split(hours, {"Date": "{:%Y-%m-%d}", "Hour": "{0.hour}"})
    yield accept("date_and_hour", text(table), hours, time=("Date", "Hour"))
    table = split(hours, {"Delivery Date": "{:%m/%d/%Y}", "Hour Ending": lambda at: f"{at.hour + 1:02}:00"})
    fields = {"time": ("Delivery Date", "Hour Ending"), "first": None, "last": None, "checks": ()}
    yield accept("hour_ending", text(table), hours, **fields)
    zone = {"Datum": "{:%d.%m.%Y}", "Uhrzeit": "{:%H:%M:%S}", "Zeitzone": "CET"}
    sales = truth("paypal", "2021-01-04 09:00", "D", 80, "Brutto", "Gebühr", "Netto")
    table = with_column(split(sales, zone, comma(2, ".")), 3, "Währung", "EUR")
    fields = {
        "time": None,
        "utc": None,
        "first": None,
        "last": None,
        "checks": (),
        "drop": ("Währung",),
        "decimal": ",",
    }
    yield accept("paypal", text(table, quote="all"), sales, "utf-8-sig", **fields)
    second = split(
        sales,
        {"Buchung": "{:%d.%m.%Y %H:%M}", "geändert": lambda at: f"{at + pd.Timedelta('3D'):%d.%m.%Y %H:%M}"},
        comma(),
    )
    yield accept("two_times", text(second, ";"), sales, time=("Buchung",), drop=("geändert",), **GERMAN)


def markets() -> Iterator[Case]:
    bars = truth("bars", "2021-03-01", "B", 90, "Close", "High", "Low", "Open", "Volume")
    names = ["Close", "High", "Low", "Open", "Volume"]
    body = rows(bars)[1:]
    heads = [["Price", *names], ["Ticker", *["MSFT"] * 5], ["Date", *[""] * 5]]
    expected = bars.named(*(f"{name} MSFT" for name in names))
    yield accept("yfinance", text([*heads, *body]), expected, time=("Date",))
    two = truth("two", "2021-03-01", "B", 90, "Close SAP.DE", "Close BMW.DE", "Volume SAP.DE", "Volume BMW.DE")
    heads = [
        ["Price", "Close", "Close", "Volume", "Volume"],
        ["Ticker", *["SAP.DE", "BMW.DE"] * 2],
        ["Date", *[""] * 4],
    ]
    yield accept("yfinance_two", text([*heads, *rows(two)[1:]]), two, time=("Date",))
    old = two.named("Adj Close ADS.DE", "Adj Close BAS.DE", "Close ADS.DE", "Close BAS.DE")
    heads = [["", "Adj Close", "Adj Close", "Close", "Close"], ["", *["ADS.DE", "BAS.DE"] * 2], ["Date", *[""] * 4]]
    yield accept("yfinance_older", text([*heads, *rows(old)[1:]]), old, time=("Date",))
    forex = truth("mt", "2022-05-02", "15min", 200, "<OPEN>", "<HIGH>", "<LOW>", "<CLOSE>", digits=5, level=1.1)
    table = with_column(split(forex, {"<DATE>": "{:%Y.%m.%d}", "<TIME>": "{:%H:%M}"}, number(5)), 6, "<SPREAD>", "2")
    fields = {"time": ("<DATE>", "<TIME>"), "target": "<CLOSE>", "drop": ("<SPREAD>",), "warn": ("constant_column",)}
    yield accept("metatrader", text(table, "\t"), forex, delimiter="\t", **fields)
    bare = split(forex, {"d": "{:%Y.%m.%d}", "t": "{:%H:%M}"}, number(5))[1:]
    yield accept("metatrader_4_no_header", text(bare), forex.named("#1", "#2", "#3", "#4"), time=None, target=None)
    yield from binance()
    news = truth("investing", "2021-03-01", "B", 80, "Price", "Open", level=1_900)
    table = rows(news, lambda at: f"{at:%b %d, %Y}", number(2, ".", ","), "Date")
    newest = [table[0], *table[:0:-1]]
    yield accept(
        "investing_newest_first", text(newest, quote="all"), news, "utf-8-sig", time=("Date",), warn=("unsorted",)
    )
    nulls = bars.missing(c0=[30], c1=[30], c2=[30], c3=[30], c4=[30])
    holiday = [[cell or "null" for cell in line] for line in rows(nulls, name="Date")]
    fields = {"time": ("Date",), "target": "Close", "rows": None, "gaps": None, "missing": {}}
    yield accept("yahoo_null_row", text(holiday), nulls, **fields)


def binance() -> Iterator[Case]:
    candles = truth("binance", "2023-01-01", "h", 150, *(f"#{place}" for place in range(1, 10)), level=17_000)
    columns = {**candles.columns, "#8": [float(10 + row % 7) for row in range(150)]}
    candles = Truth(candles.index, columns)
    for label, unit in (("ms", 1_000), ("us", 1_000_000)):
        opened = lambda at, unit=unit: str(int(at.timestamp()) * unit)  # noqa: E731
        closed = [str((int(at.timestamp()) + 3_600) * unit - 1) for at in candles.index]
        table = with_column(rows(candles, opened), 6, "closed", closed.__getitem__)
        table = with_column(table, 11, "ignore", "0")[1:]
        yield accept(f"binance_{label}", text(table, end="\n"), candles, time=None, target=None)


def banks_and_shops() -> Iterator[Case]:
    random = np.random.default_rng(5)
    days = pd.DatetimeIndex(np.sort(random.choice(pd.date_range("2020-01-02", "2020-12-20"), 90, replace=False)))
    moves = truth("bank", "2020-01-01", "D", 90, "Betrag", "Saldo nach Buchung")
    booked = Truth(
        days,
        {
            "Betrag": [round(value - 500, 2) for value in moves.columns["Betrag"]],
            "Saldo nach Buchung": moves.columns["Saldo nach Buchung"],
        },
    )
    table = rows(booked, "%d.%m.%Y", comma(2, "."), "Buchungstag")
    table = with_column(table, 1, "Valuta", lambda row: f"{days[row] + pd.Timedelta('1D'):%d.%m.%Y}")
    table = with_column(
        table, 2, "Verwendungszweck", lambda row: f"Miete; März {row}" if row % 2 else 'Café "Zum Löwen"'
    )
    table = with_column(table, 5, "Währung", "EUR")
    newest = [table[0], *table[:0:-1]]
    head = [
        ["Umsatzanzeige"],
        ["IBAN", "DE02 1203 0000 0000 2020 51"],
        ["Zeitraum", "01.01.2020 - 31.12.2020"],
        ["Saldo", "1.234,56 EUR"],
        [],
    ]
    drop = ("Valuta", "Verwendungszweck", "Währung")
    fields = {"time": ("Buchungstag",), "freq": None, "gaps": None, "drop": drop, "warn": ("unsorted",), **GERMAN}
    yield accept("bank_statement", text([*head, *newest], ";", quote="all"), booked, "cp1252", **fields)
    shop = truth("shop", "2022-03-01", "D", 70, "Gross sales", "Discounts", "Net sales")
    shop = Truth(shop.index, {**shop.columns, "Discounts": [-value for value in shop.columns["Discounts"]]})
    yield accept("shopify", text(rows(shop, name="Day"), quote="all"), shop, time=("Day",))
    web = truth("web", "2022-03-01", "D", 70, "Sessions", digits=0, level=4_000)
    lines = [
        "# ----------------------------------------",
        "# Alle Websitedaten",
        "# Zielgruppe",
        "# 20220301-20220509",
        "# ---",
        "",
    ]
    table = rows(web, "%m/%d/%y", number(0, ".", ","), "Day Index")
    total = ["", f"{sum(web.columns['Sessions']):,.0f}"]
    content = "\n".join(lines) + "\n" + text([*table, total], end="\n")
    yield accept("google_analytics", content, web, time=("Day Index",), warn=("skipped_lines",))
    trend = truth("trend", "2018-01-07", "W-SUN", 120, "bitcoin: (Weltweit)", digits=0, level=50)
    table = rows(trend, "%Y-%m-%d", number(0), "Woche")
    content = "Kategorie: Alle Kategorien\r\n\r\n" + text(table)
    yield accept("google_trends", content, trend, time=("Woche",))
    below = [0 if row % 9 == 0 else value for row, value in enumerate(trend.columns["bitcoin: (Weltweit)"])]
    table = [
        [cell if cell != "0" else "<1" for cell in line]
        for line in rows(Truth(trend.index, {"x": below}), "%Y-%m-%d", number(0), "Week")
    ]
    content = "Category: All categories\n\n" + text(table, end="\n")
    yield accept(
        "google_trends_below_one",
        content,
        Truth(trend.index, {"x": below}),
        time=("Week",),
        sums={},
        checks=(),
        missing={},
    )
    sap = truth("sap", "2020-01-01", "D", 60, "Betrag in HW")
    lines = [
        "|" + "|".join(cell.rjust(14) for cell in line) + "|"
        for line in rows(sap, "%d.%m.%Y", comma(2, "."), "Buch.dat.")
    ]
    rule = "-" * len(lines[0])
    content = "\r\n".join(["Einzelpostenliste", "", rule, lines[0], rule, *lines[1:], rule, ""])
    reason = ("column", "delimiter", "table", "line")
    yield either("sap_list", content, sap, reason, time=("Buch.dat.",), delimiter="|", decimal=",")


def loggers() -> Iterator[Case]:
    station = truth("station", "2021-06-01", "10min", 150, "AirTC", "RH", "WS")
    heads = [["TIMESTAMP", "AirTC", "RH", "WS"], ["TS", "Deg C", "%", "m/s"]]
    yield accept(
        "units_below_names", text([*heads, *rows(station, "%Y-%m-%d %H:%M")[1:]]), station, time=("TIMESTAMP",)
    )
    heads = [
        ["TOA5", "CR1000", "12345", "CPU:x.CR1"],
        ["TIMESTAMP", "AirTC", "RH", "WS"],
        ["TS", "Deg C", "%", "m/s"],
        ["", "Avg", "Smp", "Max"],
    ]
    logged = station.named("#1", "#2", "#3")
    content = text([*heads, *rows(station, "%Y-%m-%d %H:%M:%S")[1:]], quote="all")
    yield accept("campbell_toa5", content, logged, time=None)
    heads = [["Zeit", "Temperatur", "Feuchte", "Wind"], ["", "°C", "% rF", "km/h"]]
    table = [*heads, *rows(station, "%d.%m.%Y %H:%M", comma(1))[1:]]
    rounded = truth("station", "2021-06-01", "10min", 150, "Temperatur", "Feuchte", "Wind", digits=1)
    table = [*heads, *rows(rounded, "%d.%m.%Y %H:%M", comma(1))[1:]]
    yield accept("german_units_row", text(table, ";"), rounded, "latin-1", time=("Zeit",), **GERMAN)
    bracketed = rounded.named("Temperatur [°C]", "Feuchte [%]", "Wind [km/h]")
    yield accept("units_in_names", text(rows(bracketed, write=number(1), time="%Y-%m-%d %H:%M")), bracketed)
    fred = truth("fred", "1990-01-01", "QS-JAN", 90, "GDPC1", level=9_000).missing(c0=[2, 3, 50])
    table = [[cell or "." for cell in line] for line in rows(fred, name="DATE")]
    yield accept("fred", text(table, end="\n"), fred, time=("DATE",), warn=("missing_values",))
    sql = truth("sql", "2021-01-01", "h", 120, "reading").missing(c0=[5, 60, 61])
    table = [[cell or "\\N" for cell in line] for line in rows(sql, "%Y-%m-%d %H:%M:%S", name="created_at")]
    yield accept(
        "sql_dump",
        text(with_column(table, 0, "id", lambda row: str(row + 900)), "\t"),
        sql,
        time=("created_at",),
        delimiter="\t",
        drop=("id",),
    )
    spss = truth("spss", "2012-01-01", "MS", 72, "Umsatz")
    table = rows(spss, lambda at: at.strftime("%b %Y").upper(), comma(), "DATE_")
    table = with_column(
        with_column(table, 1, "YEAR_", lambda row: str(spss.index[row].year)),
        2,
        "MONTH_",
        lambda row: str(spss.index[row].month),
    )
    yield accept("spss", text(table, ";"), spss, time=None, values=None, target=None, **GERMAN)
    entsoe = truth("entsoe", "2021-01-01", "h", 120, "Actual Total Load [MW] - BZN|DE-LU").missing(c0=[100, 101])
    interval = lambda at: f"{at:%d.%m.%Y %H:%M} - {at + pd.Timedelta('1h'):%d.%m.%Y %H:%M}"  # noqa: E731
    table = [[cell or "n/e" for cell in line] for line in rows(entsoe, interval, name="Time (CET/CEST)")]
    yield accept("entsoe", text(table, quote="all"), entsoe, time=("Time (CET/CEST)",), warn=("missing_values",))
    elapsed = truth("elapsed", None, "h", 100, "force")
    table = with_column(rows(elapsed, None), 0, "t [s]", lambda row: f"{row / 10:.1f}")
    fields = {"values": None, "target": None, "warn": ("no_dates",), "time": None, "layout": "index"}
    yield accept("elapsed_seconds", text(table), elapsed, **fields)
