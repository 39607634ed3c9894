"""Usual days, weeks and years, autocorrelation, and the windows that follow from them."""

import numpy as np
import pytest

from core.data.frequency import season_length, suggest_windows
from core.data.patterns import autocorrelation, lags_shown, profiles, suggest
from core.data.samples import SAMPLES, load_sample
from tests.core.data.made_table import made_table

NOISE = np.random.default_rng(0).normal(size=3000)


def wave(period: int, rows: int = 3000, noise: float = 0.3) -> np.ndarray:
    return np.sin(np.arange(rows) * 2 * np.pi / period) + noise * NOISE[:rows]


@pytest.mark.parametrize(
    ("key", "told"),
    [("retail", ["month"]), ("weather", ["weekday", "month"]), ("electricity", ["hour", "weekday", "month"])],
)
def test_profiles_that_step_and_length_warrant(key: str, told: list[str]) -> None:
    table = load_sample(key)
    assert [profile.by for profile in profiles(table, SAMPLES[key].target)] == told


def test_a_profile_holds_the_quartiles_of_each_hour() -> None:
    values = np.arange(24.0 * 4)
    (hours,) = profiles(made_table({"y": values}, "h"), "y")
    assert hours.labels[5] == "05:00"
    assert (hours.lower[5], hours.median[5], hours.upper[5], hours.mean[5]) == (23.0, 41.0, 59.0, 41.0)
    assert hours.counts == (4,) * 24


def test_missing_values_are_left_out_of_a_profile_and_empty_places_are_nan() -> None:
    values = np.arange(40.0)
    values[5] = np.nan
    (weekdays,) = profiles(made_table({"y": values}, "B"), "y")
    assert weekdays.counts == (8, 8, 7, 8, 8, 0, 0)  # 1 January 2020 was a Wednesday
    assert np.isnan(weekdays.median[6])


def test_one_day_is_no_usual_day() -> None:
    assert profiles(made_table({"y": np.arange(24.0)}, "h"), "y") == ()
    assert profiles(made_table({"y": np.arange(400.0)}, "YS", start="1600-01-01"), "y") == ()


def test_autocorrelation_is_that_of_the_definition() -> None:
    values = NOISE[:200] + np.append(0, 0.8 * NOISE[:199])
    found = autocorrelation(values, 10)
    rest = values - np.polyval(np.polyfit(np.arange(200), values, 1), np.arange(200))
    for lag in (1, 5, 10):
        expected = (rest[lag:] * rest[:-lag]).mean() / (rest**2).mean()
        assert found.values[lag - 1] == pytest.approx(expected, abs=1e-9)
    assert found.band == pytest.approx(1.96 / np.sqrt(200))
    assert found.of == "values"


def test_a_trend_and_missing_cells_do_not_hide_what_repeats() -> None:
    values = wave(12, 600) + 0.05 * np.arange(600)
    values[np.random.default_rng(1).random(600) < 0.3] = np.nan
    found = autocorrelation(values, 30)
    assert found.values[11] > 0.7 > 0 > found.values[5]
    assert found.band == pytest.approx(1.96 / np.sqrt(np.isfinite(values).sum()))


def test_a_series_that_wanders_is_told_by_its_changes() -> None:
    found = autocorrelation(NOISE.cumsum(), 40)
    assert found.of == "changes"
    assert (np.abs(found.values) < 2 * found.band).all()


def test_noise_lies_within_the_band_but_for_one_lag_in_twenty() -> None:
    found = autocorrelation(NOISE, 400)
    assert 0.02 < (np.abs(found.values) > found.band).mean() < 0.08


@pytest.mark.parametrize("values", [np.empty(0), np.ones(1), np.full(50, 3.0), np.full(50, np.nan), np.arange(50.0)])
def test_nothing_to_correlate_is_said_by_nan(values: np.ndarray) -> None:
    assert np.isnan(autocorrelation(values, 10).values).all()


@pytest.mark.parametrize("key", SAMPLES)
def test_suggestions_agree_with_the_step(key: str) -> None:
    table = load_sample(key)
    suggestion = suggest(table, SAMPLES[key].target)
    assert suggestion.season == season_length(table.frequency)
    assert (suggestion.lookback, suggestion.horizon) == suggest_windows(len(table.frame), table.frequency)


def test_the_repetition_is_said_in_words() -> None:
    reasons = suggest(load_sample("electricity"), "load_kw").reasons
    assert reasons[0] == "The strongest repetition is every 24 rows (a day): correlation 0.99."
    assert reasons[1:] == ("Looking back 48 rows shows a model 2 seasons.", "Forecasting 24 rows ahead is a day.")
    assert suggest(load_sample("stock"), "Close").reasons[0].startswith("No repetition stands out; the season of the")


def test_another_clear_repetition_than_the_calendars_is_taken_and_not_its_double() -> None:
    suggestion = suggest(made_table({"y": wave(9)}), "y")
    assert (suggestion.season, suggestion.lookback, suggestion.horizon) == (9, 18, 9)
    numbered = suggest(made_table({"y": wave(10)}, None), "y")
    assert numbered.season == 10


def test_the_day_is_kept_where_the_week_repeats_too() -> None:
    weekends = np.arange(3000) // 24 % 7 >= 5
    assert suggest(made_table({"y": wave(24) - 2 * weekends}, "h"), "y").season == 24


def test_noise_and_random_walks_have_no_season_of_their_own() -> None:
    for seed in range(50):
        noise = np.random.default_rng(seed).normal(size=200)
        assert suggest(made_table({"y": noise}, None), "y").season == 1
    assert suggest(made_table({"y": NOISE.cumsum()}, None), "y").season == 1


def test_few_rows_get_windows_that_fit() -> None:
    suggestion = suggest(made_table({"y": wave(12, 24)}, "MS"), "y")
    assert suggestion.lookback + suggestion.horizon <= 17
    assert lags_shown(24, 12) == 10


DAY_OF_MINUTES = np.sin(np.arange(14_400) * 2 * np.pi / 1440)
HOUR_OF_MINUTES = np.sin(np.arange(14_400) * 2 * np.pi / 60)


def test_a_day_of_minutes_is_a_season_where_it_is_the_plainer_one() -> None:
    rough = 0.1 * np.random.default_rng(0).normal(size=14_400)
    daily = suggest(made_table({"y": DAY_OF_MINUTES + rough}, "min"), "y")
    assert (daily.season, daily.lookback, daily.horizon) == (1440, *suggest_windows(14_400, "min"))
    assert daily.reasons[0].startswith("The strongest repetition is every 1,440 rows (a day): correlation 0.9")
    for hourly in (HOUR_OF_MINUTES, HOUR_OF_MINUTES + DAY_OF_MINUTES, NOISE[0] * 0):
        assert suggest(made_table({"y": hourly + rough}, "min"), "y").season == 60


def test_quarters_of_an_hour_are_forecast_a_day_ahead() -> None:
    suggestion = suggest(made_table({"y": np.resize(wave(96, 2976), 24_864)}, "15min"), "y")
    assert (suggestion.lookback, suggestion.horizon) == (192, 96)
    assert suggestion.reasons[2] == "Forecasting 96 rows ahead is a day."


@pytest.mark.parametrize(
    ("rows", "frequency", "few_back", "few_ahead"),
    [(1440, "min", False, False), (14_400, "min", False, False), (600, "15min", False, True), (30, "MS", True, True)],
)
def test_few_rows_are_the_reason_only_where_they_are(
    rows: int, frequency: str, few_back: bool, few_ahead: bool
) -> None:
    values = np.resize(DAY_OF_MINUTES, rows) + 0.1 * np.random.default_rng(0).normal(size=rows)
    _, back, ahead = suggest(made_table({"y": values}, frequency), "y").reasons
    assert ("so few rows" in back, "enough windows" in ahead) == (few_back, few_ahead)
