"""A whole run with transformed targets, known inputs and holidays: what people read is in the data's own units."""

import csv
import shlex
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core import cli
from core.data.dataset import Dataset
from core.errors import TrainingFailed
from core.frameworks import registry
from core.frameworks.base import Array, Device, Framework, ModelSpec, Origins, TrainingSpec
from core.runs import results
from core.runs.checks import check
from core.runs.command import command_line
from core.runs.evaluate import evaluate
from core.runs.files import Journal, read_json, write_json
from core.runs.fitting import Imported, Run
from core.runs.planning import plan_comparison
from core.runs.schema import Comparison
from core.runs.spec import Settings
from core.runs.store import ComparisonFolder, Store
from tests.core.runs.stub_framework import Stub, StubTrainer

TRANSFORMS = ("none", "log", "difference", "percent")
H = 5


class Seer(Stub):
    """Forecasts what it has been given after the origin: a perfect model, as far as the data go."""

    def build(self, model: ModelSpec, training: TrainingSpec) -> StubTrainer:
        return Foresight(model)


class Foresight(StubTrainer):
    def predict(self, values: Array, origins: Origins) -> Array:
        rows = origins[:, None] + np.arange(self.model.horizon)
        return values[np.minimum(rows, len(values) - 1), : self.model.targets]


class Dying(Seer):
    """Ends when it is asked for a forecast, its weights saved."""

    def build(self, model: ModelSpec, training: TrainingSpec) -> StubTrainer:
        return Blind(model)


class Blind(StubTrainer):
    def predict(self, values: Array, origins: Origins) -> Array:
        raise TrainingFailed("It ended before it could forecast")


class Willing:
    def __init__(self) -> None:
        self.stop = threading.Event()

    def await_turn(self, fit: str) -> None: ...

    def trained(self) -> None: ...

    def end_turn(self, fit: str) -> None: ...


def make(store: Store, dataset: Dataset, framework: str = "pytorch", **settings: Any) -> ComparisonFolder:
    given = {"epochs": 3, "hidden": 1, "lookback": 14, "horizon": H, "frameworks": (framework,), **settings}
    asked = Settings(**{"baselines": "simple", **given})
    devices = {framework: [Device("cpu", "processor")]}
    spec = plan_comparison(dataset, asked, name="Waves", frameworks=devices, command="again")
    return store.create(spec, dataset)


def run(folder: ComparisonFolder, framework: Framework) -> Run:
    place = folder.run(framework.name)
    return Run(place, framework, Journal(place.events), Willing(), Imported(1.0, True, "1"))


def comparison(folder: ComparisonFolder) -> Comparison:
    evaluate(folder)
    return Comparison.model_validate_json((folder.path / "comparison.json").read_bytes())


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("scaler", ["standard", "minmax"])
def test_a_perfect_model_is_perfect_in_the_datas_own_units(
    store: Store, dataset: Dataset, transform: str, scaler: str
) -> None:
    folder = make(store, dataset, transform=transform, scaler=scaler)
    run(folder, Seer("pytorch")).go()
    arrays = results.forecasts(folder.path, "pytorch", "seed0-fold0")
    np.testing.assert_allclose(arrays.forecast, arrays.actual, rtol=1e-6)
    found = comparison(folder)
    (fit, _) = found.runs[0].fits
    assert fit.test is not None
    assert fit.test.mae == pytest.approx(0, abs=1e-4) and fit.test.direction == 1
    assert found.runs[0].settings.applied["transform"] == found.runs[0].settings.asked["transform"] == transform
    with (folder.path / "forecasts.csv").open() as file:
        lines = [line for line in csv.DictReader(file) if line["fit"] == "seed0-fold0"]
    assert all(float(line["forecast"]) == pytest.approx(float(line["actual"]), rel=1e-6) for line in lines)


@pytest.mark.parametrize("transform", ["difference", "percent"])
def test_the_future_goes_on_from_the_last_row(store: Store, dataset: Dataset, transform: str) -> None:
    """Beyond the data the seer repeats the last change."""
    folder = make(store, dataset, transform=transform)
    run(folder, Seer("pytorch")).go()
    future = results.future(folder.path, "pytorch")
    assert future is not None
    before, last = dataset.values[-2:, 0]
    steps = np.arange(1, H + 1)
    expected = last + (last - before) * steps if transform == "difference" else last * (last / before) ** steps
    np.testing.assert_allclose(future.values[:, 0], expected, rtol=1e-6)


def test_the_simple_forecasts_and_their_scores_know_nothing_of_the_transformation(
    store: Store, dataset: Dataset
) -> None:
    found = []
    for transform in TRANSFORMS:
        folder = make(store, dataset, transform=transform)
        run(folder, Seer("pytorch")).go()
        found.append([(each.name, each.test, each.test_by_step) for each in comparison(folder).baselines])
    assert found[0] and all(each == found[0] for each in found)


def test_losses_are_on_transformed_values_and_the_plan_says_so(store: Store, dataset: Dataset) -> None:
    spec = make(store, dataset, transform="percent").spec()
    assert spec.plan.reference == "none"
    assert any("in percent" in note and "data's units" in note for note in spec.plan.notes)
    assert any("already relative" in note for note in spec.plan.notes)
    log = make(store, dataset, transform="log").spec()
    assert log.plan.reference in ("last", "seasonal", "none") and any("logarithms" in note for note in log.plan.notes)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_a_run_that_died_before_its_forecast_is_rescued_in_own_units(
    store: Store, dataset: Dataset, transform: str
) -> None:
    folder = make(store, dataset, transform=transform)
    with pytest.raises(TrainingFailed):
        run(folder, Dying("pytorch")).go()
    assert run(folder, Seer("pytorch")).rescue() == "rescued"
    arrays = results.forecasts(folder.path, "pytorch", "seed0-fold0")
    np.testing.assert_allclose(arrays.forecast, arrays.actual, rtol=1e-6)


def test_a_run_that_goes_on_keeps_what_was_done_and_ends_in_own_units(store: Store, dataset: Dataset) -> None:
    folder = make(store, dataset, transform="percent", seeds=(0, 1))
    first = run(folder, Seer("pytorch"))
    first.control.trained = first.control.stop.set  # type: ignore[method-assign]
    assert first.go() == "stopped"
    folder.run("pytorch").withdraw()
    assert run(folder, Seer("pytorch")).go() == "finished"
    for fit in ("seed0-fold0", "seed1-fold0"):
        arrays = results.forecasts(folder.path, "pytorch", fit)
        np.testing.assert_allclose(arrays.forecast, arrays.actual, rtol=1e-6)


def promoted(known: Sequence[str] = ("promo",), future: int = 8) -> Dataset:
    """500 days on which sales follow an irregular promotion of the very day, which nobody could guess from the past."""
    draw = np.random.default_rng(0)
    promo = (draw.random(500 + future) < 0.3).astype(float)
    sales = 100 + 30 * promo[:500] + draw.normal(0, 1, 500)
    index = pd.date_range("2022-01-01", periods=500, freq="D")
    values = np.column_stack((sales, promo[:500]))
    dataset = Dataset("Shop", "shop.csv", "00", index, values, ("sales", "promo"), ("sales",), "D", 7)
    return replace(dataset, known=tuple(known), future=promo[500:, None] if known else np.empty((0, 0)))


LEARNS = {"epochs": 12, "learning_rate": 0.01, "hidden": 16, "reference": "none", "calendar": ()}


def forecast_with(store: Store, dataset: Dataset, framework: Framework, **settings: Any) -> ComparisonFolder:
    folder = make(store, dataset, framework.name, **{**LEARNS, **settings})
    run(folder, framework).go()
    return folder


def test_what_is_known_in_advance_is_used(store: Store) -> None:
    framework = registry.load("linear")
    with_it = comparison(forecast_with(store, promoted(), framework))
    without = comparison(forecast_with(store, promoted(()), framework))
    assert (with_it.data.known, without.data.known) == (["promo"], [])
    assert with_it.runs[0].settings.applied["known"] == ["promo"]
    errors = [each.runs[0].fits[0].test.mae for each in (with_it, without)]  # type: ignore[union-attr]
    assert errors[0] is not None and errors[1] is not None and errors[0] < 0.4 * errors[1]


def test_the_future_follows_what_is_known_of_it(store: Store) -> None:
    dataset = promoted()
    folder = forecast_with(store, dataset, registry.load("linear"))
    future = results.future(folder.path, "linear")
    assert future is not None
    np.testing.assert_allclose(future.values[:, 0], 100 + 30 * dataset.future[:H, 0], atol=8)


def test_a_kept_comparison_brings_its_known_inputs_back(store: Store, dataset: Dataset) -> None:
    known = promoted()
    again = make(store, known).dataset()
    assert again.known == ("promo",)
    np.testing.assert_array_equal(again.future, known.future)
    plain = make(store, dataset)
    assert plain.dataset().known == () and not (plain.path / "future.npy").exists()


def test_a_comparison_of_an_earlier_version_is_read_and_goes_on(store: Store, dataset: Dataset) -> None:
    """Its specifications know neither transformations nor holidays nor known inputs."""
    folder = make(store, dataset)
    for path in (folder.path / "spec.json", folder.run("pytorch").path / "spec.json"):
        content = read_json(path)
        for part, name in (("settings", "transform"), ("settings", "holidays"), ("dataset", "known")):
            del content[part][name]
        write_json(path, content)
    written = [path for path in folder.path.glob("*.*") if path.stem not in ("state", "name", "manifest")]
    folder.manifest.write([*written, *folder.path.glob("runs/*/spec.json")])
    early = ComparisonFolder(folder.path)
    assert early.spec().settings.transform == "none" and early.dataset().known == ()
    run(early, Seer("pytorch")).go()
    assert comparison(early).data.known == []


def test_the_notes_say_what_is_known_and_whether_the_windows_show_it_all(store: Store) -> None:
    dataset = replace(promoted(), future=np.ones((8, 1)))
    notes = make(store, dataset, lookback=20, holidays="DE").spec().plan.notes
    assert any("promo, holidays of DE" in note for note in notes)
    assert not any("shows all of them" in note for note in notes)
    short = make(store, dataset, lookback=3, horizon=8).spec().plan.notes
    assert any("the last 3 of the 8 steps" in note and "8 or more" in note for note in short)
    seasonal = make(store, dataset, lookback=15, horizon=8, reference="seasonal").spec().plan.notes
    assert not any("shows all of them" in note for note in seasonal)
    assert any(
        "15 or more" in n for n in make(store, dataset, lookback=14, horizon=8, reference="seasonal").spec().plan.notes
    )


def test_the_command_line_repeats_all_of_it(tmp_path: Path) -> None:
    """From a file whose rows go on after the target's end, and back to the same settings and the same future."""
    known, path = promoted(), tmp_path / "shop.csv"
    rows = pd.date_range("2022-01-01", periods=508)
    promo = [*known.values[:, 1], *known.future[:, 0]]
    sales = [*known.values[:, 0].round(2), *[""] * 8]
    pd.DataFrame({"day": rows, "sales": sales, "promo, price": promo}).to_csv(path, index=False)
    arguments = ["--target", "sales", "--known", '"promo, price"', "--transform", "log", "--holidays", "DE-BY"]
    options = cli.parse(["compare", str(path), *arguments, "--out", str(tmp_path)])
    dataset, devices = cli.read_dataset(options), {"pytorch": [Device("cpu", "processor")]}
    settings = check({**cli.setting_values(options), "frameworks": ["pytorch"]}, dataset, devices)
    assert (settings.transform, settings.holidays, dataset.known) == ("log", "DE-BY", ("promo, price",))
    line = command_line(dataset, settings, file=str(path), out=str(tmp_path))
    again = cli.parse(shlex.split(line)[3:])
    assert check(cli.setting_values(again), cli.read_dataset(again), devices) == settings
    np.testing.assert_array_equal(cli.read_dataset(again).future, known.future)


@pytest.mark.frameworks
@pytest.mark.parametrize("framework", ["pytorch", "tensorflow"])
@pytest.mark.parametrize("transform", ["none", "percent"])
def test_real_frameworks_use_what_is_known_and_answer_in_own_units(
    store: Store, framework: str, transform: str
) -> None:
    dataset = promoted()
    settings = {"transform": transform, "holidays": "DE", "epochs": 25, "calendar": "auto"}
    folder = forecast_with(store, dataset, registry.load(framework), **settings)
    (fit, _) = comparison(folder).runs[0].fits
    naive = next(each for each in comparison(folder).baselines if each.name == "naive")
    assert fit.test is not None and fit.test.mae is not None and naive.test.mae is not None
    assert fit.test.mae < 0.5 * naive.test.mae, "nobody guesses the promotions of the days to come"
    future = results.future(folder.path, framework)
    assert future is not None
    promoted_days = dataset.future[:H, 0] == 1
    assert future.values[promoted_days, 0].min() > future.values[~promoted_days, 0].max()
