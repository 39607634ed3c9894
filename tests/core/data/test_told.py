"""What is said about a file is true, whole and in good English."""

import numpy as np
import pandas as pd
import pytest

from core.data.dataset import Notice, Table
from core.data.quality import examine
from core.data.reader import read_table
from core.data.words import moment
from tests.core.data.made_table import made_table

DAYS = pd.date_range("2021-01-01", periods=40)


def read(header: str, lines: list[str], **asked: object) -> Table:
    return read_table("\n".join([header, *lines]).encode(), "x.csv", **asked)  # type: ignore[arg-type]


def told(table: Table, code: str) -> Notice:
    (notice,) = [notice for notice in table.notices if notice.code == code]
    return notice


@pytest.mark.parametrize(
    ("without", "said"),
    [(["x;1"], "1 row without a readable time was left"), (["x;1", "y;2"], "2 rows without a readable time were left")],
)
def test_rows_without_a_time(without: list[str], said: str) -> None:
    lines = [f"{day:%Y-%m-%d};{row % 7}" for row, day in enumerate(DAYS)]
    table = read("day;value", [*lines[:20], *without, *lines[20:]])
    assert told(table, "skipped_lines").message.startswith(said)


def test_a_time_of_day_in_a_column_of_its_own_is_said_so() -> None:
    hours = pd.date_range("2021-01-01", periods=60, freq="h")
    lines = [f"{hour:%d.%m.%Y};{hour:%H:%M};{row % 7}" for row, hour in enumerate(hours)]
    assert read("Datum;Zeit von;kWh", lines).form == "day.month.year with the time of day in “Zeit von”"


def test_an_order_of_day_and_month_that_only_makes_holes_is_told() -> None:
    days = pd.date_range("2014-05-01", periods=12).append(pd.date_range("2014-06-01", periods=12))
    lines = [f"{day:%m/%d/%Y},{row}.5" for row, day in enumerate(days)]
    months = pd.date_range("2014-01-01", periods=24, freq="MS")
    even = [f"{day:%m/%d/%Y},{row}.5" for row, day in enumerate(months)]
    wrong = read("Date,Sales", even, day_first=True)
    assert wrong.day_first and wrong.frame.index[1] == pd.Timestamp("2014-01-02"), "what was asked for is done"
    notice = told(wrong, "ambiguous_dates")
    assert "asked for, though only month first is evenly spaced" in notice.message
    assert notice.examples[0] == "line 3: 02/01/2014"
    for fine in (read("Date,Sales", even, day_first=False), read("Date,Sales", lines, day_first=False)):
        assert not [each for each in fine.notices if each.code == "ambiguous_dates"]


@pytest.mark.parametrize(
    ("asked", "cells", "values"),
    [
        (".", ["971,17 €", "1 075,09 €", "12,5 €"], [971.17, 1075.09, 12.5]),
        (",", ["971.17", "1,075.09", "12.5"], [971.17, 1075.09, 12.5]),
    ],
)
def test_a_decimal_sign_that_the_cells_contradict_is_told(asked: str, cells: list[str], values: list[float]) -> None:
    lines = [f"{day:%Y-%m-%d};{cells[row % 3]}" for row, day in enumerate(DAYS)]
    table = read("day;sales", lines, decimal=asked)
    assert table.frame["sales"].tolist()[:3] == values
    notice = told(table, "decimal_not_followed")
    assert (notice.column, notice.count, notice.examples[0]) == ("sales", 40, f"line 2: {cells[0]}")
    assert f"“{cells[0]}”" in notice.message and "“sales” was read by the" in notice.message
    for decimal in (None, "," if asked == "." else "."):
        followed = read("day;sales", lines, decimal=decimal)
        assert followed.frame.equals(table.frame)
        assert not [each for each in followed.notices if each.code == "decimal_not_followed"]


@pytest.mark.parametrize(
    ("time", "frequency", "said"),
    [
        ("1995-01-01", "QS", "Q1 1995"),
        ("2023-10-01", "BQS", "Q4 2023"),
        ("2023-12-31", "QE", "Q4 2023"),
        ("2023-02-01", "QS-FEB", "February 2023"),
        ("2023-02-01", "MS", "February 2023"),
    ],
)
def test_quarters_are_called_quarters(time: str, frequency: str, said: str) -> None:
    assert moment(pd.Timestamp(time), frequency) == said


def test_outliers_of_another_column_than_the_targets_are_told_apart() -> None:
    noise = np.random.default_rng(0).normal(20, size=(2, 300))
    noise[1, [50, 100]] = 400
    quality = examine(made_table({"y": noise[0], "x": noise[1]}), "y")
    (notice,) = [notice for notice in quality.findings if notice.code == "outliers"]
    assert (quality.outliers, notice.column, notice.count) == (0, "x", 2)
    assert "in “x”, a column beside “y”, such as 400" in notice.message
    (own,) = [each for each in examine(made_table({"x": noise[1]}), "x").findings if each.code == "outliers"]
    assert "in “x”, such as 400" in own.message
