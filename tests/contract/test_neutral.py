"""The neutral layout's starting numbers, which matched fits share, and its check of weights."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from core.errors import BadInput
from core.frameworks.neutral import checked, initial_weights

LAYOUT = {
    "layers.0.forward.input_weight": (10, 256),
    "layers.0.forward.recurrent_weight": (64, 256),
    "layers.0.forward.bias": (256,),
    "conv.weight": (3, 40, 20),
    "conv.bias": (20,),
    "attention.query_weight": (100, 100),
    "attention.query_bias": (100,),
    "norm.scale": (50,),
    "norm.bias": (50,),
    "head.weight": (900, 6),
    "head.bias": (6,),
}
WEIGHTS = {name: np.zeros(shape, np.float32) for name, shape in LAYOUT.items()}


def test_initial_weights_fill_the_bounds_of_what_is_summed():
    """1/√fan_in: the rows that a number is summed from, in a convolution times its kernel; in an LSTM, the state."""
    fan_in = {"layers": 64, "conv": 120, "attention": 100, "head": 900}
    for name, array in initial_weights(WEIGHTS, 1).items():
        if name.startswith("norm"):
            continue
        bound = 1 / np.sqrt(fan_in[name.split(".")[0]])
        assert array.dtype == np.float32 and array.shape == LAYOUT[name]
        assert np.abs(array).max() <= bound, name
        assert array.size < 100 or np.abs(array).max() > 0.95 * bound, name


def test_a_normalisation_begins_by_changing_nothing():
    weights = initial_weights(WEIGHTS, 1)
    assert_array_equal(weights["norm.scale"], 1)
    assert_array_equal(weights["norm.bias"], 0)


def test_the_seed_and_the_name_give_the_numbers_whatever_the_order_of_layers():
    first, again, other = (initial_weights(WEIGHTS, seed) for seed in (1, 1, 2))
    backwards = initial_weights(dict(reversed(WEIGHTS.items())), 1)
    for name, array in first.items():
        assert_array_equal(array, again[name])
        assert_array_equal(array, backwards[name])
    assert not np.array_equal(first["head.bias"], other["head.bias"])
    twice = initial_weights({"layers.0.weight": WEIGHTS["head.weight"], "layers.1.weight": WEIGHTS["head.weight"]}, 1)
    assert not np.array_equal(*twice.values())


def test_weights_that_do_not_fit_are_named():
    with pytest.raises(BadInput, match=r"head\.bias"):
        checked(WEIGHTS, {name: array for name, array in WEIGHTS.items() if name != "head.bias"})
    with pytest.raises(BadInput, match=r"head\.weight"):
        checked(WEIGHTS, {**WEIGHTS, "head.weight": WEIGHTS["head.weight"].T})


def test_weights_of_an_earlier_version_are_taken():
    """It called its recurrent layers layer0, layer1."""
    weights = initial_weights(WEIGHTS, 3)
    earlier = {name.replace("layers.0", "layer0"): array for name, array in weights.items()}
    assert "layer0.forward.bias" in earlier
    for name, array in checked(WEIGHTS, earlier).items():
        assert_array_equal(array, weights[name])
