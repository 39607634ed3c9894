"""Codes for “missing”, stuck sensors and drawn lines are told from what only looks a little like them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from core.data.findings.knots import find_knots
from core.data.findings.stand_ins import find_stand_ins
from core.data.findings.stuck import find_stuck
from core.data.quality import examine
from tests.core.data.made_table import made_table
from tests.core.data.test_quality import NOISES, found

Floats = npt.NDArray[np.float64]

ROWS = 1000
MEASURED = np.random.default_rng(4).normal(20, 2, ROWS).round(2)


@pytest.mark.parametrize("code", [-999, -9999, 9999, 99999, -99, -99.9])
@pytest.mark.parametrize("share", [0.002, 0.04, 0.06, 0.4])
def test_a_code_for_missing_is_named_at_any_share(code: float, share: float) -> None:
    values = MEASURED.copy()
    rows = np.random.default_rng(1).choice(ROWS, int(share * ROWS), replace=False)
    values[rows] = code
    findings = found({"y": values})
    notice = findings["stand_in"]
    assert (set(findings) - {"mape_undefined"}, notice.count) == ({"stand_in"}, len(rows))
    assert f"{code:g} stands {len(rows)} times in “y”, far from every other value" in notice.message
    assert notice.warns


def test_a_code_in_an_input_is_no_doubt_about_the_scores() -> None:
    values = MEASURED.copy()
    values[::10] = -999
    notice = found({"y": MEASURED, "x": values})["stand_in"]
    assert (notice.column, notice.warns) == ("x", False)
    assert notice.examples[:2] == ("1 January 2020", "11 January 2020")


def test_two_codes_are_both_found_and_hide_no_outlier() -> None:
    values = MEASURED.copy()
    values[::10], values[5::20], values[777] = -999, -9999, 500
    quality = examine(made_table({"y": values}), "y")
    assert [notice.count for notice in quality.findings if notice.code == "stand_in"] == [50, 100]
    assert quality.outliers == 1


def test_a_negative_code_among_large_counts_is_found_as_the_only_one_below_zero() -> None:
    values = np.random.default_rng(0).integers(0, 100_000, ROWS).astype(float)
    values[::50] = -99
    assert "where no other value is below 0" in found({"y": values})["stand_in"].message


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(0).choice([9.99, 19.99, 49.0, 99.0], ROWS),  # prices
        np.random.default_rng(0).integers(0, 101, ROWS),  # per cent
        np.random.default_rng(0).integers(-150, 150, ROWS),
        np.random.default_rng(0).integers(990, 1010, ROWS),
        np.random.default_rng(0).choice([-1, 0, 1], ROWS),
        np.where(np.arange(ROWS) == 5, -999, MEASURED),  # once: an outlier
    ],
)
def test_values_that_happen_to_be_nines_are_values(values: Floats) -> None:
    assert "stand_in" not in found({"y": values})


def test_a_sensor_that_stands_still_is_told_with_its_value_and_since_when() -> None:
    values = MEASURED.copy()
    values[300:400] = 20.5
    values[350] = np.nan
    values[600:645] = 19.1
    notice = found({"y": values})["stuck"]
    assert notice.message.startswith(
        "The value 20.5 of “y” does not change over 99 rows from 27 October 2020 on, and it stands still 1 more time"
    )
    assert notice.count == 144
    assert notice.examples == ("27 October 2020 to 3 February 2021: 20.5", "23 August 2021 to 6 October 2021: 19.1")
    assert notice.warns


def test_a_sensor_may_stand_still_far_beyond_its_usual_values() -> None:
    assert [each.rows for each in find_stuck(_held(MEASURED, (300, 40, 85.0)))] == [40]


def _held(values: Floats, *stretches: tuple[int, int, float]) -> Floats:
    values = values.copy()
    for begin, rows, value in stretches:
        values[begin : begin + rows] = value
    return values


@pytest.mark.parametrize(
    "values",
    [
        _held(MEASURED, (300, 25, 20.5)),  # not long
        _held(MEASURED, (300, 100, 0.0)),  # zeros have their own meaning
        _held(MEASURED, *((at, 60, 20.0) for at in range(0, 900, 100))),  # as it always does
        _held(MEASURED, *((at, 12, 26.0 + at) for at in range(0, 100, 20)), (300, 59, 20.5)),  # little longer
        _held(np.arange(ROWS) % 5 + 1.0, (300, 100, 3.0)),  # few different values
        _held(np.repeat(MEASURED[:100], 10), (300, 200, 20.5)),  # prices that stand still by nature
        _held(np.minimum(MEASURED, 24.0), (300, 72, 24.0)),  # humidity at 100 %
        _held(MEASURED, (300, 72, MEASURED.max() + 0.1)),  # a limit reached once
    ],
)
def test_other_standstills_are_none_of_a_sensor(values: Floats) -> None:
    assert find_stuck(values) == []


@pytest.mark.parametrize("digits", [2, 4, 15])
@pytest.mark.parametrize("apart", [3, 4, 10])
def test_lines_between_every_few_rows_are_told(apart: int, digits: int) -> None:
    places = np.arange(0, ROWS, apart)
    values = np.interp(np.arange(ROWS), places, MEASURED[: len(places)]).round(digits)
    notice = found({"y": values})["invented_regularity"]
    assert f"straight lines between values about {apart} rows apart" in notice.message
    assert notice.count > 0.85 * ROWS * (apart - 1) / apart - apart
    assert notice.warns


def test_lines_are_found_in_very_many_rows_too() -> None:
    values = np.interp(np.arange(1_000_000), np.arange(0, 1_000_000, 4), np.resize(MEASURED, 250_000).round(1)).round(4)
    knots = find_knots(np.append(values[:600_000], np.resize(MEASURED, 400_000).round(1)))
    assert knots is not None and knots.apart == 4


def test_lines_over_most_of_the_rows_are_enough_and_over_a_few_are_not() -> None:
    drawn = np.interp(np.arange(ROWS), np.arange(0, ROWS, 5), MEASURED[:200]).round(4)
    for rows, enough in ((600, True), (400, False)):
        assert (find_knots(np.append(drawn[:rows], MEASURED[rows:])) is not None) == enough


CLOCKS: dict[str, Callable[[Any, int], Floats]] = {
    "weekday": lambda noise, n: np.arange(n) % 7 * 1.0,
    "hours to noon": lambda noise, n: np.abs(np.arange(n) % 24 - 12) * 1.0,
    "a week's progress": lambda noise, n: np.arange(n) % 7 * np.repeat(noise.normal(50, 9, n // 7 + 1).round(2), 7)[:n],
    "a daily schedule": lambda noise, n: np.interp(
        np.arange(n) % 24, np.arange(0, 25, 4), [3.7, 3.1, 8, 9.3, 7, 6, 3.7]
    ),
    "a flat valley": lambda noise, n: np.round(4 * np.sin(np.arange(n) / 12) + 0.01 * np.arange(n)),
    "counter": lambda noise, n: noise.poisson(1, n).cumsum() * 1.0,
    "slow temperature": lambda noise, n: (20 + noise.normal(0, 0.02, n).cumsum()).round(1),
    "smoothed": lambda noise, n: np.convolve(noise.normal(size=n + 50), np.ones(51) / 51, "valid")[:n].round(2),
    "rain": lambda noise, n: np.where(noise.random(n) < 0.05, noise.exponential(5, n), 0).round(1),
    "humidity": lambda noise, n: np.minimum(100, 95 + 10 * np.sin(np.arange(n) / 9) + noise.normal(size=n)).round(1),
    "battery": lambda noise, n: np.clip(50 + noise.normal(0, 8, n).cumsum(), 0, 100).round(1),
    "policy rate": lambda noise, n: (noise.choice([0, 0.25, -0.25], n) * (noise.random(n) < 0.01)).cumsum() + 2,
    "a few very large": lambda noise, n: np.exp(2 * noise.normal(size=n)).round(),
}


@pytest.mark.parametrize("kind", [*NOISES, *CLOCKS])
def test_none_of_it_is_found_in_noise_and_clocks(kind: str) -> None:
    for seed in range(20):
        for rows in (60, 400, 3000):
            values = {**NOISES, **CLOCKS}[kind](np.random.default_rng(seed), rows)
            assert (find_stand_ins(values), find_stuck(values), find_knots(values)) == ([], [], None)


@pytest.mark.parametrize(
    "values",
    [
        np.where(np.arange(ROWS) % 10, np.arange(ROWS) * 1.0, np.nan),
        np.where(np.arange(ROWS) % 10, 1e308, -999.0),
        np.where(np.arange(ROWS) % 10, MEASURED + 0.123, 1e305),
        np.full(ROWS, -999.0),
        np.full(ROWS, np.nan),
        np.full(3, -999.0),
        np.empty(0),
    ],
)
def test_odd_columns_are_examined_too(values: Floats) -> None:
    find_stand_ins(values), find_stuck(values), find_knots(values)
