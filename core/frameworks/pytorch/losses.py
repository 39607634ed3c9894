"""The losses in PyTorch. What people choose from is said in `LOSSES`; adding one is told in docs/add-a-model.md."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from core.frameworks.base import TrainingSpec

LOSSES = {  # a literal that is read without importing this file; "setting": one that only this loss has a use for
    "mse": {
        "label": "Squared error",
        "help": "Large errors count most. Forecasts aim at the mean.",
    },
    "mae": {
        "label": "Absolute error",
        "help": "Every error counts by its size, so that outliers weigh less. Forecasts aim at the median.",
    },
    "huber": {
        "label": "Huber",
        "help": "Squared for errors up to 1 on scaled values, absolute beyond: between the two above.",
    },
    "quantile": {
        "label": "Quantile",
        "help": "Forecasts aim at a level that the values stay below as often as the quantile says.",
        "setting": "quantile",
    },
    "direction": {
        "label": "Direction (for trading)",
        "help": "Squared error that costs more where a rise was forecast as a fall, or a fall as a rise.",
        "setting": "direction_weight",
    },
}

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


def build_loss(training: TrainingSpec) -> Loss:
    """From forecast, target (batch, horizon, targets) and window (batch, lookback, inputs) to the mean over a batch."""
    return partial(FUNCTIONS[training.loss], training)


def mse(training: TrainingSpec, forecast: Tensor, target: Tensor, window: Tensor) -> Tensor:
    return F.mse_loss(forecast, target)


def mae(training: TrainingSpec, forecast: Tensor, target: Tensor, window: Tensor) -> Tensor:
    return F.l1_loss(forecast, target)


def huber(training: TrainingSpec, forecast: Tensor, target: Tensor, window: Tensor) -> Tensor:
    """Huber (1964), squared up to an error of 1."""
    return F.huber_loss(forecast, target, delta=1.0)


def quantile(training: TrainingSpec, forecast: Tensor, target: Tensor, window: Tensor) -> Tensor:
    """The pinball loss of Koenker and Bassett (1978)."""
    error = target - forecast
    return torch.where(error >= 0, training.quantile * error, (training.quantile - 1) * error).mean()


def direction(training: TrainingSpec, forecast: Tensor, target: Tensor, window: Tensor) -> Tensor:
    """Squared error, times 1 + weight where forecast and target lie on different sides of the last known value."""
    last = window[:, -1:, : forecast.shape[-1]]
    wrong = (forecast - last) * (target - last) < 0
    return (torch.where(wrong, 1 + training.direction_weight, 1.0) * torch.square(forecast - target)).mean()


FUNCTIONS = {
    "mse": mse,
    "mae": mae,
    "huber": huber,
    "quantile": quantile,
    "direction": direction,
}
