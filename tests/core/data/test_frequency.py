"""The step between rows, the season it implies, and the rows that follow."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.frequency import (
    full_index,
    future_index,
    infer_frequency,
    missing_times,
    regularity,
    season_length,
    step_words,
    suggest_windows,
)
from core.data.split import make_split
from core.data.windows import window_parts

STEPS = {
    "MS": (12, "monthly"),
    "ME": (12, "monthly"),
    "QS": (4, "quarterly"),
    "QE": (4, "quarterly"),
    "BMS": (12, "monthly"),
    "BME": (12, "monthly"),
    "BQE": (4, "quarterly"),
    "YS": (1, "yearly"),
    "YE": (1, "yearly"),
    "W-SUN": (52, "weekly"),
    "W-WED": (52, "weekly"),
    "D": (7, "daily"),
    "B": (5, "business days"),
    "h": (24, "hourly"),
    "2h": (12, "every 2 hours"),
    "min": (60, "every minute"),
    "15min": (96, "every 15 minutes"),
    "30min": (48, "every 30 minutes"),
}


@pytest.mark.parametrize("frequency", STEPS)
def test_every_step_is_found_with_and_without_holes_and_goes_on(frequency: str) -> None:
    times = pd.date_range("2011-03-05", periods=120, freq=frequency)
    assert infer_frequency(times) == frequency
    holes = times.delete([20, 21, 22, 60, 90])
    assert infer_frequency(holes) == frequency
    assert missing_times(holes, frequency) == 5
    assert full_index(holes, frequency).tolist() == times.tolist()
    assert (season_length(frequency), step_words(frequency)) == STEPS[frequency]
    assert future_index(times[:100], frequency, 20).tolist() == times[100:].tolist()


def test_business_days_keep_their_step_with_holidays_missing() -> None:
    times = pd.bdate_range("2020-01-01", "2020-12-31").delete([0, 80, 180, 255])
    assert infer_frequency(times) == "B"
    friday = times[times <= "2020-03-06"]
    assert future_index(friday, "B", 1)[0] == pd.Timestamp("2020-03-09")


def test_five_days_without_a_weekend_between_are_days() -> None:
    assert infer_frequency(pd.date_range("2021-01-04", periods=5)) == "D"


def test_irregular_times_have_no_step_and_go_on_by_their_median() -> None:
    times = pd.DatetimeIndex(["2021-01-01", "2021-01-02", "2021-01-04 07:00", "2021-01-05 07:00", "2021-01-05 19:00"])
    assert infer_frequency(times) is None
    assert future_index(times, None, 2).tolist() == [pd.Timestamp("2021-01-06 19:00"), pd.Timestamp("2021-01-07 19:00")]
    assert season_length(None) == 1


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Europe/London", "Australia/Sydney"])
@pytest.mark.parametrize("frequency", ["D", "12h", "4h", "h"])
def test_local_times_in_utc_stay_even_over_clock_changes(zone: str, frequency: str) -> None:
    local = pd.date_range("2019-01-01", periods=4000 if frequency == "4h" else 800, freq=frequency, tz=zone)
    times = local.tz_convert("UTC").tz_localize(None)
    assert infer_frequency(times) == frequency
    assert missing_times(times, frequency) == 0
    assert full_index(times.delete([50, 51]), frequency)[[49, 52]].tolist() == times[[49, 52]].tolist()


def test_an_hour_that_shifts_every_other_day_is_no_clock_change() -> None:
    assert (
        infer_frequency(pd.date_range("2021-01-01", periods=50) + pd.to_timedelta(np.arange(50) % 2, unit="h")) is None
    )


@pytest.mark.parametrize("frequency", ["BME", "W-FRI"])
def test_a_row_before_a_holiday_is_not_missing_and_its_successor_is_not_next_day(frequency: str) -> None:
    usual = pd.date_range("2015-01-01", periods=97, freq=frequency)
    times = usual[:96] - pd.to_timedelta(np.isin(np.arange(96), (38, 95)).astype(int), unit="D")
    assert infer_frequency(times) == frequency
    assert missing_times(times, frequency) == 0
    assert full_index(times, frequency).equals(times)
    assert future_index(times, frequency, 1)[0] == usual[96]


def test_the_same_day_of_every_month_is_monthly_and_goes_on_so() -> None:
    times = pd.date_range("2015-01-01", periods=50, freq="MS") + pd.Timedelta(days=14)
    assert infer_frequency(times) == "MS"
    holes = times.delete([7, 8])
    assert missing_times(holes, "MS") == 2
    assert full_index(holes, "MS").equals(times)
    assert future_index(times[:40], "MS", 10).equals(times[40:])


def test_markets_that_close_keep_their_bars() -> None:
    bars = pd.date_range("2021-01-04", periods=400, freq="4h")
    assert infer_frequency(bars[bars.day_of_week < 5]) == "4h"


def test_times_that_occur_twice_do_not_hide_the_step() -> None:
    times = pd.date_range("2021-01-01", periods=50, freq="h")
    assert infer_frequency(times.append(times[20:22]).sort_values()) == "h"


def test_regularity_is_the_share_that_is_there() -> None:
    days = pd.date_range("2021-01-01", periods=100)
    assert regularity(days) == 1
    assert regularity(days.delete(range(10, 35))) == 0.75
    assert regularity(pd.DatetimeIndex(days + pd.to_timedelta(np.arange(100) ** 2, unit="s"))) == 0


def test_row_numbers_go_on() -> None:
    assert list(future_index(pd.RangeIndex(50), None, 3)) == [50, 51, 52]
    assert infer_frequency(pd.RangeIndex(50)) is None


@pytest.mark.parametrize(
    ("frequency", "windows"),
    [("MS", (24, 12)), ("h", (48, 24)), ("D", (28, 7)), ("B", (20, 5)), ("W-SUN", (104, 8)), ("15min", (192, 96))],
)
def test_long_data_gets_the_windows_that_suit_its_step(frequency: str, windows: tuple[int, int]) -> None:
    assert suggest_windows(5000, frequency) == windows


@settings(max_examples=200, deadline=None)
@given(st.integers(20, 3000), st.sampled_from([*STEPS, "6h", "5min", "s", None]))
def test_suggested_windows_fit_every_part_of_the_default_split(rows: int, frequency: str | None) -> None:
    lookback, horizon = suggest_windows(rows, frequency)
    parts = window_parts(make_split(rows, (0.7, 0.1, 0.2)), lookback, horizon)
    assert min(len(parts.train), len(parts.validation), len(parts.test)) >= 2
    assert len(parts.train) >= rows * 0.2
    assert horizon <= lookback


def test_times_far_apart_do_not_make_a_huge_grid() -> None:
    times = pd.DatetimeIndex(np.r_[np.arange(100), 10**10].astype("datetime64[s]"))
    assert missing_times(times, "s") == 10**10 - 100
