"""PyTorch and TensorFlow hold the same model: same outputs, same gradients and, when matched, the same loss curves."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from core.data.windows import gather, origins_between
from core.frameworks import catalogue
from core.frameworks.base import ModelSpec, TrainingData, TrainingSpec, auto_patch
from core.frameworks.neutral import initial_weights
from tests.contract.conftest import SPEC, TRAINING, Audience, waves

pytestmark = pytest.mark.frameworks


def of(kind: str, **changes: object) -> ModelSpec:
    """A small model of a kind; the published linear ones keep their own reference."""
    reference = "last" if catalogue.find(kind).uses("reference") else "none"
    return dataclasses.replace(SPEC, **{"kind": kind, "reference": reference, "heads": 2, "patch": 3, **changes})


SHAPES = {kind: of(kind) for kind in catalogue.names()} | {
    "gru, seasonal": of("gru", reference="seasonal", season=2),
    "two layers of lstm, both ways": of("lstm", layers=2, bidirectional=True, reference="none"),
    "two layers of gru, both ways": of("gru", layers=2, bidirectional=True),
    "two layers of transformer, seasonal": of("transformer", layers=2, reference="seasonal", season=2, patch=4),
}


@pytest.fixture(scope="module", params=SHAPES.values(), ids=SHAPES.keys())
def spec(request) -> ModelSpec:
    return request.param


@pytest.fixture(scope="module")
def twins(spec, pytorch, tensorflow):
    return pytorch.build(spec, TRAINING), tensorflow.build(spec, TRAINING)


@pytest.mark.parametrize("way", ["PyTorch to TensorFlow", "TensorFlow to PyTorch"])
def test_a_moved_model_forecasts_the_same(twins, data, way):
    giver, taker = twins if way.startswith("PyTorch") else reversed(twins)
    giver.start(seed=1)
    giver.train(data, 1, None, 1, Audience())  # away from symmetric initial values such as biases of zero
    taker.set_weights(giver.get_weights())
    forecasts = [trainer.predict(data.values, data.validation) for trainer in (giver, taker)]
    assert_allclose(*forecasts, atol=1e-5)


def test_both_report_the_neutral_layout(twins, spec):
    first, second = ({name: array.shape for name, array in trainer.get_weights().items()} for trainer in twins)
    assert first == second
    assert sum(int(np.prod(shape)) for shape in first.values()) == catalogue.parameters(spec)


def test_both_have_the_same_table_of_layers(twins, spec):
    """An LSTM of PyTorch has a second bias for each gate, and gives on all rows where Keras' last layer does not."""
    for one, other in zip(*(trainer.layers for trainer in twins), strict=True):
        assert one.name == other.name
        second = 4 * spec.hidden * spec.directions if one.kind == "LSTM" else 0
        assert one.parameters - second == other.parameters
        assert one.output[-len(other.output) :] == other.output
    for trainer in twins:
        assert sum(layer.parameters for layer in trainer.layers) == trainer.parameters


def test_first_gradients_agree(twins, data):
    gradients = []
    for trainer in twins:
        trainer.start(0, initial_weights(trainer.get_weights(), seed=2))
        gradients.append(trainer.first_gradient(data, data.train[:32]))
    for name in gradients[0]:
        if not name.endswith("attention.key_bias"):  # it adds the same to all that a softmax compares: no gradient
            assert np.abs(gradients[0][name]).max() > 1e-4, name
        assert_allclose(gradients[0][name], gradients[1][name], atol=1e-5, err_msg=name)


@pytest.mark.parametrize("compile", [True, False], ids=["XLA", "no XLA"])
@pytest.mark.parametrize("kind", catalogue.names())
def test_matched_curves_lie_on_each_other(pytorch, tensorflow, data, kind, compile):
    """20 epochs of 11 steps, the last batch of each a short one."""
    assert len(data.train) % matched(compile).batch_size
    curves = [curve(framework, of(kind), compile, data) for framework in (pytorch, tensorflow)]
    assert curves[0][-1][0] < 0.5 * curves[0][0][0]
    assert_allclose(*curves, rtol=1e-5)


@pytest.mark.parametrize("kind", [kind for kind in catalogue.names() if catalogue.find(kind).uses("dropout")])
def test_matched_curves_lie_on_each_other_with_dropout(pytorch, tensorflow, data, kind):
    """Masks between two layers and before the head; in PyTorch alone it is shown that they are there."""
    spec = of(kind, layers=1 if kind == "transformer" else 2, dropout=0.3)
    curves = [curve(framework, spec, False, data, epochs=10) for framework in (pytorch, tensorflow)]
    assert_allclose(*curves, rtol=1e-4)
    without = curve(pytorch, dataclasses.replace(spec, dropout=0.0), False, data, epochs=1)
    assert abs(curves[0][0][0] / without[0][0] - 1) > 0.005


def curve(framework, spec, compile, data, epochs=20):
    trainer = framework.build(spec, matched(compile and framework.name == "tensorflow"))
    trainer.start(3, initial_weights(trainer.get_weights(), seed=3))
    history = trainer.train(data, epochs, None, 3, Audience())
    return [(epoch.train_loss, epoch.validation_loss) for epoch in history.epochs]


def test_masks_are_the_same_numbers_in_both_and_new_at_every_step():
    import keras
    import torch

    from core.frameworks.pytorch import dropout as in_torch
    from core.frameworks.tensorflow import dropout as in_keras

    spec = of("mlp", dropout=0.25, matched=True)
    layer = torch.nn.ModuleDict({"drop": in_torch.dropout(spec), "other": in_torch.dropout(spec)})
    window = keras.Input((40, 50))
    network = keras.Model(window, in_keras.dropout(spec, "drop")(window))
    seen = []
    for seed in (0, 2**32 - 1):
        in_torch.restart_dropout(layer, seed)
        in_keras.restart_dropout(network, seed)
        for _ in range(3):
            ones = np.ones((8, 40, 50), np.float32)
            masks = layer["drop"](torch.from_numpy(ones)).numpy(), network(ones, training=True).numpy()
            assert_array_equal(*masks)
            seen += [masks[0], layer["other"](torch.from_numpy(ones)).numpy()]
            assert_array_equal(layer.eval()["drop"](torch.from_numpy(ones)).numpy(), ones)
            layer.train()
    for n, mask in enumerate(seen):
        assert set(np.unique(mask)) == {0, np.float32(1 / 0.75)}
        assert (mask == 0).mean() == pytest.approx(0.25, abs=0.01)
        for other in seen[:n]:
            assert ((mask == 0) & (other == 0)).mean() == pytest.approx(0.25**2, abs=0.01), "two masks know nothing"


@pytest.mark.parametrize("kind", catalogue.names())
def test_every_model_has_the_size_it_says(pytorch, kind):
    """The formulas of MODELS against built models, over all options."""
    draw = np.random.default_rng(0)
    for _ in range(12):
        lookback, hidden = int(draw.integers(8, 60)), int(draw.choice([4, 12, 20]))
        spec = of(
            kind, lookback=lookback, hidden=hidden, heads=int(draw.choice([1, 2, 4])), patch=auto_patch(lookback - 3),
            layers=int(draw.integers(1, 4)), kernel=int(draw.integers(2, 6)), bidirectional=bool(draw.integers(2)),
            season=3, horizon=int(draw.integers(1, 9)), targets=int(draw.integers(1, 3)), calendar=int(draw.integers(3))
        )  # fmt: skip
        if draw.integers(2) and spec.reference == "last":
            spec = dataclasses.replace(spec, reference="seasonal")
        assert pytorch.build(spec, matched(False)).parameters == catalogue.parameters(spec), spec


@pytest.mark.parametrize("kind", [kind for kind in catalogue.names() if kind not in ("lstm", "gru")])
def test_every_row_of_a_window_counts(pytorch, kind):
    """A receptive field or a patch that ends too early would leave the oldest rows without effect."""
    rows = 30  # three blocks of a TCN would see 29; patches of 4 leave 2 over
    trainer = pytorch.build(of(kind, lookback=rows, reference="none", patch=4), matched(False))
    whole = np.zeros((rows, 4), np.float32)
    forecast = trainer.predict(whole, np.array([rows]))
    for row in range(rows):
        changed = whole.copy()
        changed[row] = 5
        assert np.abs(trainer.predict(changed, np.array([rows])) - forecast).max() > 0, row


@pytest.mark.parametrize("kind", ["dlinear", "nlinear"])
def test_a_published_linear_model_shares_its_weights_among_targets_and_sees_nothing_else(pytorch, kind, data):
    trainer = pytorch.build(of(kind), matched(False))
    forecast = trainer.predict(data.values, data.validation)
    other = data.values.copy()
    other[:, SPEC.targets :] = 9
    assert_array_equal(trainer.predict(other, data.validation), forecast)
    exchanged = data.values[:, [1, 0, 2, 3]]
    assert_allclose(trainer.predict(exchanged, data.validation), forecast[..., ::-1], atol=1e-6)


@pytest.mark.parametrize("kind", ["cnn", "tcn"])
def test_convolutions_see_no_later_row(pytorch, kind):
    """Of a window, a change of the last row leaves what a layer found in the earlier rows as it was."""
    import torch

    network = pytorch.build(of(kind, reference="none"), matched(False)).model.network
    first = network.layers[0] if kind == "cnn" else network.blocks[0]
    window = torch.randn(1, SPEC.lookback, SPEC.inputs)
    found = first(window)
    window[:, -1] += 1
    changed = (first(window) != found).any(dim=-1)[0].tolist()
    assert changed == [False] * (SPEC.lookback - 1) + [True]


def test_a_sine_is_learned_by_both(pytorch, tensorflow):
    time = np.arange(600)
    values = np.sin(2 * np.pi * time / 25).astype(np.float32)[:, None]
    values += np.random.default_rng(0).normal(0, 0.05, values.shape).astype(np.float32)
    spec = dataclasses.replace(SPEC, lookback=20, horizon=5, targets=1, values=1, calendar=0, hidden=16)
    data = TrainingData(values, origins_between(20, 400, 5), origins_between(400, 480, 5))
    test = origins_between(480, 600, 5)
    actual = gather(values, test, 0, 5)
    for framework in (pytorch, tensorflow):
        trainer = framework.build(spec, dataclasses.replace(TRAINING, batch_size=32))
        trainer.start(0)
        trainer.train(data, 15, None, 0, Audience())
        r2 = 1 - np.sum((trainer.predict(values, test) - actual) ** 2) / np.sum((actual - actual.mean()) ** 2)
        assert r2 > 0.95, framework.label


def test_nothing_is_traced_again_for_another_fit(tensorflow):
    """Neither other rows, nor another number of windows or steps, nor a fit without validation costs a compilation."""
    trainer = tensorflow.build(SPEC, dataclasses.replace(TRAINING, compile=True))
    counts = []
    for seed, rows in enumerate((300, 200, 80, 260)):
        data = waves(rows=rows, seed=seed)
        if seed == 2:
            data = dataclasses.replace(data, validation=data.validation[:0])
        trainer.start(seed)
        trainer.train(data, 2, None, seed, Audience())
        trainer.predict(data.values, data.train[: 7 + seed])
        parts = (trainer.model.learn, trainer.model.summed_loss, trainer.model.forecast)
        counts.append([part.experimental_get_tracing_count() for part in parts])
    assert counts[0][:2] == counts[-1][:2] == [1, 1]
    assert counts[1] == counts[-1]


def test_a_forecast_sends_each_row_to_the_device_once(pytorch, tensorflow, data, monkeypatch):
    """Overlapping windows are gathered there, from the rows that they share."""
    for framework in (pytorch, tensorflow):
        trainer, sent = framework.build(SPEC, TRAINING), []
        on_device = trainer.on_device
        monkeypatch.setattr(
            trainer, "on_device", lambda array, send=on_device, sent=sent: (sent.append(array.size), send(array))[1]
        )
        trainer.predict(data.values, data.validation)
        rows = data.validation.max() - data.validation.min() + SPEC.lookback
        assert rows * SPEC.inputs <= sum(sent) <= rows * SPEC.inputs + len(data.validation), framework.label


def test_matched_fits_compute_in_full_float32_and_stock_fits_as_the_framework_comes(pytorch, tensorflow):
    """TF32 exists on GPUs alone: here only that the flag follows the maths of the fit, not what it does."""
    import tensorflow as tf
    import torch

    from core.frameworks.pytorch import precision as in_torch
    from core.frameworks.tensorflow import precision as in_tensorflow

    gpu = torch.device("cuda")
    for framework, asked in ((pytorch, lambda: in_torch.tf32(gpu)), (tensorflow, lambda: in_tensorflow.tf32("gpu:0"))):
        stock, exact = framework.build(SPEC, TRAINING), framework.build(SPEC, matched(False))
        assert stock.applied["tf32"] == exact.applied["tf32"] == "nowhere"  # on this processor
        comes = "recurrent layers" if framework is pytorch else "everywhere"
        for trainer, expected in ((stock, comes), (exact, "nowhere"), (stock, comes)):
            trainer.start(0)
            assert asked() == expected
            trainer.first_gradient(waves(rows=100), np.arange(20, 30))
            assert asked() == expected
    assert torch.get_float32_matmul_precision() == "highest"
    assert tf.config.experimental.tensor_float_32_execution_enabled()


def test_rows_that_were_trained_on_are_let_go(tensorflow, data):
    trainer = tensorflow.build(SPEC, TRAINING)
    trainer.start(0)
    trainer.train(data, 1, None, 0, Audience())
    assert trainer.model.series.shape[0] is None and len(trainer.model.series.numpy()) == 0


def test_the_two_directions_start_from_numbers_of_their_own(pytorch, tensorflow):
    for framework in (pytorch, tensorflow):
        weights = framework.build(of("lstm", bidirectional=True), TRAINING).get_weights()
        one, other = (weights[f"layers.0.{direction}.input_weight"] for direction in ("forward", "backward"))
        assert np.abs(one - other).max() > 0.1, framework.label


def test_one_bias_a_gate_learns_in_matched_pytorch(pytorch):
    """Two would learn at twice the rate of the one bias that Keras has."""
    stock = pytorch.build(SPEC, TRAINING)
    assert stock.parameters - pytorch.build(SPEC, matched(False)).parameters == 4 * SPEC.hidden


def matched(compile: bool) -> TrainingSpec:
    return TrainingSpec(
        batch_size=20, learning_rate=0.01, optimizer="adam", loss="mse", maths="matched", compile=compile
    )  # fmt: skip
