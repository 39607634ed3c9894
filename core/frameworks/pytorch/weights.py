"""PyTorch's weights in the neutral layout (core.frameworks.neutral), and back; and the table of a model's layers.

Conversion goes by the type of a layer, whatever model it is in. torch keeps matrices as (to, from) and gates in the
neutral order, so a transpose is most of it. Its LSTM adds two biases where the neutral layout, like Keras, has one:
they are summed on the way out, the second is zero on the way in.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from core.frameworks.base import Array, Layer, Weights
from core.frameworks.neutral import checked, held_by
from core.frameworks.pytorch.models import Forecaster

Arrays = Mapping[str, Array]  # of one layer, by torch's names or by the neutral ones
Turn = Callable[[Arrays], dict[str, Array]]


def get_weights(model: Forecaster) -> Weights:
    """Copies of the present weights in the neutral layout."""
    return to_neutral(model, {name: tensor.numpy(force=True) for name, tensor in model.network.named_parameters()})


def set_weights(model: Forecaster, weights: Weights) -> None:
    """Take over weights in the neutral layout; raises BadInput when they belong to another model."""
    own = from_neutral(model, checked(get_weights(model), weights))
    model.network.load_state_dict({name: torch.from_numpy(np.ascontiguousarray(own[name])) for name in own})


def get_gradients(model: Forecaster) -> Weights:
    """Gradients of the last backward pass in the neutral layout.

    Both biases of an LSTM have the same gradient, that of their sum: it counts once.
    """
    gradients = {
        name: (torch.zeros_like(parameter) if parameter.grad is None else parameter.grad).numpy(force=True)
        for name, parameter in model.network.named_parameters()
    }
    return to_neutral(model, gradients | {name: np.zeros_like(gradients[name]) for name, _ in second_biases(model)})


def to_neutral(model: Forecaster, own: Arrays) -> Weights:
    """Weights or gradients by torch's names, as copies in the neutral layout."""
    neutral = {}
    for name, layer, arrays in named_layers(model):
        turn, _ = kind_of(layer)
        for array, values in turn({each: own[f"{name}.{each}"] for each in arrays}).items():
            neutral[f"{name}.{array}"] = np.array(values, np.float32)
    return neutral


def from_neutral(model: Forecaster, neutral: Weights) -> Arrays:
    own: dict[str, Array] = {}
    for name, layer, _ in named_layers(model):
        _, turn = kind_of(layer)
        own |= {f"{name}.{array}": values for array, values in turn(held_by(name, neutral)).items()}
    return own


def named_layers(model: Forecaster) -> Iterator[tuple[str, nn.Module, list[str]]]:
    """The layers that hold weights, with the names of their arrays; a known kind comes whole, with all its parts."""
    whole: tuple[str, ...] = ()
    for name, layer in model.network.named_modules():
        known = isinstance(layer, tuple(KINDS))
        arrays = [each for each, _ in layer.named_parameters(recurse=known)]
        if arrays and not name.startswith(whole):
            yield name, layer, arrays
        whole += (f"{name}.",) if known else ()


def kind_of(layer: nn.Module) -> tuple[Turn, Turn]:
    """How its arrays turn into neutral ones, and back."""
    return next((turns for kind, turns in KINDS.items() if isinstance(layer, kind)), (as_they_are, as_they_are))


def as_they_are(arrays: Arrays) -> dict[str, Array]:
    return dict(arrays)


def transposed(arrays: Arrays) -> dict[str, Array]:
    """(to, from) and (from, to); (to, from, kernel) and (kernel, from, to)."""
    return {name: array.T for name, array in arrays.items()}


def recurrent_out(own: Arrays, join: Callable[[list[Array]], Array]) -> dict[str, Array]:
    neutral = {}
    for direction, end in DIRECTIONS.items():
        if f"weight_ih_{end}" in own:
            neutral[f"{direction}.input_weight"] = own[f"weight_ih_{end}"].T
            neutral[f"{direction}.recurrent_weight"] = own[f"weight_hh_{end}"].T
            neutral[f"{direction}.bias"] = join([own[f"bias_ih_{end}"], own[f"bias_hh_{end}"]])
    return neutral


def recurrent_in(neutral: Arrays, part: Callable[[Array], tuple[Array, Array]]) -> dict[str, Array]:
    own = {}
    for direction, end in DIRECTIONS.items():
        if f"{direction}.bias" in neutral:
            own[f"weight_ih_{end}"] = neutral[f"{direction}.input_weight"].T
            own[f"weight_hh_{end}"] = neutral[f"{direction}.recurrent_weight"].T
            own[f"bias_ih_{end}"], own[f"bias_hh_{end}"] = part(neutral[f"{direction}.bias"])
    return own


def normalisation_out(own: Arrays) -> dict[str, Array]:
    return {"scale": own["weight"], "bias": own["bias"]}


def normalisation_in(neutral: Arrays) -> dict[str, Array]:
    return {"weight": neutral["scale"], "bias": neutral["bias"]}


def attention_out(own: Arrays) -> dict[str, Array]:
    neutral = {"output_weight": own["out_proj.weight"].T, "output_bias": own["out_proj.bias"]}
    for part in ("weight", "bias"):
        for name, array in zip(PROJECTIONS, np.split(own[f"in_proj_{part}"], 3), strict=True):
            neutral[f"{name}_{part}"] = array.T
    return neutral


def attention_in(neutral: Arrays) -> dict[str, Array]:
    own = {"out_proj.weight": neutral["output_weight"].T, "out_proj.bias": neutral["output_bias"]}
    for part in ("weight", "bias"):
        own[f"in_proj_{part}"] = np.concatenate([neutral[f"{name}_{part}"].T for name in PROJECTIONS])
    return own


DIRECTIONS = {"forward": "l0", "backward": "l0_reverse"}  # and how torch's arrays end
PROJECTIONS = ("query", "key", "value")  # in the order in which torch stacks them
KINDS: dict[type[nn.Module], tuple[Turn, Turn]] = {
    nn.Linear: (transposed, transposed),
    nn.Conv1d: (transposed, transposed),
    nn.LSTM: (
        partial(recurrent_out, join=lambda biases: biases[0] + biases[1]),
        partial(recurrent_in, part=lambda bias: (bias, np.zeros_like(bias))),
    ),
    nn.GRU: (partial(recurrent_out, join=np.stack), partial(recurrent_in, part=tuple)),
    nn.LayerNorm: (normalisation_out, normalisation_in),
    nn.MultiheadAttention: (attention_out, attention_in),
}


def second_biases(model: Forecaster) -> Iterator[tuple[str, nn.Parameter]]:
    """Those biases of LSTM layers that Keras does not have."""
    for name, layer, _ in named_layers(model):
        if isinstance(layer, nn.LSTM):
            yield from ((f"{name}.{each}", bias) for each, bias in layer.named_parameters() if "bias_hh" in each)


def freeze_second_bias(model: Forecaster) -> None:
    """Leave one trainable bias a gate in an LSTM: two would learn at twice the rate of Keras' one.

    A GRU has two in both frameworks, for its reset gate stands between them.
    """
    for _, bias in second_biases(model):
        bias.requires_grad_(False)
        torch.nn.init.zeros_(bias)


def snapshot(model: Forecaster) -> dict[str, Tensor]:
    """A copy of the weights that training does not touch."""
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def is_finite(model: Forecaster) -> bool:
    """Whether every weight is a number that can be computed with."""
    return all(bool(parameter.isfinite().all()) for parameter in model.parameters())


@torch.inference_mode()
def layer_table(model: Forecaster) -> tuple[Layer, ...]:
    """The layers that hold weights, with the shapes that one window takes in them."""
    shapes: dict[nn.Module, tuple[int, ...]] = {}

    def note(layer: nn.Module, _: object, output: Tensor | tuple[Tensor, ...]) -> None:
        shapes[layer] = tuple((output if isinstance(output, Tensor) else output[0]).shape[1:])

    found = list(named_layers(model))
    hooks = [layer.register_forward_hook(note) for _, layer, _ in found]
    window = next(model.parameters()).new_zeros(1, model.spec.lookback, model.spec.inputs)
    model.eval()(window)
    for hook in hooks:
        hook.remove()
    return tuple(
        Layer(name, type(layer).__name__, shapes[layer], sum(p.numel() for p in layer.parameters() if p.requires_grad))
        for name, layer, _ in found
    )
