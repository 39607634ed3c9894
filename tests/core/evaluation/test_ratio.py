"""The ratio of timings taken in turn: true to its confidence, and untouched by a machine that is slow for a while."""

import numpy as np
import pytest

from core.evaluation.ratio import ratio


def test_the_interval_holds_the_truth_as_often_as_promised() -> None:
    draw, held, rounds, trials = np.random.default_rng(1), 0, 5, 1500
    for _ in range(trials):
        spell = np.exp(draw.normal(0, 0.3, rounds))  # of the machine, which both of a pair meet
        first = 1.3 * spell * np.exp(draw.normal(0, 0.05, rounds))
        found = ratio(first, spell * np.exp(draw.normal(0, 0.05, rounds)))
        assert found is not None and found.interval is not None
        held += found.interval[0] <= 1.3 <= found.interval[1]
    assert 0.94 <= held / trials <= 0.975


def test_what_slows_both_of_a_pair_cancels() -> None:
    found = ratio([1.0, 10.0, 1.0, 1.0], [2.0, 20.0, 2.0, 2.0])
    assert found is not None and found.ratio == pytest.approx(0.5) and found.interval == pytest.approx((0.5, 0.5))


def test_the_median_lies_within_whatever_outliers_do() -> None:
    found = ratio([1.0] * 90 + [2.0] * 10, [1.0] * 100)
    assert found is not None and found.interval is not None
    assert found.ratio == pytest.approx(1.0) and found.interval[0] <= found.ratio <= found.interval[1]


def test_one_measurement_has_no_interval_and_none_no_ratio() -> None:
    found = ratio([3.0], [2.0])
    assert found is not None and found.interval is None and found.words() == "1.50 (one measurement)"
    assert ratio([], []) is None
