"""The losses in Keras. What people choose from is said in `LOSSES`; adding one is told in docs/add-a-model.md."""

from collections.abc import Callable
from functools import partial

import keras
import tensorflow as tf

from core.frameworks.base import TrainingSpec

LOSSES = {  # a literal that is read without importing this file; "setting": one that only this loss has a use for
    "mse": {
        "label": "Squared error",
        "help": "Large errors count most. Forecasts aim at the mean.",
    },
    "mae": {
        "label": "Absolute error",
        "help": "Every error counts by its size, so that outliers weigh less. Forecasts aim at the median.",
    },
    "huber": {
        "label": "Huber",
        "help": "Squared for errors up to 1 on scaled values, absolute beyond: between the two above.",
    },
    "quantile": {
        "label": "Quantile",
        "help": "Forecasts aim at a level that the values stay below as often as the quantile says.",
        "setting": "quantile",
    },
    "direction": {
        "label": "Direction (for trading)",
        "help": "Squared error that costs more where a rise was forecast as a fall, or a fall as a rise.",
        "setting": "direction_weight",
    },
}

Loss = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]


def build_loss(training: TrainingSpec) -> Loss:
    """From forecast, target (batch, horizon, targets) and window (batch, lookback, inputs) to each window's mean."""
    return partial(FUNCTIONS[training.loss], training)


def mse(training: TrainingSpec, forecast: tf.Tensor, target: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    return mean(tf.square(forecast - target))


def mae(training: TrainingSpec, forecast: tf.Tensor, target: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    return mean(tf.abs(forecast - target))


def huber(training: TrainingSpec, forecast: tf.Tensor, target: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    """Huber (1964), squared up to an error of 1."""
    return tf.reduce_mean(keras.losses.huber(target, forecast, delta=1.0), axis=1)  # it is each step's mean


def quantile(training: TrainingSpec, forecast: tf.Tensor, target: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    """The pinball loss of Koenker and Bassett (1978)."""
    error = target - forecast
    return mean(tf.where(error >= 0, training.quantile * error, (training.quantile - 1) * error))


def direction(training: TrainingSpec, forecast: tf.Tensor, target: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    """Squared error, times 1 + weight where forecast and target lie on different sides of the last known value."""
    last = window[:, -1:, : forecast.shape[-1]]
    wrong = (forecast - last) * (target - last) < 0
    return mean(tf.where(wrong, 1 + training.direction_weight, 1.0) * tf.square(forecast - target))


def mean(loss: tf.Tensor) -> tf.Tensor:
    """Of each window, over its steps and targets (batch,): a short last batch is filled up, and weighted."""
    return tf.reduce_mean(loss, axis=(1, 2))


FUNCTIONS = {
    "mse": mse,
    "mae": mae,
    "huber": huber,
    "quantile": quantile,
    "direction": direction,
}
