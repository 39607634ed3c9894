"""The linear map's weights: neutral names of its own, `linear.weight` (rows · columns seen, horizon · targets) and
`linear.bias` (horizon · targets)."""

from core.errors import BadInput
from core.frameworks.base import Array, Weights
from core.frameworks.linear.models import Forecaster


def get_weights(model: Forecaster) -> Weights:
    """Copies of the present weights."""
    return snapshot(model)


def set_weights(model: Forecaster, weights: Weights) -> None:
    """Take over weights; raises BadInput when they belong to another model."""
    if {name: array.shape for name, array in weights.items()} != {n: a.shape for n, a in model.weights.items()}:
        raise BadInput("These weights belong to another model", remedy="Choose weights of the same model settings.")
    model.weights = {name: array.copy() for name, array in weights.items()}


def snapshot(model: Forecaster) -> dict[str, Array]:
    """A copy of the weights that training does not touch."""
    return {name: array.copy() for name, array in model.weights.items()}
