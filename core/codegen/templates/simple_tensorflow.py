"""The short script in Keras: layers, `compile` and `fit`."""

from math import cos, pi

import keras
import numpy as np
import pandas as pd
from keras import layers, ops
from sklearn.metrics import mean_absolute_error, root_mean_squared_error
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from core.codegen.templates.settings import run, spec, training
from core.frameworks.tensorflow.models import NETWORKS

keras.utils.set_random_seed(run.seed)
frame = pd.read_csv("data.csv", index_col=0, parse_dates=run.times)
if run.holidays:
    holiday = frame.pop(run.holiday)
if run.transform != "none":
    values = frame.to_numpy(float, copy=True)
if run.transform == "log":
    values[:, : spec.targets] = np.log(values[:, : spec.targets])
if run.transform == "difference":
    values[1:, : spec.targets] = np.diff(values[:, : spec.targets], axis=0)
if run.transform == "percent":
    values[1:, : spec.targets] = values[1:, : spec.targets] / values[:-1, : spec.targets] - 1
if run.scaler == "none":
    columns = [run.table]
if run.scaler == "standard":
    scaler = StandardScaler().fit(run.scaled_by)
    columns = [scaler.transform(run.table)]
if run.scaler == "minmax":
    scaler = MinMaxScaler().fit(run.scaled_by)
    columns = [scaler.transform(run.table)]
if run.calendar:
    if run.one_turn:
        columns += [wave(2 * np.pi * turn) for turn in run.turns for wave in (np.sin, np.cos)]
    else:
        turns = run.turns
        columns += [wave(2 * np.pi * turn) for turn in turns for wave in (np.sin, np.cos)]
if run.holidays:
    columns += [holiday, np.roll(holiday, -spec.horizon)]
if run.known:
    columns += [np.roll(columns[0][:, run.known], -spec.horizon, axis=0)]
series = np.column_stack(columns).astype(np.float32)


def windows(start, end):
    origins = np.arange(start, end - spec.horizon + 1)[:, None]
    window = series[origins + np.arange(-spec.lookback, 0)]
    if run.loss_sees_window:  # which looks at the last known values too
        return window, series[origins + np.arange(-1, spec.horizon), : spec.targets]
    return window, series[origins + np.arange(spec.horizon), : spec.targets]


window = x = keras.Input((spec.lookback, spec.inputs))
if spec.reference != "none":
    values, last = x[:, :, : spec.values], x[:, -1:, : spec.values]
    x = ops.concatenate((values - last, x[:, :, spec.values :]), axis=-1)
if spec.reference == "seasonal":
    change = values[:, spec.season :] - values[:, : -spec.season]
    x = ops.concatenate((x[:, spec.season :], change), axis=-1)
if spec.kind in ("lstm", "gru"):
    if spec.bidirectional:
        for n in range(spec.layers):
            layer = {"lstm": layers.LSTM, "gru": layers.GRU}[spec.kind](
                spec.hidden, return_sequences=n < spec.layers - 1
            )
            x = layers.Bidirectional(layer)(x)
            if spec.dropout > 0:
                x = layers.Dropout(spec.dropout)(x)
    elif spec.layers > 1:
        for n in range(spec.layers):
            x = {"lstm": layers.LSTM, "gru": layers.GRU}[spec.kind](spec.hidden, return_sequences=n < spec.layers - 1)(
                x
            )
            if spec.dropout > 0:
                x = layers.Dropout(spec.dropout)(x)
    else:
        x = {"lstm": layers.LSTM, "gru": layers.GRU}[spec.kind](spec.hidden)(x)
        if spec.dropout > 0:
            x = layers.Dropout(spec.dropout)(x)
    x = layers.Dense(spec.outputs)(x)
elif spec.kind == "cnn":
    for _ in range(spec.layers):
        x = layers.Conv1D(spec.hidden, spec.kernel, padding="causal", activation="relu")(x)
        if spec.dropout > 0:
            x = layers.Dropout(spec.dropout)(x)
    x = layers.Dense(spec.outputs)(layers.Flatten()(x))
elif spec.kind == "tcn":
    for n in range(spec.blocks):
        y = x
        for _ in range(2):
            y = layers.Conv1D(spec.hidden, spec.kernel, padding="causal", dilation_rate=2**n, activation="relu")(y)
            if spec.dropout > 0:
                y = layers.Dropout(spec.dropout)(y)
        x = layers.ReLU()(y + (x if n else layers.Dense(spec.hidden)(x)))
    x = layers.Dense(spec.outputs)(x[:, -1])
elif spec.kind == "transformer":
    x = layers.ZeroPadding1D((spec.patches * spec.patch - spec.read, 0))(x)
    x = layers.Dense(spec.hidden)(layers.Reshape((spec.patches, spec.patch * spec.seen))(x))
    x = x + layers.Embedding(spec.patches, spec.hidden)(ops.arange(spec.patches))
    for _ in range(spec.layers):
        y = layers.LayerNormalization()(x)
        y = layers.MultiHeadAttention(spec.heads, spec.hidden // spec.heads)(y, y)
        if spec.dropout > 0:
            y = layers.Dropout(spec.dropout)(y)
        x = x + y
        y = layers.Dense(4 * spec.hidden, activation="gelu")(layers.LayerNormalization()(x))
        y = layers.Dense(spec.hidden)(y)
        if spec.dropout > 0:
            y = layers.Dropout(spec.dropout)(y)
        x = x + y
    x = layers.Dense(spec.outputs)(layers.Flatten()(layers.LayerNormalization()(x)))
elif spec.kind == "mlp":
    x = layers.Flatten()(x)
    for _ in range(spec.layers):
        x = layers.Dense(spec.hidden, activation="relu")(x)
        if spec.dropout > 0:
            x = layers.Dropout(spec.dropout)(x)
    x = layers.Dense(spec.outputs)(x)
elif spec.kind == "dlinear":
    x = x[:, :, : spec.targets]
    padded = ops.concatenate((ops.repeat(x[:, :1], 12, axis=1), x, ops.repeat(x[:, -1:], 12, axis=1)), axis=1)
    average = layers.AveragePooling1D(25, strides=1)(padded)
    parts = [layers.Dense(spec.horizon)(layers.Permute((2, 1))(part)) for part in (x - average, average)]
    x = layers.Permute((2, 1))(parts[0] + parts[1])
elif spec.kind == "nlinear":
    x = x[:, :, : spec.targets]
    change = layers.Dense(spec.horizon)(layers.Permute((2, 1))(x - x[:, -1:]))
    x = layers.Permute((2, 1))(change) + x[:, -1:]
else:
    x = NETWORKS[spec.kind](x, spec)
forecast = layers.Reshape((spec.horizon, spec.targets))(x)
if spec.reference == "last":
    forecast = last[:, :, : spec.targets] + forecast
if spec.reference == "seasonal":
    steps = [spec.lookback - spec.season + step % spec.season for step in range(spec.horizon)]
    forecast = ops.take(values[:, :, : spec.targets], steps, axis=1) + forecast
model = keras.Model(window, forecast)
optimizer = run.optimizer
model.compile(optimizer, loss=run.loss)
if training.schedule == "cosine":
    rates = [training.learning_rate * (1 + cos(pi * epoch / run.epochs)) / 2 for epoch in range(run.epochs)]
    callbacks = [keras.callbacks.LearningRateScheduler(lambda epoch: rates[epoch])]
if training.schedule == "halve":
    callbacks = [keras.callbacks.LearningRateScheduler(lambda epoch: training.learning_rate * 0.5**epoch)]
if training.schedule == "plateau":
    callbacks = [keras.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.5, patience=3)]
window, target = windows(run.first_origin, run.train)
if training.schedule == "constant":
    model.fit(window, target, batch_size=run.step_windows, epochs=run.epochs, verbose=2)
else:
    model.fit(window, target, batch_size=run.step_windows, epochs=run.epochs, callbacks=callbacks, verbose=2)
window, target = windows(run.train + run.validation, run.train + run.validation + run.test)
if run.loss_sees_window:
    pair = [model.predict(window, verbose=0), target[:, 1:]]
else:
    pair = [model.predict(window, verbose=0), target]
if run.scaler == "standard":
    pair = [each * scaler.scale_[: spec.targets] + scaler.mean_[: spec.targets] for each in pair]
if run.scaler == "minmax":
    pair = [each / scaler.scale_[: spec.targets] + scaler.data_min_[: spec.targets] for each in pair]
if run.transform == "log":
    pair = [np.exp(each) for each in pair]
if run.transform in ("difference", "percent"):
    last = frame[run.target_names].to_numpy()[run.train + run.validation - 1 :][: len(window), None]
if run.transform == "difference":
    pair = [last + each.cumsum(axis=1) for each in pair]
if run.transform == "percent":
    pair = [last * (1 + each).cumprod(axis=1) for each in pair]
for place, name in enumerate(run.target_names):
    forecast, actual = (each[:, :, place].ravel() for each in pair)
    print(name, "MAE", mean_absolute_error(actual, forecast), "RMSE", root_mean_squared_error(actual, forecast))
shown = np.stack(pair)[:, :: spec.horizon, :, 0].reshape(2, -1).T
pd.DataFrame(shown, columns=["forecast", "actual"]).plot(title=run.target_names[0]).figure.savefig(
    "simple_timeseries_example.png"
)
