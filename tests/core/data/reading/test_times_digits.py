"""Dates written as whole numbers are read as dates, and other whole numbers are not."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from core.data.reading.grid import Grid
from core.data.reading.times import Times, find_times

ROWS = 400
DAYS = pd.date_range("2021-03-01", periods=ROWS)
RANDOM = np.random.default_rng(3)
VALUES = [f"{value:.2f}" for value in RANDOM.normal(500, 20, ROWS)]


def found(name: str, cells: Sequence[Any], day_first: bool | None = None) -> Times | None:
    columns = tuple(pa.array([str(cell) for cell in column], pa.string()) for column in (cells, VALUES[: len(cells)]))
    return find_times(Grid((name, "value"), columns, "utf-8", ",", 1, line=lambda row: row + 2), (), day_first)


def assert_read(cells: Sequence[Any], meant: pd.DatetimeIndex, name: str = "x") -> Times:
    times = found(name, cells)
    assert times is not None
    assert times.values.tolist() == meant.to_numpy().astype("datetime64[us]").tolist()
    return times


@pytest.mark.parametrize(
    ("write", "form", "day_first"),
    [
        ("%d%m%Y", "day month year", True),
        ("%-d%m%Y", "day month year", True),
        ("%m%d%Y", "month day year", False),
        ("%y%m%d", "year month day", None),
        ("%d%m%y", "day month year", True),
        ("%Y%j", "year and day of the year", None),
    ],
)
@pytest.mark.parametrize("name", ["x", "date", "order date"])
def test_days_as_digits(write: str, form: str, day_first: bool | None, name: str) -> None:
    times = assert_read([day.strftime(write) for day in DAYS], DAYS, name)
    assert (times.form, times.day_first) == (form, day_first)


def test_without_leading_zeros_as_a_spreadsheet_saves_them() -> None:
    days = pd.date_range("2002-01-01", periods=ROWS)
    assert_read([int(day.strftime("%y%m%d")) for day in days], days, "Datum")
    assert_read([int(day.strftime("%m%d%Y")) for day in days], days, "Datum")


def test_first_days_of_months_can_be_exchanged_and_it_is_told() -> None:
    months = pd.date_range("2010-01-01", periods=48, freq="MS")
    times = assert_read([int(day.strftime("%d%m%Y")) for day in months], months, "date")
    assert [(notice.code, notice.count) for notice in times.notices] == [("ambiguous_dates", 44)]


def test_the_order_asked_for_wins() -> None:
    times = found("date", ["01022021", "02022021", "03022021", "04022021"], day_first=False)
    assert times is not None
    assert times.values[1] == np.datetime64("2021-02-02")
    assert times.values[0] == np.datetime64("2021-01-02")


WEEKS = pd.date_range("2018-01-01", periods=200, freq="W-MON")


@pytest.mark.parametrize("name", ["x", "YearWeek", "week", "KW"])
def test_year_and_week(name: str) -> None:
    cells = [f"{year}{week:02}" for year, week, _ in (day.isocalendar() for day in WEEKS)]
    assert assert_read(cells, WEEKS, name).form == "ISO weeks"
    if name != "x":
        assert_read(cells[:10], WEEKS[:10], name)  # which might be months


def test_months_stay_months() -> None:
    months = pd.date_range("2010-01-01", periods=60, freq="MS")
    for name in ("x", "month", "date"):
        assert assert_read([month.strftime("%Y%m") for month in months], months, name).form == "year month"
        assert_read([month.strftime("%y%m%d") for month in months], months, name)


QUARTERS = pd.date_range("2005-01-01", periods=40, freq="QS")


@pytest.mark.parametrize("form", ["{y}:{q}", "{y}-{q}", "{y}/{q}", "{y}.{q}", "{y}{q}", "{q}/{y}", "{y}-{q:02}"])
@pytest.mark.parametrize("name", ["x", "Quarter", "date"])
def test_numbers_from_one_to_four_beside_years_are_quarters(form: str, name: str) -> None:
    assert assert_read([form.format(y=day.year, q=day.quarter) for day in QUARTERS], QUARTERS, name).form == "quarters"


def test_the_first_four_months_of_a_year_are_no_quarters() -> None:
    months = pd.date_range("2005-01-01", periods=4, freq="MS")
    assert_read(months.strftime("%Y-%m"), months)
    assert_read([f"2005:{number}" for number in (1, 2, 3, 4)], pd.date_range("2005", periods=4, freq="QS"), "Quarter")


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("units", RANDOM.integers(100_000, 320_000, ROWS)),
        ("day visitors", 201_825 + np.cumsum(RANDOM.integers(-3, 4, ROWS))),
        ("x", range(201_801, 201_831)),
        ("x", range(220_301, 220_325)),
        ("x", range(2_022_060, 2_022_160)),
        ("invoice no", range(1_032_022, 1_032_022 + ROWS)),
        ("revenue", RANDOM.integers(1_000_000, 31_000_000, ROWS)),
        ("date revenue", RANDOM.integers(1_900_000, 2_100_000, ROWS)),
        ("clients", 20_052 + np.cumsum(RANDOM.integers(-2, 3, ROWS))),
        ("x", 52_409 + np.sort(RANDOM.integers(0, 12, ROWS))),
        ("time value", 240_533 + np.sort(RANDOM.integers(0, 12, ROWS))),
        ("visitors per day", 102_938 + RANDOM.integers(-9, 9, ROWS)),
        ("price", [f"{2005 + RANDOM.integers(0, 9) / 10:.1f}" for _ in range(ROWS)]),
        ("time", RANDOM.integers(100_000, 235_959, ROWS)),
    ],
)
def test_ordinary_whole_numbers_are_no_dates(name: str, cells: Sequence[Any]) -> None:
    assert found(name, list(cells)) is None
