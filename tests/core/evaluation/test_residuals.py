"""Where forecasts go wrong, and the fit that only repeats the last value."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation import residuals

RNG = np.random.default_rng(7)
N, H = 400, 5


def windows(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Last values (N,) and what follows each, (N, H)."""
    return values[:-H], np.lib.stride_tricks.sliding_window_view(values[1:], H)


def walk(n: int = N) -> np.ndarray:
    return 100 + np.cumsum(RNG.normal(size=n + H))


def test_errors_are_above_zero_where_the_forecast_was_too_high() -> None:
    assert residuals.errors_of(np.array([[3.0]]), np.array([[1.0]])).tolist() == [[2.0]]


def test_by_step_ahead() -> None:
    errors = np.array([[1.0, -4.0], [3.0, 4.0]])
    first, second = residuals.by_step(errors)
    assert (first.label, first.mean, first.mae, first.count) == (1, 2.0, 2.0, 2)
    assert (second.label, second.mean, second.mae) == (2, 0.0, 4.0)
    assert (first.lower, first.upper) == (1.5, 2.5)


def test_over_time_is_one_value_a_window() -> None:
    assert residuals.over_time(np.array([[1.0, 3.0], [-1.0, 1.0]])).tolist() == [2.0, 0.0]
    assert len(residuals.over_time(np.zeros((0, 5)))) == 0


def test_an_hour_that_is_always_missed_stands_out() -> None:
    index = pd.date_range("2024-01-01", periods=N + H, freq="h")
    times = np.lib.stride_tricks.sliding_window_view(index.to_numpy(), H)
    errors = np.where(pd.DatetimeIndex(times.ravel()).hour.to_numpy().reshape(times.shape) == 8, 10.0, 0.0)
    groups = {group.label: group.mean for group in residuals.by_clock(errors, times, "hour")}
    assert groups["08:00"] == 10.0 and sum(groups.values()) == 10.0
    assert next(iter(groups)) == "00:00" and len(groups) == 24


def test_only_days_that_occur_have_a_group() -> None:
    index = pd.bdate_range("2024-01-01", periods=20)
    groups = residuals.by_clock(np.ones((20, 1)), index.to_numpy()[:, None], "weekday")
    assert [group.label for group in groups] == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]


@pytest.mark.parametrize(
    ("freq", "clocks"),
    [("h", ("hour", "weekday")), ("D", ("weekday",)), ("B", ("weekday",)), ("MS", ("month",)), ("YS", ())],
)
def test_clocks_that_can_tell_rows_apart(freq: str, clocks: tuple[str, ...]) -> None:
    assert residuals.clocks(pd.date_range("2020-01-01", periods=30, freq=freq)) == clocks


def test_rows_without_times_have_no_clock() -> None:
    assert residuals.clocks(pd.RangeIndex(30)) == ()


def test_by_size_sorts_by_what_was_forecast() -> None:
    forecast = RNG.permutation(np.arange(100.0)).reshape(20, 5)
    errors = np.where(forecast >= 90, 5.0, 0.0)
    groups = residuals.by_size(errors, forecast)
    assert len(groups) == 10 and all(group.count == 10 for group in groups)
    assert [group.label for group in groups] == [4.5 + 10 * n for n in range(10)]
    assert [group.mean for group in groups] == [0.0] * 9 + [5.0]


def test_fewer_forecasts_than_groups_leave_none_empty() -> None:
    assert len(residuals.by_size(np.ones((1, 3)), np.ones((1, 3)))) == 3


def test_repeating_the_last_value_of_a_random_walk_is_found_out() -> None:
    last, actual = windows(walk())
    found = residuals.repeats_last(np.repeat(last[:, None], H, axis=1), last, actual)
    assert found.verdict and found.explained == 0 and found.moves == 0
    assert found.level_r2 > 0.8, "and yet it looks good"
    assert "hardly does more than repeat" in found.sentence


def test_repeating_it_with_noise_is_found_out_too() -> None:
    """As a network does that has learned nothing else; of 100 random walks nearly all."""
    warned = looked_good = 0
    for _ in range(100):
        last, actual = windows(walk())
        forecast = last[:, None] + RNG.normal(scale=0.5, size=actual.shape)
        found = residuals.repeats_last(forecast, last, actual)
        looked_good += found.level_r2 > 0.8
        warned += found.verdict
    assert looked_good > 60 and warned >= 0.95 * looked_good


def test_a_forecast_that_explains_the_moves_is_no_repetition() -> None:
    season = 100 + 10 * np.sin(np.arange(N + H) / 4) + RNG.normal(scale=0.5, size=N + H)
    last, actual = windows(season)
    found = residuals.repeats_last(actual + RNG.normal(scale=1.0, size=actual.shape), last, actual)
    assert found.explained > 0.8 and not found.verdict and found.sentence == ""


def test_a_forecast_of_a_fifth_of_the_moves_is_worth_something() -> None:
    last, actual = windows(walk(4000))
    moves = actual - last[:, None]
    forecast = last[:, None] + 0.2 * moves + RNG.normal(scale=0.4 * moves.std(), size=moves.shape)
    found = residuals.repeats_last(forecast, last, actual)
    assert 0.1 < found.explained < 0.4 and not found.verdict


def test_moves_against_what_happens_explain_nothing() -> None:
    last, actual = windows(walk())
    found = residuals.repeats_last(last[:, None] - 0.1 * (actual - last[:, None]), last, actual)
    assert found.explained == 0 and found.moves == pytest.approx(0.1)


def test_a_bad_fit_needs_no_warning() -> None:
    last, actual = windows(RNG.normal(size=N + H))  # noise: the last value tells nothing
    assert not residuals.repeats_last(np.repeat(last[:, None], H, axis=1), last, actual).verdict


def test_where_nothing_moves_there_is_nothing_to_warn_of() -> None:
    flat = np.full((20, H), 3.0)
    assert not residuals.repeats_last(flat, flat[:, 0], flat).verdict
