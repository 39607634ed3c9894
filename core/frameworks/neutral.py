"""The neutral layout: a model's weights as named float32 arrays, the same for every framework.

Every matrix is (from, to), as in `x @ weight`. For layer n = 0, 1, ... and direction d = forward
(and backward where the model is bidirectional; G = 4 gates for LSTM, 3 for GRU; H = hidden):

    layer{n}.{d}.input_weight      (F, G·H)   F = columns seen for layer 0, else H · directions
    layer{n}.{d}.recurrent_weight  (H, G·H)
    layer{n}.{d}.bias              LSTM (4·H); GRU (2, 3·H): row 0 on the input's side, row 1 on the state's
    head.weight                    (H · directions, horizon · targets), step after step, targets within a step
    head.bias                      (horizon · targets)

Gates lie side by side: i, f, g, o in an LSTM; r, z, n in a GRU, whose reset gate r acts on the state's
contribution after its matrix product (Keras: `reset_after=True`). Bidirectional outputs are (forward, backward).
"""

from collections.abc import Iterator

import numpy as np

from core.errors import BadInput
from core.frameworks.base import Array, ModelSpec, Weights

GATES = {"lstm": 4, "gru": 3}


def initial_weights(model: ModelSpec, seed: int) -> Weights:
    """One set of starting numbers for every framework: U(±1/√H) in recurrent layers, U(±1/√fan_in) in the head.

    These are the bounds PyTorch draws from; the numbers come from NumPy's generator, in the layout's order.
    """
    draw = np.random.default_rng(seed)
    return {
        name: draw.uniform(-bound, bound, shape).astype(np.float32)
        for name, shape, bound in ((name, shape, _bound(model, name)) for name, shape in shapes(model).items())
    }


def shapes(model: ModelSpec) -> dict[str, tuple[int, ...]]:
    """Every array of the layout for this model, in the layout's order."""
    gates, width = GATES[model.kind] * model.hidden, model.hidden * len(directions(model))
    layout: dict[str, tuple[int, ...]] = {}
    for layer, _, name in cells(model):
        layout[f"{name}.input_weight"] = (model.seen if layer == 0 else width, gates)
        layout[f"{name}.recurrent_weight"] = (model.hidden, gates)
        layout[f"{name}.bias"] = (gates,) if model.kind == "lstm" else (2, gates)
    layout["head.weight"] = (width, model.horizon * model.targets)
    layout["head.bias"] = (model.horizon * model.targets,)
    return layout


def cells(model: ModelSpec) -> Iterator[tuple[int, str, str]]:
    """Layer number, direction and name of every recurrent cell, in the layout's order."""
    for layer in range(model.layers):
        for direction in directions(model):
            yield layer, direction, f"layer{layer}.{direction}"


def directions(model: ModelSpec) -> tuple[str, ...]:
    return ("forward", "backward") if model.bidirectional else ("forward",)


def checked(model: ModelSpec, weights: Weights) -> dict[str, Array]:
    """The weights as float32, if they are exactly the ones this model needs; raises BadInput otherwise."""
    layout = shapes(model)
    if weights.keys() != layout.keys():
        wrong = sorted(weights.keys() ^ layout.keys())
        raise BadInput("These weights belong to another model", wrong[0], "Choose weights of the same model settings.")
    for name, shape in layout.items():
        if weights[name].shape != shape:
            found = f"{name}: {weights[name].shape} instead of {shape}"
            raise BadInput("These weights belong to another model", found, "Choose weights of the same model settings.")
    return {name: np.asarray(weights[name], np.float32) for name in layout}


def _bound(model: ModelSpec, name: str) -> float:
    fan_in = shapes(model)["head.weight"][0] if name.startswith("head.") else model.hidden
    return float(1 / np.sqrt(fan_in))
