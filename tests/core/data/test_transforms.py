"""Targets may be learned as logarithms or changes: the way back is exact, and nothing is made up or shifted."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from core.data.dataset import Split
from core.data.prepare import Prepared, prepare
from core.data.transforms import Transform, back, forward, lost_rows, unfit

TRANSFORMS = ("none", "log", "difference", "percent")
Seed = st.integers(0, 2**32 - 1)
positive = arrays.arrays(np.float64, st.tuples(st.integers(8, 60), st.integers(1, 3)), elements=st.floats(10, 1e6))


@pytest.mark.parametrize("transform", TRANSFORMS)
@given(values=positive, start=st.integers(1, 7))
def test_what_is_learned_leads_back_to_the_values(transform: Transform, values: np.ndarray, start: int) -> None:
    """From any row on, given the values before it; in percent, each step a fall to a hundred-thousandth at most."""
    learned = forward(transform, values)
    windows = learned[None, start:]  # one forecast of everything that follows
    again = back(transform, windows, values[None, start - 1])
    np.testing.assert_allclose(again[0], values[start:], rtol=1e-9, atol=1e-14 * values.max())


@given(values=positive, sign=st.sampled_from((1, -1)))
def test_changes_in_percent_are_of_values_of_either_sign(values: np.ndarray, sign: int) -> None:
    learned = forward("percent", sign * values)
    again = back("percent", learned[None, 1:], sign * values[None, 0])
    np.testing.assert_allclose(again[0], sign * values[1:], rtol=1e-9)
    assert not any(unfit("percent", column).any() for column in (sign * values).T)


def test_each_window_goes_back_from_its_own_last_value() -> None:
    values = np.array([[10.0], [20.0], [25.0], [50.0]])
    changes = np.array([[[1.0], [1.0]], [[-5.0], [0.0]]])  # two windows of two steps
    last = values[[0, 2]]
    np.testing.assert_array_equal(back("difference", changes, last)[..., 0], [[11, 12], [20, 20]])
    np.testing.assert_allclose(back("percent", changes / 10, last)[..., 0], [[11, 12.1], [12.5, 12.5]], rtol=1e-15)


@pytest.mark.parametrize(
    ("transform", "values", "rows"),
    [
        ("log", [1.0, 0.0, 2.0, -1.0], [1, 3]),
        ("log", [1.0, 1e-300], []),
        ("percent", [3.0, 0.0, 2.0, 4.0], [1]),
        ("percent", [-3.0, -1.0, 2.0, -4.0], [2]),
        ("percent", [-3.0, -1.0], []),
        ("percent", [0.0, 1.0, 0.0, 0.0], [0, 2, 3]),
        ("difference", [0.0, -1.0], []),
        ("none", [0.0, -1.0], []),
    ],
)
def test_the_cells_that_stand_against_a_transformation(transform: Transform, values: list[float], rows: list) -> None:
    assert np.flatnonzero(unfit(transform, np.array(values))).tolist() == rows


def prepared(values: np.ndarray, split: Split | None, transform: Transform, scaler: str = "standard") -> Prepared:
    index = pd.date_range("2021-01-01", periods=len(values))
    return prepare(
        values, index, split, targets=2, lookback=7, horizon=3, scaler=scaler, calendar=(), transform=transform
    )


@pytest.mark.parametrize("scaler", ["standard", "minmax", "none"])
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_perfect_scaled_forecasts_are_the_values_themselves(transform: Transform, scaler: str) -> None:
    """Whichever window, whichever part: the targets come back, the input was left as it is."""
    values = np.exp(np.random.default_rng(0).normal(size=(100, 3)).cumsum(axis=0) * 0.1 + 3)
    ready = prepared(values, Split(70, 10, 20), transform, scaler)
    for origins in (ready.parts.train, ready.parts.validation, ready.parts.test):
        perfect = np.stack([ready.values[o : o + 3, :2] for o in origins])
        expected = np.stack([values[o : o + 3, :2] for o in origins])
        np.testing.assert_allclose(ready.own_units(perfect, origins), expected, rtol=2e-6)
    input_again = ready.values[:, 2] * ready.scaler.scale[2] + ready.scaler.mean[2]
    np.testing.assert_allclose(input_again, values[:, 2], rtol=1e-5)


@pytest.mark.parametrize("transform", ["difference", "percent"])
def test_the_row_without_a_change_is_in_no_window_and_does_not_count_for_the_scale(transform: Transform) -> None:
    values = np.arange(100.0, 400.0).reshape(100, 3)
    values += np.random.default_rng(0).normal(size=values.shape)
    for split, end in ((Split(70, 10, 20), 70), (None, 100)):
        ready = prepared(values, split, transform)
        assert ready.parts.train.min() - 7 == lost_rows(transform) == 1
        assert ready.parts.train.max() + 3 == end
        expected = (values[1:end, :2] - values[: end - 1, :2]) / (
            values[: end - 1, :2] if transform == "percent" else 1
        )
        np.testing.assert_allclose(ready.scaler.mean[:2], expected.mean(axis=0))


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_nothing_after_the_training_part_changes_what_is_trained_on(transform: Transform) -> None:
    values = np.exp(np.random.default_rng(1).normal(size=(100, 3)))
    other = values.copy()
    other[70:] *= 1000
    before, after = (prepared(each, Split(70, 10, 20), transform) for each in (values, other))
    np.testing.assert_array_equal(before.values[:70], after.values[:70])


def test_the_data_themselves_are_left_as_they_are() -> None:
    values = np.exp(np.random.default_rng(2).normal(size=(100, 3)))
    kept = values.copy()
    values.setflags(write=False)
    prepared(values, Split(70, 10, 20), "log")
    np.testing.assert_array_equal(values, kept)


def test_a_forecast_that_diverged_is_infinite_without_a_warning() -> None:
    assert np.isinf(back("log", np.array([[[1e4]]]), np.empty((0, 1)))).all()
