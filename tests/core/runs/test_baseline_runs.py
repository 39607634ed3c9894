"""Simple methods beside the networks: on the same windows, within their time, and never in the way of the rest."""

import subprocess
import sys
import threading
import time

import numpy as np
import psutil
import pytest
from made_run import begun, failed_run, finished_run, fit_events, journal

from core.data.dataset import Dataset, Split
from core.data.split import fold_splits
from core.errors import NotFound, StoreFailed
from core.evaluation import classical
from core.runs import baseline_files, baseline_runs, results
from core.runs.baseline_runs import LANES, Fitter, Watch
from core.runs.evaluate import evaluate
from core.runs.events import Finished
from core.runs.forecasts import origins_by_fold
from core.runs.schema import Baseline, Comparison
from core.runs.spec import FitSpec
from core.runs.store import ComparisonFolder, State, Store
from core.runs.supervisor import Supervisor

pytestmark = pytest.mark.slow

NAMES = [name for lane in LANES for name in lane]
SIMPLE = ["naive", "seasonal_naive", "drift"]


@pytest.fixture
def folder(store: Store, dataset: Dataset, make_spec) -> ComparisonFolder:  # type: ignore[no-untyped-def]
    return make(store, dataset, make_spec)


def make(store: Store, dataset: Dataset, make_spec, **settings: object) -> ComparisonFolder:  # type: ignore[no-untyped-def]
    """PyTorch has forecast 50 everywhere."""
    spec = make_spec(**{"baselines": "all", "frameworks": ("pytorch",), **settings})
    fits = [
        FitSpec(id=f"seed0-fold{n}", kind="score", seed=0, fold=n, maths="stock") for n in range(spec.settings.folds)
    ]
    spec = spec.model_copy(update={"plan": spec.plan.model_copy(update={"fits": tuple(fits)})})
    made = store.create(spec, dataset)
    made.set_state(State("evaluating"))
    windows = origins_by_fold(spec)
    finished_run(made, "pytorch", {fit.id: np.full((len(windows[fit.fold]), 5, 1), 50.0) for fit in fits})
    return made


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline_runs, "COMMAND", (sys.executable, "-m", "tests.core.runs.stub_fitter"))


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline_runs, "COMMAND", (sys.executable, "-c", "raise SystemExit(1)"))


def rows(folder: ComparisonFolder) -> dict[str, list[Baseline]]:
    comparison = Comparison.model_validate_json((folder.path / "comparison.json").read_bytes())
    found: dict[str, list[Baseline]] = {}
    for each in comparison.baselines:
        found.setdefault(each.name, []).append(each)
    return found


@pytest.mark.slow
def test_every_method_is_scored_on_the_same_windows_fold_by_fold(store: Store, dataset: Dataset, make_spec) -> None:  # type: ignore[no-untyped-def]
    """Each fitted on the rows before its fold, and its forecasts are there to be drawn."""
    folder = make(store, dataset, make_spec, folds=2)
    told: list[str] = []
    evaluate(folder, Watch(told.append))
    found, spec, values = rows(folder), folder.spec(), np.asarray(dataset.values[:, :1])
    assert set(found) == {*SIMPLE, *NAMES}
    assert any("ARIMA" in text and "of 5 fitted" in text for text in told)
    for name, folds in found.items():
        assert [(each.fold, each.status) for each in folds] == [(0, "finished"), (1, "finished")]
        assert [each.windows for each in folds] == [each.windows for each in found["naive"]]
        drawn = results.baseline_forecasts(folder.path, name, np.concatenate(origins_by_fold(spec)))
        for each, origins in zip(folds, origins_by_fold(spec), strict=True):
            actual = np.stack([values[origin : origin + 5] for origin in origins])
            forecast, drawn = drawn[: len(origins)], drawn[len(origins) :]
            assert each.test.mae == pytest.approx(np.abs(forecast - actual).mean(), rel=1e-6)
            assert len(each.test_by_step or ()) == 5 and each.label
    for fold, (origins, split) in enumerate(
        zip(origins_by_fold(spec), fold_splits(Split(200, 40, 60), 2), strict=True)
    ):
        forecast, models = classical.forecast("theta", values, split.test_start, origins, 5, 7)
        start = fold * len(origins_by_fold(spec)[0])
        got = baseline_files.read(folder, "theta")[start : start + len(origins)]
        np.testing.assert_allclose(got, forecast, rtol=1e-6)
        assert found["theta"][fold].note == f"{models[0]}, fitted on {split.test_start} rows"


def test_what_takes_too_long_is_ended_and_the_others_stand(
    folder: ComparisonFolder, stub: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUB_FIT", "theta:hang")
    monkeypatch.setattr(baseline_runs, "LIMIT_S", 1.0)
    before = set(psutil.Process().children())
    began = time.monotonic()
    evaluate(folder)
    assert time.monotonic() - began < 30
    assert not set(psutil.Process().children()) - before, "no process is left"
    found = rows(folder)
    (late,) = found["theta"]
    assert (late.status, late.note, late.test.mae) == (
        "not_finished",
        "It was ended after 1 seconds of computing.",
        None,
    )
    for name in set(NAMES) - {"theta"}:
        assert found[name][0].status == "finished" and found[name][0].test.mae is not None
        assert (found[name][0].note, found[name][0].seconds) == (f"{name}, fold 0", 0.25)
    comparison = results.load(folder.path)
    assert "theta" not in [each.name for each in results.baselines(comparison)]
    assert [each.name for each in results.unfinished_baselines(comparison)] == ["theta"]


def test_all_together_have_a_time_too(folder: ComparisonFolder, stub: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which ends the one that goes on, and leaves none to those behind it."""
    monkeypatch.setenv("STUB_FIT", "theta:hang,ridge:hang")
    monkeypatch.setattr(baseline_runs, "TOTAL_S", 1.5)
    evaluate(folder)
    found = rows(folder)
    assert {found[name][0].note for name in NAMES} == {baseline_runs.NO_TIME.format(1.5)}
    assert all(found[name][0].status == "finished" for name in SIMPLE)


def test_a_process_that_dies_takes_one_method_with_it(
    folder: ComparisonFolder, stub: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUB_FIT", "theta:die,ridge:refuse")
    evaluate(folder)
    found = rows(folder)
    assert found["theta"][0].note == "Its process ended before it was fitted."
    assert found["ridge"][0].note == "It does not suit."
    assert all(found[name][0].status == "finished" for name in ("ets", "arima", "boosting"))


def test_a_stop_ends_the_rest_at_once(folder: ComparisonFolder, stub: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is scored is published all the same."""
    monkeypatch.setenv("STUB_FIT", "ets:hang,boosting:hang")
    watch = Watch()
    watch.tell = lambda text: watch.stop.set() if "ETS" in text and "boosting" in text else None
    began = time.monotonic()
    evaluate(folder, watch)
    assert time.monotonic() - began < 15
    found = rows(folder)
    assert {name for name in NAMES if found[name][0].status == "finished"} == {"theta", "ridge"}
    assert found["ets"][0].note == found["arima"][0].note == baseline_runs.STOPPED


def test_who_stopped_the_training_does_not_wait(folder: ComparisonFolder, nobody: None) -> None:
    journal(folder, "pytorch", [begun("pytorch"), *fit_events("seed0-fold0", (0.9,), 1), Finished("stopped", 1.0, 1.0)])
    evaluate(folder)
    assert {rows(folder)[name][0].note for name in NAMES} == {baseline_runs.STOPPED}


def test_a_failed_run_keeps_no_method_from_being_fitted(
    store: Store,
    dataset: Dataset,
    make_spec,
    stub: None,  # type: ignore[no-untyped-def]
) -> None:
    folder = make(store, dataset, make_spec, frameworks=("pytorch", "tensorflow"))
    failed_run(folder, "tensorflow")
    evaluate(folder)
    assert all(rows(folder)[name][0].status == "finished" for name in NAMES)


def test_arithmetic_alone_where_that_is_asked(store: Store, dataset: Dataset, make_spec, nobody: None) -> None:  # type: ignore[no-untyped-def]
    folder = make(store, dataset, make_spec, baselines="simple")
    evaluate(folder)
    assert list(rows(folder)) == SIMPLE and not (folder.path / "baselines").exists()


def test_another_evaluation_takes_what_was_finished(
    folder: ComparisonFolder, stub: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And fits only what was not, or what has been damaged since."""
    monkeypatch.setenv("STUB_FIT", "arima:refuse")
    evaluate(folder)
    before = rows(folder)
    monkeypatch.setattr(baseline_runs, "COMMAND", (sys.executable, "-c", "raise SystemExit(1)"))
    evaluate(folder)
    after = rows(folder)
    assert [after[name] for name in NAMES if name != "arima"] == [before[name] for name in NAMES if name != "arima"]
    assert after["arima"][0].note == "Its process ended before it was fitted."
    array = folder.path / "baselines" / "ets.npy"
    array.write_bytes(array.read_bytes()[:-4] + b"\0\0\0\0")
    (folder.path / "baselines" / "ridge.json").unlink()
    with pytest.raises(StoreFailed, match="damaged"):
        baseline_files.read(folder, "ets")
    evaluate(folder)
    assert [name for name in NAMES if rows(folder)[name][0].status != "finished"] == ["ridge", "ets", "arima"]


def test_a_method_that_was_not_finished_cannot_be_drawn(folder: ComparisonFolder, nobody: None) -> None:
    evaluate(folder)
    with pytest.raises(NotFound, match="no forecasts of exponential smoothing"):
        results.baseline_forecasts(folder.path, "ets", origins_by_fold(folder.spec())[0])


def test_a_process_that_cannot_be_started(folder: ComparisonFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline_runs, "COMMAND", ("/nowhere/python",))
    assert (
        Fitter(folder)
        .fit("ets", time.monotonic() + 5, threading.Event())
        .startswith("The system could not start a process")
    )


PARENT = """
import sys, threading, pathlib
from core.runs import baseline_runs
from core.runs.spec import FitSpec
from core.runs.store import ComparisonFolder
fitter = baseline_runs.Fitter(ComparisonFolder(pathlib.Path(sys.argv[1])))
fitter._start()
print(fitter._process.pid, flush=True)
threading.Event().wait()
"""


def test_its_process_ends_with_the_one_that_asks(folder: ComparisonFolder) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(folder.path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    with parent.stdout:
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        parent.wait()
    child.wait(timeout=20)
    assert not child.is_running()


@pytest.mark.slow
def test_watched_and_stopped_while_they_are_fitted(store: Store, dataset: Dataset, make_spec) -> None:  # type: ignore[no-untyped-def]
    """Through the supervisor: what goes on is told, and a stop leaves all that was trained scored."""
    supervisor = Supervisor(store, warm=())
    supervisor.start()
    try:
        id = supervisor.submit(make_spec(frameworks=("linear",), baselines="all"), dataset)
        until = time.monotonic() + 60
        while not (scoring := supervisor.view(id).scoring):
            assert time.monotonic() < until
            time.sleep(0.02)
        supervisor.stop(id)
        view = supervisor.wait(id, 20)
    finally:
        supervisor.close()
    assert "of 5 fitted" in scoring
    assert view.state == "stopped" and view.runs["linear"].state == "finished"
    found = rows(store.open(id))
    assert all(found[name][0].status == "finished" for name in SIMPLE)
    assert found["arima"][0].note == baseline_runs.STOPPED
    assert results.load(store.open(id).path).runs[0].fits[0].test is not None
