"""The plain training script in Keras: compile, and `fit` on arrays that hold every window."""

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
from core.frameworks.tensorflow.training import Trainer


class PlainTrainer(Trainer):
    """Trains as most tutorials do. All else, forecasts among it, is the trainer's own."""

    def __init__(self, model: ModelSpec, training: TrainingSpec, device: str) -> None:
        super().__init__(model, training, device)
        network = self.model.network
        network.compile(self.model.optimizer, loss=PlainLoss(training), jit_compile=False)
        self.applied |= {"speed": "stock", "data_path": "arrays"}
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
        validation = windows(data.values, data.validation, self.spec) if len(data.validation) else None
        fit = Fit(listener, patience, len(data.train), self.training, earlier)
        told = Told(fit, self.training)
        if epochs:
            self.model.network.fit(
                *windows(data.values, data.train, self.spec),
                batch_size=self.training.batch_size,
                epochs=epochs,
                validation_data=validation,
                validation_batch_size=prediction_batch(self.spec),
                callbacks=[told],
                verbose=0,
            )
        if told.best is not None:
            self.model.network.set_weights(told.best)
        return fit.history()


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
        if self.fit.end_epoch(logs["loss"], logs.get("val_loss")):
            self.best = layout.snapshot(self.model)
        self.model.stop_training = self.fit.over


class PlainLoss(keras.losses.Loss):
    """The loss as `compile` takes it: of a forecast, and of the last known values with the target behind them."""

    def __init__(self, training: TrainingSpec) -> None:
        super().__init__(name=training.loss)
        self.window_loss = build_loss(training)

    def call(self, known_and_target: tf.Tensor, forecast: tf.Tensor) -> tf.Tensor:
        return self.window_loss(forecast, known_and_target[:, 1:], known_and_target[:, :1])


def windows(values: Array, origins: Origins, spec: ModelSpec) -> tuple[Array, Array]:
    """Every window (N, lookback, inputs), and its last known values with its target (N, 1 + horizon, targets)."""
    window = gather(values, origins, -spec.lookback, 0)
    return window, np.ascontiguousarray(gather(values, origins, -1, spec.horizon)[..., : spec.targets])
