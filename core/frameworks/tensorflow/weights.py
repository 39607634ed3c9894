"""Keras' weights in the neutral layout (core.frameworks.neutral), and back; and the table of a model's layers.

Conversion goes by the type of a layer, whatever model it is in. Keras keeps matrices as (from, to), as the neutral
layout does, and the gates of an LSTM in the same order. The gates of its GRU are z, r, n where the neutral layout has
r, z, n: swapping the first two goes either way. Its attention keeps a matrix as (width, heads, width of a head).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

import keras
import numpy as np
from keras import layers

from core.frameworks.base import Array, Layer, Weights
from core.frameworks.neutral import checked, held_by

Arrays = Mapping[str, Array]  # of one layer, by Keras' names or by the neutral ones
Turn = Callable[[keras.Layer, Arrays], dict[str, Array]]


def get_weights(network: keras.Model) -> Weights:
    """Copies of the present weights in the neutral layout."""
    return to_neutral(network, (variable.numpy() for variable in network.trainable_variables))


def set_weights(network: keras.Model, weights: Weights) -> None:
    """Take over weights in the neutral layout; raises BadInput when they belong to another model."""
    own = from_neutral(network, checked(get_weights(network), weights))
    for variable in network.trainable_variables:
        variable.assign(own[variable.path])


def to_neutral(network: keras.Model, own: Iterable[Array]) -> Weights:
    """Weights or gradients in the order of Keras' trainable variables, as copies in the neutral layout."""
    held = {variable.path: values for variable, values in zip(network.trainable_variables, own, strict=True)}
    neutral = {}
    for name, layer, arrays in named_layers(network):
        turn, _ = kind_of(layer)
        for array, values in turn(layer, {each: held[f"{name}/{each}"] for each in arrays}).items():
            neutral[f"{name}.{array}"] = np.array(values, np.float32)
    return neutral


def from_neutral(network: keras.Model, neutral: Weights) -> Arrays:
    own: dict[str, Array] = {}
    for name, layer, _ in named_layers(network):
        _, turn = kind_of(layer)
        own |= {f"{name}/{array}": values for array, values in turn(layer, held_by(name, neutral)).items()}
    return own


def named_layers(network: keras.Model) -> Iterator[tuple[str, keras.Layer, list[str]]]:
    """The layers that hold weights, with the names of their arrays; Keras names an array "layer/part/array"."""
    for layer in network.layers:
        arrays = [variable.path.removeprefix(f"{layer.name}/") for variable in layer.trainable_variables]
        if arrays:
            yield layer.name, layer, arrays


def kind_of(layer: keras.Layer) -> tuple[Turn, Turn]:
    """How its arrays turn into neutral ones, and back."""
    return next((turns for kind, turns in KINDS.items() if isinstance(layer, kind)), (as_they_are, as_they_are))


def as_they_are(layer: keras.Layer, arrays: Arrays) -> dict[str, Array]:
    return dict(arrays)


def renamed(layer: keras.Layer, arrays: Arrays, names: Mapping[str, str]) -> dict[str, Array]:
    return {new: arrays[old] for old, new in names.items() if old in arrays}


def recurrent_out(layer: keras.Layer, own: Arrays) -> dict[str, Array]:
    return {
        f"{direction}.{neutral}": gates(own[f"{path}/{name}"])
        for direction, path, gates in cells(layer)
        for name, neutral in RECURRENT.items()
    }


def recurrent_in(layer: keras.Layer, neutral: Arrays) -> dict[str, Array]:
    return {
        f"{path}/{name}": gates(neutral[f"{direction}.{each}"])
        for direction, path, gates in cells(layer)
        for name, each in RECURRENT.items()
    }


def attention_out(layer: keras.Layer, own: Arrays) -> dict[str, Array]:
    width = own["attention_output/bias"].size
    neutral: dict[str, Array] = {}
    for path, name in ATTENTION.items():
        neutral[f"{name}_weight"] = own[f"{path}/kernel"].reshape(width, width)
        neutral[f"{name}_bias"] = own[f"{path}/bias"].reshape(width)
    return neutral


def attention_in(layer: keras.Layer, neutral: Arrays) -> dict[str, Array]:
    width, heads = neutral["output_bias"].size, layer.num_heads
    own = {}
    for path, name in ATTENTION.items():
        shape, bias = ((heads, -1, width), width) if name == "output" else ((width, heads, -1), (heads, -1))
        own[f"{path}/kernel"] = neutral[f"{name}_weight"].reshape(shape)
        own[f"{path}/bias"] = neutral[f"{name}_bias"].reshape(bias)
    return own


def cells(layer: keras.Layer) -> list[tuple[str, str, Callable[[Array], Array]]]:
    """Each direction of a recurrent layer, the path of its arrays, and how their gates change places."""
    gates = swapped if isinstance(getattr(layer, "forward_layer", layer), layers.GRU) else np.asarray
    if not isinstance(layer, layers.Bidirectional):
        return [("forward", layer.cell.name, gates)]
    ways = {"forward": layer.forward_layer, "backward": layer.backward_layer}
    return [(direction, f"{way.name}/{way.cell.name}", gates) for direction, way in ways.items()]


def swapped(gates: Array) -> Array:
    first, second, third = np.split(gates, 3, axis=-1)
    return np.concatenate((second, first, third), axis=-1)


RECURRENT = {"kernel": "input_weight", "recurrent_kernel": "recurrent_weight", "bias": "bias"}
ATTENTION = {"query": "query", "key": "key", "value": "value", "attention_output": "output"}
KINDS: dict[type[keras.Layer], tuple[Turn, Turn]] = {
    layers.Dense: (
        partial(renamed, names={"kernel": "weight", "bias": "bias"}),
        partial(renamed, names={"weight": "kernel", "bias": "bias"}),
    ),
    layers.Conv1D: (
        partial(renamed, names={"kernel": "weight", "bias": "bias"}),
        partial(renamed, names={"weight": "kernel", "bias": "bias"}),
    ),
    layers.LSTM: (recurrent_out, recurrent_in),
    layers.GRU: (recurrent_out, recurrent_in),
    layers.Bidirectional: (recurrent_out, recurrent_in),
    layers.LayerNormalization: (
        partial(renamed, names={"gamma": "scale", "beta": "bias"}),
        partial(renamed, names={"scale": "gamma", "bias": "beta"}),
    ),
    layers.MultiHeadAttention: (attention_out, attention_in),
}


def snapshot(network: keras.Model) -> list[Array]:
    """A copy of the weights that training does not touch."""
    return list(network.get_weights())


def is_finite(network: keras.Model) -> bool:
    """Whether every weight is a number that can be computed with."""
    return all(bool(np.isfinite(array).all()) for array in network.get_weights())


def layer_table(network: keras.Model) -> tuple[Layer, ...]:
    """The layers that hold weights, with the shapes that one window takes in them."""
    return tuple(
        Layer(name, type(layer).__name__, tuple(layer.output.shape[1:]), layer.count_params())
        for name, layer, _ in named_layers(network)
    )
