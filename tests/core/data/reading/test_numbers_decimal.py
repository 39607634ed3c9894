"""The decimal sign of a file: what decides it, what must not mislead, and when a guess is told."""

import pyarrow as pa
import pytest

from core.data.reading.numbers import decimal_sign, read_numbers


def sign(*columns: list[str], delimiter: str = ";", asked: str | None = None) -> str:
    return decimal_sign([pa.array(column, pa.string()) for column in columns], delimiter, asked).sign


def notices(*columns: list[str], delimiter: str = ";") -> dict[str, str]:
    found = decimal_sign([pa.array(column, pa.string()) for column in columns], delimiter).notices
    return {notice.code: notice.message for notice in found}


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (["1.234,56", "987,10"], ","),
        (["1,234.56", "987.10"], "."),
        (["1 234,56"], ","),
        (["1 234.56"], "."),
        (["1'234.56"], "."),
        (["12,5", "1.234"], ","),
        (["0,123", "1,234"], ","),
        (["0.123", "1.234"], "."),
        (["1.234.567", "1.234"], ","),
        (["1,234,567", "1,234"], "."),
        (["987", "1,234", "12,345"], "."),
        (["987", "1.234", "12.345"], ","),
        (["1234", "12.345"], "."),
        (["1.234,50 €", "n/a", ""], ","),
        (["1", "2"], "."),
        (["text", "more, text"], "."),
        ([], "."),
    ],
)
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_the_cells_decide_the_decimal_sign(column, expected, delimiter):
    assert sign(column, delimiter=delimiter) == expected
    assert not notices(column, delimiter=delimiter)


def test_one_column_decides_for_all():
    assert sign(["1.234", "5.678"], ["1", "2"], ["12,5", "13,5"]) == ","
    assert sign(["1.234", "5.678"], ["1", "2"], ["12.5", "13.5"]) == "."


def test_one_telling_cell_among_a_hundred_thousand_is_enough():
    assert sign(["1.234"] * 50_000 + ["0.987"] + ["1.234"] * 50_000) == "."
    assert sign(["1,234"] * 50_000 + ["0,987"] + ["1,234"] * 50_000, delimiter=",") == ","
    assert sign(["1.234"] * 50_000 + ["1.234.567"] + ["1.234"] * 50_000) == ","


@pytest.mark.parametrize(
    "times",
    [
        ["31.12.2021", "01.01.2022"],
        ["12:30", "12:45"],
        ["01.2021", "02.2021", "12.2021"],
        ["2021.01", "2021.02"],
        ["08.30", "12.45"],
        ["31.12.2021 12:30:00.125"],
    ],
)
def test_dates_do_not_mislead(times):
    amounts = ["1.234"] * len(times)
    assert sign(times, ["987", "1.234"] * len(times)) == ","
    assert sign(times, ["12,5"] * len(times)) == ","
    assert "ambiguous_numbers" in notices(times, amounts)


def test_a_text_column_does_not_decide():
    assert sign(["12,5", "a", "b", "c"], ["1.234", "2.345", "12.5", "3.456"]) == "."
    assert not notices(["12,5", "a", "b", "c"], ["12.5", "2.345", "1.234", "3.456"])


@pytest.mark.parametrize(
    ("cell", "delimiter", "expected"),
    [("19.876", ";", "."), ("19.876", ",", "."), ("1,234", ",", "."), ("1,234", ";", ","), ("1,234", "\t", ",")],
)
def test_a_guess_is_told_with_both_readings(cell, delimiter, expected):
    column = [cell, cell, "", "n/a"]
    found = decimal_sign([pa.array(column)], delimiter)
    assert found.sign == expected
    [notice] = found.notices
    assert (notice.code, notice.count, notice.examples) == ("ambiguous_numbers", 2, (cell, cell))
    decimals, whole = cell.replace(",", "."), cell.replace(",", "").replace(".", "")
    taken = decimals if expected in cell else whole
    assert f"“{cell}”" in notice.message
    assert f"read as {taken}," in notice.message
    assert f"if it is {whole if taken == decimals else decimals}," in notice.message
    assert read_numbers(pa.array(column), found.sign).values[0] == float(taken)


def test_a_zero_beside_ambiguous_numbers_decides_nothing():
    assert "ambiguous_numbers" in notices(["0", "19.876"])


def test_a_rare_slip_does_not_hide_that_the_rest_is_a_guess():
    assert "ambiguous_numbers" in notices(["1.234"] * 200 + ["12.5"])


def test_columns_that_contradict_each_other_are_told():
    columns = [["1,234.56", "987.10"], ["12,5", "13,5"], ["3.25", "4.5"]]
    assert sign(*columns) == "."
    message = notices(*columns)["mixed_decimal_signs"]
    assert "“1,234.56”" in message
    assert "“12,5”" in message


def test_a_column_that_mixes_both_signs_is_told():
    assert "mixed_decimal_signs" in notices(["12,5", "13.5"])


def test_the_sign_asked_for_is_taken():
    assert sign(["12.5"], asked=",") == ","
    assert not decimal_sign([pa.array(["1.234"])], ";", ",").notices


DAYS = [f"{day:02}.03.2022" for day in range(1, 29)]
AMERICAN = [f"03/{day:02}/2022" for day in range(1, 29)]
CLOCK = [f"2022-03-{day:02} 01:00 PM" for day in range(1, 29)]
ISO = [f"2022-03-{day:02}" for day in range(1, 29)]
SLASHES = [f"{day:02}/03/2022" for day in range(1, 29)]


@pytest.mark.parametrize(
    ("dates", "cell", "delimiter", "expected"),
    [
        (DAYS, "14.871", ";", ","),
        (DAYS, "19.876", ",", "."),
        (ISO, "19.876", ",", "."),
        (ISO, "19.876", ";", "."),
        (AMERICAN, "14,871", "\t", "."),
        (CLOCK, "14,871", ";", "."),
        (ISO, "14,871", "\t", ","),
        (SLASHES, "14,871", ";", ","),
        ([*DAYS, "Summe"], "14.871", ";", ","),
    ],
)
def test_dates_tell_how_thousands_are_set_apart_and_it_stays_a_told_guess(dates, cell, delimiter, expected):
    columns = (dates, [cell, cell.replace("1", "2", 1)] * len(dates))
    assert sign(*columns, delimiter=delimiter) == expected
    assert "ambiguous_numbers" in notices(*columns, delimiter=delimiter)


def test_a_decimal_point_anywhere_outweighs_the_dates():
    assert sign(DAYS, ["14.871", "25.102"] * 14, ["0.25"] * 28) == "."


def test_rates_of_exchange_are_no_thousands():
    assert sign(DAYS, ["1.071", "1.084"] * 14) == "."
