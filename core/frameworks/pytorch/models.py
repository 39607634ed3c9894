"""The models in PyTorch. What people choose from is said in `MODELS`; adding one is told in docs/add-a-model.md."""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.frameworks.base import ModelSpec
from core.frameworks.pytorch.dropout import dropout

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


def build_model(spec: ModelSpec) -> "Forecaster":
    """A model with PyTorch's own initial weights, drawn from torch's global generator."""
    return Forecaster(spec)


class Forecaster(nn.Module):
    """A network around a reference: (batch, lookback, inputs) to (batch, horizon, targets)."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = spec
        self.network = NETWORKS[spec.kind](spec)

    def forward(self, window: Tensor) -> Tensor:
        x, reference = relative(window, self.spec)
        change: Tensor = self.network(x).reshape(-1, self.spec.horizon, self.spec.targets)
        return change if reference is None else reference + change


def relative(window: Tensor, spec: ModelSpec) -> tuple[Tensor, Tensor | None]:
    """The window as the network sees it, and what its output is added to (batch, horizon or 1, targets).

    Values (not the calendar columns) are taken relative to their last one in the window, and forecasts relative to
    the target's last value (`last`) or to its latest value at the same phase of the season (`seasonal`). Under
    `seasonal` the network also sees each value's change over one season, from the window's second season on.
    """
    if spec.reference == "none":
        return window, None
    values, calendar = window[..., : spec.values], window[..., spec.values :]
    last = values[:, -1:]  # (batch, 1, values)
    seen = torch.cat((values - last, calendar), dim=-1)  # a new tensor: subtracting in place would change `last` too
    if spec.reference == "last":
        return seen, last[..., : spec.targets]
    change = values[:, spec.season :] - values[:, : -spec.season]  # (batch, lookback - season, values)
    steps = [spec.lookback - spec.season + step % spec.season for step in range(spec.horizon)]
    return torch.cat((seen[:, spec.season :], change), dim=-1), values[:, steps, : spec.targets]


class Recurrent(nn.Module):
    """LSTM or GRU layers; the last layer's final state is all that the head sees."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = spec
        layer = {"lstm": nn.LSTM, "gru": nn.GRU}[spec.kind]
        width = spec.hidden * spec.directions
        widths = [spec.seen] + [width] * (spec.layers - 1)
        self.layers = nn.ModuleList(
            layer(size, spec.hidden, batch_first=True, bidirectional=spec.bidirectional) for size in widths
        )
        self.dropouts = nn.ModuleList(dropout(spec) for _ in self.layers)
        self.head = nn.Linear(width, spec.outputs)

    def forward(self, x: Tensor) -> Tensor:
        *lower, top = self.layers
        for layer, drop in zip(lower, self.dropouts, strict=False):
            x = drop(layer(x)[0])  # (batch, rows, hidden · directions)
        _, state = top(x)
        hidden = state[0] if self.spec.kind == "lstm" else state  # (directions, batch, hidden)
        # The backward direction has read the whole window at the first step: its final state, not its last output.
        last = torch.cat((hidden[0], hidden[1]), dim=1) if self.spec.bidirectional else hidden[0]
        return self.head(self.dropouts[-1](last))


class CNN(nn.Module):
    """Causal convolutions; the head sees what they found in every row."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        widths = [spec.seen] + [spec.hidden] * spec.layers
        self.layers = nn.ModuleList(CausalConv(size, hidden, spec.kernel) for size, hidden in pairwise(widths))
        self.dropouts = nn.ModuleList(dropout(spec) for _ in self.layers)
        self.head = nn.Linear(spec.read * spec.hidden, spec.outputs)

    def forward(self, x: Tensor) -> Tensor:
        for layer, drop in zip(self.layers, self.dropouts, strict=True):
            x = drop(F.relu(layer(x)))  # (batch, rows, hidden)
        return self.head(x.flatten(1))


class CausalConv(nn.Conv1d):
    """A convolution over rows (batch, rows, columns) that sees no later row: as many zeros before the first as needed.

    Keras calls it padding="causal".
    """

    def forward(self, x: Tensor) -> Tensor:
        before = (self.kernel_size[0] - 1) * self.dilation[0]
        return super().forward(F.pad(x.transpose(1, 2), (before, 0))).transpose(1, 2)


class TCN(nn.Module):
    """Blocks of convolutions, each dilated twice as far as the one before; the head sees the last row.

    As many blocks as it takes for the last row to see all of them. Without the paper's weight normalisation.
    """

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(spec, n) for n in range(spec.blocks))
        self.head = nn.Linear(spec.hidden, spec.outputs)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)  # (batch, rows, hidden)
        return self.head(x[:, -1])


class Block(nn.Module):
    """Two dilated causal convolutions, and a way around them (Bai et al., figure 1)."""

    def __init__(self, spec: ModelSpec, n: int) -> None:
        super().__init__()
        width, dilation = spec.hidden if n else spec.seen, 2**n
        self.conv1 = CausalConv(width, spec.hidden, spec.kernel, dilation=dilation)
        self.dropout1 = dropout(spec)
        self.conv2 = CausalConv(spec.hidden, spec.hidden, spec.kernel, dilation=dilation)
        self.dropout2 = dropout(spec)
        self.shortcut = nn.Identity() if n else nn.Linear(width, spec.hidden)

    def forward(self, x: Tensor) -> Tensor:
        y = self.dropout1(F.relu(self.conv1(x)))
        y = self.dropout2(F.relu(self.conv2(y)))
        return F.relu(y + self.shortcut(x))


class Transformer(nn.Module):
    """An encoder that attends from patch to patch, as PatchTST does, but with all columns of a patch together."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = spec
        self.embedding = nn.Linear(spec.patch * spec.seen, spec.hidden)
        self.positions = Positions(spec.patches, spec.hidden)
        self.dropout = dropout(spec)
        self.layers = nn.ModuleList(Encoder(spec) for _ in range(spec.layers))
        self.norm = nn.LayerNorm(spec.hidden)
        self.head = nn.Linear(spec.patches * spec.hidden, spec.outputs)

    def forward(self, x: Tensor) -> Tensor:
        spec = self.spec
        x = F.pad(x, (0, 0, spec.patches * spec.patch - spec.read, 0))  # rows of zeros, to fill the first patch
        x = x.reshape(-1, spec.patches, spec.patch * spec.seen)
        x = self.dropout(self.positions(self.embedding(x)))  # (batch, patches, hidden)
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x).flatten(1))


class Positions(nn.Module):
    """A learned vector for each place, added to what stands there."""

    def __init__(self, places: int, width: int) -> None:
        super().__init__()
        self.vectors = nn.Parameter(torch.empty(places, width).uniform_(-0.02, 0.02))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.vectors


class Encoder(nn.Module):
    """Attention, then a small network for each place; both normalise first and are added to what came in."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(spec.hidden)
        self.attention = nn.MultiheadAttention(spec.hidden, spec.heads, batch_first=True)
        self.dropout1 = dropout(spec)
        self.norm2 = nn.LayerNorm(spec.hidden)
        self.widen = nn.Linear(spec.hidden, 4 * spec.hidden)
        self.narrow = nn.Linear(4 * spec.hidden, spec.hidden)
        self.dropout2 = dropout(spec)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm1(x)
        y, _ = self.attention(y, y, y, need_weights=False)
        x = x + self.dropout1(y)
        y = self.narrow(F.gelu(self.widen(self.norm2(x))))
        return x + self.dropout2(y)


class MLP(nn.Module):
    """Dense layers on all rows of the window at once."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        widths = [spec.read * spec.seen] + [spec.hidden] * spec.layers
        self.layers = nn.ModuleList(nn.Linear(size, hidden) for size, hidden in pairwise(widths))
        self.dropouts = nn.ModuleList(dropout(spec) for _ in self.layers)
        self.head = nn.Linear(spec.hidden, spec.outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        for layer, drop in zip(self.layers, self.dropouts, strict=True):
            x = drop(F.relu(layer(x)))  # (batch, hidden)
        return self.head(x)


class DLinear(nn.Module):
    """A moving average of 25 rows and what is left of them, each mapped to the steps alike for all targets."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = spec
        self.seasonal = nn.Linear(spec.lookback, spec.horizon)
        self.trend = nn.Linear(spec.lookback, spec.horizon)

    def forward(self, x: Tensor) -> Tensor:
        x = x[..., : self.spec.targets].transpose(1, 2)  # (batch, targets, rows)
        average = F.avg_pool1d(F.pad(x, (12, 12), mode="replicate"), 25, stride=1)  # the first and last row repeated
        return (self.seasonal(x - average) + self.trend(average)).transpose(1, 2)


class NLinear(nn.Module):
    """The window relative to its last row, mapped to the steps alike for all targets."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = spec
        self.linear = nn.Linear(spec.lookback, spec.horizon)

    def forward(self, x: Tensor) -> Tensor:
        x = x[..., : self.spec.targets].transpose(1, 2)  # (batch, targets, rows)
        last = x[..., -1:]
        return (self.linear(x - last) + last).transpose(1, 2)


NETWORKS: dict[str, Callable[[ModelSpec], nn.Module]] = {
    "lstm": Recurrent,
    "gru": Recurrent,
    "cnn": CNN,
    "tcn": TCN,
    "transformer": Transformer,
    "mlp": MLP,
    "dlinear": DLinear,
    "nlinear": NLinear,
}
