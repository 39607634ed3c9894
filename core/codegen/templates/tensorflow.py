"""The whole script in Keras, around the networks, losses, dropout and optimisers of core.frameworks.tensorflow."""

from math import cos, inf, pi

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from core.codegen.templates.data import parts, read
from core.codegen.templates.report import own_units, report
from core.codegen.templates.settings import run, spec, training
from core.frameworks.base import epoch_order, improves
from core.frameworks.schedules import plateaus
from core.frameworks.tensorflow.dropout import restart_dropout
from core.frameworks.tensorflow.losses import FUNCTIONS
from core.frameworks.tensorflow.models import NETWORKS, relative


def build() -> keras.Model:
    """The model with its initial weights: (batch, lookback, columns) to (batch, horizon, targets)."""
    keras.utils.set_random_seed(run.seed)
    if training.precision != "float32":
        keras.config.set_dtype_policy("mixed_bfloat16")
    window = keras.Input((spec.lookback, spec.inputs), name="window")
    if spec.reference == "none":
        forecast = NETWORKS[spec.kind](window, spec)
    else:
        seen, reference = relative(window, spec)
        forecast = NETWORKS[spec.kind](seen, spec)
    forecast = layers.Reshape((spec.horizon, spec.targets), dtype="float32")(forecast)
    if spec.reference != "none":
        forecast = reference + forecast
    if not run.weights:
        return keras.Model(window, forecast)
    model = keras.Model(window, forecast)
    if run.weights:
        with np.load("initial_weights_tensorflow.npz") as weights:
            for layer in model.layers:
                if layer.trainable_weights:
                    layer.set_weights([weights[f"{layer.name}.{place}"] for place in range(len(layer.weights))])
    if run.masks:
        restart_dropout(model, run.seed)
    return model


def fit(model: keras.Model, series: np.ndarray, train: np.ndarray, validation: np.ndarray) -> list[tuple[float, float]]:
    """Learn from the windows at `train`; the model ends with the weights of its best epoch by `validation`."""
    optimizer = run.optimizer
    model.compile(optimizer, loss_of, jit_compile=training.compile)
    follower = Follower()
    model.fit(
        Windows(series, train, run.step_windows, shuffled=True),
        validation_data=Windows(series, validation, 1024),
        epochs=run.epochs,
        callbacks=[follower],
        shuffle=False,
        verbose=0,
    )
    model.set_weights(follower.best)
    return follower.losses


class Windows(keras.utils.PyDataset):
    """Batches of windows and what follows them, gathered by position; to learn from, in another order every epoch."""

    def __init__(self, series: np.ndarray, origins: np.ndarray, batch_size: int, shuffled: bool = False) -> None:
        super().__init__()
        self.series, self.origins, self.batch_size, self.shuffled = series, origins, batch_size, shuffled
        self.epoch, self.order = 0, origins

    def on_epoch_begin(self) -> None:
        self.epoch += 1
        if self.shuffled:
            self.order = self.origins[epoch_order(run.seed, self.epoch, len(self.origins))]

    def __len__(self) -> int:
        return -(-len(self.order) // self.batch_size)

    def __getitem__(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        return gather(self.series, self.order[number * self.batch_size : (number + 1) * self.batch_size])


def gather(series: np.ndarray, origins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Windows (batch, lookback, columns) and what follows them (batch, horizon, targets)."""
    window = series[origins[:, None] + np.arange(-spec.lookback, 0)]
    if run.loss_sees_window:  # with the last known values before it, for the loss
        return window, series[origins[:, None] + np.arange(-1, spec.horizon), : spec.targets]
    return window, series[origins[:, None] + np.arange(spec.horizon), : spec.targets]


def loss_of(target: tf.Tensor, forecast: tf.Tensor) -> tf.Tensor:
    """As `compile` takes it."""
    if run.loss_sees_window:
        return FUNCTIONS[training.loss](training, forecast, target[:, 1:], target[:, :1])
    return FUNCTIONS[training.loss](training, forecast, target)


class Follower(keras.callbacks.Callback):
    """What happens between two epochs: losses and the best weights are kept."""

    def __init__(self) -> None:
        super().__init__()
        self.losses, self.best_loss, self.best = [], inf, None
        if run.patience:
            self.waited = 0  # epochs without gain

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        if training.schedule != "constant":
            self.model.optimizer.learning_rate = learning_rate(epoch + 1, [loss for _, loss in self.losses])

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        train_loss, validation_loss = float(logs["loss"]), float(logs["val_loss"])
        self.losses.append((train_loss, validation_loss))
        print(f"epoch {epoch + 1}: training loss {train_loss:.9g}, validation loss {validation_loss:.9g}")
        if improves(validation_loss, self.best_loss):
            self.best_loss, self.best = validation_loss, self.model.get_weights()
        if run.patience:
            self.waited = 0 if validation_loss == self.best_loss else self.waited + 1
            self.model.stop_training = self.waited == run.patience


def learning_rate(epoch: int, losses: list[float]) -> float:
    """The learning rate of an epoch, after the validation losses of those before."""
    if training.schedule == "cosine":
        return training.learning_rate * (1 + cos(pi * (epoch - 1) / run.epochs)) / 2
    if training.schedule == "halve":
        return training.learning_rate * 0.5 ** (epoch - 1)
    return training.learning_rate * 0.5 ** plateaus(losses)


def predict(model: keras.Model, series: np.ndarray, origins: np.ndarray) -> np.ndarray:
    """Forecasts (windows, horizon, targets), scaled."""
    return model.predict(Windows(series, origins, 1024), verbose=0)


def main() -> None:
    tf.config.threading.set_intra_op_parallelism_threads(run.threads)
    tf.config.threading.set_inter_op_parallelism_threads(run.threads)
    if run.device_type == "cpu":
        tf.config.set_visible_devices([], "GPU")
    frame, series, shift, scale = read()
    train, validation, test = parts()
    model = build()
    losses = fit(model, series, train, validation)
    forecast = predict(model, series, test)
    known = frame[run.target_names].to_numpy()[test - 1]
    report(frame, own_units(forecast, shift, scale, known), test, losses, "timeseries_deep_learning.png")


if __name__ == "__main__":
    main()
