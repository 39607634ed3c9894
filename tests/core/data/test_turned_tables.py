"""Tables on their side: nothing in them goes without a word, and what they hold has a name."""

import pandas as pd
import pytest

from core.data.dataset import Notice, Table
from core.data.reader import read_table

MONTHS = ["Jan", "Feb", "Mrz", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"]
YEARS = range(2015, 2021)


def read(rows: list[list[object]]) -> Table:
    return read_table("\n".join(";".join(map(str, row)) for row in rows).encode(), "x.csv")


def told(table: Table, code: str) -> list[Notice]:
    return [notice for notice in table.notices if notice.code == code]


def years_down(corner: str = "Jahr") -> list[list[object]]:
    rows: list[list[object]] = [[corner, *MONTHS, "Jahresdurchschnitt"]]
    return rows + [[year, *(year % 100 * 100 + month for month in range(1, 13)), year] for year in YEARS]


def years_across(corner: str = "Monat") -> list[list[object]]:
    rows: list[list[object]] = [[corner, *YEARS, "Total"]]
    return rows + [[name, *(y % 100 * 100 + month for y in YEARS), 1] for month, name in enumerate(MONTHS, 1)]


@pytest.mark.parametrize(("rows", "beside"), [(years_down(), "Jahresdurchschnitt"), (years_across(), "Total")])
def test_columns_beside_years_and_months_are_told(rows: list[list[object]], beside: str) -> None:
    table = read(rows)
    assert table.frame["value"].tolist() == [y % 100 * 100 + month for y in YEARS for month in range(1, 13)]
    (notice,) = told(table, "skipped_columns")
    assert (notice.count, notice.examples) == (1, (beside,))
    assert f"“{beside}”" in notice.message


def test_twelve_years_of_months_are_not_turned_the_wrong_way() -> None:
    years = range(2001, 2013)
    rows: list[list[object]] = [["Monat", *years]]
    rows += [[name, *(year * 100 + month for year in years)] for month, name in enumerate(MONTHS, 1)]
    assert read(rows).frame["value"].tolist() == [year * 100 + month for year in years for month in range(1, 13)]


def test_a_row_of_totals_below_is_left_out_and_shown() -> None:
    table = read([*years_down(), ["Mittel", *range(12), 1]])
    (notice,) = told(table, "skipped_lines")
    assert len(table.frame) == 72 and notice.count == 1
    assert notice.examples == ("line 8: Mittel;0;1;2;3;4;5;6;7;8;9;10;11;1",)


@pytest.mark.parametrize(
    ("corner", "name", "dropped"),
    [
        ("Arbeitslose", "Arbeitslose", ()),
        ("Jahr", "value", ("Jahr",)),
        ("Year/Month", "value", ("Year/Month",)),
        ("Année", "value", ("Année",)),
        ("", "value", None),
    ],
)
def test_the_one_series_is_called_as_the_corner_says(corner: str, name: str, dropped: tuple[str, ...] | None) -> None:
    table = read(years_down(corner))
    assert list(table.frame.columns) == [name]
    assert dropped is None or table.dropped == dropped
    assert table.frame.index.name == "time"


def test_labels_that_do_not_tell_rows_apart_are_told() -> None:
    days = [f"{day:%Y-%m-%d}" for day in pd.date_range("2021-01-01", periods=30)]
    header: list[object] = ["Product", "Region", "", *days, "Sum"]
    rows: list[list[object]] = [
        [f"Widget {name}", "West", "", *range(row, row + 30), 9] for row, name in enumerate("AB")
    ]
    table = read([header, *rows])
    assert list(table.frame.columns) == ["Widget A", "Widget B"] and table.frame.index.name == "time"
    assert {notice.examples for notice in told(table, "skipped_columns")} == {("Region",), ("Sum",)}
