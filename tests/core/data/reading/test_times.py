"""Which column holds the times, how day and month are told apart, and what is told about it."""

import re
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from core.data.reading.grid import Grid
from core.data.reading.times import Times, find_times, label_times
from core.errors import BadFile

ROWS = 240
DAYS = pd.date_range("2021-03-01", periods=ROWS)
HOURS = pd.date_range("2021-03-01", periods=ROWS, freq="h")
MONTHS = pd.date_range("2000-01-01", periods=ROWS, freq="MS")
RANDOM = np.random.default_rng(1)
VALUES = [f"{value:.2f}" for value in RANDOM.normal(500, 20, ROWS)]


def grid(**columns: Sequence[Any]) -> Grid:
    cells = tuple(pa.array([str(cell) for cell in column], pa.string()) for column in columns.values())
    return Grid(tuple(columns), cells, "utf-8", ",", 1, line=lambda row: row + 2)


def written(times: pd.DatetimeIndex, form: str = "%Y-%m-%d") -> list[str]:
    return [time.strftime(form) for time in times]


def assert_found(columns: tuple[str, ...], meant: pd.DatetimeIndex, **cells: Sequence[Any]) -> Times:
    times = find_times(grid(**cells))
    assert times is not None
    assert times.columns == columns
    assert times.values.tolist() == meant.to_numpy().astype("datetime64[us]").tolist()
    return times


def codes(times: Times) -> list[str]:
    return [notice.code for notice in times.notices]


def test_all_rows_decide_between_day_and_month_first() -> None:
    for form, day_first in (("%d/%m/%Y", True), ("%m/%d/%Y", False), ("%d.%m.%y", True), ("%m-%d-%y", False)):
        times = assert_found(("date",), DAYS, date=written(DAYS, form), value=VALUES)
        assert (times.day_first, codes(times)) == (day_first, [])


@pytest.mark.parametrize(("form", "day_first"), [("%d/%m/%Y", True), ("%m/%d/%Y", False), ("%d.%m.%Y", True)])
def test_where_every_row_could_be_either_even_steps_decide_and_it_is_told(form: str, day_first: bool) -> None:
    times = assert_found(("Period",), MONTHS, Period=written(MONTHS, form), value=VALUES)
    assert times.day_first is day_first
    (told,) = times.notices
    assert (told.code, told.count, told.column) == ("ambiguous_dates", 220, "Period")
    assert told.examples[0] == f"line 3: {MONTHS[1]:{form}}"
    assert len(told.examples) == 50
    assert ("day first" if day_first else "month first") in told.message


def test_ten_days_are_likelier_than_the_third_of_ten_months() -> None:
    days = pd.date_range("2021-03-01", periods=10)
    assert assert_found(("date",), days, date=written(days, "%m/%d/%Y"), value=VALUES[:10]).day_first is False


@pytest.mark.parametrize(
    ("sign", "decimal", "tail", "day_first"),
    [(".", ".", "", True), ("/", ",", "", True), ("/", ".", "", False), ("/", ".", " 1:00 PM", False)],
)
def test_where_nothing_is_even_custom_decides_then_the_order_of_the_rows(
    sign: str, decimal: str, tail: str, day_first: bool
) -> None:
    days = sorted({(month, day) for month, day in RANDOM.integers(1, 13, (60, 2)).tolist()})  # in order month first
    cells = [f"{month}{sign}{day}{sign}2021{tail}" for month, day in days]
    times = find_times(grid(date=cells, value=VALUES[: len(days)]), decimal=decimal)
    assert times is not None
    assert (times.day_first, codes(times)) == (day_first, ["ambiguous_dates"])


def test_where_not_even_the_rows_are_in_order_it_is_a_guess_but_for_am_and_pm() -> None:
    for tail, day_first in (("", True), (" 1:00 PM", False)):
        cells = [f"{a}/{b}/2021{tail}" for a, b in RANDOM.integers(1, 13, (40, 2))]
        times = find_times(grid(date=cells, value=VALUES[:40]))
        assert times is not None
        assert (times.day_first, codes(times)) == (day_first, ["ambiguous_dates"])


def test_the_order_asked_for_wins() -> None:
    cells = grid(date=written(MONTHS, "%d/%m/%Y"), value=VALUES)
    times = find_times(cells, day_first=False)
    assert times is not None
    assert (times.values[1], times.day_first, codes(times)) == (np.datetime64("2000-01-02"), False, ["ambiguous_dates"])
    assert "month first, as asked for, though only day first is evenly spaced" in times.notices[0].message
    for asked in ([], ["date"]):
        some = find_times(grid(date=written(DAYS, "%d/%m/%Y"), value=VALUES), asked, day_first=False)
        assert some is not None
        assert np.isnat(some.values).sum() == sum(day.day > 12 for day in DAYS)


def test_day_and_month_of_dates_in_their_own_column_are_told_apart_by_the_times_of_day() -> None:
    hours = pd.date_range("2021-01-01", periods=ROWS, freq="h")  # ten days: by their dates alone, ten months as well
    dates, clock = written(hours, "%m/%d/%Y"), [f"{time.hour + 1:02}:00" for time in hours]
    times = assert_found(("Date", "Hour Ending"), hours + pd.Timedelta(hours=1), Date=dates, **{"Hour Ending": clock})
    assert (times.day_first, times.form) == (False, "month/day/year with the time of day in “Hour Ending”")


@pytest.mark.parametrize(
    ("form", "cell"),
    [("%Y-%m-%d", "2021-02-31"), ("%d.%m.%Y", "31.02.2021"), ("%Y%m%d", "20210231"), ("%d %b %Y", "31 Feb 2021")],
)
def test_impossible_dates_are_no_times_and_are_listed(form: str, cell: str) -> None:
    cells, broken = written(DAYS, form), {5: cell, 7: "", 9: "n/a", 11: "Total"}
    for row, text in broken.items():
        cells[row] = text
    times = find_times(grid(date=cells, value=VALUES))
    assert times is not None
    assert np.flatnonzero(np.isnat(times.values)).tolist() == list(broken)
    (told,) = times.notices
    assert (told.code, told.count, told.examples) == ("impossible_dates", 1, (f"line 7: {cell}",))


@pytest.mark.parametrize("cell", ["0000-00-00", "9999-12-31", "2021-13-01", "1021-01-01"])
def test_dates_that_mean_never_or_are_slips_of_the_pen(cell: str) -> None:
    times = find_times(grid(date=[*written(DAYS)[1:], cell], value=VALUES))
    assert times is not None
    assert np.flatnonzero(np.isnat(times.values)).tolist() == [ROWS - 1]
    assert codes(times) == ["impossible_dates"]


def test_dates_and_times_of_day_in_two_columns() -> None:
    date, clock = written(HOURS), [time.hour for time in HOURS]
    assert_found(("date", "hour"), HOURS, date=date, hour=clock, value=VALUES)
    assert_found(("date", "hour"), HOURS + pd.Timedelta(hours=1), date=date, hour=[hour + 1 for hour in clock])
    for form in ("%H:%M", "%H%M", "%I:%M:%S %p", "%-H%M%S"):
        assert_found(("Datum", "Uhrzeit"), HOURS, Datum=date, value=VALUES, Uhrzeit=written(HOURS, form))
    assert_found(("Date", "Time"), HOURS, Date=written(HOURS, "%Y%m%d"), Time=[repr(hour / 24) for hour in clock])
    minutes = pd.date_range("2021-03-01", periods=ROWS, freq="10min")
    parts = {name: [getattr(time, name) for time in minutes] for name in ("hour", "minute")}
    assert_found(("date", "hour", "minute"), minutes, date=written(minutes), **parts, value=VALUES)


def test_a_time_of_day_beside_dates_that_do_not_recur_is_no_part_of_them() -> None:
    assert_found(("date",), DAYS, date=written(DAYS), time=written(HOURS, "%H:%M"), value=VALUES)


def test_years_and_months_and_the_like_in_columns_of_their_own() -> None:
    def parts(times: pd.DatetimeIndex, **names: str) -> dict[str, list[Any]]:
        return {name: [getattr(time, part) for time in times] for name, part in names.items()}

    assert_found(("Jahr", "Monat"), MONTHS, **parts(MONTHS, Jahr="year", Monat="month"), value=VALUES)
    assert_found(("Year", "Month"), MONTHS, Month=written(MONTHS, "%B"), **parts(MONTHS, Year="year"), value=VALUES)
    assert_found(("year", "month", "day"), DAYS, **parts(DAYS, year="year", month="month", day="day"), value=VALUES)
    hourly = parts(HOURS, year="year", month="month", day="day", hour="hour")
    assert_found(("year", "month", "day", "hour"), HOURS, No=range(1, ROWS + 1), **hourly, pm25=VALUES)
    assert_found(("YEAR", "DOY"), DAYS, **parts(DAYS, YEAR="year", DOY="day_of_year"), value=VALUES)
    quarters = pd.date_range("1960-01-01", periods=ROWS, freq="QS")
    named = [f"T{time.quarter}" for time in quarters]
    assert_found(("Año", "Trimestre"), quarters, **parts(quarters, Año="year"), Trimestre=named, value=VALUES)
    weeks = pd.date_range("2015-01-05", periods=ROWS, freq="W-MON")
    counted = {"Jahr": [time.isocalendar().year for time in weeks], "KW": [time.isocalendar().week for time in weeks]}
    assert_found(("Jahr", "KW"), weeks, **counted, value=VALUES)


def test_a_full_date_is_preferred_to_its_parts() -> None:
    parts = {name: [getattr(day, name) for day in DAYS] for name in ("year", "month", "day")}
    assert_found(("date",), DAYS, **parts, date=written(DAYS), value=VALUES)
    assert_found(("when",), HOURS, date=written(HOURS), when=written(HOURS, "%Y-%m-%d %H:%M"), value=VALUES)
    assert_found(("date",), DAYS, month=written(DAYS, "%Y-%m"), week=written(DAYS, "%G-W%V"), date=written(DAYS))


def test_when_a_row_was_written_is_not_its_time() -> None:
    stores = DAYS[: ROWS // 3].repeat(3)
    late = [
        str(day + pd.Timedelta(seconds=int(wait)))
        for day, wait in zip(stores, RANDOM.integers(0, 10**6, ROWS), strict=True)
    ]
    assert_found(("date",), stores, created_at=late, store=["a", "b", "c"] * (ROWS // 3), date=written(stores))


def test_of_equals_the_first_is_taken_wherever_it_stands() -> None:
    assert_found(("start",), DAYS, value=VALUES, start=written(DAYS), end=written(DAYS + pd.Timedelta(days=1)))


WALK = np.cumsum(RANDOM.normal(0, 1, ROWS))


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("Gold", [f"{2000 + 3 * step:.2f}" for step in WALK]),
        ("Gold", [f"{2000 + 3 * step:.0f}" for step in WALK]),
        ("BTC", [f"{44000 + 90 * step:.0f}" for step in WALK]),
        ("EUR/USD", [f"{1.195 + step / 5000:.4f}" for step in WALK]),
        ("id", range(1, ROWS + 1)),
        ("customer_no", range(30000, 30000 + ROWS)),
        ("order", 20210100 + np.sort(RANDOM.choice(1000, ROWS, replace=False))),
        ("revenue", RANDOM.integers(10**9, 2 * 10**9, ROWS)),
        ("time", range(0, 10 * ROWS, 10)),
        ("month", [time.month for time in MONTHS]),
        ("hour", [time.hour for time in HOURS]),
        ("year_built", RANDOM.integers(1950, 2020, ROWS)),
        ("response_time", RANDOM.integers(1500, 2200, ROWS)),
        ("postcode", RANDOM.integers(20000, 80000, ROWS)),
        ("meter", 44000 + np.cumsum(RANDOM.integers(1, 9, ROWS))),
        ("version", [f"1.2.{RANDOM.integers(10, 60)}" for _ in range(ROWS)]),
        ("duration", written(HOURS, "%H:%M")),
        ("report date", ["2021-05-01"] * ROWS),
    ],
)
def test_what_is_no_time_is_not_taken_for_one(name: str, cells: Sequence[Any]) -> None:
    assert find_times(grid(**{name: cells, "value": VALUES})) is None
    assert find_times(grid(**{"value": VALUES, name: cells})) is None


PIECES = ("1.", "1'000", "2020-01-01 ", "1:", "1-", "a1", "1 ", "-", "=", "1 - 1", "1/", "[", "'", "a")


@pytest.mark.parametrize("piece", PIECES)
def test_cells_of_any_length_take_no_time(piece: str) -> None:
    cells = [(piece * 100_000)[:100_000]] * 30
    dates = written(DAYS[:30])
    start = perf_counter()
    assert find_times(grid(date=cells, value=VALUES[:30])) is None
    assert_found(("date",), DAYS[:30], date=dates, time=cells, month=cells, value=VALUES[:30])
    assert label_times(cells) is None
    with pytest.raises(BadFile, match="cannot be read: “" + re.escape(cells[0][:80])):
        find_times(grid(date=cells, value=VALUES[:30]), ["date"])
    assert perf_counter() - start < 0.5


def test_a_long_cell_among_dates_is_no_time_and_they_are_read() -> None:
    times = find_times(grid(date=[*written(DAYS[:-1]), "1 " * 50_000], value=VALUES))
    assert times is not None
    assert np.flatnonzero(np.isnat(times.values)).tolist() == [ROWS - 1]


def test_columns_asked_for_are_read_whatever_they_are_called() -> None:
    table = grid(
        a=[day.year for day in MONTHS], b=[day.month for day in MONTHS], c=written(HOURS), d=written(HOURS, "%H:%M")
    )
    for asked, meant in ((["a", "b"], MONTHS), (["c", "d"], HOURS), (["d", "c"], HOURS)):
        times = find_times(table, asked)
        assert times is not None
        assert times.values.tolist() == meant.to_numpy().astype("datetime64[us]").tolist()
        assert set(times.columns) == set(asked)


def test_a_column_asked_for_that_gives_no_times_is_refused_with_a_cell_and_a_remedy() -> None:
    table = grid(date=written(DAYS), word=["", *["abc"] * (ROWS - 1)], void=[""] * ROWS, value=VALUES)
    with pytest.raises(BadFile, match=r"“word” cannot be read: “abc” \(line 3\)\. Write times as 2012-12-31"):
        find_times(table, ["word"])
    with pytest.raises(BadFile, match=r"There is no column “when” .*“date”, “word”, “void”, “value”"):
        find_times(table, ["when"])
    with pytest.raises(BadFile, match="Nothing stands in the time column “void”"):
        find_times(table, ["void"])


@pytest.mark.parametrize(
    ("labels", "first", "last"),
    [
        (["Jan-20", "Feb-20", "Mar-20"], "2020-01-01", "2020-03-01"),
        (["2015", "2016", "2017"], "2015-01-01", "2017-01-01"),
        (["1960 [YR1960]", "1961 [YR1961]", "1962 [YR1962]"], "1960-01-01", "1962-01-01"),
        (["X2015", "X2016", "X2017"], "2015-01-01", "2017-01-01"),
        (["2020Q1", "2020Q2", "2020Q3"], "2020-01-01", "2020-07-01"),
        (["31.01.2021", "28.02.2021", "31.03.2021"], "2021-01-31", "2021-03-31"),
        (["44197", "44228", "44256"], "2021-01-01", "2021-03-01"),
        (["Jan-20", "Feb-20", "Mar-20", "Apr-20", "May-20", "Total"], "2020-01-01", "NaT"),
    ],
)
def test_labels_of_a_header_that_are_times(labels: list[str], first: str, last: str) -> None:
    times = label_times(labels)
    assert times is not None
    assert str(times.values[0])[:10] == first
    assert str(times.values[-1])[:10] == last


@pytest.mark.parametrize(
    "labels",
    [["date", "a", "b"], ["1", "2", "3"], ["Jan", "Feb", "Mar"], ["Mean 12", "Max 13", "Sum 14"], ["s_2001", "s_2002"]],
)
def test_labels_that_are_none(labels: list[str]) -> None:
    assert label_times(labels) is None
