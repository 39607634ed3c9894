"""Training in Keras: `fit` with a callback, on windows gathered by position from one resident variable."""

import random
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from core.frameworks.base import (
    Array,
    History,
    Listener,
    ModelSpec,
    Origins,
    TrainingData,
    TrainingSpec,
    Weights,
    epoch_order,
)
from core.frameworks.fit import Fit, prediction_batch, rows_of
from core.frameworks.neutral import directions, shapes
from core.frameworks.tensorflow import weights as layout
from core.frameworks.tensorflow.models import build_model
from core.frameworks.tensorflow.optimizers import build_optimizer


class Trainer:
    """One model and its optimiser, for every fit of a run: traced and compiled once, reset between fits."""

    def __init__(self, model: ModelSpec, training: TrainingSpec, device: str) -> None:
        self.spec, self.training, self.device = model, training, device
        self.model = WindowModel(build_model(model), model, training)
        self.start(seed=0)
        self.parameters = sum(int(np.prod(v.shape)) for v in self.model.trainable_variables)
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
            layout.set_weights(self.model.network, self.spec, weights)
        for variable in self.model.optimizer.variables:  # step count and moments
            variable.assign(tf.zeros_like(variable))
        self.model.optimizer.learning_rate = self.training.learning_rate

    def train(self, data: TrainingData, epochs: int, patience: int | None, seed: int, listener: Listener) -> History:
        """Train for at most `epochs`; afterwards the model holds the weights of the best one."""
        self.model.series.assign(data.values)
        fit = Fit(listener, patience, windows=len(data.train))
        conductor = Conductor(fit, data, self.training, seed)
        steps = -(-len(data.train) // self.training.batch_size)
        self.model.fit(tf.data.Dataset.range(steps), epochs=epochs, callbacks=[conductor], shuffle=False, verbose=0)
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
        return layout.to_neutral(self.spec, [gradient.numpy() for gradient in gradients])

    def get_weights(self) -> Weights:
        return layout.get_weights(self.model.network, self.spec)

    def set_weights(self, weights: Weights) -> None:
        layout.set_weights(self.model.network, self.spec, weights)

    def on_device(self, array: Array) -> tf.Tensor:
        return tf.convert_to_tensor(array)


class WindowModel(keras.Model):
    """A network whose training steps gather their windows by position from one resident series.

    What `fit` iterates over is only the number of a batch; `order` holds the origins of every batch.
    """

    def __init__(self, network: keras.Model, spec: ModelSpec, training: TrainingSpec) -> None:
        super().__init__()
        self.network, self.spec = network, spec
        self.series = tf.Variable(np.zeros((0, spec.inputs), np.float32), shape=(None, spec.inputs), trainable=False)
        self.order = tf.Variable(
            np.zeros((0, training.batch_size), np.int64), shape=(None, training.batch_size), trainable=False
        )  # (steps, batch); -1 in the places that a short last batch leaves empty
        self.mean_loss = keras.metrics.Mean(name="loss", dtype="float64")  # over the windows of an epoch
        # XLA compiles the arithmetic alone, not the whole step as compile(jit_compile=True) would: its shapes are
        # those of a batch, so that neither other rows nor another number of steps make it compile again.
        self.learn = tf.function(self.learn_from, jit_compile=training.compile)
        steps = steps_per_execution(spec, training)
        self.compile(build_optimizer(training), steps_per_execution=steps, jit_compile=False)
        self.optimizer.build(network.trainable_variables)

    def train_step(self, batch: tf.Tensor) -> dict[str, tf.Tensor]:
        """One update from batch number `batch` of the epoch's order."""
        origins = self.order[batch]
        weight = tf.cast(origins >= 0, tf.float32)  # (batch,)
        window, target = self.gather(self.series, tf.maximum(origins, self.spec.lookback))
        loss = self.learn(window, target, weight)
        self.mean_loss.update_state(loss, sample_weight=tf.reduce_sum(weight))
        return {"loss": self.mean_loss.result()}

    def learn_from(self, window: tf.Tensor, target: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            forecast = self.network(window, training=True)
            loss = tf.reduce_sum(squared_error(forecast, target) * weight) / tf.reduce_sum(weight)
        gradients = tape.gradient(loss, self.network.trainable_variables)
        self.optimizer.apply(gradients, self.network.trainable_variables)
        return loss

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int64)])
    def summed_loss(self, origins: tf.Tensor) -> tf.Tensor:
        """Sum of the losses of the windows at `origins`, without learning from them."""
        window, target = self.gather(self.series, origins)
        return tf.reduce_sum(tf.cast(squared_error(self.network(window, training=False), target), tf.float64))

    @tf.function(input_signature=[tf.TensorSpec([None, None]), tf.TensorSpec([None], tf.int64)])
    def forecast(self, series: tf.Tensor, origins: tf.Tensor) -> tf.Tensor:
        return self.network(self.window(series, origins), training=False)

    @tf.function(input_signature=[tf.TensorSpec([None, None]), tf.TensorSpec([None], tf.int64)])
    def gradient(self, series: tf.Tensor, origins: tf.Tensor) -> list[tf.Tensor]:
        window, target = self.gather(series, origins)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(squared_error(self.network(window, training=False), target))
        return tape.gradient(loss, self.network.trainable_variables)

    def gather(self, series: tf.Tensor, origins: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Windows (batch, lookback, inputs) and what follows them (batch, horizon, targets)."""
        behind = tf.range(self.spec.horizon, dtype=tf.int64)
        return self.window(series, origins), tf.gather(series, origins[:, None] + behind)[..., : self.spec.targets]

    def window(self, series: tf.Tensor, origins: tf.Tensor) -> tf.Tensor:
        before = tf.range(-self.spec.lookback, 0, dtype=tf.int64)
        return tf.ensure_shape(tf.gather(series, origins[:, None] + before), (None, None, self.spec.inputs))


class Conductor(keras.callbacks.Callback):
    """Gives `fit` the order of each epoch, and ends it where the fit is over; keeps the best weights meanwhile."""

    def __init__(self, fit: Fit, data: TrainingData, training: TrainingSpec, seed: int) -> None:
        super().__init__()
        self.fit, self.data, self.training, self.seed = fit, data, training, seed
        self.shuffle = keras.random.SeedGenerator(seed)
        self.best: list[Array] | None = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.fit.begin_epoch()
        origins = order(self.data.train, self.training, self.seed, epoch + 1, self.shuffle)
        self.model.order.assign(in_batches(origins, self.training.batch_size))

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """After every execution, which is several batches."""
        done = min((batch + 1) * self.training.batch_size, len(self.data.train))
        self.model.stop_training = not self.fit.reached(done)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.fit.stopped:  # before the epoch was through
            return
        validation_loss = self.evaluate(self.data.validation) if len(self.data.validation) else None
        if self.fit.end_epoch(float(logs["loss"]), validation_loss):
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


def in_batches(origins: Origins, size: int) -> Origins:
    """(steps, size), the last batch filled up with -1: a shorter one would have to be compiled anew."""
    steps = -(-len(origins) // size)
    return np.pad(origins, (0, steps * size - len(origins)), constant_values=-1).reshape(steps, size)


def squared_error(forecast: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Mean squared error of each window over its steps and targets (batch,)."""
    return tf.reduce_mean(tf.square(forecast - target), axis=(1, 2))


def steps_per_execution(spec: ModelSpec, training: TrainingSpec) -> int:
    """Batches that `fit` runs in one go: up to 50, but only about half a second's worth, so that Stop is noticed.

    A step costs six operations a weight, window and time step (forward, and twice that backward), of which a core
    does some 2e10 a second, and about 0.1 ms a time step and layer to get there.
    """
    weights = sum(int(np.prod(shape)) for shape in shapes(spec).values())
    arithmetic = 6 * weights * training.batch_size * spec.lookback / 2e10
    overhead = 1e-4 * spec.lookback * spec.layers * len(directions(spec))
    return max(1, min(50, int(0.5 / (arithmetic + overhead))))


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


def applied(trainer: Trainer) -> dict[str, Any]:
    """Settings in force, read back from Keras and TensorFlow."""
    optimizer, options = trainer.model.optimizer, trainer.model.optimizer.get_config()
    return {
        "maths": trainer.training.maths,
        "precision": trainer.model.trainable_variables[0].dtype,
        "tf32": tf32(trainer.device),
        "optimizer": type(optimizer).__name__,
        "learning_rate": float(optimizer.learning_rate.numpy()),
        "betas": [options["beta_1"], options["beta_2"]],
        "epsilon": options["epsilon"],
        "steps_per_execution": trainer.model.steps_per_execution,
        "batch_size": trainer.model.order.shape[1],
        "compile": trainer.training.compile,  # XLA
        "device": trainer.device,
        "threads": tf.config.threading.get_intra_op_parallelism_threads(),
        "keras": keras.__version__,
    }
