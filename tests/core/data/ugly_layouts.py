"""What stands around and between the rows, and tables that lie on their side or hold several series."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from tests.core.data.ugly_case import Case, Rows, Truth, accept, comma, either, number, rows, text, truth, with_column

GERMAN: dict[str, Any] = {"delimiter": ";", "decimal": ","}


def cases() -> Iterator[Case]:
    yield from around()
    yield from between()
    yield from headers()
    yield from long()
    yield from turned()
    yield from without_times()


def around() -> Iterator[Case]:
    known = truth("around", "2019-01-01", "MS", 60, "Umsatz", "Stück", level=8_000)
    table = rows(known, "%m/%Y", comma(2, "."), "Monat")
    fields = {"time": ("Monat",), **GERMAN}
    sums = [f"{sum(values):,.2f}".translate(str.maketrans(",.", ".,")) for values in known.columns.values()]
    yield accept("sum_row", text([*table, ["Summe", *sums]], ";"), known, warn=("skipped_lines",), **fields)
    mean = ["Durchschnitt", "8.000,00", "10.960,00"]
    yield accept(
        "two_result_rows", text([*table, [], ["Gesamt", *sums], mean], ";"), known, warn=("skipped_lines",), **fields
    )
    source = [[], ["Quelle: Statistisches Amt, eigene Berechnung"], ["Stand: 03.05.2024"]]
    yield accept("source_below", text([*table, *source], ";"), known, warn=("skipped_lines",), **fields)
    title = [["Umsatzbericht Filiale Süd"], ["erstellt am", "03.05.2024"], []]
    yield accept("title_above", text([*title, *table], ";"), known, warn=("skipped_lines",), **fields)
    padded = [["Umsatzbericht", "", ""], ["Filiale", "Süd", ""], ["", "", ""]]
    yield accept("title_padded_to_width", text([*padded, *table], ";"), known, warn=("skipped_lines",), **fields)
    long_title = [[f"Bemerkung {line}: Werte, vorläufig"] for line in range(25)]
    yield accept("many_lines_above", text([*long_title, [], *table], ";"), known, **fields)
    comments = "# made by logger v2.1\n# site=7,unit=kW\n" + text(rows(known), end="\n")
    yield accept("comment_lines", comments, known)
    footer = text(rows(known), end="\n") + '\n"Data from database: World Indicators"\n"Last Updated: 07/25/2023"\n'
    yield accept("database_footer", footer, known, warn=("skipped_lines",))
    blank = "\n\n\r\n" + text(rows(known))
    yield accept("blank_lines_above", blank, known)
    numbers = [["Report", "17"], ["Version", "3"], []]
    yield accept("numbers_above", text([*numbers, *rows(known)]), known, warn=("skipped_lines",))


def between() -> Iterator[Case]:
    known = truth("between", "2021-01-01", "D", 120, "Umsatz", "Kunden")
    table = rows(known, "%d.%m.%Y", comma(), "Tag")
    fields = {"time": ("Tag",), **GERMAN}
    blanks = [line for row in table for line in (row, [])]
    yield accept("blank_lines_between", text(blanks, ";"), known, **fields)
    empty = [line for row in table for line in (row, ["", "", ""])]
    yield accept("empty_cells_between", text(empty, ";"), known, **fields)
    assert known.index is not None
    totals: Rows = [table[0]]
    for row, line in enumerate(table[1:]):
        totals.append(line)
        if (known.index[row] + pd.Timedelta("1D")).day == 1:
            totals.append([f"Zwischensumme {known.index[row]:%m/%Y}", "15.000,00", "20.500,00"])
    yield accept("subtotals", text(totals, ";"), known, warn=("skipped_lines",), **fields)
    again = [*table[:51], table[0], *table[51:90], table[0], *table[90:]]
    yield accept("header_again", text(again, ";"), known, warn=("skipped_lines",), **fields)
    ragged = [list(line) for line in table]
    ragged[60] = ragged[60][:2]
    ragged[80].append("geprüft")
    short = known.missing(c1=[59])
    yield accept("ragged", text(ragged, ";"), short, warn=("ragged_rows",), **fields)
    impossible = [list(line) for line in table]
    for row, day in ((45, "30.02.2021"), (46, "31.02.2021"), (100, "00.00.0000")):
        impossible[row][0] = day
    gone = known.without([44, 45, 99])
    yield accept(
        "impossible_dates", text(impossible, ";"), gone, freq="D", gaps=3, warn=("gaps", "skipped_lines"), **fields
    )
    some = [list(line) for line in table]
    some[33][0] = some[34][0] = ""
    gone = known.without([32, 33])
    yield accept("rows_without_a_date", text(some, ";"), gone, freq="D", gaps=2, warn=("skipped_lines",), **fields)
    twice = [*table[:31], *table[11:31], *table[31:]]
    yield accept("rows_twice", text(twice, ";"), known, dup=20, warn=("duplicate_times",), **fields)
    backwards = [table[0], *table[:0:-1]]
    yield accept("newest_first", text(backwards, ";"), known, warn=("unsorted",), never=("gaps",), **fields)
    holes = known.without([*range(20, 30), 50, 51, 90])
    yield accept("gaps", text(rows(holes)), holes, freq="D", gaps=13, warn=("gaps",))
    events = pd.DatetimeIndex(
        known.index + pd.to_timedelta(np.random.default_rng(3).integers(0, 80_000, 120), unit="s")
    )
    irregular = Truth(events, known.columns)
    fields = {"freq": None, "gaps": None, "warn": ("irregular",)}
    yield accept("events", text(rows(irregular, "%Y-%m-%d %H:%M:%S")), irregular, **fields)


def headers() -> Iterator[Case]:
    known = truth("headers", "2021-05-01", "D", 80, "a", "b", "c")
    places = known.named("#1", "#2", "#3")
    yield accept("no_header", text(rows(known)[1:]), places, time=None, target=None)
    yield accept(
        "no_header_german", text(rows(known, "%d.%m.%Y", comma())[1:], ";"), places, time=None, target=None, **GERMAN
    )
    same = known.named("Wert", "Wert ", "wert")
    table = [["Datum", "Wert", "Wert", "Wert"], *rows(same)[1:]]
    yield accept("three_of_a_name", text(table), places, time=("Datum",), warn=("duplicate_names",))
    table = [["", "Wert", "", "Rest"], *rows(known)[1:]]
    yield accept("half_the_names", text(table), places, time=None)
    years = known.named("2019", "2020", "2021")
    yield accept("years_as_names_of_columns", text(rows(years, name="Tag")), years, time=("Tag",))
    top = [["", "Werk Nord", "", "Werk Süd"], ["Datum", "Strom", "Gas", "Strom"], *rows(known)[1:]]
    expected = known.named("Werk Nord Strom", "Werk Nord Gas", "Werk Süd Strom")
    yield accept("two_rows_of_names", text(top, ";"), expected, time=("Datum",), delimiter=";")
    label = [["Land", "DE", "DE", "AT"], ["Messgröße", "Last", "Preis", "Last"], *rows(known)[1:]]
    expected = known.named("DE Last", "DE Preis", "AT Last")
    yield accept("two_full_rows_of_names", text(label, ";"), expected, time=None, delimiter=";")
    names = ["+SUM(A1:A9)", "@cmd", "-2+3"]
    yield accept("formulas_as_names", text(rows(known.named(*names))), known.named(*names))
    hostile = ["\u202egnol", "a\x07b", "<svg onload=alert(1)>"]
    yield accept("hostile_names", text(rows(known.named(*hostile))), places, target=None)
    long_name = "n" * 3_000
    yield accept("a_name_of_3000_letters", text(rows(known.named(long_name, "b", "c"))), places, target=None)


def melted(
    parts: Mapping[str, Truth],
    id: str,
    time: str = "%Y-%m-%d",
    place: int = 1,
    by_id: bool = False,
    write: Any = None,
) -> Rows:
    """Long layout: the column `id` at `place`, rows in the order of time or series after series."""
    lines = []
    for key, part in parts.items():
        assert part.index is not None
        table = with_column(rows(part, time, write or number()), place, id, key)
        lines += [(at, line) for at, line in zip(part.index, table[1:], strict=True)]
    if not by_id:
        lines.sort(key=lambda pair: pair[0])
    return [table[0], *(line for _, line in lines)]


def long_case(name: str, written: str, parts: Mapping[str, Truth], id: str, **fields: Any) -> Case:
    """Rows are pairs of id and time; the sums are of the target."""
    first = next(iter(parts.values()))
    target = fields.pop("target", next(iter(first.columns)))
    index = pd.DatetimeIndex(np.concatenate([part.index.to_numpy() for part in parts.values()]))
    return Case(
        name,
        written.encode(),
        **{
            "layout": "long",
            "time": ("date",),
            "id": id,
            "ids": tuple(sorted(parts)),
            "rows": len(index),
            "rows_per_id": {key: part.rows for key, part in parts.items()},
            "sums_per_id": {key: float(np.nansum(part.columns[target])) for key, part in parts.items()},
            "first": str(index.min()),
            "last": str(index.max()),
            "freq": first.index.freqstr,
            "values": tuple(first.columns),
            "target": target,
            "warn": ("several_series",),
            **fields,
        },
    )


def long() -> Iterator[Case]:
    parts = {
        f"shop {letter}": truth(letter, "2021-01-01", "D", 120 - 20 * place, "sales", "visitors")
        for place, letter in enumerate("ABC")
    }
    yield long_case("long_interleaved", text(melted(parts, "branch")), parts, "branch")
    yield long_case("long_by_series", text(melted(parts, "Where", by_id=True)), parts, "Where")
    yield long_case("long_id_first", text(melted(parts, "shop", place=0)), parts, "shop")
    yield long_case("long_id_last", text(melted(parts, "outlet", place=3)), parts, "outlet")
    german = melted(parts, "Filiale", "%d.%m.%Y", write=comma(2, "."))
    yield long_case("long_german", text(german, ";"), parts, "Filiale", **GERMAN)
    for name, column in (("rossmann", "Store"), ("walmart", "Dept"), ("swiss", "Filial-Nr."), ("loop", "loop_no")):
        stores = {str(place + 1): truth(name + str(place), "2020-02-01", "D", 90, "sales") for place in range(5)}
        yield long_case(f"long_numbered_{name}", text(melted(stores, column)), stores, column)
    yield long_case(
        "long_numbered_by_series", text(melted(stores, "meter_id", place=0, by_id=True)), stores, "meter_id"
    )
    sensors = {key: truth(key, "2022-01-01", "10min", 100, "value") for key in ("temp", "humidity", "co2")}
    iot = melted(sensors, "metric", "%Y-%m-%dT%H:%M:%SZ")
    yield long_case("iot_long", text(iot), sensors, "metric", utc=True)
    table = melted(parts, "shop")
    city = {"A": "Graz", "B": "Linz", "C": "Wien"}
    cities = with_column(table, 2, "city", lambda row: city[table[row + 1][1][-1]])
    yield long_case("long_with_a_second_label", text(cities), parts, "shop", drop=("city",))
    label = with_column(table, 4, "remark", lambda row: "ok" if row % 5 else "check")
    yield long_case("long_with_remarks", text(label), parts, "shop", drop=("remark",))
    months = {key: truth(key, "2015-01-01", "MS", 60, "Absatz") for key in ("Nord", "Süd")}
    table = melted(months, "Gebiet", "%m/%Y", write=comma())
    yield long_case("long_months", text(table, ";"), months, "Gebiet", **GERMAN)
    pairs = {f"{shop}{item}": truth(shop + item, "2021-01-01", "D", 60, "units") for shop in "NS" for item in "xyz"}
    table = melted(pairs, "both")
    both = [[line[0], *(("region", "item") if row == 0 else line[1]), line[2]] for row, line in enumerate(table)]
    case = long_case("long_two_labels", text(both), pairs, "both")
    yield replace(case, ids=(), rows_per_id={}, sums_per_id={}, id=None)
    again = melted(parts, "shop")
    again = [*again[:40], *again[30:40], *again[40:]]
    yield long_case("long_rows_twice", text(again), parts, "shop", dup=10, warn=("several_series", "duplicate_times"))
    asked = {"asked": {"series": "shop B"}}
    yield long_case("long_series_asked_for", text(melted(parts, "shop")), parts, "shop", **asked)
    some = truth("one", "2021-01-01", "D", 120, "sales")
    yield accept("long_with_one_series", text(with_column(rows(some), 1, "shop", "A")), some, drop=("shop",))


def turn(known: Truth, form: str, labels: tuple[str, ...] = ("Produkt",), write: Any = None) -> Rows:
    """Times in the header, a series a row; labels beyond the first are the same in every row."""
    put = write or number()
    assert known.index is not None
    head = [*labels, *(form.format(at) for at in known.index)]
    extra = [f"all {label}" for label in labels[1:]]
    return [head, *([name, *extra, *map(put, values)] for name, values in known.columns.items())]


def turned() -> Iterator[Case]:
    known = truth("turned", "2017-01-01", "MS", 60, "Kaffee", "Tee", "Kakao")
    fields = {"layout": "transposed", "time": None}
    reason = ("header", "turn", "column", "row", "transpose")
    yield either("months_in_header", text(turn(known, "{:%b %Y}")), known, reason, drop=("Produkt",), **fields)
    german = turn(known, "{:%d.%m.%Y}", ("Artikel", "Region"), comma(2, "."))
    yield either("days_in_header_german", text(german, ";"), known, reason, **fields, **GERMAN)
    one = truth("one", "1961-01-01", "YS", 60, "Österreich")
    yield either("one_row_of_years", text(turn(one, "{:%Y}", ("Land",))), one, reason, **fields)
    years = truth("years", "1961-01-01", "YS", 60, "Aruba", "Österreich", "Sambia").missing(c0=range(20), c2=[59])
    wdi = turn(years, "{:%Y}", ("Country Name", "Country Code", "Indicator Name"))
    head = [["Data Source", "World Development Indicators"], [], ["Last Updated Date", "2024-05-30"], []]
    content = "".join(line + ",\r\n" for line in text([*head, *wdi], quote="all").splitlines())
    yield either("world_bank", content, years, reason, encoding="utf-8-sig", **fields)
    bank = [
        [f"{cell} [YR{cell}]" if cell.isdigit() else cell for cell in wdi[0]],
        *([cell or ".." for cell in line] for line in wdi[1:]),
    ]
    notes = [[], [], [], ["Data from database: World Development Indicators"], ["Last Updated: 05/30/2024"]]
    yield either("databank", text([*bank, *notes]), years, reason, **fields)
    quarters = truth("q", "2010-01-01", "QS-JAN", 40, "Export", "Import")
    yield either("quarters_in_header", text(turn(quarters, "{0.year}-Q{0.quarter}")), quarters, reason, **fields)
    euro = turn(quarters, "{0.year}-Q{0.quarter} ")
    euro = [
        ["freq,unit,geo\\TIME_PERIOD", *euro[0][1:]],
        *([f"Q,EUR,{line[0]}", *(cell + " " for cell in line[1:])] for line in euro[1:]),
    ]
    euro[1][5] = ": "
    gap = quarters.missing(c0=[4])
    places = gap.named("#1", "#2")
    yield either("eurostat", text(euro, "\t"), places, reason, delimiter="\t", target=None, **fields)
    wide = {"freq": "MS"}
    asked = truth("turned", "2017-01-01", "MS", 60, "Kaffee", "Tee", "Kakao").missing(c1=[8])
    yield either("hole_in_turned", text(turn(asked, "{:%Y-%m}")), asked, reason, **fields, **wide)


def without_times() -> Iterator[Case]:
    known = truth("bare", None, "", 200, "pressure", "flow")
    yield accept("only_numbers", text(rows(known, None)), known)
    yield accept("only_numbers_german", text(rows(known, None, comma()), ";"), known, **GERMAN)
    places = known.named("#1", "#2")
    yield accept("only_numbers_no_header", text(rows(known, None)[1:]), places, target=None)
    one = truth("bare", None, "", 200, "pressure")
    yield accept("one_column", text(rows(one, None), end="\n"), one, delimiter=None)
    yield accept(
        "one_column_no_header", text(rows(one, None)[1:], end="\n"), one.named("#1"), delimiter=None, target=None
    )
    yield accept(
        "one_column_comma_decimals",
        text(rows(one, None, comma()), end="\n", quote="none"),
        one,
        delimiter=None,
        decimal=",",
    )
    count = with_column(rows(known, None), 0, "step", str)
    yield accept("numbered_rows", text(count), known, drop=("step",), time=None)
    label = with_column(rows(known, None), 1, "state", lambda row: "on" if row % 3 else "off")
    yield accept("numbers_and_states", text(label), known, drop=("state",))
    whole = truth("whole", None, "", 150, "persons", digits=0, level=44_000)
    yield accept("numbers_like_serials", text(rows(whole, None, number(0))), whole, delimiter=None)
    years = truth("whole", None, "", 150, "speed", "load", digits=0, level=2_000)
    yield accept("numbers_like_years", text(rows(years, None, number(0))), years)
