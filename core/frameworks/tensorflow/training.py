"""Training in Keras: `fit` with a callback, on windows gathered by position from one resident variable."""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from core.frameworks.base import (
    Array,
    Epoch,
    History,
    Listener,
    ModelSpec,
    Origins,
    TrainingData,
    TrainingSpec,
    Weights,
    epoch_order,
)
from core.frameworks.fit import NORM_EVERY, Fit, prediction_batch, rows_of
from core.frameworks.tensorflow import weights as layout
from core.frameworks.tensorflow.dropout import restart_dropout
from core.frameworks.tensorflow.losses import build_loss
from core.frameworks.tensorflow.models import build_model
from core.frameworks.tensorflow.optimizers import build_optimizer, in_force, restart_optimizer
from core.frameworks.tensorflow.precision import layers_in, precision, set_tf32, tf32
from core.frameworks.tensorflow.steps import in_blocks, numbered, step_windows, steps_per_execution


class Trainer:
    """One model and its optimiser, for every fit of a run: traced and compiled once, reset between fits."""

    def __init__(self, model: ModelSpec, training: TrainingSpec, device: str) -> None:
        self.spec = replace(model, matched=training.maths == "matched")
        self.training, self.device = training, device
        with layers_in(training.precision):
            network = build_model(self.spec)
        self.model = self.window_model(network)
        self.start(seed=0)
        self.parameters = sum(int(np.prod(v.shape)) for v in self.model.trainable_variables)
        self.layers = layout.layer_table(self.model.network)
        self.applied = applied(self)

    def start(self, seed: int, weights: Weights | None = None) -> None:
        """Fresh weights (Keras' own initialisers run anew from `seed`, or the given ones) and a fresh optimiser."""
        set_tf32(self.training.maths)
        # keras.utils.set_random_seed is documented to seed Python's generator, from which the initialisers and dropout
        # layers draw their seeds, and to call tf.random.set_seed, which nothing here draws from and which clears
        # TensorFlow's kernel cache, at 0.2 s a fit. Initialisers with seeds of their own would no longer be Keras' as
        # it comes, and Bidirectional, which copies its layer, would start both directions from the same numbers.
        random.seed(seed)
        fresh = build_model(self.spec)  # lends its numbers only: it is never traced or compiled
        for variable, drawn in zip(self.model.network.variables, fresh.variables, strict=True):
            variable.assign(drawn)  # weights, and the random states of the dropout layers
        if weights is not None:
            layout.set_weights(self.model.network, weights)
        restart_dropout(self.model.network, seed)
        restart_optimizer(self.model.optimizer, self.training)

    def train(
        self,
        data: TrainingData,
        epochs: int,
        patience: int | None,
        seed: int,
        listener: Listener,
        earlier: Sequence[Epoch] = (),
    ) -> History:
        """Train for at most `epochs`; afterwards the model holds the weights of the best one."""
        self.model.series.assign(data.values)
        fit = Fit(listener, patience, len(data.train), self.training, earlier)
        conductor = Conductor(fit, data, self.training, seed)
        blocks = -(-len(data.train) // (self.model.block * step_windows(self.training)))
        self.model.fit(numbered(blocks), epochs=epochs, callbacks=[conductor], shuffle=False, verbose=0)
        self.model.series.assign(data.values[:0])  # lets go of the rows: forecasts bring their own
        if conductor.best is not None:
            self.model.network.set_weights(conductor.best)
        return fit.history()

    def predict(self, values: Array, origins: Origins) -> Array:
        """Scaled forecasts (N, horizon, targets) of the windows at `origins`."""
        forecasts = np.empty((len(origins), self.spec.horizon, self.spec.targets), np.float32)
        rows = rows_of(origins, self.spec)
        series, places = self.on_device(values[rows]), origins - rows.start
        size = prediction_batch(self.spec)
        for first in range(0, len(origins), size):
            forecasts[first : first + size] = self.model.forecast(series, places[first : first + size])
        return forecasts

    def first_gradient(self, data: TrainingData, batch: Origins) -> Weights:
        """Gradient of the loss on one batch at the present weights, in the neutral layout."""
        gradients = self.model.gradient(self.on_device(data.values), batch)
        return layout.to_neutral(self.model.network, [gradient.numpy() for gradient in gradients])

    def get_weights(self) -> Weights:
        return layout.get_weights(self.model.network)

    def set_weights(self, weights: Weights) -> None:
        layout.set_weights(self.model.network, weights)

    def on_device(self, array: Array) -> tf.Tensor:
        return tf.convert_to_tensor(array)

    def window_model(self, network: keras.Model) -> "WindowModel":
        return WindowModel(network, self.spec, self.training, steps_per_execution(self.spec, self.training))


class WindowModel(keras.Model):
    """A network whose training steps gather their windows by position from one resident series.

    What `fit` iterates over is only the number of a block of steps; `order` holds the origins of every step. Keras has
    steps_per_execution for this, but its loop is around what XLA compiles: weights would come and go at every step.
    """

    def __init__(self, network: keras.Model, spec: ModelSpec, training: TrainingSpec, block: int) -> None:
        super().__init__()
        self.block = block  # steps
        self.network, self.spec, self.training = network, spec, training
        self.window_loss = build_loss(training)
        self.series = tf.Variable(np.zeros((0, spec.inputs), np.float32), shape=(None, spec.inputs), trainable=False)
        shape = (block, step_windows(training))
        self.order = tf.Variable(
            np.zeros((0, *shape), np.int64), shape=(None, *shape), trainable=False
        )  # (blocks, steps of a block, windows of a step); -1 in the places that the last ones leave empty
        self.mean_loss = keras.metrics.Mean(name="loss", dtype="float64")  # over the windows of an epoch
        self.norms = tf.Variable([0.0, 0.0], trainable=False)  # of the gradients of every 16th step: sum and number
        # XLA compiles the arithmetic alone, not the gathering as compile(jit_compile=True) would: its shapes are those
        # of a block, so that neither other rows nor another number of steps make it compile again.
        self.learn = tf.function(self.learn_block, jit_compile=training.compile)
        self.compile(build_optimizer(training), jit_compile=False)
        self.optimizer.build(network.trainable_variables)

    def train_step(self, block: tf.Tensor) -> dict[str, tf.Tensor]:
        """The updates from block number `block` of the epoch's order."""
        origins = self.order[block]
        weight = tf.cast(origins >= 0, tf.float32)
        window, target = self.gather(self.series, tf.maximum(origins, self.spec.lookback))
        loss = self.learn(window, target, weight, tf.cast(block, tf.int32) * self.block)
        self.mean_loss.update_state(loss, sample_weight=tf.reduce_sum(weight))
        return {"loss": self.mean_loss.result()}

    def learn_block(self, window: tf.Tensor, target: tf.Tensor, weight: tf.Tensor, first: tf.Tensor) -> tf.Tensor:
        """Step after step from number `first` on; returns the mean loss of their windows."""
        total = tf.zeros((), tf.float64)
        for step in tf.range(tf.math.count_nonzero(weight[:, 0], dtype=tf.int32)):  # the last block has fewer
            loss = self.learn_from(window[step], target[step], weight[step], (first + step) % NORM_EVERY == 0)
            total += tf.cast(loss * tf.reduce_sum(weight[step]), tf.float64)
        return total / tf.cast(tf.reduce_sum(weight), tf.float64)

    def learn_from(self, window: tf.Tensor, target: tf.Tensor, weight: tf.Tensor, watched: tf.Tensor) -> tf.Tensor:
        """One update; returns the loss before it."""
        loss, gradients = self.slopes(window, target, weight, tf.reduce_sum(weight))
        if watched:
            norm = tf.linalg.global_norm(gradients) / self.scale()
            finite = tf.math.is_finite(norm)  # a step that float16 overflows is left out
            self.norms.assign_add(tf.where(finite, [norm, 1.0], [0.0, 0.0]))
        self.optimizer.apply(self.clip(gradients), self.network.trainable_variables)
        return loss

    def slopes(
        self, window: tf.Tensor, target: tf.Tensor, weight: tf.Tensor, windows: tf.Tensor
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Loss and gradient of a step of so many windows."""
        if self.training.accumulate == 1:
            return self.share(window, target, weight, windows)
        return self.accumulated(window, target, weight, windows)

    def share(
        self, window: tf.Tensor, target: tf.Tensor, weight: tf.Tensor, windows: tf.Tensor
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """What a batch adds to the loss and the gradient, scaled under float16, of a step of so many windows."""
        with tf.GradientTape() as tape:
            forecast = self.compute(window, training=True)
            loss = tf.reduce_sum(self.window_loss(forecast, target, window) * weight) / windows
            scaled = self.optimizer.scale_loss(loss)
        return loss, tape.gradient(scaled, self.network.trainable_variables)

    def accumulated(
        self, window: tf.Tensor, target: tf.Tensor, weight: tf.Tensor, windows: tf.Tensor
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """The same, batch by batch: only one batch's layers are in memory at a time."""
        parts = (self.training.accumulate, len(weight) // self.training.accumulate)
        window, target, weight = (tf.reshape(each, (*parts, *each.shape[1:])) for each in (window, target, weight))
        loss, gradients = tf.zeros(()), [tf.zeros_like(each) for each in self.network.trainable_variables]
        batch, batches = 0, tf.math.count_nonzero(weight[:, 0], dtype=tf.int32)  # the last step has fewer
        while batch < batches:  # tf.range would be left over in the loop around this one, where XLA refuses it
            part, slopes = self.share(window[batch], target[batch], weight[batch], windows)
            loss += part
            gradients = [before + more for before, more in zip(gradients, slopes, strict=True)]
            batch += 1
        return loss, gradients

    def clip(self, gradients: list[tf.Tensor]) -> list[tf.Tensor]:
        """The gradients, scaled down to a global norm of `clip_norm` where one is set."""
        longest = self.training.clip_norm
        if longest is None:
            return gradients
        if self.training.maths == "matched":  # as in torch.nn.utils.clip_grad_norm_
            share = tf.minimum(1.0, longest / (tf.linalg.global_norm(gradients) + 1e-6))
            return [gradient * share for gradient in gradients]
        return tf.clip_by_global_norm(gradients, longest * self.scale())[0]

    def scale(self) -> tf.Tensor | float:
        """What losses and gradients are multiplied by, so that float16 does not lose the small ones."""
        return self.optimizer.dynamic_scale if self.training.precision == "float16" else 1.0

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int64)])
    def summed_loss(self, origins: tf.Tensor) -> tf.Tensor:
        """Sum of the losses of the windows at `origins`, without learning from them."""
        window, target = self.gather(self.series, origins)
        loss = self.window_loss(self.compute(window), target, window)
        return tf.reduce_sum(tf.cast(loss, tf.float64))

    @tf.function(input_signature=[tf.TensorSpec([None, None]), tf.TensorSpec([None], tf.int64)])
    def forecast(self, series: tf.Tensor, origins: tf.Tensor) -> tf.Tensor:
        return self.compute(self.window(series, origins))

    @tf.function(input_signature=[tf.TensorSpec([None, None]), tf.TensorSpec([None], tf.int64)])
    def gradient(self, series: tf.Tensor, origins: tf.Tensor) -> list[tf.Tensor]:
        window, target = self.gather(series, origins)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.window_loss(self.compute(window), target, window))
        return tape.gradient(loss, self.network.trainable_variables)

    def compute(self, window: tf.Tensor, training: bool = False) -> tf.Tensor:
        """What the network makes of a window (batch, horizon, targets), in float32 whatever it computes in."""
        return tf.cast(self.network(window, training=training), tf.float32)

    def gather(self, series: tf.Tensor, origins: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Windows (…, lookback, inputs) and what follows them (…, horizon, targets)."""
        behind = tf.range(self.spec.horizon, dtype=tf.int64)
        return self.window(series, origins), tf.gather(series, origins[..., None] + behind)[..., : self.spec.targets]

    def window(self, series: tf.Tensor, origins: tf.Tensor) -> tf.Tensor:
        before = tf.range(-self.spec.lookback, 0, dtype=tf.int64)
        found = tf.gather(series, origins[..., None] + before)
        return tf.ensure_shape(found, (*origins.shape, self.spec.lookback, self.spec.inputs))


class Conductor(keras.callbacks.Callback):
    """Gives `fit` the order of each epoch, and ends it where the fit is over; keeps the best weights meanwhile."""

    def __init__(self, fit: Fit, data: TrainingData, training: TrainingSpec, seed: int) -> None:
        super().__init__()
        self.fit, self.data, self.training, self.seed = fit, data, training, seed
        self.shuffle = keras.random.SeedGenerator(seed)
        self.best: list[Array] | None = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.fit.begin_epoch()
        self.model.optimizer.learning_rate = self.fit.learning_rate
        self.model.norms.assign([0.0, 0.0])
        origins = order(self.data.train, self.training, self.seed, epoch + 1, self.shuffle)
        self.model.order.assign(in_blocks(origins, self.model.block, step_windows(self.training)))

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """After every block of steps."""
        done = min((batch + 1) * self.model.block * step_windows(self.training), len(self.data.train))
        self.model.stop_training = not self.fit.reached(done)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.fit.stopped:  # before the epoch was through
            return
        validation_loss = self.evaluate(self.data.validation) if len(self.data.validation) else None
        total, number = tf.unstack(self.model.norms)
        finite = layout.is_finite(self.model.network)
        if self.fit.end_epoch(float(logs["loss"]), validation_loss, float(total / number), finite):
            self.best = layout.snapshot(self.model.network)
        self.model.stop_training = self.fit.over

    def evaluate(self, origins: Origins) -> float:
        """Mean loss of the windows at `origins`, without learning from them."""
        size = prediction_batch(self.model.spec)
        batches = (origins[first : first + size] for first in range(0, len(origins), size))
        return sum(float(self.model.summed_loss(batch)) for batch in batches) / len(origins)


def order(
    origins: Origins, training: TrainingSpec, seed: int, epoch: int, shuffle: keras.random.SeedGenerator
) -> Origins:
    """The origins of one epoch: in Keras' own random order, or in the order that every framework follows."""
    if training.maths == "matched":
        return origins[epoch_order(seed, epoch, len(origins))]
    return keras.random.shuffle(origins, seed=shuffle).numpy()


def applied(trainer: Trainer) -> dict[str, Any]:
    """Settings in force, read back from Keras and TensorFlow."""
    training = trainer.training
    return {
        "maths": training.maths,
        "speed": "tuned",
        "data_path": "resident",
        "precision": precision(trainer.model.network),
        "loss_scaling": isinstance(trainer.model.optimizer, keras.optimizers.LossScaleOptimizer),
        "tf32": tf32(trainer.device),
        **in_force(trainer.model.optimizer, training),
        "schedule": training.schedule,
        "loss": training.loss,
        "clip_norm": training.clip_norm,
        "steps_per_execution": trainer.model.block * trainer.model.steps_per_execution,
        "batch_size": trainer.model.order.shape[2] // training.accumulate,
        "accumulate": training.accumulate,
        "compile": training.compile,  # XLA
        "device": trainer.device,
        "threads": tf.config.threading.get_intra_op_parallelism_threads(),
        "keras": keras.__version__,
    }
