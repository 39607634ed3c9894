"""Chronological parts, scaling without look-ahead, and what a framework is given."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from core.data.dataset import Split
from core.data.prepare import Prepared, prepare
from core.data.scaling import Scaler
from core.data.split import make_split
from core.errors import BadSettings

RNG = np.random.default_rng(0)


def test_shares_use_every_row_and_rows_are_taken_as_given() -> None:
    assert make_split(293, (0.7, 0.1, 0.2)) == Split(205, 29, 59)
    assert make_split(17420, (8640, 2880, 2880)) == Split(8640, 2880, 2880)
    assert make_split(100, (0.5, 0.1, 0.2)) == Split(50, 10, 20)


@given(st.integers(20, 10**7))
def test_the_default_split_covers_all_rows_in_order(rows: int) -> None:
    split = make_split(rows, (0.7, 0.1, 0.2))
    assert split.end == rows
    assert min(split.train, split.validation, split.test) >= 1


@pytest.mark.parametrize(
    "split",
    [
        (0.7, 0.2, 0.2),
        (0.7, 100, 200),
        (70.5, 10, 20),
        (-0.1, 0.5, 0.5),
        (80, 10, 20),
        (0.98, 0.001, 0.001),
        (float("nan"), 0.1, 0.2),
        (0.8, 0.0, 0.2),
    ],
)
def test_impossible_splits_are_refused(split: tuple[float, float, float]) -> None:
    with pytest.raises(BadSettings) as refusal:
        make_split(100, split)
    assert refusal.value.problems[0].where == "split"
    assert refusal.value.problems[0].remedy


@pytest.mark.parametrize("kind", ["standard", "minmax"])
def test_scaling_agrees_with_scikit_learn_over_many_blocks(kind: str) -> None:
    values = RNG.normal(1e6, 3, (150_000, 2)).cumsum(axis=1)
    expected = (StandardScaler() if kind == "standard" else MinMaxScaler()).fit_transform(values)
    scaler = Scaler.fit(values, kind)
    scaled = scaler.transform(values)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, expected, atol=1e-6)
    np.testing.assert_allclose(scaler.inverse(scaled), values, atol=1e-4)
    np.testing.assert_allclose(scaler.inverse(scaled[:, 1:], slice(1, 2)), values[:, 1:], atol=1e-4)


def test_large_offsets_do_not_cost_precision() -> None:
    values = 1e9 + RNG.normal(size=(500, 1))
    scaled = Scaler.fit(values, "standard").transform(values)
    assert np.corrcoef(scaled[:, 0], values[:, 0] - 1e9)[0, 1] > 1 - 1e-9


@pytest.mark.parametrize("kind", ["standard", "minmax", "none"])
def test_a_constant_column_stays_finite(kind: str) -> None:
    values = np.column_stack([np.full(50, 7.3), np.arange(50.0)])
    scaler = Scaler.fit(values, kind)
    assert scaler.scale[0] == 1
    np.testing.assert_allclose(scaler.inverse(scaler.transform(values)), values, rtol=1e-6, atol=1e-6)


def prepared(values: np.ndarray, split: Split | None, scaler: str = "standard") -> Prepared:
    index = pd.date_range("2021-01-01", periods=len(values))
    return prepare(values, index, split, targets=1, lookback=7, horizon=3, scaler=scaler, calendar=("weekday",))


@pytest.mark.parametrize("scaler", ["standard", "minmax"])
def test_nothing_after_the_training_part_changes_what_is_trained_on(scaler: str) -> None:
    values = RNG.normal(size=(100, 3))
    split = Split(70, 10, 20)
    other = values.copy()
    other[70:] += 1000
    before, after = prepared(values, split, scaler), prepared(other, split, scaler)
    np.testing.assert_array_equal(before.values[:70], after.values[:70])
    assert before.parts.train.max() + 3 <= 70


def test_the_array_is_values_then_calendar_and_the_parts_are_in_order() -> None:
    values = RNG.normal(5, 2, (100, 3))
    ready = prepared(values, Split(70, 10, 20))
    assert ready.values.shape == (100, 5)
    assert ready.values.dtype == np.float32
    np.testing.assert_allclose(ready.scaler.inverse(ready.values[:, :3]), values, rtol=1e-5)
    assert ready.parts.validation.tolist() == list(range(70, 78))
    assert ready.parts.test.tolist() == list(range(80, 98))
    assert ready.targets == 1


def test_the_final_fit_learns_from_all_rows() -> None:
    values = RNG.normal(size=(100, 3))
    final = prepared(values, None)
    assert final.parts.train.tolist() == list(range(7, 98))
    assert not len(final.parts.validation)
    assert not len(final.parts.test)
    np.testing.assert_allclose(final.scaler.mean, values.mean(axis=0))


def test_a_scaler_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Scaler.fit(np.ones((3, 1)), "none").mean = np.ones(1)  # type: ignore[misc]
