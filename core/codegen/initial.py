"""The numbers that a matched training started from, as each framework keeps them: what scripts load.

A script that turned the neutral layout (core.frameworks.neutral) into its framework's own would be mostly that. So it
is turned here, by the names of the arrays alone, as the server has neither framework at hand. The frameworks' own
`weights.py` are what it is held against in the tests.
"""

from collections.abc import Callable, Mapping

import numpy as np

from core.frameworks.base import Array, Weights
from core.frameworks.neutral import initial_weights

PROJECTIONS = ("query", "key", "value")
CELLS = ("input_weight", "recurrent_weight", "bias")
Arrays = Mapping[str, Array]  # of one layer, by the neutral names


def own_weights(framework: str, like: Weights, seed: int, heads: int) -> dict[str, Array]:
    """Initial weights of a model whose arrays are named and shaped like these.

    PyTorch's are named as in its `state_dict`; those of a Keras layer are numbered as in `layer.weights`.
    """
    layers: dict[str, dict[str, Array]] = {}
    for name, array in initial_weights(like, seed).items():
        layer, own = _parted(name)
        layers.setdefault(layer, {})[own] = array
    turned = {"pytorch": _pytorch, "tensorflow": _keras}[framework]
    found = {f"{layer}.{own}": array for layer, held in layers.items() for own, array in turned(held, heads).items()}
    return {name: np.ascontiguousarray(array) for name, array in found.items()}


def _parted(name: str) -> tuple[str, str]:
    """Layer and array; a direction belongs to the array."""
    layer, _, array = name.rpartition(".")
    for direction in ("forward", "backward"):
        if layer.endswith(f".{direction}"):
            return layer.removesuffix(f".{direction}"), f"{direction}.{array}"
    return layer, array


def _pytorch(held: Arrays, heads: int) -> dict[str, Array]:
    if "query_weight" in held:
        own = {"out_proj.weight": held["output_weight"].T, "out_proj.bias": held["output_bias"]}
        for part in ("weight", "bias"):
            own[f"in_proj_{part}"] = np.concatenate([held[f"{name}_{part}"].T for name in PROJECTIONS])
        return own
    if "scale" in held:
        return {"weight": held["scale"], "bias": held["bias"]}
    if "forward.bias" not in held:
        return {name: array.T if name == "weight" else array for name, array in held.items()}
    own = {}
    for direction, end in (("forward", "l0"), ("backward", "l0_reverse")):
        if f"{direction}.bias" in held:
            bias = held[f"{direction}.bias"]
            own[f"weight_ih_{end}"] = held[f"{direction}.input_weight"].T
            own[f"weight_hh_{end}"] = held[f"{direction}.recurrent_weight"].T
            own[f"bias_ih_{end}"], own[f"bias_hh_{end}"] = bias if bias.ndim == 2 else (bias, np.zeros_like(bias))
    return own


def _keras(held: Arrays, heads: int) -> dict[str, Array]:
    return {str(place): array for place, array in enumerate(_in_order(held, heads))}


def _in_order(held: Arrays, heads: int) -> list[Array]:
    if "query_weight" in held:
        width = held["output_bias"].size
        inner = [(held[f"{name}_weight"], held[f"{name}_bias"]) for name in PROJECTIONS]
        outer = [held["output_weight"].reshape(heads, -1, width), held["output_bias"]]
        turned = [(weight.reshape(width, heads, -1), bias.reshape(heads, -1)) for weight, bias in inner]
        return [array for pair in turned for array in pair] + outer
    if "scale" in held:
        return [held["scale"], held["bias"]]
    if "forward.bias" in held:
        swap: Callable[[Array], Array] = _swapped if held["forward.bias"].ndim == 2 else np.asarray
        ways = [way for way in ("forward", "backward") if f"{way}.bias" in held]
        return [swap(held[f"{way}.{name}"]) for way in ways for name in CELLS]
    if "weight" in held:
        return [held["weight"], held["bias"]]
    return list(held.values())


def _swapped(gates: Array) -> Array:
    """Of a GRU: r, z, n and z, r, n."""
    first, second, third = np.split(gates, 3, axis=-1)
    return np.concatenate((second, first, third), axis=-1)
