"""The models in Keras. What people choose from is said in `MODELS`; adding one is told in docs/add-a-model.md."""

from collections.abc import Callable

import keras
from keras import KerasTensor, layers, ops

from core.frameworks.base import ModelSpec
from core.frameworks.tensorflow.dropout import dropout

MODELS = {  # a literal that is read without importing this file; "size": numbers to learn, and how often each acts
    "lstm": {
        "label": "LSTM",
        "help": "Reads the window row by row and decides at each what to remember. Good at almost everything.",
        "paper": "Hochreiter and Schmidhuber 1997, doi 10.1162/neco.1997.9.8.1735",
        "options": "hidden layers dropout bidirectional reference inputs calendar",
        "defaults": {0: {"hidden": 64, "layers": 1}, 100_000: {"hidden": 128}},
        "size": {
            "layers": (
                "4 * directions * hidden * (inputs + hidden + 1 + (layers - 1) * (hidden * directions + hidden + 1))",
                "rows",
            ),
            "head": ("(hidden * directions + 1) * outputs", "1"),
        },
    },
    "gru": {
        "label": "GRU",
        "help": "Like LSTM with a simpler memory: a quarter fewer numbers to learn, often just as good.",
        "paper": "Cho et al. 2014, arXiv 1406.1078",
        "options": "hidden layers dropout bidirectional reference inputs calendar",
        "defaults": {0: {"hidden": 64, "layers": 1}, 100_000: {"hidden": 128}},
        "size": {
            "layers": (
                "3 * directions * hidden * (inputs + hidden + 2 + (layers - 1) * (hidden * directions + hidden + 2))",
                "rows",
            ),
            "head": ("(hidden * directions + 1) * outputs", "1"),
        },
    },
    "cnn": {
        "label": "CNN",
        "help": "Looks for short shapes of a few rows anywhere in the window. Quick; its head grows with the lookback.",
        "paper": "Borovykh, Bohte and Oosterlee 2017, arXiv 1703.04691",
        "options": "hidden layers kernel dropout reference inputs calendar",
        "defaults": {0: {"hidden": 32, "layers": 2, "kernel": 3}, 10_000: {"hidden": 64, "kernel": 5}},
        "size": {
            "layers": ("hidden * (kernel * inputs + 1 + (layers - 1) * (kernel * hidden + 1))", "rows"),
            "head": ("(rows * hidden + 1) * outputs", "1"),
        },
    },
    "tcn": {
        "label": "TCN",
        "help": "A CNN whose shapes get twice as long block by block, until its last row has seen the whole window.",
        "paper": "Bai, Kolter and Koltun 2018, arXiv 1803.01271",
        "options": "hidden kernel dropout reference inputs calendar",
        "defaults": {0: {"hidden": 32, "kernel": 3}, 10_000: {"hidden": 64, "lookback": 96}},
        "size": {
            "blocks": ("hidden * (kernel * inputs + 1 + (2 * blocks - 1) * (kernel * hidden + 1))", "rows"),
            "shortcut": ("hidden * (inputs + 1)", "rows"),
            "head": ("(hidden + 1) * outputs", "1"),
        },
    },
    "transformer": {
        "label": "Transformer",
        "help": "Cuts the window into patches and learns which of them matter to each other. Wants a lot of data.",
        "paper": "Nie et al. 2023, arXiv 2211.14730; Vaswani et al. 2017, arXiv 1706.03762",
        "options": "hidden layers heads patch dropout reference inputs calendar",
        "defaults": {
            0: {"hidden": 32, "layers": 1, "heads": 4},
            10_000: {"hidden": 64, "layers": 2, "lookback": 336},
        },
        "size": {
            "embedding": ("hidden * (patch * inputs + 1)", "patches"),
            "positions": ("hidden * patches", "1"),
            "layers": ("layers * hidden * (12 * hidden + 13)", "patches"),
            "norm": ("2 * hidden", "patches"),
            "head": ("(patches * hidden + 1) * outputs", "1"),
        },
    },
    "mlp": {
        "label": "MLP",
        "help": "Sees all rows of the window at once, as one long list of numbers. The plainest network there is.",
        "paper": "Rumelhart, Hinton and Williams 1986, doi 10.1038/323533a0",
        "options": "hidden layers dropout reference inputs calendar",
        "defaults": {0: {"hidden": 64, "layers": 2}, 10_000: {"hidden": 128, "lookback": 96}},
        "size": {
            "layers": ("hidden * (rows * inputs + 1 + (layers - 1) * (hidden + 1))", "1"),
            "head": ("(hidden + 1) * outputs", "1"),
        },
    },
    "dlinear": {
        "label": "DLinear",
        "help": "No network: a weighted sum of the past trend and one of the rest. Hard to beat with a long lookback.",
        "paper": "Zeng et al. 2023, arXiv 2205.13504",
        "options": "",
        "defaults": {10_000: {"lookback": 336}},
        "size": {
            "seasonal": ("(rows + 1) * horizon", "targets"),
            "trend": ("(rows + 1) * horizon", "targets"),
        },
    },
    "nlinear": {
        "label": "NLinear",
        "help": "No network: a weighted sum of the past, relative to its last value. Hard to beat where levels wander.",
        "paper": "Zeng et al. 2023, arXiv 2205.13504",
        "options": "",
        "defaults": {10_000: {"lookback": 336}},
        "size": {"linear": ("(rows + 1) * horizon", "targets")},
    },
}


def build_model(spec: ModelSpec) -> keras.Model:
    """A network around a reference: (batch, lookback, inputs) to (batch, horizon, targets).

    Initial weights are Keras' own, drawn from its global generator (keras.utils.set_random_seed).
    """
    window = keras.Input((spec.lookback, spec.inputs), name="window")
    x, reference = relative(window, spec)
    change = layers.Reshape((spec.horizon, spec.targets), dtype="float32")(NETWORKS[spec.kind](x, spec))
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
    seen = ops.concatenate((values - last, calendar), axis=-1)
    if spec.reference == "last":
        return seen, last[:, :, : spec.targets]
    change = values[:, spec.season :] - values[:, : -spec.season]  # (batch, lookback - season, values)
    steps = [spec.lookback - spec.season + step % spec.season for step in range(spec.horizon)]
    seen = ops.concatenate((seen[:, spec.season :], change), axis=-1)
    return seen, ops.take(values[:, :, : spec.targets], steps, axis=1)


def recurrent(x: KerasTensor, spec: ModelSpec) -> KerasTensor:
    """LSTM or GRU layers; the last layer's final state is all that the head sees."""
    layer = {"lstm": layers.LSTM, "gru": layers.GRU}[spec.kind]
    for n in range(spec.layers):
        cell = layer(spec.hidden, return_sequences=n < spec.layers - 1, name=f"layers.{n}")
        # Bidirectional joins the two final states, and the two directions of every row where there are rows.
        x = layers.Bidirectional(cell, name=f"layers.{n}")(x) if spec.bidirectional else cell(x)
        x = dropout(spec, f"dropouts.{n}")(x)  # (batch, rows, hidden · directions), the last one without rows
    return layers.Dense(spec.outputs, name="head")(x)


def cnn(x: KerasTensor, spec: ModelSpec) -> KerasTensor:
    """Causal convolutions; the head sees what they found in every row."""
    for n in range(spec.layers):
        x = causal_conv(spec, name=f"layers.{n}")(x)
        x = dropout(spec, f"dropouts.{n}")(layers.ReLU()(x))  # (batch, rows, hidden)
    return layers.Dense(spec.outputs, name="head")(layers.Flatten()(x))


def causal_conv(spec: ModelSpec, name: str, dilation: int = 1) -> keras.Layer:
    """A convolution over rows (batch, rows, columns) that sees no later row."""
    return layers.Conv1D(spec.hidden, spec.kernel, padding="causal", dilation_rate=dilation, name=name)


def tcn(x: KerasTensor, spec: ModelSpec) -> KerasTensor:
    """Blocks of convolutions, each dilated twice as far as the one before; the head sees the last row.

    As many blocks as it takes for the last row to see all of them. Without the paper's weight normalisation.
    """
    for n in range(spec.blocks):
        x = block(x, spec, n)  # (batch, rows, hidden)
    return layers.Dense(spec.outputs, name="head")(x[:, -1])


def block(x: KerasTensor, spec: ModelSpec, n: int) -> KerasTensor:
    """Two dilated causal convolutions, and a way around them (Bai et al., figure 1)."""
    name, dilation = f"blocks.{n}", 2**n
    y = layers.ReLU()(causal_conv(spec, f"{name}.conv1", dilation)(x))
    y = dropout(spec, f"{name}.dropout1")(y)
    y = layers.ReLU()(causal_conv(spec, f"{name}.conv2", dilation)(y))
    y = dropout(spec, f"{name}.dropout2")(y)
    shortcut = x if n else layers.Dense(spec.hidden, name=f"{name}.shortcut")(x)
    return layers.ReLU()(y + shortcut)


def transformer(x: KerasTensor, spec: ModelSpec) -> KerasTensor:
    """An encoder that attends from patch to patch, as PatchTST does, but with all columns of a patch together."""
    x = layers.ZeroPadding1D((spec.patches * spec.patch - spec.read, 0))(x)  # to fill the first patch
    x = layers.Reshape((spec.patches, spec.patch * spec.seen))(x)
    x = Positions(name="positions")(layers.Dense(spec.hidden, name="embedding")(x))
    x = dropout(spec, "dropout")(x)  # (batch, patches, hidden)
    for n in range(spec.layers):
        x = encoder(x, spec, n)
    x = layers.LayerNormalization(epsilon=1e-5, name="norm")(x)
    return layers.Dense(spec.outputs, name="head")(layers.Flatten()(x))


class Positions(keras.Layer):
    """A learned vector for each place, added to what stands there."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.vectors = self.add_weight(shape[1:], keras.initializers.RandomUniform(-0.02, 0.02), name="vectors")

    def call(self, x: KerasTensor) -> KerasTensor:
        return x + self.vectors


def encoder(x: KerasTensor, spec: ModelSpec, n: int) -> KerasTensor:
    """Attention, then a small network for each place; both normalise first and are added to what came in."""
    name = f"layers.{n}"
    y = layers.LayerNormalization(epsilon=1e-5, name=f"{name}.norm1")(x)  # PyTorch's epsilon; Keras' own is 1e-3
    y = layers.MultiHeadAttention(spec.heads, spec.hidden // spec.heads, name=f"{name}.attention")(y, y)
    x = x + dropout(spec, f"{name}.dropout1")(y)
    y = layers.LayerNormalization(epsilon=1e-5, name=f"{name}.norm2")(x)
    y = layers.Dense(4 * spec.hidden, activation="gelu", name=f"{name}.widen")(y)
    y = layers.Dense(spec.hidden, name=f"{name}.narrow")(y)
    return x + dropout(spec, f"{name}.dropout2")(y)


def mlp(x: KerasTensor, spec: ModelSpec) -> KerasTensor:
    """Dense layers on all rows of the window at once."""
    x = layers.Flatten()(x)
    for n in range(spec.layers):
        x = layers.Dense(spec.hidden, activation="relu", name=f"layers.{n}")(x)
        x = dropout(spec, f"dropouts.{n}")(x)  # (batch, hidden)
    return layers.Dense(spec.outputs, name="head")(x)


def dlinear(x: KerasTensor, spec: ModelSpec) -> KerasTensor:
    """A moving average of 25 rows and what is left of them, each mapped to the steps alike for all targets."""
    x = x[:, :, : spec.targets]
    first, last = ops.repeat(x[:, :1], 12, axis=1), ops.repeat(x[:, -1:], 12, axis=1)
    average = layers.AveragePooling1D(25, strides=1, dtype="float32")(ops.concatenate((first, x, last), axis=1))
    seasonal = layers.Dense(spec.horizon, name="seasonal")(layers.Permute((2, 1))(x - average))
    trend = layers.Dense(spec.horizon, name="trend")(layers.Permute((2, 1))(average))  # (batch, targets, horizon)
    return layers.Permute((2, 1))(seasonal + trend)


def nlinear(x: KerasTensor, spec: ModelSpec) -> KerasTensor:
    """The window relative to its last row, mapped to the steps alike for all targets."""
    x = x[:, :, : spec.targets]
    last = x[:, -1:]
    change = layers.Dense(spec.horizon, name="linear")(layers.Permute((2, 1))(x - last))  # (batch, targets, horizon)
    return layers.Permute((2, 1))(change) + last


NETWORKS: dict[str, Callable[[KerasTensor, ModelSpec], KerasTensor]] = {
    "lstm": recurrent,
    "gru": recurrent,
    "cnn": cnn,
    "tcn": tcn,
    "transformer": transformer,
    "mlp": mlp,
    "dlinear": dlinear,
    "nlinear": nlinear,
}
