"""The plain scripts: each framework as most tutorials use it, with the same promises as the tuned training."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose

from core.data.windows import gather
from core.errors import TrainingFailed
from tests.contract.conftest import SPEC, TRAINING, Audience

pytestmark = pytest.mark.frameworks

PLAIN = dataclasses.replace(TRAINING, batch_size=20, speed="stock")


@pytest.fixture(scope="module", params=["pytorch", "tensorflow"])
def framework(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def trainer(framework):
    return framework.build(SPEC, PLAIN)


def fit(trainer, data, seed=0, epochs=3, patience=None, audience=None):
    trainer.start(seed)
    return trainer.train(data, epochs, patience, seed, audience or Audience())


def losses(history):
    return [(epoch.train_loss, epoch.validation_loss) for epoch in history.epochs]


def error(trainer, data):
    target = gather(data.values, data.validation, 0, SPEC.horizon)[..., : SPEC.targets]
    return float(np.mean((trainer.predict(data.values, data.validation) - target) ** 2))


def test_learns_and_holds_the_best_weights(trainer, data):
    history = fit(trainer, data, epochs=5)
    assert history.epochs[-1].train_loss < 0.7 * history.epochs[0].train_loss
    best = history.epochs[history.best_epoch - 1]
    assert error(trainer, data) == pytest.approx(best.validation_loss, rel=1e-5)
    assert best.learning_rate == PLAIN.learning_rate and best.gradient_norm is None


def test_the_same_seed_gives_the_same_curve_and_another_one_another(trainer, data):
    first, again, other = (losses(fit(trainer, data, seed)) for seed in (1, 1, 2))
    assert_allclose(first, again, rtol=1e-6)
    assert not np.allclose(first, other, rtol=1e-3)


def test_reports_the_plain_settings_in_force(trainer):
    applied = trainer.applied
    assert (applied["speed"], applied["compile"]) == ("stock", False)
    assert applied["data_path"] in ("DataLoader", "arrays")
    assert applied.get("fused", False) is False and applied.get("steps_per_execution", 1) == 1


def test_stops_in_the_middle_of_an_epoch_and_keeps_the_one_before(trainer, data):
    audience = Audience(stop_in_epoch=2)
    history = fit(trainer, data, epochs=5, audience=audience)
    assert history.stopped and len(history.epochs) == history.best_epoch == 1
    assert audience.questions < 3
    assert error(trainer, data) == pytest.approx(history.epochs[0].validation_loss, rel=1e-5)


def test_without_validation_the_last_epoch_is_the_best(trainer, data):
    history = fit(trainer, dataclasses.replace(data, validation=data.validation[:0]))
    assert [epoch.validation_loss for epoch in history.epochs] == [None] * 3
    assert history.best_epoch == 3


def test_patience_ends_the_fit_and_read_only_data_are_left_alone(trainer, data):
    rising = dataclasses.replace(data, values=data.values.copy())
    rising.values[data.validation[0] :] *= -1  # what is learned is wrong there
    rising.values.flags.writeable = False
    history = fit(trainer, rising, epochs=60, patience=2)
    assert len(history.epochs) == history.best_epoch + 2 < 60


def test_divergence_is_explained(trainer, data):
    with pytest.raises(TrainingFailed, match=r"epoch 1.*learning rate"):
        fit(trainer, dataclasses.replace(data, values=data.values * np.float32(1e30)))


def test_the_losses_are_those_of_the_tuned_training(framework, data):
    """With a rate too small to learn anything both tell the loss of the initial weights; short last batch included."""
    still = dataclasses.replace(PLAIN, learning_rate=1e-12, batch_size=60, loss="direction", direction_weight=3.0)
    told = []
    for speed in ("stock", "tuned"):
        trainer = framework.build(SPEC, dataclasses.replace(still, speed=speed))
        told.append(losses(fit(trainer, data, epochs=1)))
    assert_allclose(*told, rtol=1e-5)


def test_schedule_and_clipping_are_the_scripts_own(framework, data):
    """A norm of next to nothing lets nothing be learned by SGD, whatever the gradient."""
    training = dataclasses.replace(PLAIN, optimizer="sgd", momentum=0.0, schedule="halve", learning_rate=0.5)
    free = fit(framework.build(SPEC, training), data)
    bound = fit(framework.build(SPEC, dataclasses.replace(training, clip_norm=1e-6)), data)
    assert [epoch.learning_rate for epoch in free.epochs] == [0.5, 0.25, 0.125]
    assert free.epochs[2].train_loss < 0.97 * free.epochs[0].train_loss
    assert bound.epochs[2].train_loss == pytest.approx(bound.epochs[0].train_loss, rel=1e-3)
