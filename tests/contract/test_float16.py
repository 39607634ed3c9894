"""Mixed float16 with scaled losses. Not measured here: a processor takes it for the MLP, which shows the arithmetic."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose

from core.frameworks.base import TrainingData
from tests.contract.conftest import SPEC, TRAINING, Audience

pytestmark = pytest.mark.frameworks

MLP = dataclasses.replace(SPEC, kind="mlp")
HALF = dataclasses.replace(TRAINING, batch_size=20, precision="float16")


@pytest.fixture(scope="module", params=["pytorch", "tensorflow"])
def framework(request):
    return request.getfixturevalue(request.param)


def trained(framework, data, epochs=4, **changes):
    trainer = framework.build(MLP, dataclasses.replace(HALF, **changes))
    trainer.start(1)
    history = trainer.train(data, epochs, None, 1, Audience())
    return trainer, history


def losses(history):
    return [epoch.train_loss for epoch in history.epochs]


def norms(history):
    return [epoch.gradient_norm for epoch in history.epochs]


@pytest.mark.parametrize(
    "changes",
    [{}, {"clip_norm": 0.05}, {"accumulate": 2, "batch_size": 10}, {"speed": "stock", "clip_norm": 0.05}],
    ids=["plain", "clipped", "accumulated", "plain script, clipped"],
)
def test_it_learns_as_float32_does_but_for_rounding(framework, data, changes):
    """Clipped too late, at scaled gradients, next to nothing would be learned; norms are told as they are unscaled."""
    trainer, history = trained(framework, data, **changes)
    exact, other = trained(framework, data, **changes, precision="float32")
    assert (trainer.applied["precision"], exact.applied["precision"]) == ("mixed_float16", "float32")
    assert (trainer.applied["loss_scaling"], exact.applied["loss_scaling"]) == (True, False)
    assert_allclose(losses(history), losses(other), rtol=0.01)
    if changes.get("speed") != "stock":
        assert_allclose(norms(history), norms(other), rtol=0.01)
    assert all(array.dtype == np.float32 for array in trainer.get_weights().values())


def test_a_step_that_overflows_is_left_out_and_the_scale_falls(framework, data):
    one_step = TrainingData(data.values, data.train[:20], data.validation)
    trainer = framework.build(MLP, HALF)
    trainer.start(1)
    scale_up(trainer, 2.0**40)
    before = trainer.get_weights()
    (epoch,) = trainer.train(one_step, 1, None, 1, Audience()).epochs
    assert np.isnan(epoch.gradient_norm)
    for name, array in trainer.get_weights().items():
        assert np.array_equal(array, before[name])
    history = trainer.train(one_step, 60, None, 1, Audience())
    assert history.epochs[-1].train_loss < 0.8 * history.epochs[0].train_loss
    assert np.isfinite(history.epochs[-1].gradient_norm)


def test_a_fresh_fit_begins_with_a_fresh_scale(framework, data):
    trainer, history = trained(framework, data)
    scale_up(trainer, 2.0**40)
    trainer.start(1)
    again = trainer.train(data, 4, None, 1, Audience())
    assert_allclose(losses(again), losses(history), rtol=1e-6)


def scale_up(trainer, scale):
    """What losses are multiplied by from here on."""
    if hasattr(trainer, "scaler"):
        import torch

        trainer.scaler = torch.GradScaler("cpu", init_scale=scale)
    else:
        trainer.model.optimizer.dynamic_scale.assign(scale)
