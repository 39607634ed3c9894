"""Dates on the first row of each day only, as merged cells are saved."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from core.data.reading.grid import Grid
from core.data.reading.times import Times, find_times

HOURS = pd.date_range("2022-03-01", periods=240, freq="h")
MONTHS = pd.date_range("2010-01-01", periods=96, freq="MS")


def found(asked: Sequence[str] = (), **columns: Sequence[Any]) -> Times | None:
    cells = tuple(pa.array([str(cell) for cell in column], pa.string()) for column in columns.values())
    return find_times(Grid(tuple(columns), cells, "utf-8", ";", 1, line=lambda row: row + 2), asked)


def assert_filled(times: Times | None, meant: pd.DatetimeIndex, counts: dict[str, int]) -> None:
    assert times is not None
    assert times.values.tolist() == meant.to_numpy().astype("datetime64[us]").tolist()
    told = {notice.column: notice.count for notice in times.notices if notice.code == "filled_down"}
    assert told == counts


def test_a_date_at_midnight_holds_for_the_hours_below() -> None:
    dates = [f"{time:%d.%m.%Y}" if time.hour == 0 else "" for time in HOURS]
    clock = HOURS.strftime("%H:%M")
    for asked in ((), ("Datum", "Uhrzeit")):
        times = found(asked, Datum=dates, Uhrzeit=clock, y=range(240))
        assert_filled(times, HOURS, {"Datum": 230})
    assert times is not None
    assert next(notice.examples[0] for notice in times.notices if notice.code == "filled_down") == "line 3: 01.03.2022"


def test_from_the_newest_row_to_the_oldest() -> None:
    dates = [f"{time:%Y-%m-%d}" if time.hour == 23 else " " for time in HOURS[::-1]]
    assert_filled(found(date=dates, hour=[time.hour for time in HOURS[::-1]], y=range(240)), HOURS[::-1], {"date": 230})


def test_mornings_and_afternoons() -> None:
    halves = pd.date_range("2022-03-01 06:00", periods=60, freq="12h")
    dates = [f"{time:%Y-%m-%d}" if time.hour == 6 else "" for time in halves]
    assert_filled(found(date=dates, time=halves.strftime("%H:%M"), y=range(60)), halves, {"date": 30})


def test_a_year_in_january_holds_for_its_months() -> None:
    years = [time.year if time.month == 1 else "" for time in MONTHS]
    assert_filled(found(Jahr=years, Monat=[time.month for time in MONTHS], y=range(96)), MONTHS, {"Jahr": 88})
    assert_filled(found(Year=years, Month=MONTHS.strftime("%B"), y=range(96)), MONTHS, {"Year": 88})


def test_years_and_months_both_on_their_first_day() -> None:
    days = pd.date_range("2020-01-01", periods=900)
    years = [day.year if day.day_of_year == 1 else "" for day in days]
    months = [day.month if day.day == 1 else "" for day in days]
    times = found(year=years, month=months, day=[day.day for day in days], y=range(900))
    assert_filled(times, days, {"year": 897, "month": 870})


def test_totals_below_each_day_stay_without_a_time() -> None:
    dates: list[str] = []
    clock: list[str] = []
    for day in HOURS[::24]:
        dates += [f"{day:%d.%m.%Y}", *[""] * 24]
        clock += [*(f"{hour}:00" for hour in range(24)), ""]
    times = found(Datum=dates, Uhrzeit=clock, y=range(250))
    assert times is not None
    assert [row for row, value in enumerate(times.values.tolist()) if value is None] == list(range(24, 250, 25))


def test_remarks_on_a_few_rows_are_no_merged_dates() -> None:
    dates = [f"{time:%d.%m.%Y}" if time.hour == 0 else "" for time in HOURS]
    times = found(when=HOURS.strftime("%Y-%m-%d %H:%M"), checked=dates, y=range(240))
    assert_filled(times, HOURS, {})
    few = found(date=[*HOURS[:150].strftime("%Y-%m-%d"), *[""] * 90], time=["12:00"] * 240, y=range(240))
    assert few is not None
    assert not [notice for notice in few.notices if notice.code == "filled_down"]
