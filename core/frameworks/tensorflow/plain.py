"""The plain training script in Keras: compile, and `fit` on arrays that hold every window, or on a tf.data pipeline."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from core.data.windows import gather
from core.frameworks.base import (
    Array,
    Epoch,
    History,
    Listener,
    ModelSpec,
    Origins,
    TrainingData,
    TrainingSpec,
)
from core.frameworks.fit import Fit, prediction_batch
from core.frameworks.tensorflow import weights as layout
from core.frameworks.tensorflow.losses import build_loss
from core.frameworks.tensorflow.steps import steps_per_execution
from core.frameworks.tensorflow.training import Trainer


class PlainTrainer(Trainer):
    """Trains as most tutorials do. All else, forecasts among it, is the trainer's own."""

    def __init__(self, model: ModelSpec, training: TrainingSpec, device: str) -> None:
        super().__init__(model, training, device)
        network, steps = self.model.network, steps_per_execution(model, training)
        network.compile(
            self.model.optimizer, PlainLoss(training), steps_per_execution=steps, jit_compile=training.compile
        )
        self.piped = training.data_path == "loader" or "on" in (training.cache, training.prefetch)
        self.applied |= {"speed": training.speed, "data_path": "tf.data" if self.piped else "arrays"}
        self.applied |= {"cache": training.cache == "on", "prefetch": self.piped and prefetches(training)}
        self.applied |= {"steps_per_execution": network.steps_per_execution, "compile": bool(network.jit_compile)}

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
        keras.utils.set_random_seed(seed)  # of the order in which `fit` takes the windows
        fit = Fit(listener, patience, len(data.train), self.training, earlier)
        told = Told(fit, self.training)
        if epochs:
            self.model.network.fit(**self.brought(data), epochs=epochs, callbacks=[told], verbose=0)
        if told.best is not None:
            self.model.network.set_weights(told.best)
        return fit.history()

    def brought(self, data: TrainingData) -> dict[str, Any]:
        """The windows as `fit` takes them: arrays that hold them all, or pipelines that make them when needed."""
        batch, whole = self.training.batch_size, prediction_batch(self.spec)
        if self.piped:
            validation = pipeline(data.values, data.validation, self.spec, self.training, whole)
            train = pipeline(data.values, data.train, self.spec, self.training, batch, shuffle=True)
            return {"x": train, "validation_data": validation if len(data.validation) else None, "shuffle": False}
        window, target = windows(data.values, data.train, self.spec)
        validation = windows(data.values, data.validation, self.spec) if len(data.validation) else None
        return {
            "x": window,
            "y": target,
            "batch_size": batch,
            "validation_data": validation,
            "validation_batch_size": whole,
        }


class Told(keras.callbacks.Callback):
    """Tells how `fit` gets on, and ends it where the fit is over; keeps the best weights meanwhile."""

    def __init__(self, fit: Fit, training: TrainingSpec) -> None:
        super().__init__()
        self.fit, self.training = fit, training
        self.best: list[Array] | None = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.fit.begin_epoch()
        self.model.optimizer.learning_rate = self.fit.learning_rate

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.model.stop_training = not self.fit.reached((batch + 1) * self.training.batch_size)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.fit.stopped:  # before the epoch was through
            return
        if self.fit.end_epoch(logs["loss"], logs.get("val_loss"), finite=layout.is_finite(self.model)):
            self.best = layout.snapshot(self.model)
        self.model.stop_training = self.fit.over


class PlainLoss(keras.losses.Loss):
    """The loss as `compile` takes it: of a forecast, and of the last known values with the target behind them."""

    def __init__(self, training: TrainingSpec) -> None:
        super().__init__(name=training.loss, dtype="float32")
        self.window_loss = build_loss(training)

    def call(self, known_and_target: tf.Tensor, forecast: tf.Tensor) -> tf.Tensor:
        return self.window_loss(forecast, known_and_target[:, 1:], known_and_target[:, :1])


def windows(values: Array, origins: Origins, spec: ModelSpec) -> tuple[Array, Array]:
    """Every window (N, lookback, inputs), and its last known values with its target (N, 1 + horizon, targets)."""
    window = gather(values, origins, -spec.lookback, 0)
    return window, np.ascontiguousarray(gather(values, origins, -1, spec.horizon)[..., : spec.targets])


def pipeline(
    values: Array, origins: Origins, spec: ModelSpec, training: TrainingSpec, batch: int, shuffle: bool = False
) -> tf.data.Dataset:
    """Batches of windows and targets as above, each gathered when it is its turn, or kept from the first epoch on.

    Shuffled are the origins, as a shuffle holds all that it shuffles; what is cached is in memory anyway.
    """
    series = tf.convert_to_tensor(values)

    def window(origin: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return series[origin - spec.lookback : origin], series[origin - 1 : origin + spec.horizon, : spec.targets]

    def shuffled(dataset: tf.data.Dataset) -> tf.data.Dataset:
        return dataset.shuffle(len(origins)) if shuffle else dataset

    dataset = tf.data.Dataset.from_tensor_slices(origins)
    dataset = shuffled(dataset.map(window).cache()) if training.cache == "on" else shuffled(dataset).map(window)
    dataset = dataset.batch(batch)
    return dataset.prefetch(tf.data.AUTOTUNE) if prefetches(training) else dataset


def prefetches(training: TrainingSpec) -> bool:
    return training.prefetch == "on" or (training.prefetch == "auto" and training.speed == "tuned")
