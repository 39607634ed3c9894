"""Keras' weights in the neutral layout (core.frameworks.neutral), and back.

Keras keeps matrices as (from, to), as the neutral layout does, and the gates of an LSTM in the same order.
The gates of its GRU are z, r, n where the neutral layout has r, z, n: swapping the first two goes either way.
"""

from collections.abc import Iterable

import keras
import numpy as np

from core.frameworks.base import Array, ModelSpec, Weights
from core.frameworks.neutral import cells, checked, shapes


def get_weights(network: keras.Model, spec: ModelSpec) -> Weights:
    """Copies of the present weights in the neutral layout."""
    return to_neutral(spec, (variable.numpy() for variable in network.trainable_variables))


def set_weights(network: keras.Model, spec: ModelSpec, weights: Weights) -> None:
    """Take over weights in the neutral layout; raises BadInput when they belong to another model."""
    own = from_neutral(spec, checked(spec, weights))
    for variable, array in zip(network.trainable_variables, own, strict=True):
        variable.assign(array)


def to_neutral(spec: ModelSpec, own: Iterable[Array]) -> Weights:
    """Arrays in the order of Keras' trainable variables (which is the neutral order), weights or gradients."""
    named = dict(zip(shapes(spec), own, strict=True))
    return {**named, **_swapped_gates(spec, named)}


def from_neutral(spec: ModelSpec, neutral: Weights) -> list[Array]:
    return list({**neutral, **_swapped_gates(spec, neutral)}.values())


def snapshot(network: keras.Model) -> list[Array]:
    """A copy of the weights that training does not touch."""
    return list(network.get_weights())


def _swapped_gates(spec: ModelSpec, weights: Weights) -> dict[str, Array]:
    """The arrays of a GRU with its first two gates, on the last axis, swapped; none for an LSTM."""
    if spec.kind != "gru":
        return {}
    names = [f"{name}.{part}" for _, _, name in cells(spec) for part in ("input_weight", "recurrent_weight", "bias")]
    return {name: _swap(weights[name]) for name in names}


def _swap(gates: Array) -> Array:
    first, second, third = np.split(gates, 3, axis=-1)
    return np.concatenate((second, first, third), axis=-1)
