"""In how many digits Keras computes."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf


@contextmanager
def layers_in(precision: str) -> Iterator[None]:
    """Layers that are built meanwhile compute in this precision; their weights stay in float32."""
    keras.config.set_dtype_policy("float32" if precision == "float32" else f"mixed_{precision}")
    try:
        yield
    finally:
        keras.config.set_dtype_policy("float32")


TF32: bool = tf.config.experimental.tensor_float_32_execution_enabled()  # as TensorFlow comes: on


def set_tf32(maths: str) -> None:
    """Full float32 on GPUs under matched maths, TensorFlow's own choice under stock. Not measured on a GPU yet.

    TF32 keeps 10 of a product's 23 mantissa bits. The flag is the process's, so every fit sets it anew.
    """
    tf.config.experimental.enable_tensor_float_32_execution(TF32 and maths == "stock")


def tf32(device: str) -> str:
    """Where TF32 is in force; processors have none."""
    allowed = device != "cpu" and tf.config.experimental.tensor_float_32_execution_enabled()
    return "everywhere" if allowed else "nowhere"


def precision(network: keras.Model) -> str:
    """That of the numbers; mixed: weights stay in float32, and layers compute in fewer digits."""
    return str(network.dtype_policy.name)
