"""The run engine with real processes: turns, stopping, dying, and what is left afterwards."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil
import pytest

from core.data.dataset import Dataset
from core.runs.events import EpochDone, Event, FitDone, FitStarted, Started, from_line
from core.runs.spec import ComparisonSpec
from core.runs.store import Store
from core.runs.supervisor import Supervisor
from core.runs.view import ComparisonView, RunView

MakeSpec = Callable[..., ComparisonSpec]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and process groups")


def journal(store: Store, id: str, framework: str) -> list[Event]:
    lines = store.open(id).run(framework).events.read_bytes().splitlines()
    return [event for line in lines if (event := from_line(line))]


def until(
    supervisor: Supervisor, id: str, condition: Callable[[ComparisonView], bool], seconds: float = 10
) -> ComparisonView:
    deadline = time.monotonic() + seconds
    while not condition(view := supervisor.view(id)):
        assert time.monotonic() < deadline, view
        time.sleep(0.01)
    return view


def trains(view: ComparisonView, framework: str = "pytorch") -> bool:
    run = view.runs[framework]
    return bool(run.fits and run.fits[-1].history and not run.fits[-1].done)


def periods(store: Store, id: str) -> list[tuple[float, float, str]]:
    """(began, ended, framework) of every fit, by time."""
    found = []
    for framework in ("pytorch", "tensorflow"):
        events = journal(store, id, framework)
        began = [event.at for event in events if isinstance(event, FitStarted)]
        ended = [event.at for event in events if isinstance(event, FitDone)]
        found += [(start, end, framework) for start, end in zip(began, ended, strict=True)]
    return sorted(found)


def workers() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            if child.status() != psutil.STATUS_ZOMBIE and any("stub_worker" in part for part in child.cmdline()):
                found.append(child)
        except psutil.Error:  # it ended in between
            continue
    return found


def worker_of(framework: str) -> psutil.Process:
    return next(child for child in workers() if child.cmdline()[-1] == framework)


def test_a_comparison_ends_with_forecasts_of_test_part_and_future(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor.start()
    id = supervisor.submit(make_spec(("score", "final", "certificate")), dataset)
    view = supervisor.wait(id, 20)
    assert (view.state, view.error) == ("finished", None)
    run = view.runs["tensorflow"]
    assert [(fit.kind, fit.best_epoch, fit.done) for fit in run.fits] == [
        ("score", 3, True),
        ("final", 3, True),
        ("certificate", 3, True),
    ]
    assert run.state == "finished" and run.progress == 1 and run.version == "1.0"
    folder = store.open(id).run("tensorflow")
    forecast = np.load(folder.fit("seed0-fold0") / "forecast.npy")
    np.testing.assert_allclose(forecast[0], dataset.values[239, 0], rtol=1e-5)  # in the data's own units
    assert forecast.shape == (56, 5, 1) and forecast.dtype == np.float32
    future = np.load(folder.fit("final") / "forecast.npy")
    np.testing.assert_allclose(future, np.full((1, 5, 1), dataset.values[-1, 0]), rtol=1e-5)
    assert not (folder.fit("certificate") / "forecast.npy").exists()
    assert (folder.fit("certificate") / "initial_output.npy").exists()
    timing = json.loads((folder.path / "timing.json").read_text())
    assert timing["epoch_s"] == pytest.approx(0.02) and timing["peak_memory_mb"] > 10
    assert timing["total_s"] < 1, "waiting for the other framework is not this one's time"
    folder.verify()


def test_frameworks_are_imported_before_anyone_asks(
    store: Store, stubs: None, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor = Supervisor(store)
    supervisor.start()
    try:
        deadline = time.monotonic() + 10
        while {status.state for status in supervisor.frameworks().values()} != {"ready"}:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        began = time.monotonic()
        id = supervisor.submit(make_spec(), dataset)
        until(supervisor, id, trains)
        assert time.monotonic() - began < 1
        started = [journal(store, id, name)[0] for name in ("pytorch", "tensorflow")]
        assert all(isinstance(event, Started) and event.warm for event in started)
    finally:
        supervisor.close()


def test_stopping_before_the_frameworks_are_imported(
    supervisor: Supervisor, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor.start()
    id = supervisor.submit(make_spec(epochs=10_000), dataset)
    until(supervisor, id, lambda view: view.runs["tensorflow"].state == "starting")
    supervisor.stop(id)
    view = supervisor.wait(id, 5)
    assert view.state == "stopped" and {run.state for run in view.runs.values()} == {"stopped"}


def test_in_turn_no_two_fits_overlap_and_each_goes_first_once(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor.start()
    id = supervisor.submit(make_spec(("score", "score", "final"), order="alternate"), dataset)
    assert supervisor.wait(id, 20).state == "finished"
    fits = periods(store, id)
    assert all(before[1] <= after[0] for before, after in pairwise(fits))
    assert [fit[2] for fit in fits] == ["pytorch", "tensorflow", "tensorflow", "pytorch", "pytorch", "tensorflow"]


def test_together_both_train_at_the_same_time(supervisor: Supervisor, dataset: Dataset, make_spec: MakeSpec) -> None:
    supervisor.start()
    id = supervisor.submit(make_spec(order="together", epochs=10_000), dataset)
    until(supervisor, id, lambda view: trains(view) and trains(view, "tensorflow"))


def test_stop_keeps_what_was_trained_and_ends_quickly(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor.start()
    id = supervisor.submit(make_spec(epochs=10_000, order="together"), dataset)
    until(supervisor, id, lambda view: trains(view) and trains(view, "tensorflow"))
    began = time.monotonic()
    supervisor.stop(id)
    view = supervisor.wait(id, 10)
    assert time.monotonic() - began < 2.5
    assert view.state == "stopped" and {run.state for run in view.runs.values()} == {"stopped"}
    assert all(run.fits[0].stopped and run.fits[0].done for run in view.runs.values())
    assert (store.open(id).run("pytorch").fit("seed0-fold0") / "forecast.npy").exists()
    assert (store.open(id).path / "comparison.json").exists(), "what was trained is scored"


def test_a_worker_that_does_not_answer_is_ended(
    supervisor: Supervisor, dataset: Dataset, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINCAST_STUB_DEAF", "pytorch")
    supervisor.start()
    id = supervisor.submit(make_spec(epochs=10_000, frameworks=("pytorch",)), dataset)
    until(supervisor, id, trains)
    began = time.monotonic()
    supervisor.stop(id)
    view = supervisor.wait(id, 10)
    assert 1.9 < time.monotonic() - began < 2.5
    assert view.state == "stopped" and view.runs["pytorch"].state == "stopped"
    assert view.runs["pytorch"].fits[0].history


def test_a_killed_worker_fails_with_a_sentence_of_its_own_and_the_other_goes_on(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor.start()
    id = supervisor.submit(make_spec(epochs=30, hidden=10), dataset)
    until(supervisor, id, trains)
    seen = supervisor.view(id).runs["pytorch"].fits[0].history
    worker_of("pytorch").kill()
    view = until(supervisor, id, lambda view: view.runs["pytorch"].state == "failed", 1)
    assert view.runs["pytorch"].error is not None
    assert "memory" in view.runs["pytorch"].error.what
    view = supervisor.wait(id, 20)
    assert view.state == "finished" and view.runs["tensorflow"].state == "finished"
    epochs = [event.epoch for event in journal(store, id, "pytorch") if isinstance(event, EpochDone)]
    assert epochs == list(range(1, len(epochs) + 1)) and len(epochs) >= len(seen)


def test_a_crashed_worker_names_its_signal(supervisor: Supervisor, dataset: Dataset, make_spec: MakeSpec) -> None:
    supervisor.start()
    id = supervisor.submit(make_spec(epochs=10_000, frameworks=("pytorch",)), dataset)
    until(supervisor, id, trains)
    worker_of("pytorch").send_signal(signal.SIGSEGV)
    view = supervisor.wait(id, 10)
    assert view.state == "failed" and view.error == view.runs["pytorch"].error
    assert view.error is not None and "crashed (SIGSEGV)" in view.error.sentence()


@pytest.mark.parametrize(("layers", "what"), [(8, "diverged"), (7, "unexpected error")])
def test_a_failing_training_is_told_in_plain_words(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec, layers: int, what: str
) -> None:
    supervisor.start()
    id = supervisor.submit(make_spec(layers=layers, frameworks=("pytorch",)), dataset)
    view = supervisor.wait(id, 20)
    assert view.state == "failed" and view.error is not None
    assert what in view.error.what and view.error.remedy and "Error" not in view.error.sentence()
    assert "Traceback" in store.open(id).run("pytorch").log.read_text()


def test_a_missing_framework_leaves_the_other_working(
    supervisor: Supervisor, dataset: Dataset, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINCAST_STUB_MISSING", "tensorflow")
    supervisor.start()
    id = supervisor.submit(make_spec(), dataset)
    view = supervisor.wait(id, 20)
    assert view.state == "finished" and view.runs["pytorch"].state == "finished"
    error = view.runs["tensorflow"].error
    assert error is not None and "not installed" in error.what and "pip install" in error.remedy
    status = supervisor.frameworks()
    assert (status["pytorch"].state, status["tensorflow"].state) == ("ready", "missing")
    assert status["pytorch"].devices[0].id == "cpu"


def test_a_failing_evaluation_leaves_the_runs_as_they_are(
    supervisor: Supervisor, dataset: Dataset, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINCAST_STUB_EVALUATION", "fails")
    supervisor.start()
    view = supervisor.wait(supervisor.submit(make_spec(), dataset), 20)
    assert view.state == "failed" and view.error is not None
    assert {run.state for run in view.runs.values()} == {"finished"}


def test_one_runs_at_a_time_and_one_that_waits_is_cancelled_at_once(
    supervisor: Supervisor, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor.start()
    ids = [supervisor.submit(make_spec(epochs=epochs), dataset) for epochs in (10_000, 3, 3)]
    until(supervisor, ids[0], trains)
    assert supervisor.active() == tuple(ids)
    waiting = supervisor.view(ids[2])
    assert (waiting.state, waiting.position, waiting.runs["pytorch"].state) == ("queued", 2, "waiting")
    supervisor.stop(ids[1])
    assert supervisor.wait(ids[1], 1).state == "stopped"
    assert supervisor.view(ids[2]).position == 1
    supervisor.stop(ids[0])
    assert supervisor.wait(ids[2], 20).state == "finished"
    assert supervisor.active() == ()


def test_closing_ends_every_worker_and_the_run_reads_as_interrupted(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor.start()
    id = supervisor.submit(make_spec(epochs=10_000), dataset)
    until(supervisor, id, trains)
    supervisor.close()
    deadline = time.monotonic() + 1.5
    while workers() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not workers()
    view = Supervisor(store).view(id)
    assert view.state == "interrupted" and view.runs["pytorch"].state == "interrupted"
    assert view.runs["pytorch"].fits[0].history


def test_an_error_of_the_supervisor_itself_does_not_end_it(
    supervisor: Supervisor, dataset: Dataset, make_spec: MakeSpec, caplog: pytest.LogCaptureFixture
) -> None:
    supervisor.start()
    id = supervisor.submit(make_spec(epochs=10_000), dataset)
    until(supervisor, id, trains)
    supervisor._inbox.put(lambda: 1 / 0)  # type: ignore[arg-type,return-value]
    assert supervisor.wait(id, 5).state == "failed"
    assert "ZeroDivisionError" in caplog.text
    assert supervisor.wait(supervisor.submit(make_spec(), dataset), 20).state == "finished"


SERVER = """
import sys, time
from pathlib import Path
from core.runs import process
from core.runs.store import Store
from core.runs.supervisor import Supervisor
process.COMMAND = (sys.executable, "-m", "tests.core.runs.stub_worker")
supervisor = Supervisor(Store(Path(sys.argv[1])))
supervisor.start()
while {status.state for status in supervisor.frameworks().values()} != {"ready"}:
    time.sleep(0.01)
print(" ".join(str(worker.pid) for worker in supervisor._workers.values()), flush=True)
time.sleep(60)
"""


def test_a_killed_server_leaves_no_worker(tmp_path: Path) -> None:
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    with server:
        assert server.stdout
        pids = [int(pid) for pid in server.stdout.readline().split()]
        server.kill()
    assert len(pids) >= 2
    deadline = time.monotonic() + 1.5
    while any(map(alive, pids)):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_the_server_loads_no_framework() -> None:
    code = "import core.runs.supervisor, sys; print({'torch', 'tensorflow', 'sklearn'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


def test_the_linear_framework_trains_and_forecasts(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    supervisor = Supervisor(store, warm=("linear",))
    supervisor.start()
    try:
        id = supervisor.submit(make_spec(frameworks=("linear",), epochs=5, scaler="standard"), dataset)
        view = supervisor.wait(id, 30)
    finally:
        supervisor.close()
    assert (view.state, view.error) == ("finished", None)
    run: RunView = view.runs["linear"]
    losses = [epoch.train_loss for epoch in run.fits[0].history]
    assert losses[-1] < losses[0]  # type: ignore[operator]
    assert (store.open(id).path / "forecasts.csv").exists()
    forecast = np.load(store.open(id).run("linear").fit("seed0-fold0") / "forecast.npy")
    assert 45 < forecast.mean() < 55, "in the data's own units: the waves swing around 50"


def test_a_run_stopped_before_its_first_epoch_is_evaluated_without_forecasts(
    store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor = Supervisor(store, warm=())
    supervisor.start()
    try:
        id = supervisor.submit(make_spec(frameworks=("linear",)), dataset)
        until(supervisor, id, lambda view: view.runs["linear"].state == "starting")
        supervisor.stop(id)
        view = supervisor.wait(id, 20)
    finally:
        supervisor.close()
    assert (view.state, view.error) == ("stopped", None)
    assert json.loads((store.open(id).path / "comparison.json").read_text())["runs"][0]["status"] == "stopped"
