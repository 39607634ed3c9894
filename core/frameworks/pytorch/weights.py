"""PyTorch's weights in the neutral layout (core.frameworks.neutral), and back.

torch keeps matrices as (to, from) and gates in the neutral order, so a transpose is all it takes. Its LSTM adds two
biases where the neutral layout, like Keras, has one: they are summed on the way out, the second is zero on the way in.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from core.frameworks.base import Array, ModelSpec, Weights
from core.frameworks.neutral import cells, checked
from core.frameworks.pytorch.models import Forecaster


def get_weights(model: Forecaster) -> Weights:
    """Copies of the present weights in the neutral layout."""
    return to_neutral(model.spec, {name: tensor.numpy(force=True) for name, tensor in model.state_dict().items()})


def set_weights(model: Forecaster, weights: Weights) -> None:
    """Take over weights in the neutral layout; raises BadInput when they belong to another model."""
    own = from_neutral(model.spec, checked(model.spec, weights))
    model.load_state_dict({name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in own.items()})


def get_gradients(model: Forecaster) -> Weights:
    """Gradients of the last backward pass in the neutral layout.

    Both biases of an LSTM have the same gradient, that of their sum: it counts once.
    """
    gradients = {
        name: (torch.zeros_like(parameter) if parameter.grad is None else parameter.grad).numpy(force=True)
        for name, parameter in model.named_parameters()
    }
    if model.spec.kind == "lstm":
        gradients |= {name: np.zeros_like(array) for name, array in gradients.items() if "bias_hh" in name}
    return to_neutral(model.spec, gradients)


def to_neutral(spec: ModelSpec, own: Mapping[str, Array]) -> Weights:
    neutral = {}
    for layer, direction, name in cells(spec):
        suffix = _suffix(layer, direction)
        biases = own[f"recurrent.bias_ih_{suffix}"], own[f"recurrent.bias_hh_{suffix}"]
        neutral[f"{name}.input_weight"] = own[f"recurrent.weight_ih_{suffix}"].T.copy()
        neutral[f"{name}.recurrent_weight"] = own[f"recurrent.weight_hh_{suffix}"].T.copy()
        neutral[f"{name}.bias"] = biases[0] + biases[1] if spec.kind == "lstm" else np.stack(biases)
    neutral["head.weight"] = own["head.weight"].T.copy()
    neutral["head.bias"] = own["head.bias"].copy()
    return neutral


def from_neutral(spec: ModelSpec, neutral: Weights) -> Mapping[str, Array]:
    own = {}
    for layer, direction, name in cells(spec):
        suffix, bias = _suffix(layer, direction), neutral[f"{name}.bias"]
        biases = (bias, np.zeros_like(bias)) if spec.kind == "lstm" else bias
        own[f"recurrent.weight_ih_{suffix}"] = neutral[f"{name}.input_weight"].T
        own[f"recurrent.weight_hh_{suffix}"] = neutral[f"{name}.recurrent_weight"].T
        own[f"recurrent.bias_ih_{suffix}"], own[f"recurrent.bias_hh_{suffix}"] = biases
    own["head.weight"] = neutral["head.weight"].T
    own["head.bias"] = neutral["head.bias"]
    return own


def freeze_second_bias(model: Forecaster) -> None:
    """Leave one trainable bias a gate in an LSTM: two would learn at twice the rate of Keras' one.

    A GRU has two in both frameworks, for its reset gate stands between them.
    """
    for name, parameter in model.recurrent.named_parameters():
        if model.spec.kind == "lstm" and "bias_hh" in name:
            parameter.requires_grad_(False)
            torch.nn.init.zeros_(parameter)


def snapshot(model: Forecaster) -> dict[str, Tensor]:
    """A copy of the weights that training does not touch."""
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def _suffix(layer: int, direction: str) -> str:
    return f"l{layer}_reverse" if direction == "backward" else f"l{layer}"
