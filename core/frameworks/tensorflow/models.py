"""The models in Keras: recurrent layers read a window, a dense head forecasts every step from the last state."""

import keras
from keras import KerasTensor, layers

from core.frameworks.base import ModelSpec


def build_model(spec: ModelSpec) -> keras.Model:
    """LSTM or GRU, then a dense head: (batch, lookback, inputs) to (batch, horizon, targets).

    Initial weights are Keras' own, drawn from its global generator (keras.utils.set_random_seed).
    """
    window = keras.Input((spec.lookback, spec.inputs), name="window")
    x, reference = relative(window, spec)
    for layer in range(spec.layers - 1):
        x = recurrent(spec, layer, return_sequences=True)(x)  # (batch, lookback, hidden · directions)
        x = layers.Dropout(spec.dropout)(x)
    x = recurrent(spec, spec.layers - 1, return_sequences=False)(x)  # (batch, hidden · directions)
    x = layers.Dropout(spec.dropout)(x)
    change = layers.Dense(spec.horizon * spec.targets, name="head")(x)
    change = layers.Reshape((spec.horizon, spec.targets))(change)
    return keras.Model(window, change if reference is None else reference + change, name="forecaster")


def relative(window: KerasTensor, spec: ModelSpec) -> tuple[KerasTensor, KerasTensor | None]:
    """The window as the network sees it, and what its output is added to (batch, horizon or 1, targets).

    Values (not the calendar columns) are taken relative to their last one in the window, and forecasts relative to
    the target's last value (`last`) or to its latest value at the same phase of the season (`seasonal`). Under
    `seasonal` the network also sees each value's change over one season, from the window's second season on.
    """
    if spec.reference == "none":
        return window, None
    values, calendar = window[:, :, : spec.values], window[:, :, spec.values :]
    last = values[:, -1:]  # (batch, 1, values)
    seen = keras.ops.concatenate((values - last, calendar), axis=-1)
    if spec.reference == "last":
        return seen, last[:, :, : spec.targets]
    change = values[:, spec.season :] - values[:, : -spec.season]  # (batch, lookback - season, values)
    steps = [spec.lookback - spec.season + step % spec.season for step in range(spec.horizon)]
    seen = keras.ops.concatenate((seen[:, spec.season :], change), axis=-1)
    return seen, keras.ops.take(values[:, :, : spec.targets], steps, axis=1)


def recurrent(spec: ModelSpec, layer: int, return_sequences: bool) -> keras.Layer:
    """One recurrent layer; Bidirectional reads the window both ways and joins the two final states."""
    kind = {"lstm": layers.LSTM, "gru": layers.GRU}[spec.kind]
    cell = kind(spec.hidden, return_sequences=return_sequences, name=f"layer{layer}")
    return layers.Bidirectional(cell, name=f"layer{layer}") if spec.bidirectional else cell
