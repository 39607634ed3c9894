"""The neutral layout and the starting numbers that matched fits share."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from core.errors import BadInput
from core.frameworks.neutral import checked, initial_weights, shapes
from tests.contract.conftest import SPEC


def test_layout_of_a_two_layer_bidirectional_gru():
    spec = dataclasses.replace(SPEC, kind="gru", layers=2, bidirectional=True, hidden=8, horizon=3, targets=2)
    layout = shapes(spec)
    assert layout["layer0.forward.input_weight"] == (4, 24)
    assert layout["layer1.backward.input_weight"] == (16, 24)
    assert layout["layer1.backward.recurrent_weight"] == (8, 24)
    assert layout["layer0.backward.bias"] == (2, 24)
    assert layout["head.weight"] == (16, 6)


def test_initial_weights_come_from_the_seed_and_fill_their_bounds():
    spec = dataclasses.replace(SPEC, hidden=64, bidirectional=True)
    weights = initial_weights(spec, 1)
    for name, array in weights.items():
        bound = 1 / np.sqrt(128 if name.startswith("head") else 64)
        assert array.dtype == np.float32
        assert np.abs(array).max() <= bound
        assert array.size < 100 or np.abs(array).max() > 0.95 * bound
        assert_array_equal(array, initial_weights(spec, 1)[name])
    assert not np.array_equal(weights["head.bias"], initial_weights(spec, 2)["head.bias"])


def test_weights_that_do_not_fit_are_named():
    weights = dict(initial_weights(SPEC, 0))
    with pytest.raises(BadInput, match=r"head\.bias"):
        checked(SPEC, {name: array for name, array in weights.items() if name != "head.bias"})
    with pytest.raises(BadInput, match=r"head\.weight"):
        checked(SPEC, {**weights, "head.weight": weights["head.weight"].T})
