"""The optimisers in PyTorch, each as it comes: under matched maths every framework follows these formulas."""

from typing import Any

import torch
from torch import nn

from core.frameworks.base import TrainingSpec

STOCK: dict[str, type[torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
}
FUSED = ("adam", "adamw", "sgd")  # those that can update all weights in one kernel, with the same arithmetic
OPTIONS = {  # those of each that matter, as torch calls them, and as they are called on screen
    "adam": {"betas": "betas", "eps": "epsilon"},
    "adamw": {"betas": "betas", "eps": "epsilon", "weight_decay": "weight_decay"},
    "sgd": {"momentum": "momentum"},
    "rmsprop": {"alpha": "rho", "eps": "epsilon"},
}


def build_optimizer(model: nn.Module, training: TrainingSpec, device: torch.device) -> torch.optim.Optimizer:
    """The optimiser asked for, with torch's own defaults for all that is not set."""
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    options = {"lr": training.learning_rate, **asked(training)}
    fused = training.fused == "on" or (training.fused == "auto" and training.speed == "tuned")
    if fused and training.optimizer in FUSED:
        options["fused"] = device.type in ("cpu", "cuda")
    return STOCK[training.optimizer](trainable, **options)


def asked(training: TrainingSpec) -> dict[str, Any]:
    """Options that a person has set."""
    if training.optimizer == "sgd":
        return {"momentum": training.momentum}
    if training.optimizer == "adamw" and training.weight_decay is not None:
        return {"weight_decay": training.weight_decay}
    return {}


def in_force(optimizer: torch.optim.Optimizer, training: TrainingSpec) -> dict[str, Any]:
    """The optimiser's options, read back from it."""
    group = optimizer.param_groups[0]
    found = {called: group[name] for name, called in OPTIONS[training.optimizer].items()}
    if "betas" in found:
        found["betas"] = list(found["betas"])
    return {"optimizer": type(optimizer).__name__, "learning_rate": group["lr"], **found}
