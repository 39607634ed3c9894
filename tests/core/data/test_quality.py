"""What is wrong with the data is found and said; what is as it should be is left in peace."""

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.data.dataset import Notice
from core.data.quality import Quality, examine, percentage_note
from core.data.samples import SAMPLES, load_sample
from tests.core.data.made_table import made_table

ROWS = 400
NOISE = np.random.default_rng(0).normal(size=24 * 7 * 20)
WEEKLY = 50 + 10 * (np.arange(ROWS) % 7 == 5) + NOISE[:ROWS]
WALK = 100 * np.exp(0.01 * NOISE[ROWS : 2 * ROWS].cumsum())


def found(columns: dict[str, Any], frequency: str | None = "D", **changes: Any) -> dict[str, Notice]:
    """Findings by code."""
    table = made_table(columns, frequency, **changes)
    return {notice.code: notice for notice in examine(table, next(iter(columns))).findings}


def sample(key: str) -> Quality:
    table = load_sample(key)
    return examine(table, SAMPLES[key].target)


@pytest.mark.parametrize("key", ["retail", "stock"])
def test_good_samples_are_left_in_peace(key: str) -> None:
    assert sample(key).findings == ()


def test_the_weather_sample_only_passes_through_zero() -> None:
    assert [notice.code for notice in sample("weather").findings] == ["mape_undefined"]


def test_the_hours_of_clock_changes_are_the_only_odd_ones_of_the_electricity_sample() -> None:
    quality = sample("electricity")
    (notice,) = quality.findings
    assert (notice.code, quality.outliers) == ("outliers", 4)
    assert "when clocks changed" in notice.message
    assert {mark.isoformat()[:10] for mark, _ in quality.marks} == {
        "2013-03-31",
        "2013-10-27",
        "2014-03-30",
        "2014-10-26",
    }


NOISES = {
    "normal": lambda noise, n: noise.normal(10, size=n),
    "skewed": lambda noise, n: noise.lognormal(size=n),
    "heavy tails, a price": lambda noise, n: 100 * np.exp(0.01 * noise.standard_t(5, size=n).cumsum()),
    "random walk": lambda noise, n: 1000 + noise.normal(size=n).cumsum(),
    "sales now and then": lambda noise, n: noise.poisson(0.3, size=n).astype(float),
    "whole numbers": lambda noise, n: noise.integers(1, 6, size=n).astype(float),
    "a daily peak": lambda noise, n: 5 + 100.0 * (np.arange(n) % 24 == 3) + noise.normal(size=n),
    "a growing year": lambda noise, n: (50 + 0.1 * np.arange(n)) * (2 + np.sin(np.arange(n) * 2 * np.pi / 365)),
    "a straight line": lambda noise, n: np.arange(n) * 3.0 + 7,
}


@pytest.mark.parametrize("kind", NOISES)
def test_noise_cycles_and_trends_raise_no_alarm(kind: str) -> None:
    alarms = []
    for seed in range(20):
        values = NOISES[kind](np.random.default_rng(seed), ROWS)
        alarms += [code for code in found({"y": values}, "h") if code != "mape_undefined"]
    assert alarms == []


def test_spikes_are_outliers_even_of_1e12_and_at_the_ends() -> None:
    values = WEEKLY.copy()
    values[[0, 120, 121, 399]] = 1e12
    quality = examine(made_table({"y": values}), "y")
    assert quality.outliers == 4
    (notice,) = quality.findings
    assert "1.000e+12" in notice.message
    assert notice.examples[0] == "1 January 2020: 1.000e+12"
    assert len(quality.marks) == 4


def test_a_spike_hides_in_no_daily_cycle() -> None:
    values = 100 + 50 * np.sin(np.arange(960) * 2 * np.pi / 24) + NOISE[:960]
    values[500] = 50 if values[500] > 100 else 150
    assert found({"y": values}, "h")["outliers"].count == 1


def test_a_run_of_minus_999_is_taken_for_missing_and_said_so() -> None:
    values = WEEKLY.copy()
    values[100:112] = -999
    findings = found({"y": values})
    assert set(findings) == {"stand_in", "mape_undefined"}
    assert findings["stand_in"].count == 12
    assert "a code for “missing”" in findings["stand_in"].message


@pytest.mark.parametrize(
    ("factor", "words"),
    [(4, "a 4-for-1 split"), (1.5, "a 3-for-2 split"), (20, "a 20-for-1 split"), (0.1, "a 1-for-10 reverse split")],
)
def test_a_stock_split_is_dated_and_named(factor: float, words: str) -> None:
    price = WALK.copy()
    price[250:] /= factor
    table = made_table({"Close": price}, "B")
    quality = examine(table, "Close")
    (notice,) = quality.findings
    assert notice.code == "level_shift"
    assert words in notice.message
    assert notice.examples == ("16 December 2020",)
    assert quality.marks == ((table.frame.index[250], words.removeprefix("a ") + "?"),)


def test_a_new_level_that_is_no_split_is_dated_with_both_levels() -> None:
    values = NOISE[:ROWS].copy()
    values[222:] += 8
    notice = found({"y": values})["level_shift"]
    assert notice.examples == ("10 August 2020",)
    assert "split" not in notice.message


def test_a_change_of_unit_is_named() -> None:
    values = WEEKLY.copy()
    values[:200] *= 1000
    assert "a change of unit (a thousandth of it)" in found({"y": values})["level_shift"].message


def test_a_weekend_of_another_level_is_no_shift() -> None:
    hours = np.arange(24 * 7 * 20)
    values = 100 - 40 * (hours // 24 % 7 >= 5) + NOISE[: len(hours)]
    assert found({"y": values}, "h") == {}


def test_a_visit_to_another_level_is_no_shift() -> None:
    values = NOISE[:ROWS].copy()
    values[200:230] += 12
    assert "level_shift" not in found({"y": values})
    hours = np.arange(24 * 7 * 20)
    holidays = 100 - 40 * ((hours // 24 >= 60) & (hours // 24 < 64)) + NOISE[: len(hours)]
    assert "level_shift" not in found({"y": holidays}, "h")


def test_inputs_that_give_the_answer_away_are_named_with_how_far_they_look_ahead() -> None:
    table = made_table(
        {
            "y": WALK,
            "copy": WALK,
            "fahrenheit": WALK * 1.8 + 32,
            "tomorrow": np.append(WALK[1:], np.nan),
            "next week": np.append(WALK[7:], np.zeros(7)),
            "yesterday": np.append(np.nan, WALK[:-1]),
            "related": WALK + NOISE[:ROWS] * 0.05,
        },
        "B",
    )
    leaks = {notice.column: notice for notice in examine(table, "y").findings if notice.code == "leakage"}
    assert set(leaks) == {"copy", "fahrenheit", "tomorrow", "next week"}
    assert "one row later" in leaks["tomorrow"].message
    assert "7 rows later" in leaks["next week"].message
    assert "in other units" in leaks["fahrenheit"].message
    assert {name for name, notice in leaks.items() if notice.warns} == {"tomorrow", "next week"}


def test_a_shifted_cycle_gives_nothing_away_that_its_past_does_not() -> None:
    angle = np.arange(ROWS) * 2 * np.pi / 24
    assert "leakage" not in found({"y": np.sin(angle), "x": np.cos(angle)}, "h")


def test_prices_of_one_day_may_be_alike_but_not_of_the_next_day() -> None:
    prices = {"Close": WALK, "Adj Close": WALK, "<HIGH>": WALK + 1, "Open": np.append(WALK[1:], WALK[-1])}
    leaks = [notice for notice in examine(made_table(prices, "B"), "Close").findings if notice.code == "leakage"]
    assert [notice.column for notice in leaks] == ["Open"]


def test_zeros_before_a_product_began_and_after_it_ended_are_told() -> None:
    values = WEEKLY.copy()
    values[:30], values[380:] = 0, 0
    findings = found({"y": values})
    assert (findings["leading_zeros"].count, findings["trailing_zeros"].count) == (30, 20)
    assert "until 30 January 2020" in findings["leading_zeros"].message


def test_solar_power_begins_in_the_night() -> None:
    hours = np.arange(24 * 60)
    values = np.maximum(0, np.sin((hours % 24 - 6) * np.pi / 12)) * (5 + NOISE[: len(hours)])
    assert set(found({"y": values}, "h")) == {"mape_undefined"}


@pytest.mark.parametrize(
    ("frequency", "period", "word"),
    [("D", "M", "month"), ("B", "W", "week"), ("h", "D", "day"), ("MS", "Q", "quarter"), ("MS", "Y", "year")],
)
def test_values_filled_from_a_coarser_step_are_told(frequency: str, period: str, word: str) -> None:
    periods = pd.date_range("2020-01-01", periods=ROWS, freq=frequency).to_period(period)
    values = (100 + NOISE)[pd.factorize(periods)[0]]
    notice = found({"y": values}, frequency)["invented_regularity"]
    assert f"a new {word} begins" in notice.message
    assert notice.warns


def test_blocks_of_rows_without_times_are_told() -> None:
    assert "every 5 rows" in found({"y": np.repeat(NOISE[:80], 5)}, None)["invented_regularity"].message


def test_weekends_that_repeat_friday_are_told() -> None:
    values = WALK.copy()
    for row in np.flatnonzero(pd.date_range("2020-01-01", periods=ROWS).day_of_week >= 5):
        values[row] = values[row - 1]
    notice = found({"y": values})["invented_regularity"]
    assert "repeat the value of Friday" in notice.message
    assert notice.count == 114


@pytest.mark.parametrize("digits", [2, 15])
def test_a_stretch_drawn_as_a_straight_line_is_told(digits: int) -> None:
    values = WALK.copy()
    values[100:131] = np.linspace(values[100], values[130] + 4, 31)
    notice = found({"y": np.round(values, digits)})["invented_regularity"]
    assert notice.count in (31, 32)
    assert notice.examples == ("10 April 2020 to 10 May 2020",)


def test_gaps_are_counted_and_placed_and_holidays_are_none() -> None:
    notice = found({"y": WEEKLY}, without=[10, *range(20, 27)])["gaps"]
    assert (notice.count, len(notice.examples)) == (8, 2)
    assert "most of them between 20 January 2020 and 28 January 2020" in notice.message
    assert "gaps" not in found({"y": WALK}, "B", without=[10, 20])


def test_missing_values_are_told_by_share_and_longest_run() -> None:
    values = WEEKLY.copy()
    values[[5, 50, 51, 52]] = np.nan
    values[100] = np.inf
    notice = found({"y": values})["missing_values"]
    assert notice.count == 5
    assert "1.2%, at most 3 in a row (from 20 February 2020 on)" in notice.message
    assert notice.examples[0] == "6 January 2020"


def test_a_column_that_never_changes_and_a_season_too_long_are_told() -> None:
    assert found({"y": WEEKLY, "x": np.full(ROWS, 3.0)})["constant_column"].column == "x"
    assert "A year is 52 rows" in found({"y": WEEKLY[:100]}, "W-MON")["too_short_for_season"].message
    assert "too_short_for_season" not in found({"y": WEEKLY}, "W-MON")


def test_duplicates_are_told_as_the_reader_told_them() -> None:
    table = made_table({"y": WEEKLY})
    told = Notice("duplicate_times", "3 rows repeat a time.", count=3)
    changed = type(table)(**{**vars(table), "duplicates": 3, "notices": (told,)})
    assert examine(changed, "y").findings == (told,)
    assert examine(changed, "y").duplicates == 3


@pytest.mark.parametrize(
    ("values", "said"),
    [([1.0, 0.0, 2.0], "1 value of exactly 0"), ([1.0, -2.0], "positive and negative"), ([-1.0, -2.0], None)],
)
def test_errors_in_percent_need_a_sign_and_no_zero(values: list[float], said: str | None) -> None:
    notice = percentage_note(pd.DataFrame({"y": values}))
    assert (notice is None) == (said is None)
    assert said is None or (notice is not None and said in notice.message and notice.code == "mape_undefined")


def test_the_same_in_three_hundred_columns_is_told_for_twenty_and_counted() -> None:
    values = WEEKLY[:, None] + np.random.default_rng(0).normal(size=(ROWS, 300))
    values[7] = np.nan
    quality = examine(made_table({f"c{n}": column for n, column in enumerate(values.T)}), "c5")
    missing = [notice for notice in quality.findings if notice.code == "missing_values"]
    assert len(missing) == 21
    assert missing[0].column == "c5"
    assert missing[-1].message == "The same in 280 more columns."
    assert quality.missing == 300


@pytest.mark.parametrize("rows", [0, 1, 2, 9])
def test_a_few_rows_are_examined_too(rows: int) -> None:
    examine(made_table({"y": WEEKLY[:rows], "x": np.full(rows, np.nan)}), "y")
    examine(made_table({"y": np.full(rows, np.nan)}, None), "y")


def test_a_million_rows_are_examined_in_seconds_at_most() -> None:
    values = np.random.default_rng(0).normal(size=(1_000_000, 2)).cumsum(axis=0)
    table = made_table({"a": values[:, 0], "b": values[:, 1]}, "min")
    began = time.process_time()
    examine(table, "a")
    assert time.process_time() - began < 5  # about half a second on one core
