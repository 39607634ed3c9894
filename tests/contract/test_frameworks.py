"""What every framework promises, whatever it is made of."""

import dataclasses
import math
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from core.data.windows import gather, origins_between
from core.errors import BadInput, TrainingFailed
from core.frameworks.base import Framework, Trainer, TrainingData
from tests.contract.conftest import SPEC, TRAINING, Audience, waves


@pytest.fixture(scope="module")
def trainer(framework: Framework) -> Trainer:
    """One trainer for all tests of a framework, as a run has one for all its fits."""
    return framework.build(SPEC, dataclasses.replace(TRAINING, steps_per_execution=20))  # of 54 in an epoch


def fit(trainer, data, seed=0, epochs=3, patience=None, audience=None):
    trainer.start(seed)
    return trainer.train(data, epochs, patience, seed, audience or Audience())


def losses(history):
    return [epoch.train_loss for epoch in history.epochs]


def error(trainer, data):
    """Mean squared error over the validation windows, from predict alone."""
    target = gather(data.values, data.validation, 0, SPEC.horizon)[..., : SPEC.targets]
    return float(np.mean((trainer.predict(data.values, data.validation) - target) ** 2))


def test_describes_itself_with_the_processor_first(framework):
    description = framework.describe()
    assert (description.name, description.label) == (framework.name, framework.label)
    assert description.version[0].isdigit()
    assert description.devices[0].id == "cpu" and description.devices[0].memory_gb > 0


def test_reports_the_settings_in_force(trainer):
    assert trainer.parameters > 0
    assert trainer.applied["precision"] == "float32"
    assert trainer.applied["device"] == "cpu"
    assert trainer.applied["batch_size"] == TRAINING.batch_size
    assert trainer.applied["learning_rate"] == pytest.approx(TRAINING.learning_rate)


def test_training_lowers_the_loss(trainer, data):
    history = fit(trainer, data, epochs=5)
    assert history.epochs[-1].train_loss < 0.7 * history.epochs[0].train_loss
    assert history.epochs[-1].validation_loss < history.epochs[0].validation_loss


def test_history_is_complete_and_was_told(trainer, data):
    audience = Audience()
    history = fit(trainer, data, epochs=4, audience=audience)
    assert [epoch.epoch for epoch in history.epochs] == [1, 2, 3, 4]
    assert all(epoch.seconds > 0 for epoch in history.epochs)
    assert tuple(audience.epochs) == history.epochs
    assert history.best_epoch == max(n for n, best in enumerate(audience.best, start=1) if best)
    assert not history.stopped


def test_first_loss_is_the_mean_over_windows_also_of_a_short_last_batch(framework, data):
    """With a rate too small to learn anything, the epoch's loss is that of the initial weights."""
    still = framework.build(SPEC, dataclasses.replace(TRAINING, learning_rate=1e-12, batch_size=100))
    uneven = TrainingData(data.values, data.validation[:10], data.validation[:10])
    outlier = uneven.values.copy()
    outlier[data.validation[9] + 2] += 30  # one window that a wrong weight of its batch would show
    history = fit(still, dataclasses.replace(uneven, values=outlier), epochs=1)
    assert history.epochs[0].train_loss == pytest.approx(history.epochs[0].validation_loss, rel=1e-5)


def test_holds_the_best_weights_afterwards(trainer, data):
    history = fit(trainer, turning(data), epochs=12)
    best = history.epochs[history.best_epoch - 1]
    assert history.best_epoch < len(history.epochs)
    assert error(trainer, turning(data)) == pytest.approx(best.validation_loss, rel=1e-5)


def test_the_best_weights_can_be_fetched_while_training_goes_on(trainer, data):
    class Keeper(Audience):
        def on_epoch(self, epoch, best):
            if best:
                self.kept = trainer.get_weights()

    keeper = Keeper()
    fit(trainer, data, epochs=3, audience=keeper)
    for name, array in trainer.get_weights().items():
        assert_array_equal(array, keeper.kept[name])


def test_the_same_seed_gives_the_same_curve_and_another_one_another(trainer, data):
    first, again, other = (losses(fit(trainer, data, seed)) for seed in (1, 1, 2))
    assert_allclose(first, again, rtol=1e-6)
    assert not np.allclose(first, other, rtol=1e-3)


def test_the_given_weights_are_the_start(trainer, data):
    trainer.start(5)
    weights = trainer.get_weights()
    trainer.start(6, weights)
    for name, array in trainer.get_weights().items():
        assert_array_equal(array, weights[name])


def test_weights_make_the_round_trip(trainer, data):
    trainer.start(7)
    weights, forecasts = trainer.get_weights(), trainer.predict(data.values, data.validation)
    trainer.start(8)
    assert np.abs(trainer.predict(data.values, data.validation) - forecasts).max() > 0.01
    trainer.set_weights(weights)
    assert_array_equal(trainer.predict(data.values, data.validation), forecasts)
    assert all(array.dtype == np.float32 for array in weights.values())


def test_fetched_weights_are_copies(trainer, data):
    trainer.start(7)
    weights = trainer.get_weights()
    kept = {name: array.copy() for name, array in weights.items()}
    trainer.train(data, 1, None, 0, Audience())
    for name, array in weights.items():
        assert_array_equal(array, kept[name])


def test_refuses_weights_of_another_model(trainer):
    with pytest.raises(BadInput, match="another model"):
        trainer.set_weights({"head.weight": np.zeros((2, 2), np.float32)})


def test_forecasts_do_not_depend_on_the_company(trainer, data):
    trainer.start(0)
    together = trainer.predict(data.values, data.validation)
    assert together.shape == (len(data.validation), SPEC.horizon, SPEC.targets)
    assert together.dtype == np.float32
    alone = np.concatenate([trainer.predict(data.values, data.validation[n : n + 1]) for n in range(5)])
    assert_allclose(together[:5], alone, atol=1e-6)
    assert trainer.predict(data.values, data.validation[:0]).shape == (0, SPEC.horizon, SPEC.targets)


def test_forecasts_do_not_see_what_they_forecast(trainer, data):
    origin = data.validation[:1]
    later = data.values.copy()
    later[origin[0] :] = 99
    assert_array_equal(trainer.predict(later, origin), trainer.predict(data.values, origin))


def test_a_single_forecast_of_a_long_series_touches_only_its_own_rows(trainer):
    """A million rows are neither copied nor sent to a device for one window; read-only ones least of all."""
    values = np.zeros((1_000_000, 4), np.float32)
    values[-SPEC.lookback :] = waves(rows=100).values[: SPEC.lookback]
    values.flags.writeable = False
    origin = np.array([len(values)])
    forecast = trainer.predict(values, origin)
    tracemalloc.start()
    assert_array_equal(trainer.predict(values, origin), forecast)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000
    assert_array_equal(trainer.predict(values[-SPEC.lookback :], np.array([SPEC.lookback])), forecast)


def test_forecasts_come_in_the_order_of_their_origins(trainer, data):
    trainer.start(0)
    mixed = np.random.default_rng(0).permutation(data.validation)
    forecasts = dict(zip(data.validation.tolist(), trainer.predict(data.values, data.validation), strict=True))
    expected = np.stack([forecasts[origin] for origin in mixed.tolist()])
    assert_allclose(trainer.predict(data.values, mixed), expected, atol=1e-6)


def test_leaves_read_only_data_alone(trainer):
    data = waves(rows=100)
    data.values.flags.writeable = data.train.flags.writeable = False
    assert len(fit(trainer, data, epochs=1).epochs) == 1


def test_stops_in_the_middle_of_an_epoch_and_keeps_the_one_before(trainer, data):
    history = fit(trainer, data, epochs=5, audience=Audience(stop_in_epoch=2))
    assert history.stopped and len(history.epochs) == history.best_epoch == 1
    assert error(trainer, data) == pytest.approx(history.epochs[0].validation_loss, rel=1e-5)


def test_stopped_before_the_first_epoch_is_through_has_no_best(trainer, data):
    history = fit(trainer, data, audience=Audience(stop_in_epoch=1))
    assert (history.stopped, history.epochs, history.best_epoch) == (True, (), 0)


def test_divergence_is_explained_and_the_trainer_survives_it(trainer, data):
    before = losses(fit(trainer, data, epochs=1))
    with pytest.raises(TrainingFailed, match=r"epoch 1.*learning rate"):
        fit(trainer, dataclasses.replace(data, values=data.values * np.float32(1e30)))
    assert_allclose(losses(fit(trainer, data, epochs=1)), before, rtol=1e-6)


def test_patience_ends_the_fit(trainer, data):
    history = fit(trainer, turning(data), epochs=200, patience=3)
    assert len(history.epochs) == history.best_epoch + 3 < 200
    assert not history.stopped


def test_without_validation_the_last_epoch_is_the_best(trainer, data):
    whole = dataclasses.replace(data, validation=np.empty(0, np.int64))
    audience = Audience()
    history = fit(trainer, whole, epochs=3, patience=1, audience=audience)
    assert [epoch.validation_loss for epoch in history.epochs] == [None, None, None]
    assert history.best_epoch == 3 and all(audience.best)


def test_a_second_fit_on_other_rows_is_as_good_as_a_fresh_trainer(framework, trainer, data):
    other = waves(rows=201, seed=9)
    fit(trainer, data)
    used, fresh = fit(trainer, other, seed=4), fit(framework.build(SPEC, TRAINING), other, seed=4)
    assert_allclose(losses(used), losses(fresh), rtol=1e-6)


def test_dropout_is_reproducible_and_off_in_forecasts(framework, data):
    spec = dataclasses.replace(SPEC, layers=2, dropout=0.4, kind="gru")
    trainer = framework.build(spec, TRAINING)
    assert_allclose(losses(fit(trainer, data, 3)), losses(fit(trainer, data, 3)), rtol=1e-6)
    forecasts = [trainer.predict(data.values, data.validation[:4]) for _ in range(2)]
    assert_array_equal(*forecasts)


@pytest.mark.parametrize("reference", ["last", "seasonal", "none"])
def test_with_weights_of_zero_the_forecast_is_the_reference(framework, data, reference):
    spec = dataclasses.replace(SPEC, reference=reference, season=4, horizon=6)
    trainer = framework.build(spec, TRAINING)
    trainer.set_weights({name: np.zeros_like(array) for name, array in trainer.get_weights().items()})
    origins = origins_between(spec.lookback, 40, spec.horizon)
    targets = data.values[:, : spec.targets]
    rows = {
        "last": np.repeat(origins[:, None] - 1, 6, axis=1),
        "seasonal": origins[:, None] - 4 + np.array([0, 1, 2, 3, 0, 1]),  # beyond one season: the same phase again
    }
    expected = targets[rows[reference]] if reference in rows else np.zeros((len(origins), 6, spec.targets))
    assert_array_equal(trainer.predict(data.values, origins), expected)


@pytest.mark.parametrize("reference", ["last", "seasonal"])
def test_a_level_of_a_million_changes_nothing_but_the_level(framework, reference):
    """A random walk of whole steps, so that float32 holds it exactly at either level; calendar columns stay."""
    walk = np.random.default_rng(0).integers(-3, 4, (120, 4)).cumsum(axis=0).astype(np.float32)
    level = np.array([2**20, 2**20, 2**20, 0], np.float32)
    origins = origins_between(SPEC.lookback, 120, SPEC.horizon)
    trainer = framework.build(dataclasses.replace(SPEC, reference=reference), TRAINING)
    low, high = (trainer.predict(values, origins) for values in (walk, walk + level))
    assert np.abs(low).max() < 100
    assert_allclose(high - 2**20, low, atol=0.07)  # float32 has steps of 1/8 just above a million


def test_the_gradient_points_uphill(trainer, data):
    """A small step against the gradient lowers the loss by the step times its squared length."""
    trainer.start(0)
    batch, weights = data.validation, trainer.get_weights()
    gradient = trainer.first_gradient(data, batch)
    before = error(trainer, data)
    length = math.fsum(float(np.sum(slope.astype(float) ** 2)) for slope in gradient.values())
    step = 1e-3 / math.sqrt(length)
    trainer.set_weights({name: (weights[name] - step * gradient[name]).astype(np.float32) for name in weights})
    assert before - error(trainer, data) == pytest.approx(step * length, rel=0.02)


def turning(data: TrainingData) -> TrainingData:
    """Values that only rise where the model learns and only fall where it is validated: it gets worse by learning."""
    rise = np.arange(len(data.values), dtype=np.float32) * 0.1
    turn = data.validation[0]
    level = np.where(rise <= rise[turn], rise, 2 * rise[turn] - rise)
    values = np.repeat(level[:, None], 4, axis=1)
    return TrainingData(values, data.train, data.validation)


@pytest.mark.frameworks
@pytest.mark.parametrize("speed", ["tuned", "stock"])
@pytest.mark.parametrize("name", ["pytorch", "tensorflow"])
def test_weights_that_the_last_step_threw_away_are_never_the_best(name, speed, request, data):
    """Without validation, as in the fit on all rows, no loss is taken after it: the loss of the epoch is fine."""
    training = dataclasses.replace(
        TRAINING, speed=speed, optimizer="sgd", momentum=0.0, learning_rate=3e38, batch_size=len(data.train)
    )
    trainer = request.getfixturevalue(name).build(SPEC, training)
    wide = dataclasses.replace(data, values=data.values * np.float32(100), validation=data.validation[:0])
    trainer.start(0)
    audience = Audience()
    with pytest.raises(TrainingFailed, match=r"weights are no longer finite.*epoch 1.*learning rate"):
        trainer.train(wide, 2, None, 0, audience)
    assert audience.epochs == []
