"""Seeds × folds: each fit judged on its own fold's windows, all of them together on the whole test part."""

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.data.dataset import Dataset, Split
from core.data.windows import fold_parts, window_parts
from core.errors import NotFound
from core.runs import forecast_csv, forecasts, results
from core.runs.evaluate import evaluate
from core.runs.files import write_json
from core.runs.spec import ComparisonSpec, FitSpec
from core.runs.store import ComparisonFolder, State, Store
from tests.core.runs.made_run import finished_run

MakeSpec = Callable[..., ComparisonSpec]
H, SPLIT, LOOKBACK = 5, Split(200, 40, 60), 14
WINDOWS = window_parts(SPLIT, LOOKBACK, H).test
FOLDS = [part.test for part in fold_parts(SPLIT, 3, LOOKBACK, H)]


def backtest_spec(make_spec: MakeSpec, folds: int, timed: int = 0, **settings: Any) -> ComparisonSpec:
    """Two seeds on so many folds."""
    spec = make_spec(("score",), folds=folds, seeds=(0, 1), **settings)
    fits = [
        FitSpec(id=f"seed{seed}-fold{fold}", kind="score", seed=seed, fold=fold, maths="stock")
        for seed in (0, 1)
        for fold in range(folds)
    ]
    fits += [FitSpec(id=f"timed{n}", kind="timed", seed=0, maths="stock") for n in range(timed)]
    return spec.model_copy(update={"plan": spec.plan.model_copy(update={"fits": tuple(fits)})})


def errs_by(origins: np.ndarray, dataset: Dataset, seed: int) -> np.ndarray:
    """Forecasts (N, H, 1) whose error depends on the window, the step and the seed."""
    rows = origins[:, None] + np.arange(H)
    error = (origins[:, None] % 7 + np.arange(H)) * (seed + 1)
    return (dataset.values[rows, 0] + error)[..., None]


def made(store: Store, dataset: Dataset, spec: ComparisonSpec, without: str = "") -> ComparisonFolder:
    folder = store.create(spec, dataset)
    folder.set_state(State("evaluating"))
    parts = fold_parts(SPLIT, spec.settings.folds, LOOKBACK, H)
    for framework in ("pytorch", "tensorflow"):
        fits = [fit for fit in spec.plan.fits if fit.kind == "score" and fit.id != without]
        finished_run(folder, framework, {fit.id: errs_by(parts[fit.fold].test, dataset, fit.seed) for fit in fits})
    return folder


@pytest.fixture
def folder(store: Store, dataset: Dataset, make_spec: MakeSpec) -> ComparisonFolder:
    return made(store, dataset, backtest_spec(make_spec, folds=3))


def test_means_over_folds_are_those_of_all_test_windows(
    store: Store, dataset: Dataset, make_spec: MakeSpec, folder: ComparisonFolder
) -> None:
    whole = made(store, dataset, backtest_spec(make_spec, folds=1))
    for each in (whole, folder):
        evaluate(each)
    one, three = results.load(whole.path), results.load(folder.path)
    assert [fit.windows for fit in three.runs[0].fits] == [len(fold) for fold in FOLDS] * 2
    for name in ("mae", "rmse", "mase", "smape", "scaled_mse", "scaled_mae"):
        found = [results.mean_score(comparison.runs[0], name) for comparison in (one, three)]
        assert found[1] == pytest.approx(found[0], rel=1e-9), name
        naive = [getattr(results.baselines(comparison)[0].test, name) for comparison in (one, three)]
        assert naive[1] == pytest.approx(naive[0], rel=1e-9), name
    assert len(three.baselines) == 3 * len(one.baselines)


def test_window_errors_are_the_scores_window_by_window(folder: ComparisonFolder) -> None:
    evaluate(folder)
    errors, fold_of = results.window_errors(folder.path, folder.spec(), "pytorch")
    assert errors.shape == (2, len(WINDOWS))
    assert list(np.bincount(fold_of)) == [len(fold) for fold in FOLDS]
    (run, _) = results.load(folder.path).runs
    for seed, row in zip((0, 1), errors, strict=True):
        by_fold = [fit.test.scaled_mae for fit in run.fits if fit.test is not None and fit.seed == seed]
        assert [row[fold_of == fold].mean() for fold in range(3)] == pytest.approx(by_fold, rel=1e-6)
    assert errors.mean() == pytest.approx(results.mean_score(run, "scaled_mae"), rel=1e-6)


def test_a_seed_without_all_folds_is_in_no_verdict(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    folder = made(store, dataset, backtest_spec(make_spec, folds=3), without="seed1-fold2")
    errors, fold_of = results.window_errors(folder.path, folder.spec(), "pytorch")
    assert len(errors) == 1 and len(fold_of) == len(WINDOWS)
    assert results.window_errors(folder.path, folder.spec(), "pytorch", without={"pytorch"})[0].shape[0] == 0
    arrays = results.seed_forecasts(folder.path, "pytorch", 1)
    np.testing.assert_array_equal(arrays.origins, np.concatenate(FOLDS[:2]))
    evaluate(folder)
    run = results.load(folder.path).runs[0]
    assert set(results.seed_fits(run)) == {0}, "its first two folds say nothing about the third"


def test_errors_of_many_windows_are_made_block_by_block(
    folder: ComparisonFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = results.window_errors(folder.path, folder.spec(), "pytorch")[0]
    monkeypatch.setattr(forecasts, "BLOCK", 3 * H)
    np.testing.assert_array_equal(results.window_errors(folder.path, folder.spec(), "pytorch")[0], whole)


def test_the_chart_shows_one_seed_over_all_folds(folder: ComparisonFolder, dataset: Dataset) -> None:
    arrays = results.seed_forecasts(folder.path, "pytorch", 1)
    np.testing.assert_array_equal(arrays.origins, WINDOWS)
    np.testing.assert_allclose(arrays.forecast, errs_by(WINDOWS, dataset, 1), rtol=1e-6)
    np.testing.assert_array_equal(arrays.actual[:, 0, 0], dataset.values[WINDOWS, 0])
    with pytest.raises(NotFound):
        results.seed_forecasts(folder.path, "linear", 1)


def test_every_line_of_the_csv_is_of_its_own_fit(folder: ComparisonFolder, dataset: Dataset) -> None:
    content = io.BytesIO()
    forecast_csv.write(content, folder, folder.spec())
    table = pd.read_csv(io.BytesIO(content.getvalue()), parse_dates=["origin", "time"])
    one = table[(table.framework == "pytorch") & (table.seed == 1)]
    assert len(one) == len(WINDOWS) * H
    for fold, origins in enumerate(FOLDS):
        of_fold = one[one.fit == f"seed1-fold{fold}"]
        assert list(of_fold.origin.unique()) == list(dataset.index[origins - 1])
    rows = dataset.index.get_indexer(one.time)
    np.testing.assert_allclose(one.actual, dataset.values[rows, 0], rtol=1e-6)


def timed(folder: ComparisonFolder, loads: Mapping[str, float | None]) -> None:
    """Timing files of both frameworks, as their workers write them."""
    for framework in ("pytorch", "tensorflow"):
        told = json.loads((folder.run(framework).path / "timing.json").read_bytes())
        told.pop("sha256")
        told["interleaved"] = [
            {"fit": fit, "epoch_s": 0.5, "forecast_ms": 0.3, "load": load} for fit, load in loads.items()
        ]
        write_json(folder.run(framework).path / "timing.json", told)


def test_timed_fits_of_a_race_count_and_the_race_itself_does_not(
    store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    raced = made(store, dataset, backtest_spec(make_spec, folds=1, order="together"))
    timed(raced, {"seed0-fold0": 0.0, "seed1-fold0": 0.0})
    apart = made(store, dataset, backtest_spec(make_spec, folds=1, timed=2, order="together"))
    timed(apart, {"timed0": 0.0, "timed1": 1000.0})
    mostly = made(store, dataset, backtest_spec(make_spec, folds=1, timed=3, order="together"))
    timed(mostly, {"timed0": 0.0, "timed1": 1000.0, "timed2": 1000.0})
    for folder in (raced, apart, mostly):
        evaluate(folder)
    of_race, of_timed = (results.load(folder.path).runs[0] for folder in (raced, apart))
    assert results.load(mostly.path).runs[0].timing.contended, "the median is of disturbed ones"
    assert of_race.timing.contended and all(fit.contended for fit in of_race.timing.interleaved)
    assert not of_timed.timing.contended
    assert [(fit.fit, fit.contended) for fit in of_timed.timing.interleaved] == [("timed0", False), ("timed1", True)]
    assert {fit.id for fit in of_timed.fits} == {"seed0-fold0", "seed1-fold0"}, "they are in no score"
