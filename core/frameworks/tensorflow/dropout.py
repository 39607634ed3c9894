"""Dropout in Keras: its own under stock maths; under matched maths one whose masks are alike everywhere."""

import keras
from keras import KerasTensor, layers, ops

from core.frameworks.base import ModelSpec
from core.frameworks.neutral import MASK_BITS, MIXER, dropout_key


def dropout(spec: ModelSpec, name: str) -> keras.Layer:
    """What stands between two layers: while training it leaves out a share of the numbers and scales up the others."""
    if spec.matched and spec.dropout:
        return MatchedDropout(spec.dropout, name=name)
    return layers.Dropout(spec.dropout, name=name)


class MatchedDropout(keras.Layer):
    """Leaves out what a hash of seed, layer, step and place says: no generator of a framework is asked."""

    def __init__(self, rate: float, name: str) -> None:
        super().__init__(name=name)
        self.rate = rate
        self.key = self.add_weight(shape=(), dtype="int64", initializer="zeros", trainable=False, name="key")
        self.step = self.add_weight(shape=(), dtype="int64", initializer="zeros", trainable=False, name="step")

    def call(self, x: KerasTensor, training: bool = False) -> KerasTensor:
        if not training:
            return x
        self.step.assign_add(1)
        places = ops.reshape(ops.arange(ops.size(x), dtype="int64"), ops.shape(x))  # window after window
        kept = mix(mix(self.key + self.step) + places) >= round(self.rate * 2**32)
        return ops.where(kept, x / (1 - self.rate), 0.0)


def mix(x: KerasTensor) -> KerasTensor:
    """A hash of 32 bits, kept in 64 so that no product overflows (Thomas Mueller's, on the scale of MurmurHash3's)."""
    for _ in range(2):
        x = ops.bitwise_and(x, MASK_BITS)
        x = ops.bitwise_xor(x, ops.bitwise_right_shift(x, 16)) * MIXER
    x = ops.bitwise_and(x, MASK_BITS)
    return ops.bitwise_xor(x, ops.bitwise_right_shift(x, 16))


def restart_dropout(network: keras.Model, seed: int) -> None:
    """Masks from their first step on, as they follow from `seed`."""
    for layer in network.layers:
        if isinstance(layer, MatchedDropout):
            layer.key.assign(dropout_key(seed, layer.name))
            layer.step.assign(0)
