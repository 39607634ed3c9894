"""comparison.json and forecasts.csv say what was measured, and the same as one another."""

import csv
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_run import begun, failed_run, finished_run, fit_events, journal, save_probe

from core.data.dataset import Dataset, Split
from core.data.table_csv import time_texts
from core.data.windows import window_parts
from core.evaluation import metrics
from core.evaluation.baselines import forecast as simple_forecast
from core.runs import forecast_csv, results
from core.runs.evaluate import evaluate
from core.runs.forecast_csv import COLUMNS, safe
from core.runs.schema import Comparison
from core.runs.store import ComparisonFolder, State, Store

H = 5


def actual(dataset: Dataset) -> np.ndarray:
    origins = window_parts(Split(200, 40, 60), 14, H).test
    return np.stack([dataset.values[o : o + H, :1] for o in origins])  # (N, H, 1)


@pytest.fixture
def folder(store: Store, dataset: Dataset, make_spec) -> ComparisonFolder:  # type: ignore[no-untyped-def]
    """PyTorch is 0.5 too high everywhere, TensorFlow diverged."""
    made = store.create(make_spec(), dataset)
    made.set_state(State("evaluating"))
    finished_run(made, "pytorch", {"seed0-fold0": actual(dataset) + 0.5, "final": np.full((1, H, 1), 50.25)})
    failed_run(made, "tensorflow")
    return made


def read(folder: ComparisonFolder) -> Comparison:
    return Comparison.model_validate_json((folder.path / "comparison.json").read_bytes())


def test_scores_are_those_of_the_saved_forecasts(folder: ComparisonFolder) -> None:
    evaluate(folder)
    (fit, final), _ = (run.fits for run in read(folder).runs)
    assert fit.test is not None and fit.test_by_step is not None
    assert fit.test.mae == pytest.approx(0.5, rel=1e-5)
    assert fit.test.rmse == pytest.approx(0.5, rel=1e-5)
    assert [step.mae for step in fit.test_by_step] == pytest.approx([0.5] * H, rel=1e-5)
    assert fit.test_by_target == {"wave": fit.test}
    assert (fit.best_epoch, [row.train_loss for row in fit.history]) == (2, [0.9, 0.4, 0.6])
    assert final.final and final.test is None


def test_the_training_part_alone_is_the_measure(folder: ComparisonFolder, dataset: Dataset) -> None:
    train = dataset.values[:200, 0]
    evaluate(folder)
    test = read(folder).runs[0].fits[0].test
    assert test is not None
    assert test.mase == pytest.approx(0.5 / np.abs(train[7:] - train[:-7]).mean(), rel=1e-4)
    assert test.scaled_mae == pytest.approx(0.5 / train.std(), rel=1e-4)


def test_simple_forecasts_are_scored_on_the_same_windows(folder: ComparisonFolder, dataset: Dataset) -> None:
    evaluate(folder)
    by_name = {baseline.name: baseline for baseline in read(folder).baselines}
    origins = window_parts(Split(200, 40, 60), 14, H).test
    for name in ("naive", "seasonal_naive"):
        expected = np.abs(simple_forecast(name, dataset.values[:, :1], origins, H, 7) - actual(dataset)).mean()
        assert by_name[name].test.mae == pytest.approx(expected)


def test_a_failed_run_is_told_and_the_other_stands(folder: ComparisonFolder) -> None:
    evaluate(folder)
    good, bad = read(folder).runs
    assert (good.status, good.timing.total_s, good.timing.warm, good.peak_memory_mb) == ("finished", 4.5, True, 321.0)
    assert bad.status == "failed" and bad.error is not None
    assert bad.error.what == "The training diverged" and bad.error.remedy == "Lower the rate."
    assert bad.fits == []
    assert good.settings.applied["threads"] == 1 and good.settings.asked["threads"] == "auto"


def test_a_run_that_was_cut_short_keeps_its_epochs(folder: ComparisonFolder) -> None:
    journal(folder, "tensorflow", [begun("tensorflow"), *fit_events("seed0-fold0", (0.9, 0.4, 0.5), best=0)[:-1]])
    evaluate(folder)
    run = read(folder).runs[1]
    assert run.status == "stopped"
    (fit,) = run.fits
    assert len(fit.history) == 3 and fit.best_epoch == 2 and fit.test is None


def test_the_best_epoch_of_a_fit_that_was_cut_short_is_the_trainers(folder: ComparisonFolder) -> None:
    """A gain of less than 1e-4 of the loss is noise to a trainer, which keeps the earlier weights."""
    nearly = 0.4 - 1e-6
    journal(folder, "tensorflow", [begun("tensorflow"), *fit_events("seed0-fold0", (0.9, 0.4, nearly), best=2)[:-1]])
    evaluate(folder)
    assert read(folder).runs[1].fits[0].best_epoch == 2


def test_different_numbers_of_finished_seeds_are_noted(store: Store, dataset: Dataset, make_spec) -> None:  # type: ignore[no-untyped-def]
    made = store.create(make_spec(("score", "score")), dataset)
    both = {"seed0-fold0": actual(dataset), "seed1-fold0": actual(dataset)}
    finished_run(made, "pytorch", both)
    finished_run(made, "tensorflow", {"seed0-fold0": actual(dataset)})
    evaluate(made)
    for run in read(made).runs:
        assert run.settings.notes[0] == "why" and "(PyTorch 2, TensorFlow 1)" in run.settings.notes[1]
    finished_run(made, "tensorflow", both)
    evaluate(made)
    assert [run.settings.notes for run in read(made).runs] == [["why"], ["why"]]


@pytest.mark.parametrize("first", [1500, 2150])
def test_years_that_nanoseconds_cannot_count(store: Store, dataset: Dataset, make_spec, first: int) -> None:  # type: ignore[no-untyped-def]
    years = pd.date_range(f"{first}-01-01", periods=300, freq="YS", unit="us")
    spec = make_spec(frameworks=("pytorch",))
    spec = spec.model_copy(update={"dataset": spec.dataset.model_copy(update={"frequency": "YS"})})
    made = store.create(spec, replace(dataset, index=years, frequency="YS"))
    finished_run(made, "pytorch", {"seed0-fold0": actual(dataset), "final": np.ones((1, H, 1))})
    evaluate(made)
    assert (read(made).data.first, read(made).data.last) == (f"{first}-01-01", f"{first + 299}-01-01")
    table = pd.read_csv(made.path / "forecasts.csv")
    future = table[table.fit == "final"]
    assert list(future.time) == [f"{first + 300 + step}-01-01" for step in range(H)]
    assert set(future.origin) == {f"{first + 299}-01-01"}
    scored = table[table.fit == "seed0-fold0"]
    assert (scored.time.str[:4].astype(int) - scored.origin.str[:4].astype(int) == scored.step).all()
    found = results.future(made.path, "pytorch")
    assert found is not None and found.times[0].year == first + 300
    assert results.forecasts(made.path, "pytorch", "seed0-fold0").times(0)[0].year == first + 240


def test_times_finer_than_seconds_are_whole(store: Store, dataset: Dataset, make_spec) -> None:  # type: ignore[no-untyped-def]
    times = pd.date_range("2020-01-01", periods=300, freq="250us")
    assert time_texts(times[:2]) == ["2020-01-01T00:00:00.000000", "2020-01-01T00:00:00.000250"]


def test_together_and_busy_machines_are_marked(store: Store, dataset: Dataset, make_spec) -> None:  # type: ignore[no-untyped-def]
    for settings, load, contended in (({}, 0.0, False), ({"order": "together"}, 0.0, True), ({}, 99.0, True)):
        made = store.create(make_spec(**settings), dataset)
        made.set_state(State("evaluating", load_before=load))
        failed_run(made, "pytorch")
        failed_run(made, "tensorflow")
        evaluate(made)
        assert read(made).runs[0].timing.contended is contended
        assert read(made).machine.load_before == load


def test_forecasts_csv_repeats_the_scores(folder: ComparisonFolder) -> None:
    evaluate(folder)
    table = pd.read_csv(folder.path / "forecasts.csv", parse_dates=["origin", "time"])
    assert tuple(table.columns) == COLUMNS
    test = table[table.fit == "seed0-fold0"]
    assert len(test) == (60 - H + 1) * H
    assert (test.forecast - test.actual).abs().mean() == pytest.approx(0.5, rel=1e-5)
    assert ((test.time - test.origin) == pd.to_timedelta(test.step, unit="D")).all()
    assert test.origin.min() == pd.Timestamp("2020-01-01") + pd.Timedelta(239, "D"), "the last known row"


def test_the_future_follows_the_last_row_and_has_no_actual(folder: ComparisonFolder) -> None:
    evaluate(folder)
    table = pd.read_csv(folder.path / "forecasts.csv", parse_dates=["origin", "time"])
    future = table[table.fit == "final"]
    assert list(future.time) == list(pd.date_range("2020-10-27", periods=H))
    assert (future.origin == pd.Timestamp("2020-10-26")).all()
    assert future.actual.isna().all() and (future.forecast == 50.25).all()


def test_names_are_cells_and_never_formulas() -> None:
    for name in ("=1+1", "+SUM(A1)", "-2", "@x", "\tx"):
        assert safe(name).lstrip('"').startswith("'")
    assert next(csv.reader([safe('sales, "net"')])) == ['sales, "net"']
    assert safe("sales") == "sales"


def test_a_long_file_is_written_block_by_block(
    folder: ComparisonFolder, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every row is in it, and no more than a block of it in memory."""
    monkeypatch.setattr(forecast_csv, "BLOCK", 4 * H)
    blocks = list(forecast_csv.lines(folder, folder.spec()))
    assert sum(block.count("\n") for block in blocks) == (60 - H + 1) * H + H
    assert max(block.count("\n") for block in blocks) == 4 * H


def test_several_targets_have_scores_of_their_own(store: Store, dataset: Dataset, make_spec) -> None:  # type: ignore[no-untyped-def]
    both = replace(dataset, targets=("wave", "other"))
    spec = make_spec(frameworks=("pytorch",))
    spec = spec.model_copy(update={"dataset": spec.dataset.model_copy(update={"targets": both.targets})})
    made = store.create(spec, both)
    origins = window_parts(Split(200, 40, 60), 14, H).test
    exact = np.stack([both.values[o : o + H] for o in origins])
    finished_run(made, "pytorch", {"seed0-fold0": exact + np.array([1.0, 0.25]), "final": exact[:1]})
    evaluate(made)
    fit = read(made).runs[0].fits[0]
    assert fit.test is not None and fit.test_by_target is not None
    assert fit.test.mae is None and fit.test.scaled_mae is not None
    assert fit.test_by_target["wave"].mae == pytest.approx(1, rel=1e-5)
    assert fit.test_by_target["other"].mae == pytest.approx(0.25, rel=1e-4)


def test_rows_without_times_are_numbered(store: Store, dataset: Dataset, make_spec) -> None:  # type: ignore[no-untyped-def]
    made = store.create(make_spec(frameworks=("pytorch",)), replace(dataset, index=pd.RangeIndex(300)))
    finished_run(made, "pytorch", {"seed0-fold0": actual(dataset), "final": np.ones((1, H, 1))})
    evaluate(made)
    table = pd.read_csv(made.path / "forecasts.csv")
    assert (table.time - table.origin == table.step).all()
    assert table.time.max() == 304
    assert (read(made).data.first, read(made).data.last) == ("0", "299")


def test_row_numbers_are_those_of_the_file(store: Store, dataset: Dataset, make_spec) -> None:  # type: ignore[no-untyped-def]
    made = store.create(make_spec(frameworks=("pytorch",)), replace(dataset, index=pd.RangeIndex(10, 310)))
    finished_run(made, "pytorch", {"seed0-fold0": actual(dataset), "final": np.ones((1, H, 1))})
    evaluate(made)
    table = pd.read_csv(made.path / "forecasts.csv")
    assert (read(made).data.first, read(made).data.last, table.time.max()) == ("10", "309", 314)
    assert table.origin.min() == 249


def test_the_certificate_compares_both_matched_fits(store: Store, dataset: Dataset, make_spec) -> None:  # type: ignore[no-untyped-def]
    made = store.create(make_spec(fits=("score", "certificate")), dataset)
    for framework, shift, losses in (("pytorch", 0.0, (1.0, 0.5, 0.25)), ("tensorflow", 1e-3, (1.0, 0.5005, 0.25))):
        finished_run(made, framework, {"seed0-fold0": actual(dataset)})
        save_probe(made, framework, "certificate", losses, shift)
    evaluate(made)
    parity = read(made).parity
    assert parity is not None
    assert parity.initial_weights_difference == pytest.approx(1e-3, rel=1e-3)
    assert parity.initial_output_difference == pytest.approx(2e-3, rel=1e-3)
    assert parity.largest_loss_difference == pytest.approx(1e-3, rel=1e-2)
    assert parity.parted_at_epoch == 2
    assert parity.loss_differences == pytest.approx([0, 1e-3, 0], rel=1e-2)
    assert parity.reason == "They did not start from the same numbers."
    assert all("certificate" not in fit.id for run in read(made).runs for fit in run.fits)


def test_one_framework_has_no_certificate(folder: ComparisonFolder) -> None:
    evaluate(folder)
    assert read(folder).parity is None


def test_forecasts_that_are_not_finite_become_null(folder: ComparisonFolder, dataset: Dataset) -> None:
    finished_run(folder, "pytorch", {"seed0-fold0": np.full_like(actual(dataset), np.nan)})
    evaluate(folder)
    content = json.loads((folder.path / "comparison.json").read_text())
    assert content["runs"][0]["fits"][0]["test"]["mae"] is None


def test_blocks_of_a_long_test_part_join_without_a_seam(
    folder: ComparisonFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate(folder)
    whole, scores = (folder.path / "forecasts.csv").read_bytes(), read(folder).runs[0].fits
    monkeypatch.setattr(forecast_csv, "BLOCK", 3 * H)
    monkeypatch.setattr(metrics, "BLOCK", 3 * H)
    evaluate(folder)
    assert (folder.path / "forecasts.csv").read_bytes() == whole
    assert read(folder).runs[0].fits[0].test.mae == pytest.approx(scores[0].test.mae)


def test_the_layers_of_the_built_model_are_told(folder: ComparisonFolder) -> None:
    evaluate(folder)
    (layer,) = read(folder).runs[0].layers
    assert (layer.name, layer.kind, layer.output, layer.parameters) == ("head", "Linear", [5], 777)
