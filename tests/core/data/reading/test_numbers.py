"""Numbers as people and programs write them: every spelling, both decimal signs, and what must stay unread."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.reading.numbers import Numbers, decimal_sign, read_numbers, why_not


def read(*cells: str, decimal: str = ".") -> Numbers:
    return read_numbers(pa.array(cells, pa.string()), decimal)


def sign(*columns: list[str], delimiter: str = ";", asked: str | None = None) -> str:
    return decimal_sign([pa.array(column, pa.string()) for column in columns], delimiter, asked).sign


WITH_POINT = {
    # signs
    "12.5": 12.5,
    "+3": 3,
    "-12.5": -12.5,
    "− 7.25": -7.25,
    "–7": -7,
    "12-": -12,
    "1,234.50-": -1234.5,
    "(1,234.00)": -1234,
    "($1,234.56)": -1234.56,
    "$(1,234.56)": -1234.56,
    "(5%)": -5,
    "\u200e-5": -5,
    # currencies
    "$1,488,839.48": 1488839.48,
    "-$5": -5,
    "$-5": -5,
    "€ 12.50": 12.5,
    "12.50€": 12.5,
    "£12": 12,
    "¥1200": 1200,
    "₹12,34,567.80": 1234567.8,
    "12.50 zł": 12.5,
    "kr 12.50": 12.5,
    "Fr. 1’234.50": 1234.5,
    "CHF 1'234.56": 1234.56,
    "CHF 12.–": 12,
    "12.-- CHF": 12,
    "R$ 12.50": 12.5,
    "Rs.500": 500,
    "$.50": 0.5,
    "USD 5": 5,
    "5 EUR": 5,
    # percent and units
    "12.5%": 12.5,
    "-3 %": -3,
    "12.5 kWh": 12.5,
    "23 °C": 23,
    "7 m³/h": 7,
    "7 m3/h": 7,
    "€ 45.3 /MWh": 45.3,
    # thousands
    "1,234": 1234,
    "1 234.5": 1234.5,
    "1\u00a0234.5": 1234.5,
    "1\u202f234.5": 1234.5,
    "1\u2009234.5": 1234.5,
    "1_000_000": 1000000,
    "12,34,567": 1234567,
    # exponents, leading and trailing signs, zeros
    "1e5": 100000,
    "1.2E-03": 0.0012,
    "1.5D+03": 1500,
    "1.234e5": 123400,
    ".5": 0.5,
    "-.5": -0.5,
    "5.": 5,
    "007": 7,
    "-999": -999,
    "3139161617283090": 3139161617283090,
    "0.00000000399409": 3.99409e-09,
    "12345678901234567890123": 12345678901234567890123,
}


@pytest.mark.parametrize(("cell", "value"), WITH_POINT.items(), ids=map(ascii, WITH_POINT))
def test_a_number_is_understood_however_it_is_written(cell, value):
    assert read(cell).values.tolist() == [float(value)]


WITH_COMMA = {
    "12,5": 12.5,
    "0,123": 0.123,
    "1.234": 1234,
    "1.234,56": 1234.56,
    "1.234.567": 1234567,
    "-56 053,34 €": -56053.34,
    "1'234,5": 1234.5,
    "(1.234,00 €)": -1234,
    "1.234,50-": -1234.5,
    "12,5 %": 12.5,
    "1,2E+03": 1200,
    ",5": 0.5,
    "5,-": 5,
    "1,234": 1.234,
    "1.234e5": 123400,
    "\u00a0 12,5 €\u00a0": 12.5,
    "\ufeff1.234,5": 1234.5,
}


@pytest.mark.parametrize(("cell", "value"), WITH_COMMA.items(), ids=map(ascii, WITH_COMMA))
def test_a_number_with_a_decimal_comma_is_understood(cell, value):
    assert read(cell, decimal=",").values.tolist() == [value]


NO_NUMBERS = [
    *("2021-01-05", "31.12.2021", "01/02/2021", "2021-W05", "12:30", "1.2.3", "192.168.0.1", "1 2 3", "1,23,45"),
    *("0x10", "1F4", "true", "False", "yes", "no", "ja", "nein", "A1", "Q1", "store 12", "5 of 10", "10-20", "1/2"),
    *("<5", ">100", "(5", "5)", "--5", "(-5)", "5²", "030 123 456", "=1+2", "1,234.567,8", "1.234,567.8", "5 ¾"),
]


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("cell", NO_NUMBERS)
def test_what_is_no_number_is_left_unread(cell, decimal):
    found = read(cell, decimal=decimal)
    assert found.unread.tolist() == [True]
    assert math.isnan(found.values[0])


MISSING = [
    *(
        "NA",
        "N/A",
        "n/a",
        "NaN",
        "nan",
        "-nan",
        "null",
        "NULL",
        "None",
        "nil",
        "-",
        "--",
        "---",
        "–",
        "—",
        ".",
        "..",
        "…",
    ),
    *("?", "*", "#N/A", "#N/V", "#NV", "#WERT!", "#VALUE!", "#VALEUR!", "#¡VALOR!", "#DIV/0!", "#REF!", "#BEZUG!"),
    *("#NUM!", "#NAME?", "#NULL!", "#N/A N/A", "#####", "missing", "Missing", "fehlt", "k.A.", "k. A.", "n.d.", "n.a."),
    *("s/d", "s.o.", "nd", "(blank)", "(null)", "<NA>", "[null]", "\\N", "not available", "unknown", "TBD", "n.v.t."),
    *("nicht verfügbar", "Nicht Verfügbar", "no data", "brak", "brak danych", "sin dato", "manquant", "non disponible"),
    *("ei saatavilla", "нет данных", "-1.#IND", "1.#QNAN"),
]


@pytest.mark.parametrize("cell", MISSING, ids=ascii)
@pytest.mark.parametrize("decimal", [".", ","])
def test_a_spelling_of_missing_is_missing_and_counted(cell, decimal):
    found = read("1", cell, "3", decimal=decimal)
    assert found.values[[0, 2]].tolist() == [1, 3]
    assert math.isnan(found.values[1])
    assert not found.unread.any()
    assert found.spelled_missing == 1
    assert found.filled == 2


@pytest.mark.parametrize("cell", ["", " ", "\u00a0", "\ufeff"], ids=ascii)
def test_a_blank_cell_is_missing_and_not_counted_as_a_spelling(cell):
    found = read("1,5", cell, decimal=",")
    assert (found.filled, found.spelled_missing, found.unread.any()) == (1, 0, False)


def test_x_marks_a_missing_number_among_numbers_and_is_a_tick_elsewhere():
    assert read("1", "x", "3").spelled_missing == 1
    assert read("x", "", "x").unread.tolist() == [True, False, True]


@pytest.mark.parametrize("cell", ["inf", "-inf", "+Inf", "Infinity", "∞", "-∞", "1.#INF", "-1.#INF", "1e999"])
def test_infinity_is_told_apart_from_numbers_and_from_missing(cell):
    found = read("1", cell)
    assert found.infinite.tolist() == [False, True]
    assert (found.filled, found.spelled_missing, found.unread.any()) == (2, 0, False)
    assert math.isnan(found.values[1])
    assert read("1 kg", cell).infinite.tolist() == [False, True]


# Units, currencies, percent


@pytest.mark.parametrize(
    ("cells", "unit"),
    [
        (["$1,234.56", "($5.00)", "$0"], "$"),
        (["1 €", "2 EUR", "3"], "€"),
        (["12.5%", "3 %", "0"], "%"),
        (["1 kWh", "2.5 kWh", "", "n/a"], "kWh"),
        (["1 m3/h", "2 m3/h"], "m3/h"),
        (["€ 5 /MWh", "€ 6 /MWh"], "€/MWh"),
        (["5 Mio.", "7,5 Mio.", "0"], "Mio."),
        (["1", "2"], None),
    ],
)
def test_the_unit_beside_the_numbers_is_named(cells, unit):
    found = read(*cells)
    assert found.unit == unit
    assert not found.unread.any()


def test_a_cell_in_another_unit_or_currency_than_its_column_is_left_unread():
    assert read("5 kWh", "3 MWh", "4 kWh").unread.tolist() == [False, True, False]
    assert read("$5", "€7", "$8", "9").unread.tolist() == [False, True, False, False]
    assert read("7 m2", "7 m3", "8 m2", "9 m2").unread.tolist() == [False, True, False, False]


def test_a_share_written_as_fraction_beside_percentages_is_left_unread():
    found = read("5%", "0.05", "0", "7%")
    assert found.unread.tolist() == [False, True, False, False]
    assert found.values[2] == 0


def test_a_remark_behind_a_few_numbers_is_no_unit():
    found = read("5", "6", "7 estimated", "8")
    assert found.unread.tolist() == [False, False, True, False]
    assert found.unit is None


def test_thousands_and_millions_in_one_column_are_multiplied_exactly():
    found = read("887.25K", "45.3M", "1.02B", "950", "-")
    assert found.values[:4].tolist() == [887250, 45300000, 1020000000, 950]
    assert found.unit is None
    assert read("1.2K", "950").values.tolist() == [1200, 950]
    assert read("1.2M", "3M", "0").values.tolist() == [1.2, 3, 0]
    assert read("1.2M", "3M").values.tolist() == [1.2, 3]
    assert read("1.2M", "3M").unit == "M"


# Both decimal signs in one file or column: never a factor of a thousand


def test_a_column_with_points_in_a_file_with_commas_is_read_by_its_own_sign():
    assert read("12.5", "1.234", "3", decimal=",").values.tolist() == [12.5, 1.234, 3]
    assert read("12,5", "1,234", "3", decimal=".").values.tolist() == [12.5, 1.234, 3]
    assert read("1.234.567", "1.234", decimal=".").values.tolist() == [1234567, 1234]
    assert read(*["1.234"] * 200, "1.234.567", decimal=".").values[0] == 1234
    assert read(*["1.234"] * 200, "0.987", decimal=",").values[0] == 1.234


def test_a_slip_of_the_hand_is_left_unread_and_changes_no_other_cell():
    found = read(*["1.234,5"] * 200, "12.5", "1.234", decimal=",")
    assert np.flatnonzero(found.unread).tolist() == [200]
    assert found.values[-1] == 1234
    found = read(*["1.234"] * 200, "12.5", decimal=",")
    assert np.flatnonzero(found.unread).tolist() == [200]
    assert found.values[0] == 1234
    found = read(*["1,234.5"] * 200, "12,5", "1,234", decimal=",")
    assert np.flatnonzero(found.unread).tolist() == [200]
    assert found.values[-1] == 1234


def test_where_a_column_mixes_both_signs_only_what_has_one_reading_is_read():
    found = read("12,5", "13.5", "1.234", "7", decimal=",")
    assert found.values[[0, 1, 3]].tolist() == [12.5, 13.5, 7]
    assert found.unread.tolist() == [False, False, True, False]


# Any number in any style


def grouped(digits: str, mark: str) -> str:
    return f"{int(digits):,}".replace(",", mark)


FINITE = st.floats(min_value=-1e15, max_value=1e15, allow_nan=False)
STYLES = st.tuples(
    st.sampled_from(
        [(".", ","), (".", " "), (".", "'"), (",", "."), (",", " "), (",", "\u00a0"), (",", "\u202f"), (",", "’")]
    ),
    st.sampled_from(["{}", "€ {}", "{} €", "${}", "{} zł", "CHF {}", "{}%", "{} kWh", "{} m³"]),
    st.sampled_from(["-{}", "−{}", "({})", "{}-"]),
)


@given(st.lists(FINITE, min_size=1, max_size=8), STYLES)
@settings(max_examples=120, deadline=None)
def test_any_number_in_any_style_is_read_back_exactly(values, style):
    (decimal, thousands), frame, minus = style
    cells, exact = [], []
    for value in values:
        whole, _, decimals = f"{abs(value):.4f}".partition(".")
        text = frame.format(grouped(whole, thousands) + decimal + decimals)
        cells.append(minus.format(text) if value < 0 else text)
        exact.append(math.copysign(float(f"{whole}.{decimals}"), value))
    assert sign(cells) == decimal
    found = read(*cells, decimal=decimal)
    assert found.values.tolist() == exact
    assert not found.unread.any()


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20), st.sampled_from(".,"))
@settings(max_examples=120, deadline=None)
def test_every_float_that_python_writes_is_read_back_exactly(values, decimal):
    cells = [repr(value).replace(".", decimal) for value in values]
    assert read(*cells, decimal=decimal).values.tolist() == values
    assert read(*cells, "n/a", decimal=decimal).values[:-1].tolist() == values


@given(st.lists(st.text(max_size=12) | st.from_regex(r"[-+(]?[0-9.,' ]{1,9}[%€)km-]{0,2}", fullmatch=True), max_size=8))
@settings(max_examples=150, deadline=None)
def test_every_cell_is_a_number_missing_infinite_or_unread(cells):
    for decimal in (sign(cells), ".", ","):
        found = read(*cells, decimal=decimal)
        assert len(found.values) == len(found.unread) == len(found.infinite) == len(cells)
        assert not (found.unread & found.infinite).any()
        assert np.isnan(found.values[found.unread | found.infinite]).all()
        assert not np.isinf(found.values).any()


@given(st.lists(st.integers(1, 999_999), min_size=60, max_size=80), st.sampled_from([".", ","]))
@settings(max_examples=40, deadline=None)
def test_grouped_amounts_are_never_read_a_thousandth(amounts, thousands):
    cells = [grouped(str(amount), thousands) for amount in [*amounts, 123, 45_678]]
    assert read(*cells, decimal=sign(cells)).values.tolist() == [*amounts, 123, 45_678]


# The shape of the input


def test_a_part_of_a_longer_column_is_read_by_itself():
    column = pa.array(["header", "1,5 €", "", "2.000,25 €", "total"])
    assert read_numbers(column.slice(1, 3), ",").values[[0, 2]].tolist() == [1.5, 2000.25]
    assert read_numbers(pa.array(["x", "1,5", "2,5"]).slice(1), ",").values.tolist() == [1.5, 2.5]
    assert decimal_sign([column.slice(1, 3)], ";").sign == ","


def test_nulls_count_as_blank():
    found = read_numbers(pa.array(["1 €", None, "3 €"]), ".")
    assert (found.filled, found.spelled_missing, found.unread.any()) == (2, 0, False)
    assert read_numbers(pa.array(["1", None]), ".").filled == 1


def test_an_empty_column_has_no_numbers():
    assert read().filled == 0
    assert read("", "").filled == 0


def test_a_long_column_of_text_is_unread():
    names = [f"{place} {chr(97 + place % 26)}{place % 7919}{chr(97 + place % 23)}" for place in range(5000)]
    assert read(*names).unread.all()


def test_many_ways_of_writing_in_one_long_column_are_all_read():
    exact = [(-1) ** place * (place + 0.125) * 10.0 ** (place % 9) for place in range(3000)]
    cells = [
        f"{value:,}" if place % 2 else f"({-value:,})" if value < 0 else f"${value:,}"
        for place, value in enumerate(exact)
    ]
    assert read(*cells).values.tolist() == exact


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["500 kB", "0.52 MB"], "numbers in two units, kB and MB: write all of them in one"),
        (["500 g", "0.5 kg"], "numbers in two units, g and kg: write all of them in one"),
        (["$5", "€6"], "numbers in two currencies, USD and EUR: convert them to one"),
        (["12.5%", "0.125"], "numbers with “%” and numbers without it: write all of them in one way"),
        (["8:20", "10:15"], "durations or times of day such as “8:20”"),
        (["8h 20m", "9h 1m"], "durations or times of day such as “8h 20m”"),
        (["1/2", "3/4"], "cells such as “1/2”, which cannot be read as numbers"),
        (["10-20", "30-40"], "ranges such as “10-20”"),
        (["5", "sold out", "6"], "20 of 60 cells are no numbers, such as “sold out”"),
    ],
)
def test_why_a_column_of_digits_is_no_column_of_numbers(cells, expected):
    assert (why_not(pa.array(cells * 20, pa.string()), ".") or "").startswith(expected)


@pytest.mark.parametrize("cells", [["red", "blue", "c5"], ["", "n/a"], ["2022-03", "2022-04"], ["5", "7.5"]])
def test_nothing_is_said_of_text_and_of_numbers(cells):
    assert why_not(pa.array(cells * 20, pa.string()), ".") is None
