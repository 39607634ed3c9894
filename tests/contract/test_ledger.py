"""Every value of the ledger, measured on the installed versions: one that changes a default fails here."""

import dataclasses
import inspect
import math
import re
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from core.frameworks import catalogue
from core.frameworks.ledger import Value, conditions, entries, ledger
from tests.contract.conftest import SPEC, TRAINING

INPUTS, HIDDEN, OUTPUTS, KERNEL, HEADS = 96, 64, 512, 3, 4
GATES = {"lstm": 4, "gru": 3}
WIDTHS = {"inputs": INPUTS, "hidden": HIDDEN, "outputs": OUTPUTS, "kernel": KERNEL}

Arrays = Sequence[tuple[np.ndarray, Mapping[str, int]]]  # starting numbers, and the widths of their layer


@pytest.fixture(scope="module")
def torch(pytorch) -> ModuleType:
    import torch

    torch.manual_seed(0)
    return torch


@pytest.fixture(scope="module")
def keras(tensorflow) -> ModuleType:
    import keras

    keras.utils.set_random_seed(0)
    return keras


@pytest.mark.frameworks
@pytest.mark.parametrize("entry", ledger(), ids=lambda entry: entry.id)
def test_the_ledger_tells_what_is_installed(entry, torch, keras):
    in_torch, in_keras = MEASURED[entry.id]
    for told, measured in ((entry.pytorch, in_torch(torch)), (entry.tensorflow, in_keras(keras))):
        if isinstance(measured, list):
            assert all(follows(array, str(told), widths) for array, widths in measured), told
        else:
            assert type(told) is type(measured)
            assert told == measured or told == pytest.approx(measured, rel=1e-6)
    assert entry.pytorch != entry.tensorflow


def test_every_entry_is_measured_and_names_what_exists():
    assert {entry.id for entry in ledger()} == set(MEASURED)
    assert len(ledger()) == len(MEASURED)
    assert {model for entry in ledger() for model in entry.models} <= set(catalogue.names())
    assert all(entry.effect.endswith(".") and entry.source for entry in ledger())


def test_only_what_concerns_a_comparison_is_told():
    told = {entry.id for entry in entries("lstm", "adam")}
    assert {"lstm_biases", "dense_weights", "adam_epsilon", "batch_order"} <= told
    assert not {"gru_biases", "convolution_weights", "rmsprop_epsilon", "dropout_masks", "tf32", "loss_scale"} & told
    alike = [bool(entry.alike) for entry in entries("transformer", "rmsprop")]
    assert alike == sorted(alike) and any(alike), "what stays different comes first"


@pytest.mark.parametrize(
    ("asked", "applied", "found"),
    [
        ({"dropout": 0.0, "schedule": "constant", "weight_decay": 0.1}, {"device": "cpu"}, set()),
        ({"dropout": 0.2, "schedule": "cosine"}, {"device": "gpu:1"}, {"dropout", "schedule", "gpu", "own_decay"}),
        ({"weight_decay": 0.1}, {"precision": "mixed_bfloat16"}, set()),
        ({"weight_decay": 0.1}, {"precision": "mixed_float16"}, {"float16"}),
    ],
)
def test_conditions_are_read_from_settings(asked, applied, found):
    assert conditions(asked, applied) == found


@pytest.mark.frameworks
def test_the_normalisations_of_both_twins_use_what_is_set_alike(torch, keras):
    from core.frameworks.pytorch.models import build_model as in_torch
    from core.frameworks.tensorflow.models import build_model as in_keras

    spec = dataclasses.replace(SPEC, kind="transformer", heads=2)
    norms = [layer.eps for layer in in_torch(spec).modules() if isinstance(layer, torch.nn.LayerNorm)]
    twins = [layer.epsilon for layer in in_keras(spec).layers if isinstance(layer, keras.layers.LayerNormalization)]
    assert norms == twins and set(norms) == {1e-5}


@pytest.mark.frameworks
@pytest.mark.parametrize(
    ("optimizer", "setting", "id"),
    [
        ("adam", "epsilon", "adam_epsilon"),
        ("adamw", "weight_decay", "adamw_decay"),
        ("rmsprop", "rho", "rmsprop_smoothing"),
    ],
)
def test_stock_trainings_use_what_the_ledger_tells(pytorch, tensorflow, optimizer, setting, id):
    entry = next(entry for entry in ledger() if entry.id == id)
    training = dataclasses.replace(TRAINING, optimizer=optimizer)
    applied = [framework.build(SPEC, training).applied[setting] for framework in (pytorch, tensorflow)]
    assert applied == [entry.pytorch, entry.tensorflow]


def test_a_starting_number_out_of_its_law_is_seen():
    draw = np.random.default_rng(0).uniform(-1, 1, (INPUTS, HIDDEN))
    assert follows(draw / math.sqrt(HIDDEN), "uniform within ±1/√hidden", WIDTHS)
    assert not follows(draw / math.sqrt(INPUTS), "uniform within ±1/√hidden", WIDTHS)
    assert not follows(draw / math.sqrt(HIDDEN), "orthogonal", WIDTHS)


def follows(array: np.ndarray, words: str, widths: Mapping[str, int]) -> bool:
    """Whether starting numbers are drawn as the ledger's words say."""
    if words.startswith("uniform within ±"):
        bound = _value(words.removeprefix("uniform within ±"), widths)
        spread = array.std() / (bound / math.sqrt(3))
        return 0.97 * bound < np.abs(array).max() <= bound * (1 + 1e-6) and abs(spread - 1) < 0.06
    if words == "orthogonal":
        product = array @ array.T if len(array) < array.shape[1] else array.T @ array
        return bool(np.allclose(product, np.eye(len(product)), atol=1e-5))
    if words == "0, and 1 for the forget gate":
        return bool((array == np.repeat([0, 1, 0, 0], HIDDEN)).all())
    return words == "0" and not array.any()


def _value(formula: str, widths: Mapping[str, int]) -> float:
    """±1/√hidden and the like, with the layer's widths."""
    python = re.sub(r"√(\w+)", r"sqrt(\1)", formula.replace("·", "*")).replace("√(", "sqrt(")
    return float(eval(python, {"sqrt": math.sqrt}, dict(widths)))  # our own file, in a test


# What the layers start from


def _torch_recurrent(part: str, *kinds: str) -> Callable[[ModuleType], Arrays]:
    def measure(torch: ModuleType) -> Arrays:
        layers = [{"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind](INPUTS, HIDDEN) for kind in kinds]
        return [(p.detach().numpy(), WIDTHS) for layer in layers for n, p in layer.named_parameters() if part in n]

    return measure


def _keras_recurrent(part: int, *kinds: str) -> Callable[[ModuleType], Arrays]:
    def measure(keras: ModuleType) -> Arrays:
        found = []
        for kind in kinds:
            layer = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[kind](HIDDEN)
            layer.build((None, None, INPUTS))
            found.append((layer.get_weights()[part], {**WIDTHS, "gates": GATES[kind]}))
        return found

    return measure


def _torch_layer(name: str, part: str) -> Callable[[ModuleType], Arrays]:
    sizes = {"Linear": (INPUTS, OUTPUTS), "Conv1d": (INPUTS, OUTPUTS, KERNEL), "MultiheadAttention": (HIDDEN, HEADS)}

    def measure(torch: ModuleType) -> Arrays:
        layer = getattr(torch.nn, name)(*sizes[name])
        return [(dict(layer.named_parameters())[part].detach().numpy(), WIDTHS)]

    return measure


def _keras_layer(name: str, *parts: str) -> Callable[[ModuleType], Arrays]:
    sizes = {"Dense": (OUTPUTS,), "Conv1D": (OUTPUTS, KERNEL), "MultiHeadAttention": (HEADS, HIDDEN // HEADS)}

    def measure(keras: ModuleType) -> Arrays:
        layer = getattr(keras.layers, name)(*sizes[name])
        shape = (None, None, HIDDEN if name == "MultiHeadAttention" else INPUTS)
        layer.build(*[shape] * (2 if name == "MultiHeadAttention" else 1))
        found = [(weight.numpy(), WIDTHS) for weight in layer.weights if weight.path.endswith(parts)]
        assert len(found) == len(parts)
        return found

    return measure


# What the optimisers do


def _torch_moves(torch: ModuleType, name: str, gradients: Sequence[float], rates: Sequence[float], **options: float):
    """How far one number moves with each gradient and learning rate."""
    number = torch.nn.Parameter(torch.zeros(1))
    optimizer, places = getattr(torch.optim, name)([number], lr=rates[0], **options), [0.0]
    for gradient, rate in zip(gradients, rates, strict=True):
        optimizer.param_groups[0]["lr"] = rate
        number.grad = torch.full((1,), float(gradient))
        optimizer.step()
        places.append(-number.item())
    return np.diff(places)


def _keras_moves(keras: ModuleType, name: str, gradients: Sequence[float], rates: Sequence[float], **options: float):
    number = keras.Variable([0.0])
    optimizer, places = getattr(keras.optimizers, name)(rates[0], **options), [0.0]
    for gradient, rate in zip(gradients, rates, strict=True):
        optimizer.learning_rate = rate
        optimizer.apply([keras.ops.convert_to_tensor([float(gradient)])], [number])
        places.append(-float(number.numpy()[0]))
    return np.diff(places)


def _adam_place(moved: np.ndarray) -> str:
    """Of a gradient of 1 with an epsilon of 1."""
    root = math.sqrt(1 - 0.999)
    places = {"after the bias correction": 1 / 2, "before the bias correction": root / (root + 1)}
    return _nearest(places, moved[0])


def _rmsprop_place(moved: np.ndarray) -> str:
    """Of a gradient of 1 with an epsilon of 1 and nine tenths of the past."""
    return _nearest({"outside the root": 1 / (math.sqrt(0.1) + 1), "inside the root": 1 / math.sqrt(1.1)}, moved[0])


def _digits(moved: np.ndarray) -> str:
    """The first step of Adam without an epsilon is the learning rate: here 1."""
    return "float32" if abs(moved[0] - 1) > 2e-6 else "float64"


def _rate_place(moved: np.ndarray) -> str:
    """A gradient of 1 at a rate of 1, then none at a rate of a tenth: momentum alone moves on."""
    return _nearest({"when it is applied": 0.09, "when it is gathered": 0.9}, moved[1])


def _nearest(places: Mapping[str, float], value: float) -> str:
    return next(name for name, place in places.items() if value == pytest.approx(place, rel=1e-3))


def _torch_default(optimizer: str, option: str) -> Callable[[ModuleType], Value]:
    def measure(torch: ModuleType) -> Value:
        return getattr(torch.optim, optimizer)([torch.nn.Parameter(torch.zeros(1))]).defaults[option]

    return measure


def _keras_default(optimizer: str, option: str) -> Callable[[ModuleType], Value]:
    return lambda keras: getattr(keras.optimizers, optimizer)().get_config()[option]


def _both(of: Callable[..., np.ndarray], says: Callable[[np.ndarray], str], *given: Any, **options: float) -> Any:
    """`says` of the moves that `of` measures in a framework."""
    return lambda framework: says(of(framework, *given, **options))


def _place(says: Callable[[np.ndarray], str], torch: tuple[Any, dict], keras: tuple[Any, dict]) -> Any:  # type: ignore[type-arg]
    return _both(_torch_moves, says, *torch[0], **torch[1]), _both(_keras_moves, says, *keras[0], **keras[1])


# What the rest is


def _default_of(name: str, argument: str) -> Callable[[ModuleType], Any]:
    def measure(framework: ModuleType) -> Any:
        found: Any = framework
        for part in name.split("."):
            found = getattr(found, part)
        return inspect.signature(found).parameters[argument].default

    return measure


def _random(framework: ModuleType) -> str:
    """Orders and masks from equal seeds: the same each time, and another framework's are others."""
    orders = {"torch": _torch_order, "keras": _keras_order}
    mine, other = orders.pop(framework.__name__), next(iter(orders.values()))
    assert (mine() == mine()).all() and (mine() != other()).any()
    return {"torch": "torch's random numbers", "keras": "TensorFlow's random numbers"}[framework.__name__]


def _torch_order() -> np.ndarray:
    import torch

    return torch.randperm(50, generator=torch.Generator().manual_seed(1)).numpy()


def _keras_order() -> np.ndarray:
    import keras

    return np.array(keras.random.shuffle(np.arange(50), seed=keras.random.SeedGenerator(1)))


def _masks(framework: ModuleType) -> str:
    import keras
    import torch

    torch.manual_seed(1)
    mine = torch.nn.Dropout(0.5)(torch.ones(200)).numpy()
    other = keras.layers.Dropout(0.5, seed=1)(np.ones(200, np.float32), training=True).numpy()
    assert set(mine) == set(other) == {0.0, 2.0} and (mine != other).any()
    return {"torch": "torch's random numbers", "keras": "TensorFlow's random numbers"}[framework.__name__]


def _torch_tf32(torch: ModuleType) -> str:
    from core.frameworks.pytorch import precision  # which keeps what torch came with: the flag is the process's

    dense = torch.backends.cuda.matmul.allow_tf32
    return {(True, False): "recurrent and convolution layers"}[precision.RECURRENT_TF32, dense]


def _keras_tf32(keras: ModuleType) -> str:
    from core.frameworks.tensorflow import precision

    return {True: "all", False: "none"}[precision.TF32]


def _fitted_batch(keras: ModuleType) -> int:
    """What `fit` makes of arrays of which nothing is said."""
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(loss="mse", run_eagerly=True)
    zeros = np.zeros((128, 1), np.float32)
    return 128 // model.fit(zeros, zeros, verbose=0).params["steps"]


ONE = ([1.0], [1.0])
THEN_NONE = ([1.0, 0.0], [1.0, 0.1])

MEASURED: dict[str, tuple[Callable[[ModuleType], Any], Callable[[ModuleType], Any]]] = {
    "recurrent_input_weights": (
        _torch_recurrent("weight_ih", "lstm", "gru"),
        _keras_recurrent(0, "lstm", "gru"),
    ),
    "recurrent_state_weights": (
        _torch_recurrent("weight_hh", "lstm", "gru"),
        _keras_recurrent(1, "lstm", "gru"),
    ),
    "lstm_biases": (_torch_recurrent("bias", "lstm"), _keras_recurrent(2, "lstm")),
    "gru_biases": (_torch_recurrent("bias", "gru"), _keras_recurrent(2, "gru")),
    "lstm_bias_vectors": (
        lambda torch: len(_torch_recurrent("bias", "lstm")(torch)),
        lambda keras: _keras_recurrent(2, "lstm")(keras)[0][0].size // (4 * HIDDEN),
    ),
    "dense_weights": (_torch_layer("Linear", "weight"), _keras_layer("Dense", "kernel")),
    "dense_biases": (_torch_layer("Linear", "bias"), _keras_layer("Dense", "bias")),
    "convolution_weights": (_torch_layer("Conv1d", "weight"), _keras_layer("Conv1D", "kernel")),
    "convolution_biases": (_torch_layer("Conv1d", "bias"), _keras_layer("Conv1D", "bias")),
    "attention_input_weights": (
        _torch_layer("MultiheadAttention", "in_proj_weight"),
        _keras_layer("MultiHeadAttention", "query/kernel", "key/kernel", "value/kernel"),
    ),
    "attention_output_weights": (
        _torch_layer("MultiheadAttention", "out_proj.weight"),
        _keras_layer("MultiHeadAttention", "attention_output/kernel"),
    ),
    "norm_epsilon": (
        lambda torch: torch.nn.LayerNorm(HIDDEN).eps,
        lambda keras: keras.layers.LayerNormalization().epsilon,
    ),
    "adam_epsilon": (_torch_default("Adam", "eps"), _keras_default("Adam", "epsilon")),
    "adam_epsilon_place": _place(_adam_place, (("Adam", *ONE), {"eps": 1.0}), (("Adam", *ONE), {"epsilon": 1.0})),
    "adam_correction_digits": _place(_digits, (("Adam", *ONE), {"eps": 0.0}), (("Adam", *ONE), {"epsilon": 0.0})),
    "adamw_decay": (_torch_default("AdamW", "weight_decay"), _keras_default("AdamW", "weight_decay")),
    "rmsprop_smoothing": (_torch_default("RMSprop", "alpha"), _keras_default("RMSprop", "rho")),
    "rmsprop_epsilon": (_torch_default("RMSprop", "eps"), _keras_default("RMSprop", "epsilon")),
    "rmsprop_epsilon_place": _place(
        _rmsprop_place,
        (("RMSprop", *ONE), {"alpha": 0.9, "eps": 1.0}),
        (("RMSprop", *ONE), {"rho": 0.9, "epsilon": 1.0}),
    ),
    "momentum_rate": _place(
        _rate_place, (("SGD", *THEN_NONE), {"momentum": 0.9}), (("SGD", *THEN_NONE), {"momentum": 0.9})
    ),
    "sgd_rate": (_torch_default("SGD", "lr"), _keras_default("SGD", "learning_rate")),
    "rmsprop_rate": (_torch_default("RMSprop", "lr"), _keras_default("RMSprop", "learning_rate")),
    "batch_size": (
        _default_of("utils.data.DataLoader", "batch_size"),
        _fitted_batch,
    ),
    "shuffling": (
        lambda torch: bool(_default_of("utils.data.DataLoader", "shuffle")(torch)),
        _default_of("Model.fit", "shuffle"),
    ),
    "batch_order": (_random, _random),
    "dropout_masks": (_masks, _masks),
    "tf32": (_torch_tf32, _keras_tf32),
    "loss_scale": (
        _default_of("amp.GradScaler", "init_scale"),
        _default_of("optimizers.LossScaleOptimizer", "initial_scale"),
    ),
}
