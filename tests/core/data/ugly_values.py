"""Numbers as people write them: thousands, signs, currencies, units, and the many words for nothing."""

import math
from collections.abc import Iterator
from typing import Any

from tests.core.data.ugly_case import (
    Case,
    Truth,
    Writer,
    accept,
    comma,
    either,
    number,
    rows,
    text,
    truth,
    with_column,
)

GERMAN: dict[str, Any] = {"delimiter": ";", "decimal": ","}


def cases() -> Iterator[Case]:
    yield from locales()
    yield from signs()
    yield from units()
    yield from missing()
    yield from doubtful()


def signed(seed: str, *names: str, level: float = 2_500) -> Truth:
    """Every third value negative."""
    known = truth(seed, "2021-01-01", "D", 90, *(names or ("saldo",)), level=level)
    return Truth(
        known.index,
        {
            name: [-value if row % 3 == 0 else value for row, value in enumerate(values)]
            for name, values in known.columns.items()
        },
    )


def negative(writer: Writer, before: str, after: str) -> Writer:
    """Another way to write a negative number."""
    return lambda value: before + writer(-value) + after if value < 0 else writer(value)


def lakh(value: float) -> str:
    """Indian grouping: the last three digits, then pairs."""
    whole, _, part = f"{value:.2f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    pairs = [head[max(end - 2, 0) : end] for end in range(len(head), 0, -2)][::-1]
    return "₹" + ",".join([*pairs, tail]) + "." + part


def locales() -> Iterator[Case]:
    known = truth("locales", "2021-05-01", "D", 80, "amount", "cost", level=1_234_567)
    swiss = rows(known, "%d.%m.%Y", number(2, ".", "'"))
    yield accept("swiss_apostrophes", text(swiss, ";"), known, delimiter=";")
    yield accept("swiss_typographic", text(rows(known, write=number(2, ".", "’")), ";"), known, delimiter=";")
    yield accept("indian_lakh", text(rows(known, write=lakh)), known)
    yield accept("spaces_and_points", text(rows(known, write=number(2, ".", " ")), "\t"), known, delimiter="\t")
    yield accept("thin_spaces", text(rows(known, write=comma(2, "\u2009")), ";"), known, **GERMAN)
    brazil = rows(known, "%d/%m/%Y", comma(2, ".", before="R$ "))
    yield accept("brazilian_real", text(brazil, "\t"), known, delimiter="\t", decimal=",")
    turkish = rows(known, "%d.%m.%Y", comma(2, ".", after=" ₺"))
    yield accept("turkish_lira", text(turkish, ";"), known, **GERMAN)
    whole = truth("visitors", "2021-05-01", "D", 80, "visitors", "revenue", level=40_000)
    whole = Truth(whole.index, {**whole.columns, "visitors": [round(value) for value in whole.columns["visitors"]]})
    table = rows(whole, write=[number(0, ".", "."), comma()])
    yield accept("points_are_thousands_beside_commas", text(table, ";"), whole, **GERMAN)
    table = rows(whole, write=[number(0, ".", ","), number(2, ".", ",")])
    yield accept("commas_are_thousands_beside_points", text(table), whole)
    rates = truth("rates", "2021-05-01", "D", 80, "EURUSD", digits=3, level=1.1)
    yield accept("three_decimals_with_points", text(rows(rates, write=number(3))), rates)
    small = truth("small", "2021-05-01", "D", 80, "Anteil", digits=3, level=0.5)
    yield accept("three_decimals_with_commas", text(rows(small, write=comma(3)), ";"), small, **GERMAN)
    some = rows(known, write=number())
    yield accept("decimal_asked_for", text(rows(known, write=comma()), ";"), known, asked={"decimal": ","}, **GERMAN)
    yield accept("leading_plus", text([some[0], *([line[0], "+" + line[1], line[2]] for line in some[1:])]), known)


def signs() -> Iterator[Case]:
    known = signed("signs", "saldo", "bewegung")
    german = comma(2, ".")
    yield accept("sap_trailing_minus", text(rows(known, "%d.%m.%Y", negative(german, "", "-")), ";"), known, **GERMAN)
    yield accept("german_parentheses", text(rows(known, write=negative(german, "(", ")")), ";"), known, **GERMAN)
    yield accept("typographic_minus", text(rows(known, write=negative(number(), "−", ""))), known)
    yield accept("minus_before_currency", text(rows(known, write=negative(number(2, ".", ",", "$"), "-", ""))), known)
    inside = negative(lambda value: f"{value:,.2f}", "$-", "")
    yield accept("minus_after_currency", text(rows(known, write=inside)), known)
    euro = negative(comma(2, ".", after=" €"), "- ", "")
    yield accept("minus_with_a_blank", text(rows(known, write=euro), ";"), known, **GERMAN)
    codes = negative(number(2, ".", ",", "USD "), "(", ")")
    yield accept("codes_in_parentheses", text(rows(known, write=codes)), known)
    letters = negative(comma(2, "."), "", " S")
    table = rows(known, write=lambda value: letters(value) if value < 0 else letters(value) + " H")
    yield either("debit_and_credit_letters", text(table, ";"), known, ("numeric", "number"), **GERMAN)


def units() -> Iterator[Case]:
    known = truth("units", "2021-07-01", "h", 120, "power", "temp")
    yield accept("currency_code_after", text(rows(known, "%Y-%m-%d %H:%M", number(2, ".", ",", after=" USD"))), known)
    yield accept(
        "currency_code_before", text(rows(known, "%Y-%m-%d %H:%M", comma(2, ".", "EUR ")), ";"), known, **GERMAN
    )
    table = rows(known, "%d.%m.%Y %H:%M", [comma(2, after=" kWh"), comma(2, after="°C")])
    yield accept("units_in_cells", text(table, ";"), known, **GERMAN)
    share = truth("share", "2021-07-01", "D", 120, "Quote", digits=1, level=42)
    yield accept(
        "percent_with_comma", text(rows(share, write=comma(1, after=" %")), ";"), share, sums={}, checks=(), **GERMAN
    )
    pounds = rows(known, "%Y-%m-%d %H:%M", number(2, ".", ",", "£"))
    yield accept("pounds_latin1", text(pounds), known, "latin-1")
    powers = rows(known, "%Y-%m-%d %H:%M", lambda value: f"{value:.5E}")
    yield accept("powers_of_ten", text(powers), known)
    powers = rows(known, "%Y-%m-%d %H:%M", lambda value: f"{value:.5E}".replace(".", ","))
    yield accept("powers_of_ten_with_comma", text(powers, ";"), known, **GERMAN)
    yield from letters(known)


def letters(known: Truth) -> Iterator[Case]:
    """Thousands and millions by a letter, in one column."""
    whole = [round(value * 150) * 10.0 for value in known.columns["temp"]]
    volume = Truth(known.index, {"Price": known.columns["power"], "Vol.": whole})

    def short(value: float) -> str:
        return f"{value / 1e6:.5f}M" if value >= 1e6 else f"{value / 1e3:.2f}K"

    table = rows(volume, "%Y-%m-%d %H:%M", [number(), short])
    assert {cell[2][-1] for cell in table[1:]} == {"K", "M"}
    yield either("thousands_and_millions_by_letter", text(table), volume, ("number",))


WORDS = (
    *("k.A.", "k. A.", "keine Angabe", "#NV", "#BEZUG!", "#ZAHL!", "#WERT!", "#NAME?", "n. v.", "nicht verfügbar", "/"),
    *("#N/D", "#REF!", "#NUM!", "s/d", "s.d.", "sin datos", "n.d.", "nd", "brak", "b.d.", "ingen data", "puuttuu"),
    *(
        "\\N",
        "(null)",
        "<NA>",
        "NaT",
        "nil",
        "undefined",
        "..",
        "...",
        "…",
        ":",
        ".",
        "–",
        "---",
        "*",
        "x",
        "na",
        "NAN",
    ),
)


def missing() -> Iterator[Case]:
    known = truth("nothing", "2020-01-01", "D", 150, "Wert", "Menge")
    places = [4 + 3 * place for place in range(len(WORDS))]
    holes = known.missing(c0=places)
    table = rows(known, "%d.%m.%Y", comma(), "Tag")
    for place, word in zip(places, WORDS, strict=True):
        table[place + 1][1] = word
    fields = {"time": ("Tag",), "warn": ("missing_values",), **GERMAN}
    yield accept("words_for_nothing", text(table, ";"), holes, **fields)
    for word in ("\\N", ".", "..", ":", "NULL", "-", "#N/A", "n/e", "N/A N/A", "Keine Daten", "Err:502"):
        spread = known.missing(c0=range(3, 140, 5), c1=range(50, 60))
        table = [[cell or word for cell in line] for line in rows(spread)]
        label = "".join(letter if letter.isalnum() else f"{ord(letter):x}" for letter in word)
        yield accept(f"nothing_is_{label}", text(table), spread, warn=("missing_values",))
    leading = known.missing(c1=range(40))
    yield accept("starts_later", text(rows(leading)), leading, warn=("missing_values",))
    sparse = known.missing(c1=[row for row in range(150) if row % 10])
    yield accept("one_value_in_ten", text(rows(sparse)), sparse, warn=("missing_values",))
    holes = known.missing(c0=[7, 8, 99])
    table = rows(known)
    for row, word in ((7, "inf"), (8, "-Infinity"), (99, "∞")):
        table[row + 1][1] = word
    yield accept("infinities", text(table), holes, warn=("infinite_values",))
    table = rows(known)
    for row in (20, 70):
        table[row + 1][2] = "siehe Anhang"
    yield accept("a_remark_instead_of_a_number", text(table), known.missing(c1=[20, 70]), drop=())
    weather = with_column(rows(known), 3, "wind", lambda row: "-999" if row % 11 == 0 else f"{3 + row % 7}.5")
    values = [math.nan if row % 11 == 0 else 3.5 + row % 7 for row in range(150)]
    station = Truth(known.index, {**known.columns, "wind": values})
    open_to_judgement = {"missing": {"Wert": 0}, "sums": {}}
    yield accept("code_for_nothing", text(weather), station, **open_to_judgement)


def doubtful() -> Iterator[Case]:
    known = truth("constant", "2020-01-01", "D", 60, "value")
    zero = with_column(rows(known), 2, "status", "0")
    yield accept("constant_zero", text(zero), known, drop=("status",), warn=("constant_column",))
    label = with_column(rows(known), 1, "city", "Oslo")
    yield accept("constant_label", text(label), known, drop=("city",))
    table = with_column(with_column(rows(known), 2, "kommentar", ""), 1, "leer", "")
    yield accept(
        "two_empty_columns", text(table, ";"), known, delimiter=";", drop=("leer", "kommentar"), warn=("empty_column",)
    )
    counter = with_column(rows(known), 0, "Nr.", lambda row: str(row + 1))
    yield accept("row_numbers", text(counter), known, drop=("Nr.",))
    counter = with_column(rows(known), 0, "id", lambda row: str(10_001 + row))
    yield accept("running_ids", text(counter), known, drop=("id",))
    huge = Truth(known.index, {"huge": [value * 1e200 for value in known.columns["value"]]})
    tiny = Truth(
        known.index, {"huge": huge.columns["huge"], "tiny": [value * 1e-200 for value in known.columns["value"]]}
    )
    yield accept("huge_and_tiny", text(rows(tiny, write=repr)), tiny)
    thousand = [round(value) * 1_000 + row for row, value in enumerate(known.columns["value"])]
    guess = Truth(known.index, {"Besucher": [float(value) for value in thousand]})
    table = rows(guess, write=number(0, ".", "."))
    yield accept(
        "only_points_and_three_digits", text(table, ";"), guess, delimiter=";", decimal=None, sums={}, checks=()
    )
    signed_zero = Truth(
        known.index, {"net": [0.0 if row % 4 else -value for row, value in enumerate(known.columns["value"])]}
    )
    yield accept("mostly_zero", text(rows(signed_zero)), signed_zero, warn=("mape_undefined",))
    yes = with_column(rows(known), 2, "Feiertag", lambda row: "ja" if row % 7 == 0 else "nein")
    yield accept("yes_and_no", text(yes), known, values=None)
