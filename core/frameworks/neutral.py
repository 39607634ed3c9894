"""The neutral layout: a model's weights as named float32 arrays, the same for every framework.

An array is called "<layer>.<array>" after the layer that holds it, which has the same name in every framework. Every
matrix is (from, to), as in `x @ weight`. A layer of this type holds these arrays:

    dense          weight (from, to), bias (to)
    convolution    weight (kernel, from, to), bias (to)
    LSTM, GRU      for each direction d = forward, and backward where there is one; G = 4 gates for LSTM, 3 for GRU:
                   d.input_weight (from, G·H), d.recurrent_weight (H, G·H),
                   d.bias: LSTM (4·H); GRU (2, 3·H), row 0 on the input's side, row 1 on the state's
    normalisation  scale (width), bias (width)
    attention      query_weight, key_weight, value_weight, output_weight (width, width), and a bias (width) to each
    any other      its own arrays as they are, under their own names

Gates lie side by side: i, f, g, o in an LSTM; r, z, n in a GRU, whose reset gate r acts on the state's
contribution after its matrix product (Keras: `reset_after=True`). Bidirectional outputs are (forward, backward).
"""

import re
import zlib
from collections.abc import Mapping

import numpy as np

from core.errors import BadInput
from core.frameworks.base import Array, Weights

MASK_BITS, MIXER = 0xFFFFFFFF, 0x45D9F3B  # of the hash that dropout masks are made of


def initial_weights(like: Weights, seed: int) -> Weights:
    """Starting numbers for every framework, of the names and shapes of `like`: U(±1/√fan_in), scales of 1.

    In recurrent layers fan_in is the hidden size. These are the bounds PyTorch draws from; the numbers come from
    NumPy's generator, seeded by `seed` and the array's name, so that they do not depend on a framework's order.
    """
    return {name: _initial(name, like, seed) for name in like}


def checked(like: Weights, weights: Weights) -> dict[str, Array]:
    """The weights as float32, if names and shapes are those of `like`; raises BadInput otherwise."""
    weights = {_present_name(name): array for name, array in weights.items()}
    if weights.keys() != like.keys():
        wrong = sorted(weights.keys() ^ like.keys())
        raise BadInput("These weights belong to another model", wrong[0], "Choose weights of the same model settings.")
    for name, array in like.items():
        if weights[name].shape != array.shape:
            found = f"{name}: {weights[name].shape} instead of {array.shape}"
            raise BadInput("These weights belong to another model", found, "Choose weights of the same model settings.")
    return {name: np.asarray(weights[name], np.float32) for name in like}


def held_by(layer: str, weights: Weights) -> dict[str, Array]:
    """The arrays of one layer, by their own names."""
    prefix = f"{layer}."
    return {name.removeprefix(prefix): array for name, array in weights.items() if name.startswith(prefix)}


def dropout_key(seed: int, layer: str) -> int:
    """What the masks of a dropout layer begin from, 32 bits."""
    return (seed * 0x9E3779B1 + zlib.crc32(layer.encode())) & MASK_BITS


def _initial(name: str, like: Weights, seed: int) -> Array:
    layer, _, array = name.rpartition(".")
    shape = like[name].shape
    if f"{layer}.scale" in like:  # a normalisation begins by changing nothing
        return np.full(shape, array == "scale", np.float32)
    bound = 1 / np.sqrt(_fan_in(name, like))
    draw = np.random.default_rng([seed, zlib.crc32(name.encode())])
    return draw.uniform(-bound, bound, shape).astype(np.float32)


def _fan_in(name: str, like: Mapping[str, Array]) -> int:
    """Numbers that each number behind the array is summed from; a bias has that of its weight."""
    layer = name.rpartition(".")[0]
    if f"{layer}.recurrent_weight" in like:
        return int(like[f"{layer}.recurrent_weight"].shape[0])
    weight = like.get(re.sub("bias$", "weight", name), like[name])
    return int(np.prod(weight.shape[:-1]))


def _present_name(name: str) -> str:
    """Recurrent layers were called layer0, layer1 in weights that an earlier version saved."""
    return re.sub(r"^layer(\d+)\.", r"layers.\1.", name)
