"""Losses, optimisers, schedules, clipping and accumulation: the same curves in both frameworks when matched."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose

from core.data.windows import gather
from core.errors import TrainingFailed
from core.frameworks import loss_catalogue
from core.frameworks.base import TrainingSpec, epoch_order
from core.frameworks.fit import NORM_EVERY, Fit
from core.frameworks.neutral import initial_weights
from tests.contract.conftest import SPEC, TRAINING, Audience

pytestmark = pytest.mark.frameworks

MATCHED = dataclasses.replace(TRAINING, batch_size=20, maths="matched", epochs=20)
CASES = {
    "mae, AdamW, cosine": {"loss": "mae", "optimizer": "adamw", "schedule": "cosine", "weight_decay": 0.1},
    "huber, SGD, plateau": {"loss": "huber", "optimizer": "sgd", "schedule": "plateau", "learning_rate": 0.3},
    "quantile, RMSprop, halve": {
        "loss": "quantile", "quantile": 0.9, "optimizer": "rmsprop", "schedule": "halve", "learning_rate": 0.01,
    },
    "direction, clipped, XLA": {"loss": "direction", "direction_weight": 3.0, "clip_norm": 0.05, "compile": True},
    "SGD, clipped, accumulated, XLA": {
        "optimizer": "sgd", "learning_rate": 0.1, "clip_norm": 0.2, "accumulate": 3, "schedule": "cosine",
        "compile": True,
    },
}  # fmt: skip


def build(framework, training):
    xla = training.compile and framework.name == "tensorflow"  # torch.compile would take half a minute
    return framework.build(SPEC, dataclasses.replace(training, compile=xla))


def trained(framework, training, data, epochs=20, earlier=()):
    trainer = build(framework, training)
    trainer.start(3, initial_weights(trainer.get_weights(), seed=3))
    return trainer, trainer.train(data, epochs, None, 3, Audience(), earlier)


def rows(history):
    return [(e.train_loss, e.validation_loss, e.gradient_norm) for e in history.epochs]


@pytest.mark.parametrize("changes", CASES.values(), ids=CASES.keys())
def test_matched_curves_and_gradient_norms_lie_on_each_other(pytorch, tensorflow, data, changes):
    training = dataclasses.replace(MATCHED, **changes)
    (one, first), (other, second) = (trained(framework, training, data) for framework in (pytorch, tensorflow))
    assert first.epochs[-1].train_loss < 0.9 * first.epochs[0].train_loss
    assert_allclose(rows(first), rows(second), rtol=1e-5)
    rates = [[epoch.learning_rate for epoch in history.epochs] for history in (first, second)]
    assert rates[0] == rates[1]
    assert (len(set(rates[0])) == 1) == (training.schedule == "constant")
    for name in ("loss", "schedule", "clip_norm", "accumulate", "batch_size"):
        assert one.applied[name] == other.applied[name] == getattr(training, name)
    options = one.applied.keys() & {"betas", "epsilon", "rho", "momentum", "weight_decay"}
    assert options == other.applied.keys() & {"betas", "epsilon", "rho", "momentum", "weight_decay"}
    assert {name: one.applied[name] for name in options} == {name: other.applied[name] for name in options}


def test_the_rate_is_what_the_optimiser_has(pytorch, tensorflow, data):
    training = dataclasses.replace(MATCHED, schedule="halve", learning_rate=0.08, optimizer="sgd")
    in_torch, _ = trained(pytorch, training, data, epochs=3)
    in_keras, _ = trained(tensorflow, training, data, epochs=3)
    assert in_torch.optimizer.param_groups[0]["lr"] == pytest.approx(0.02)
    assert float(in_keras.model.optimizer.learning_rate) == pytest.approx(0.02)


@pytest.mark.parametrize("name", ["pytorch", "tensorflow"])
def test_accumulated_batches_are_one_larger_batch(name, request, data):
    """The last step has fewer windows than the others, and its last batch fewer than a batch."""
    framework = request.getfixturevalue(name)
    whole = dataclasses.replace(MATCHED, batch_size=60, clip_norm=0.5)
    assert len(data.train) % 60 % 20 > 0
    parts = dataclasses.replace(whole, batch_size=20, accumulate=3)
    (_, one), (_, other) = (trained(framework, training, data, epochs=8) for training in (whole, parts))
    assert_allclose(rows(one), rows(other), rtol=1e-5)


def test_a_fit_that_goes_on_keeps_to_the_schedule(pytorch, data):
    training = dataclasses.replace(MATCHED, schedule="cosine", epochs=6)
    _, whole = trained(pytorch, training, data, epochs=6)
    _, rest = trained(pytorch, training, data, epochs=4, earlier=whole.epochs[:2])
    assert [e.learning_rate for e in rest.epochs] == [e.learning_rate for e in whole.epochs[2:]]
    assert [e.epoch for e in rest.epochs] == [1, 2, 3, 4]
    fit = Fit(Audience(), None, 1, training, earlier=whole.epochs[:2])
    with pytest.raises(TrainingFailed, match="epoch 3"):
        fit.end_epoch(float("nan"), None)


def test_the_norm_told_is_that_of_the_gradient_before_clipping(pytorch, tensorflow, data):
    """One step an epoch, at a rate that changes nothing: its norm is that of the first gradient."""
    batch = data.train[:50]
    one_step = dataclasses.replace(data, train=batch)
    training = dataclasses.replace(MATCHED, batch_size=50, learning_rate=1e-12, clip_norm=1e-3, loss="direction")
    gradients = []
    for framework in (pytorch, tensorflow):
        trainer, history = trained(framework, training, one_step, epochs=1)
        gradients.append(trainer.first_gradient(data, batch))
        norm = np.sqrt(sum(np.sum(slope.astype(float) ** 2) for slope in gradients[-1].values()))
        assert norm > 0.01
        assert history.epochs[0].gradient_norm == pytest.approx(norm, rel=1e-4)
    for name, slope in gradients[0].items():
        assert_allclose(slope, gradients[1][name], atol=1e-5, err_msg=name)


def test_norms_are_taken_at_some_steps_alone(pytorch, tensorflow, data, monkeypatch):
    """The first of an epoch alone, where there are no more than 16."""
    assert len(data.train) // 20 == 10 < NORM_EVERY
    for framework in (pytorch, tensorflow):
        still = dataclasses.replace(MATCHED, learning_rate=1e-12)
        trainer, history = trained(framework, still, data, epochs=1)
        first = data.train[epoch_order(3, 1, len(data.train))][:20]
        gradient = trainer.first_gradient(data, first)
        norm = np.sqrt(sum(np.sum(slope.astype(float) ** 2) for slope in gradient.values()))
        assert history.epochs[0].gradient_norm == pytest.approx(norm, rel=1e-3)


def test_stock_optimisers_keep_the_frameworks_own_defaults(pytorch, tensorflow):
    told = {}
    for framework in (pytorch, tensorflow):
        for optimizer in ("adamw", "sgd", "rmsprop"):
            training = dataclasses.replace(TRAINING, optimizer=optimizer, momentum=0.8)
            told[framework.name, optimizer] = build(framework, training).applied
    assert told["pytorch", "adamw"]["weight_decay"] == 0.01 and told["tensorflow", "adamw"]["weight_decay"] == 0.004
    assert told["pytorch", "rmsprop"]["rho"] == 0.99 and told["tensorflow", "rmsprop"]["rho"] == 0.9
    assert [told[name, "sgd"]["momentum"] for name in ("pytorch", "tensorflow")] == [0.8, 0.8]
    assert [told["pytorch", name]["fused"] for name in ("adamw", "sgd", "rmsprop")] == [True, True, False]


def test_both_offer_the_same_losses_and_have_a_function_for_each():
    from core.frameworks.pytorch import losses as in_torch
    from core.frameworks.tensorflow import losses as in_keras

    assert in_torch.LOSSES == in_keras.LOSSES
    assert list(loss_catalogue.names()) == list(in_torch.FUNCTIONS) == list(in_keras.FUNCTIONS)
    fields = TrainingSpec.__dataclass_fields__
    assert all(loss.setting is None or loss.setting in fields for loss in loss_catalogue.losses().values())


@pytest.mark.parametrize("name", loss_catalogue.names())
def test_a_loss_is_its_formula_in_both(name, data):
    import tensorflow as tf
    import torch

    from core.frameworks.pytorch import losses as in_torch
    from core.frameworks.tensorflow import losses as in_keras

    training = dataclasses.replace(TRAINING, loss=name, quantile=0.8, direction_weight=2.0)
    origins = data.train[:30]
    window, target = gather(data.values, origins, -SPEC.lookback, 0), gather(data.values, origins, 0, 3)[..., :2]
    forecast = target + np.random.default_rng(0).normal(0, 1, target.shape).astype(np.float32)
    expected = FORMULAS[name](forecast - target, forecast - window[:, -1:, :2], target - window[:, -1:, :2])
    mine = torch.from_numpy(forecast).requires_grad_()
    loss = in_torch.build_loss(training)(mine, torch.from_numpy(target), torch.from_numpy(window))
    loss.backward()
    with tf.GradientTape() as tape:
        theirs = tf.Variable(forecast)
        means = in_keras.build_loss(training)(theirs, target, window)
        other = tf.reduce_mean(means)
    assert means.shape == (30,)
    assert loss.item() == pytest.approx(expected.mean(), rel=1e-5) == float(other)
    slopes = mine.grad.numpy(), tape.gradient(other, theirs).numpy()
    assert np.abs(slopes[0]).max() > 1e-3
    assert_allclose(*slopes, atol=1e-7)


FORMULAS = {  # of error, forecast's move and actual move from the last known value
    "mse": lambda error, moved, really: error**2,
    "mae": lambda error, moved, really: np.abs(error),
    "huber": lambda error, moved, really: np.where(np.abs(error) < 1, error**2 / 2, np.abs(error) - 0.5),
    "quantile": lambda error, moved, really: np.where(error < 0, -0.8 * error, 0.2 * error),
    "direction": lambda error, moved, really: error**2 * np.where(np.sign(moved) == np.sign(really), 1, 3),
}


def test_fused_and_steps_in_one_go_are_as_asked(pytorch, tensorflow, data):
    asked = dataclasses.replace(MATCHED, fused="off", steps_per_execution=3)
    curves = []
    for framework in (pytorch, tensorflow):
        trainer, history = trained(framework, asked, data, epochs=2)
        told = trainer.applied.get("fused"), trainer.applied.get("steps_per_execution")
        assert told == ((False, None) if framework is pytorch else (None, 3))
        curves.append(rows(history))
    assert build(pytorch, MATCHED).applied["fused"] is True
    assert_allclose(*curves, rtol=1e-5)


@pytest.mark.parametrize("speed", ["tuned", "stock"])
def test_mixed_precision_computes_in_fewer_digits_and_keeps_weights_and_references_whole(
    pytorch, tensorflow, data, speed
):
    """The reference, far from 0, comes back to the digit when the weights are 0."""
    far = dataclasses.replace(data, values=data.values + np.float32(1000))
    for framework in (pytorch, tensorflow):
        mixed = dataclasses.replace(TRAINING, batch_size=20, precision="bfloat16", speed=speed)
        trainer, exact = build(framework, mixed), build(framework, TRAINING)
        assert (trainer.applied["precision"], exact.applied["precision"]) == ("mixed_bfloat16", "float32")
        exact.set_weights(trainer.get_weights())
        difference = np.abs(trainer.predict(data.values, data.train) - exact.predict(data.values, data.train)).max()
        assert 1e-4 < difference < 0.02
        history = trainer.train(data, 5, None, 0, Audience())
        assert history.epochs[-1].train_loss < 0.8 * history.epochs[0].train_loss
        assert all(array.dtype == np.float32 for array in trainer.get_weights().values())
        trainer.set_weights({name: np.zeros_like(array) for name, array in trainer.get_weights().items()})
        last = far.values[data.train - 1][:, None, : SPEC.targets]
        assert np.array_equal(trainer.predict(far.values, data.train), np.repeat(last, SPEC.horizon, axis=1))


@pytest.mark.parametrize("kind", ["nlinear", "dlinear"])
def test_mixed_precision_leaves_what_a_published_model_adds_back_whole(pytorch, tensorflow, data, kind):
    """Its last value, and its moving average, far from 0, are not rounded inside the network."""
    far = data.values + np.float32(1000)
    spec = dataclasses.replace(SPEC, kind=kind, reference="none")
    for framework in (pytorch, tensorflow):
        mixed, exact = (
            framework.build(spec, dataclasses.replace(TRAINING, precision=each)) for each in ("bfloat16", "float32")
        )
        zeros = {name: np.zeros_like(array) for name, array in mixed.get_weights().items()}
        if kind == "nlinear":
            mixed.set_weights(zeros)
            last = far[data.train - 1][:, None, : SPEC.targets]
            assert np.array_equal(mixed.predict(far, data.train), np.repeat(last, SPEC.horizon, axis=1))
        else:
            weights = {name: np.ones_like(zeros[name]) if name == "seasonal.weight" else zeros[name] for name in zeros}
            for trainer in (mixed, exact):
                trainer.set_weights(weights)
            assert_allclose(mixed.predict(far, data.train), exact.predict(far, data.train), atol=0.05)
