"""The folds of a backtest: together they judge what one fold judges, and none learns from what it is judged on."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.data.dataset import Split
from core.data.prepare import prepare
from core.data.split import fold_splits, most_folds
from core.data.windows import fold_parts, window_parts

SPLIT = Split(70, 10, 20)


@given(
    split=st.builds(Split, st.integers(30, 90), st.integers(10, 30), st.integers(10, 80), st.just(0)),
    folds=st.integers(1, 5),
    horizon=st.integers(1, 10),
)
def test_all_folds_together_have_the_test_windows_of_one(split: Split, folds: int, horizon: int) -> None:
    together = np.concatenate([part.test for part in fold_parts(split, folds, 20, horizon)])
    np.testing.assert_array_equal(together, window_parts(split, 20, horizon).test)


@given(
    split=st.builds(Split, st.integers(30, 90), st.integers(10, 30), st.integers(10, 80), st.just(0)),
    folds=st.integers(1, 5),
    horizon=st.integers(1, 10),
)
def test_nothing_at_or_after_a_fold_s_test_start_is_learned_from(split: Split, folds: int, horizon: int) -> None:
    assume(folds <= most_folds(split, horizon))
    for fold, part in zip(fold_splits(split, folds), fold_parts(split, folds, 20, horizon), strict=True):
        assert part.test[0] == fold.test_start
        assert part.train[-1] + horizon <= fold.validation_start
        assert part.validation[-1] + horizon <= fold.test_start
        assert fold.validation == split.validation
        assert fold.end + fold.ahead == split.end


def test_blocks_are_nearly_equal_and_the_training_part_grows() -> None:
    folds = fold_splits(SPLIT, 3)
    assert [fold.test for fold in folds] == [6, 7, 7]
    assert [fold.train for fold in folds] == [70, 76, 83]
    assert fold_splits(SPLIT, 1) == (SPLIT,)


def test_the_last_forecasts_of_a_fold_reach_into_the_next_one() -> None:
    first, second = fold_parts(SPLIT, 2, 20, horizon=5)
    assert first.test[-1] + 5 > second.test[0], "else the windows that cross the border were judged by nobody"
    assert second.test[-1] + 5 == SPLIT.end


@pytest.mark.parametrize(("horizon", "most"), [(1, 20), (6, 3), (20, 1), (21, 0)])
def test_every_fold_has_a_window(horizon: int, most: int) -> None:
    assert most_folds(SPLIT, horizon) == most
    for folds in range(1, most + 1):
        assert all(len(part.test) for part in fold_parts(SPLIT, folds, 20, horizon))


def test_a_fold_s_scale_is_that_of_its_own_training_rows() -> None:
    values = np.random.default_rng(0).normal(size=(100, 2)).cumsum(axis=0)
    index = pd.date_range("2020", periods=100, freq="D")
    for fold in fold_splits(SPLIT, 3):
        changed = values.copy()
        changed[fold.train :] = 1e6  # whatever comes later
        prepared = prepare(changed, index, fold, targets=1, lookback=20, horizon=5, scaler="standard", calendar=())
        np.testing.assert_allclose(prepared.scaler.mean, values[: fold.train].mean(axis=0))
        np.testing.assert_allclose(prepared.scaler.scale, values[: fold.train].std(axis=0))
