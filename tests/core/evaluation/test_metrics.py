"""Scores against hand computations and scikit-learn."""

import math
import tracemalloc

import numpy as np
import pytest
from sklearn import metrics as sklearn

from core.evaluation.metrics import ScoreTable, scores, seasonal_naive_mae

RNG = np.random.default_rng(0)
ONE = np.ones(1)


def table(actual: list[list[float]], forecast: list[list[float]], last: list[float], **part: float) -> ScoreTable:
    """One target; windows are lists of steps."""
    return scores(
        np.array(actual, float)[..., None],
        np.array(forecast, float)[..., None],
        np.array(last, float)[:, None],
        np.array([part.get("mean", 0.0)]),
        np.array([part.get("std", 1.0)]),
        np.array([part.get("seasonal", 1.0)]),
    )


def test_by_hand() -> None:
    got = table([[10, 12], [12, 8]], [[11, 12], [10, 10]], [9, 12], std=2.0, seasonal=2.5, mean=9.0).overall
    assert got.mae == pytest.approx((1 + 0 + 2 + 2) / 4)
    assert got.rmse == pytest.approx(math.sqrt((1 + 0 + 4 + 4) / 4))
    assert got.mase == pytest.approx(1.25 / 2.5)
    assert got.smape == pytest.approx((200 * 1 / 21 + 0 + 200 * 2 / 22 + 200 * 2 / 18) / 4)
    assert got.r2 == pytest.approx(1 - 9 / 11)  # mean 10.5
    assert got.direction == pytest.approx(1.0)  # up, up, (12 = 12 is a tie), down
    assert got.scaled_mae == pytest.approx(1.25 / 2)
    assert got.scaled_mse == pytest.approx(9 / 4 / 4)


def test_direction_leaves_out_ties_of_actual_and_forecast() -> None:
    got = table([[11, 9, 10, 12, 8]], [[12, 11, 11, 10, 7]], [10]).overall
    assert got.direction == pytest.approx(2 / 3)  # right, wrong, tie, tie, right
    assert table([[11, 9]], [[10, 10]], [10]).overall.direction is None


def test_by_step_keeps_the_steps_apart() -> None:
    got = table([[1, 2], [3, 5]], [[1, 4], [3, 9]], [0, 0])
    assert [step.mae for step in got.by_step] == [0, 3]
    assert [step.r2 for step in got.by_step] == [1, pytest.approx(1 - (4 + 16) / 4.5)]
    assert got.by_target == (got.overall,)


def test_agrees_with_scikit_learn() -> None:
    actual = 1e5 + RNG.normal(size=(300, 4, 3)).cumsum(axis=0)
    forecast = actual + RNG.normal(size=actual.shape)
    last, mean, std = RNG.normal(size=(300, 3)), actual.mean((0, 1)), np.array([1.0, 2.0, 3.0])
    got = scores(actual, forecast, last, mean, std, np.array([4.0, 5.0, 6.0]))
    for target, by in enumerate(got.by_target):
        y, f = actual[..., target].ravel(), forecast[..., target].ravel()
        assert by.mae == pytest.approx(sklearn.mean_absolute_error(y, f))
        assert by.rmse == pytest.approx(sklearn.root_mean_squared_error(y, f))
        assert by.r2 == pytest.approx(sklearn.r2_score(y, f))
        assert by.mase == pytest.approx(by.mae / (4 + target))
        assert by.scaled_mse == pytest.approx(by.rmse**2 / std[target] ** 2)
    assert got.overall.scaled_mae == pytest.approx(np.mean(np.abs(actual - forecast) / std))
    assert got.overall.scaled_mse == pytest.approx(np.mean(((actual - forecast) / std) ** 2))
    assert got.by_step[2].scaled_mae == pytest.approx(np.mean((np.abs(actual - forecast) / std)[:, 2]))


def test_over_several_targets_only_scaled_scores_are_given() -> None:
    both = scores(*(RNG.normal(size=(2, 20, 3, 2))), RNG.normal(size=(20, 2)), np.zeros(2), np.ones(2), np.ones(2))
    for over_all in (both.overall, *both.by_step):
        unscaled = (over_all.mae, over_all.rmse, over_all.mase, over_all.smape, over_all.r2, over_all.direction)
        assert unscaled == (None,) * 6
        assert over_all.scaled_mae is not None
    assert all(by.mae is not None for by in both.by_target)


def test_what_is_not_defined_is_none_and_warns_of_nothing() -> None:
    flat = table([[5, 5], [5, 5]], [[5, 6], [5, 4]], [5, 5], std=0.0, seasonal=0.0, mean=0.1).overall
    assert (flat.r2, flat.mase, flat.direction) == (None, None, None)
    assert flat.scaled_mae == pytest.approx(0.5)
    rounded = table([[7.3]] * 9999, [[7.4]] * 9999, [7.0] * 9999, mean=0.0).overall
    assert rounded.r2 is None
    assert table([[0, 0]], [[0, 0]], [1]).overall.smape == 0
    diverged = table([[1, 2]], [[np.nan, np.inf]], [0]).overall
    assert (diverged.mae, diverged.rmse, diverged.r2, diverged.scaled_mse) == (None, None, None, None)
    nothing = scores(np.empty((0, 2, 1)), np.empty((0, 2, 1)), np.empty((0, 1)), ONE, ONE, ONE).overall
    assert nothing.mae is None


def test_float32_forecasts_are_summed_in_double_precision() -> None:
    actual = np.full((200_000, 1, 1), 1e6, dtype=np.float32)
    got = scores(actual, actual + np.float32(1), actual[:, 0], ONE, ONE, ONE).overall
    assert got.mae == 1.0


def test_memory_does_not_grow_with_the_windows() -> None:
    actual = np.zeros((200_000, 24, 1), dtype=np.float32)
    tracemalloc.start()
    scores(actual, actual, actual[:, 0], ONE, ONE, ONE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40e6


def test_seasonal_naive_error_of_the_training_part() -> None:
    values = np.array([[1.0, 0], [2, 0], [4, 1], [8, 0]])
    np.testing.assert_allclose(seasonal_naive_mae(values, 2), [(3 + 6) / 2, 0.5])
    np.testing.assert_allclose(seasonal_naive_mae(values, 1), [7 / 3, 2 / 3])
    assert np.isnan(seasonal_naive_mae(values, 4)).all()
