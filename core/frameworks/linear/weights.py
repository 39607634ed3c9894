"""The linear map's weights: neutral names of its own, `linear.weight` (rows · columns seen, horizon · targets) and
`linear.bias` (horizon · targets)."""

from core.frameworks.base import Array, Weights
from core.frameworks.linear.models import Forecaster
from core.frameworks.neutral import checked


def get_weights(model: Forecaster) -> Weights:
    """Copies of the present weights."""
    return snapshot(model)


def set_weights(model: Forecaster, weights: Weights) -> None:
    """Take over weights; raises BadInput when they belong to another model."""
    model.weights = {name: array.copy() for name, array in checked(model.weights, weights).items()}


def snapshot(model: Forecaster) -> dict[str, Array]:
    """A copy of the weights that training does not touch."""
    return {name: array.copy() for name, array in model.weights.items()}
