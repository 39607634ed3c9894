"""The models in PyTorch: recurrent layers read a window, a dense head forecasts every step from the last state."""

import torch
from torch import Tensor, nn

from core.frameworks.base import ModelSpec


class Forecaster(nn.Module):
    """LSTM or GRU, then a dense head: (batch, lookback, inputs) to (batch, horizon, targets)."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = spec
        layer = {"lstm": nn.LSTM, "gru": nn.GRU}[spec.kind]
        self.recurrent = layer(
            input_size=spec.seen,
            hidden_size=spec.hidden,
            num_layers=spec.layers,
            batch_first=True,
            dropout=spec.dropout if spec.layers > 1 else 0.0,  # between layers; torch warns where there is only one
            bidirectional=spec.bidirectional,
        )
        self.dropout = nn.Dropout(spec.dropout)
        self.head = nn.Linear(spec.hidden * (2 if spec.bidirectional else 1), spec.horizon * spec.targets)

    def forward(self, window: Tensor) -> Tensor:
        window, reference = relative(window, self.spec)
        _, state = self.recurrent(window)
        hidden = state[0] if self.spec.kind == "lstm" else state  # (layers · directions, batch, hidden)
        # The backward direction has read the whole window at the first step: its final state, not its last output.
        last = torch.cat((hidden[-2], hidden[-1]), dim=1) if self.spec.bidirectional else hidden[-1]
        change: Tensor = self.head(self.dropout(last))  # (batch, horizon · targets)
        return reference + change.view(-1, self.spec.horizon, self.spec.targets)


def relative(window: Tensor, spec: ModelSpec) -> tuple[Tensor, Tensor]:
    """The window as the network sees it, and what its output is added to (batch, horizon or 1, targets).

    Values (not the calendar columns) are taken relative to their last one in the window, and forecasts relative to
    the target's last value (`last`) or to its latest value at the same phase of the season (`seasonal`). Under
    `seasonal` the network also sees each value's change over one season, from the window's second season on.
    """
    if spec.reference == "none":
        return window, window.new_zeros(())
    values, calendar = window[..., : spec.values], window[..., spec.values :]
    last = values[:, -1:]  # (batch, 1, values)
    seen = torch.cat((values - last, calendar), dim=-1)  # a new tensor: subtracting in place would change `last` too
    if spec.reference == "last":
        return seen, last[..., : spec.targets]
    change = values[:, spec.season :] - values[:, : -spec.season]  # (batch, lookback - season, values)
    steps = [spec.lookback - spec.season + step % spec.season for step in range(spec.horizon)]
    return torch.cat((seen[:, spec.season :], change), dim=-1), values[:, steps, : spec.targets]


def build_model(spec: ModelSpec) -> Forecaster:
    """A model with PyTorch's own initial weights, drawn from torch's global generator."""
    return Forecaster(spec)
