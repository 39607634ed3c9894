"""`python -m benchmarks.performance.hand_tensorflow WORK`: the quickest loop in TensorFlow that we could write.

Nothing but the loop: all windows are laid out in memory once, an epoch puts them into a new order with one copy, and
XLA compiles the loop over all its steps as a whole, so that weights and moments stay inside from step to step. A short
last batch is one more call, compiled for its own size.
"""

import os
import sys
from collections.abc import Callable

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from benchmarks.performance.gate import Gate
from benchmarks.performance.work import LEARNING_RATE, Work, from_text


def main(work: Work) -> None:
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    series = work.series()
    x = np.lib.stride_tricks.sliding_window_view(series[: -work.horizon], work.lookback, 0).transpose(0, 2, 1)
    y = np.lib.stride_tricks.sliding_window_view(series[work.lookback :, 0], work.horizon)
    x, y = tf.constant(x), tf.constant(y)  # (windows, lookback, inputs), (windows, horizon)
    window = keras.Input((work.lookback, work.inputs))
    model = keras.Model(window, layers.Dense(work.horizon)(layers.LSTM(work.hidden)(window)))
    optimizer = keras.optimizers.Adam(LEARNING_RATE)
    optimizer.build(model.trainable_variables)
    epoch = built_epoch(model, optimizer)
    gate, whole = Gate(), work.windows // work.batch * work.batch
    while True:
        gate.open()
        order = tf.random.shuffle(tf.range(work.windows))
        full, rest = order[:whole], order[whole:]
        total = epoch(*batches(x, y, full, work.batch))
        if len(rest):
            total += epoch(*batches(x, y, rest, len(rest)))
        float(total)
        gate.close()


def batches(x: tf.Tensor, y: tf.Tensor, order: tf.Tensor, size: int) -> tuple[tf.Tensor, tf.Tensor]:
    """(batches, size, …) in this order."""
    return tuple(tf.reshape(tf.gather(each, order), (-1, size, *each.shape[1:])) for each in (x, y))


Epoch = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]  # from batches of windows and targets to the sum of their losses


def built_epoch(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> Epoch:
    weights = model.trainable_variables

    @tf.function(jit_compile=True)
    def epoch(windows: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        total = 0.0
        for step in tf.range(len(windows)):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(model(windows[step], training=True) - targets[step]))
            optimizer.apply(tape.gradient(loss, weights), weights)
            total += loss
        return total

    return epoch


if __name__ == "__main__":
    main(from_text(sys.argv[1]))
