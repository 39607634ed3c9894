"""PyTorch and TensorFlow hold the same model: same outputs, same gradients and, when matched, the same loss curves."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose

from core.data.windows import gather, origins_between
from core.frameworks.base import ModelSpec, TrainingData, TrainingSpec
from core.frameworks.neutral import initial_weights, shapes
from tests.contract.conftest import SPEC, TRAINING, Audience, waves

pytestmark = pytest.mark.frameworks

SHAPES = {
    "lstm, last": dataclasses.replace(SPEC, kind="lstm", reference="last"),
    "gru, seasonal": dataclasses.replace(SPEC, kind="gru", reference="seasonal", season=2),
    "two layers of lstm, both ways": dataclasses.replace(SPEC, layers=2, bidirectional=True, reference="none"),
    "two layers of gru, both ways": dataclasses.replace(SPEC, kind="gru", layers=2, bidirectional=True),
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
    for trainer in twins:
        assert {name: array.shape for name, array in trainer.get_weights().items()} == shapes(spec)


def test_first_gradients_agree(twins, spec, data):
    gradients = []
    for trainer in twins:
        trainer.start(0, initial_weights(spec, seed=2))
        gradients.append(trainer.first_gradient(data, data.train[:32]))
    for name in gradients[0]:
        assert np.abs(gradients[0][name]).max() > 1e-4, name
        assert_allclose(gradients[0][name], gradients[1][name], atol=1e-5, err_msg=name)


@pytest.mark.parametrize("compile", [True, False], ids=["XLA", "no XLA"])
@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_matched_curves_lie_on_each_other(pytorch, tensorflow, data, kind, compile):
    """20 epochs of 11 steps, the last batch of each a short one."""
    spec, training = dataclasses.replace(SPEC, kind=kind), matched(compile)
    assert len(data.train) % training.batch_size
    curves = []
    for framework in (pytorch, tensorflow):
        trainer = framework.build(spec, training)
        trainer.start(3, initial_weights(spec, seed=3))
        history = trainer.train(data, 20, None, 3, Audience())
        curves.append([(epoch.train_loss, epoch.validation_loss) for epoch in history.epochs])
    assert curves[0][-1][0] < 0.5 * curves[0][0][0]
    assert_allclose(*curves, rtol=1e-5)


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

    from core.frameworks.pytorch import training as in_torch
    from core.frameworks.tensorflow import training as in_tensorflow

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


def test_the_two_directions_start_from_numbers_of_their_own(twins, spec):
    for trainer in twins:
        trainer.start(0)
        weights = trainer.get_weights()
        if spec.bidirectional:
            assert np.abs(weights["layer0.forward.input_weight"] - weights["layer0.backward.input_weight"]).max() > 0.1


def test_one_bias_a_gate_learns_in_matched_pytorch(pytorch):
    """Two would learn at twice the rate of the one bias that Keras has."""
    stock = pytorch.build(SPEC, TRAINING)
    assert stock.parameters - pytorch.build(SPEC, matched(False)).parameters == 4 * SPEC.hidden


def matched(compile: bool) -> TrainingSpec:
    return TrainingSpec(
        batch_size=20, learning_rate=0.01, optimizer="adam", loss="mse", maths="matched", compile=compile
    )  # fmt: skip
