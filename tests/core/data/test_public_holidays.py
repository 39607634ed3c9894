"""Public holidays as an input: right days, known ahead, and countries refused in plain words with what may be meant."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from core.data.prepare import Ahead, prepare
from core.data.public_holidays import countries, holiday_columns, letters, problem
from core.errors import BadSettings


def days(first: str, rows: int, frequency: str = "D") -> pd.DatetimeIndex:
    return pd.date_range(first, periods=rows, freq=frequency)


def marked(index: pd.DatetimeIndex, country: str, frequency: str = "D", horizon: int = 1) -> list[str]:
    flags = holiday_columns(index, frequency, country, horizon)[:, 0]
    return [f"{time:%m-%d}" for time in index[flags == 1]]


def test_holidays_are_those_of_the_country_and_of_its_part() -> None:
    year = days("2023-01-01", 365)
    assert {"01-01", "05-01", "10-03", "12-25", "12-26"} <= set(marked(year, "DE"))
    assert "07-04" in marked(year, "US") and "07-04" not in marked(year, "DE")
    assert "01-06" in marked(year, "DE-BY") and "01-06" not in marked(year, "DE")
    assert marked(year, "de-by") == marked(year, "DE-BY")


def test_each_row_knows_whether_the_last_step_of_its_forecast_is_a_holiday() -> None:
    index = days("2023-12-01", 24)  # to Christmas Eve
    columns = holiday_columns(index, "D", "DE", 3)
    assert columns.shape == (24, 2) and not columns[:, 0].any()
    assert index[columns[:, 1] == 1].day.tolist() == [22, 23]  # Christmas Day and the day after, beyond the last row


def test_every_hour_of_a_holiday_is_one() -> None:
    assert marked(days("2023-12-24", 96, "h"), "DE", "h") == ["12-25"] * 24 + ["12-26"] * 24


def test_business_days_beside_a_holiday_are_marked_as_it_has_no_row_itself() -> None:
    """Christmas 2024 is a Wednesday; in 2021 New Year's Day falls on a Friday, in 2022 on a Saturday."""
    rows = days("2024-12-16", 11, "B")
    traded = rows[~rows.strftime("%m-%d").isin(["12-25", "12-26"])]
    assert marked(traded, "DE", "B") == ["12-24", "12-27"]
    assert marked(days("2020-12-29", 10, "B"), "DE", "B") == ["12-31", "01-01", "01-04"]
    assert marked(days("2021-12-28", 8, "B"), "DE", "B") == []


def test_the_columns_stand_beside_the_calendar_unscaled() -> None:
    index = days("2023-11-01", 54)
    values = np.random.default_rng(0).normal(size=(54, 2))
    ahead = Ahead(holidays="DE", frequency="D")
    made = prepare(
        values, index, None, targets=1, lookback=5, horizon=3, scaler="standard", calendar=("weekday",), ahead=ahead
    )
    assert made.values.shape == (54, 2 + 2 + 2)
    np.testing.assert_array_equal(made.values[:, 4:], holiday_columns(index, "D", "DE", 3))


@pytest.mark.parametrize("first", ["1500-01-01", "0001-01-01", "2250-01-01", "9999-06-01"])
def test_years_that_nobody_knows_the_holidays_of_have_none(first: str) -> None:
    index = pd.DatetimeIndex(np.datetime64(first, "us") + np.arange(100) * np.timedelta64(1, "D"))
    assert not holiday_columns(index, "D", "IN", 5).any()


@pytest.mark.parametrize(
    ("country", "words"),
    [
        ("germny", "DE"),
        ("DE-XX", "BY"),
        ("DE-Bayrn", "DE-BY"),
        ("zzzzzz", "two letters"),
        ("", "two letters"),
        ("SM-1", "give SM alone"),
    ],
)
def test_an_unknown_country_is_refused_with_what_may_be_meant(country: str, words: str) -> None:
    found = problem(country, days("2023-01-01", 50), "D")
    assert found is not None and found.where == "holidays" and words in found.remedy
    with pytest.raises(BadSettings):
        holiday_columns(days("2023-01-01", 50), "D", country, 1)


def test_holidays_need_daily_or_finer_regular_times() -> None:
    assert problem("DE", days("2023-01-01", 50, "h"), "h") is None
    assert problem("none", pd.RangeIndex(50), None) is None
    for index, frequency, words in (
        (pd.RangeIndex(50), None, "no times|have none"),
        (days("2023-01-01", 50, "W-SUN"), "W-SUN", "more than a day"),
        (days("2023-01-01", 50, "MS"), "MS", "more than a day"),
        (days("2023-01-01", 50), None, "irregular"),
    ):
        found = problem("DE", index, frequency)
        assert found is not None and found.remedy and any(word in found.what for word in words.split("|"))


def test_countries_are_offered_by_name() -> None:
    assert countries()["DE"] == "Germany" and countries()["GB"] == "United Kingdom"
    assert next(iter(countries())) == "AF"


def test_the_package_is_loaded_only_where_holidays_are_asked_for() -> None:
    code = "import sys, core.data.prepare, core.runs.checks, core.cli; print('holidays' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Germany", "DE"),
        ("united kingdom", "GB"),
        ("USA", "US"),
        ("UK", "GB"),
        ("Guinea-Bissau", "GW"),
        ("DE-BY", "DE-BY"),
        ("Germany-BY", "DE-BY"),
        ("none", "none"),
        ("Atlantis", "Atlantis"),
    ],
)
def test_a_countrys_name_does_for_its_letters(given: str, expected: str) -> None:
    assert letters(given) == expected


def test_holidays_are_found_by_a_countrys_name() -> None:
    assert problem("germany", days("2024-01-01", 60), "D") is None
