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
from typing import Any

import numpy as np
import psutil
import pytest

from core import hardware
from core.data.dataset import Dataset
from core.errors import StoreFailed
from core.runs import headless, pool, process
from core.runs.events import EpochDone, Event, FitDone, FitStarted, Started, from_line
from core.runs.following import RunView
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder, State, Store
from core.runs.supervisor import Supervisor
from core.runs.view import ComparisonView

MakeSpec = Callable[..., ComparisonSpec]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="signals and process groups")]


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


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def spied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the workers that are started from now on, or whose start is tried."""
    starts: list[str] = []

    class Spy(process.WorkerProcess):
        def __init__(self, name: str, *arguments: Any) -> None:
            starts.append(name)
            super().__init__(name, *arguments)

    monkeypatch.setattr(pool, "WorkerProcess", Spy)
    return starts


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
    monkeypatch.setattr(process, "ACKNOWLEDGE_S", 0.5)
    monkeypatch.setattr(process, "TERMINATE_S", 1.0)
    supervisor.start()
    id = supervisor.submit(make_spec(epochs=10_000, frameworks=("pytorch",)), dataset)
    until(supervisor, id, trains)
    began = time.monotonic()
    supervisor.stop(id)
    view = supervisor.wait(id, 10)
    assert 0.9 < time.monotonic() - began < 2.5
    assert view.state == "stopped" and view.runs["pytorch"].state == "stopped"
    assert view.runs["pytorch"].fits[0].history


def test_a_training_that_does_not_notice_the_stop_is_ended(
    supervisor: Supervisor, dataset: Dataset, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker hears the stop at once: that must not buy its training any time."""
    monkeypatch.setattr(process, "ACKNOWLEDGE_S", 0.5)
    monkeypatch.setattr(process, "TERMINATE_S", 1.0)
    supervisor.start()
    id = supervisor.submit(make_spec(epochs=10_000, layers=6, frameworks=("pytorch",)), dataset)
    until(supervisor, id, trains)
    began = time.monotonic()
    supervisor.stop(id)
    view = supervisor.wait(id, 10)
    assert 0.4 < time.monotonic() - began < 2.5
    assert view.state == "stopped" and view.runs["pytorch"].fits[0].history


@pytest.mark.parametrize("while_scoring", [False, True])
def test_what_was_trained_may_take_its_time_to_be_scored_after_a_stop(
    supervisor: Supervisor,
    store: Store,
    dataset: Dataset,
    make_spec: MakeSpec,
    monkeypatch: pytest.MonkeyPatch,
    while_scoring: bool,
) -> None:
    monkeypatch.setattr(process, "ACKNOWLEDGE_S", 0.5)
    monkeypatch.setattr(process, "TERMINATE_S", 1.0)
    supervisor.start()
    epochs = 3 if while_scoring else 10_000
    id = supervisor.submit(make_spec(epochs=epochs, layers=5, frameworks=("pytorch",)), dataset)
    until(supervisor, id, lambda view: view.runs["pytorch"].state == "scoring" if while_scoring else trains(view))
    supervisor.stop(id)
    view = supervisor.wait(id, 10)
    assert view.state == "stopped" and view.runs["pytorch"].state == "stopped"
    assert (store.open(id).run("pytorch").fit("seed0-fold0") / "forecast.npy").exists()


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
    assert "killed" in view.runs["pytorch"].error.what
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


def test_an_unusable_folder_is_said_once_and_not_tried_again_and_again(
    tmp_path: Path, stubs: None, dataset: Dataset, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    starts = spied(monkeypatch)
    supervisor = Supervisor(Store(tmp_path / "file" / "home"))
    supervisor.start()
    try:
        wait_for(lambda: {status.state for status in supervisor.frameworks().values()} == {"broken"})
        time.sleep(0.5)
        assert len(starts) == 3
        for status in supervisor.frameworks().values():
            assert status.problem is not None and "TWINCAST_HOME" in status.problem.remedy
            assert str(tmp_path / "file" / "home") in status.problem.where
        with pytest.raises(StoreFailed):
            supervisor.submit(make_spec(), dataset)
    finally:
        supervisor.close()


def test_without_a_browser_an_unusable_folder_ends_it_with_one_sentence(
    tmp_path: Path, stubs: None, dataset: Dataset
) -> None:
    (tmp_path / "file").write_text("no folder")
    request = headless.Request(dataset, {"frameworks": ("linear",)}, "waves.csv", "out", {})
    with pytest.raises(StoreFailed, match="TWINCAST_HOME"):
        headless.run(request, Store(tmp_path / "file" / "home"), warn=print, watch=lambda view: None)


def test_a_folder_that_becomes_usable_is_used(tmp_path: Path, stubs: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "FIRST_PAUSE_S", 0.3)
    (tmp_path / "home").write_text("no folder yet")
    supervisor = Supervisor(Store(tmp_path / "home"))
    supervisor.start()
    try:
        wait_for(lambda: {status.state for status in supervisor.frameworks().values()} == {"broken"})
        (tmp_path / "home").unlink()
        wait_for(lambda: {status.state for status in supervisor.frameworks().values()} == {"ready"})
    finally:
        supervisor.close()


@pytest.mark.parametrize("name", ["pytorch", "evaluation"])
def test_a_worker_that_dies_while_it_imports_is_started_again_after_a_pause(
    store: Store, stubs: None, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(process, "FIRST_PAUSE_S", 0.5)
    supervisor = Supervisor(store)
    supervisor.start()
    try:
        wait_for(lambda: len(supervisor._pool.waiting) == 3 and not supervisor._pool.importing)
        starts = spied(monkeypatch)
        monkeypatch.setenv("TWINCAST_STUB_DIES", name)
        worker_of(name).kill()
        wait_for(lambda: len(starts) >= 2, 5)
        if name == "pytorch":
            wait_for(lambda: supervisor.frameworks()["pytorch"].state == "broken")
        time.sleep(0.8)
        assert starts == [name] * 2, "the pauses become longer"
        monkeypatch.delenv("TWINCAST_STUB_DIES")
        wait_for(lambda: len(supervisor._pool.waiting) == 3 and not supervisor._pool.importing)
        assert supervisor.frameworks()["pytorch"].state == "ready"
    finally:
        supervisor.close()


def test_a_scorer_that_dies_while_the_frameworks_train_is_replaced(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor.start()
    id = supervisor.submit(make_spec(epochs=10), dataset)
    until(supervisor, id, trains)
    worker_of("evaluation").kill()
    view = supervisor.wait(id, 20)
    assert (view.state, view.error) == ("finished", None)
    assert {run.state for run in view.runs.values()} == {"finished"}
    assert (store.open(id).path / "comparison.json").exists()
    wait_for(lambda: not workers())


def test_an_unexpected_end_leaves_no_worker_without_an_owner(
    supervisor: Supervisor, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor.start()
    id = supervisor.submit(make_spec(epochs=10_000), dataset)
    until(supervisor, id, trains)
    (going,) = supervisor._going
    supervisor._inbox.put(lambda: going._finish("failed", None))
    assert supervisor.wait(id, 5).state == "failed"
    wait_for(lambda: not workers())


def test_a_comparison_that_cannot_begin_fails_with_the_reason_and_keeps_no_worker(
    supervisor: Supervisor, dataset: Dataset, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = ComparisonFolder.set_state

    def refuse(folder: ComparisonFolder, state: State) -> None:
        if state.state == "running":
            raise StoreFailed(
                "The result could not be saved: No space left on device", "state.json", "Free some space."
            )
        write(folder, state)

    monkeypatch.setattr(ComparisonFolder, "set_state", refuse)
    supervisor.start()
    view = supervisor.wait(supervisor.submit(make_spec(), dataset), 5)
    assert view.state == "failed" and view.error is not None and "No space left" in view.error.what
    assert not workers() and supervisor.active() == ()
    monkeypatch.setattr(ComparisonFolder, "set_state", write)
    assert supervisor.wait(supervisor.submit(make_spec(), dataset), 20).state == "finished"


def test_a_comparison_whose_state_cannot_be_written_at_all_is_not_driven(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = make_spec(), make_spec()
    supervisor.submit(first, dataset)
    supervisor.submit(second, dataset)
    state = store.open(first.id).path / "state.json"
    state.unlink()
    state.mkdir()
    supervisor.start()
    assert supervisor.wait(first.id, 5).state == "interrupted"
    assert supervisor.wait(second.id, 20).state == "finished"


def test_workers_import_one_after_another_and_no_fit_begins_before_the_scorer_is_there(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    importing: list[int] = []

    class Spy(process.WorkerProcess):
        def __init__(self, *arguments: Any) -> None:
            importing.append(len([worker for worker in spies if worker.importing]))
            spies.append(self)
            self.ready, self.failed = None, False
            super().__init__(*arguments)

    spies: list[Spy] = []
    monkeypatch.setattr(pool, "WorkerProcess", Spy)
    monkeypatch.setenv("TWINCAST_STUB_EVALUATION", "slow")
    supervisor.start()
    id = supervisor.submit(make_spec(), dataset)
    assert supervisor.wait(id, 20).state == "finished"
    assert importing == [0, 0, 0]
    assert [spy.name for spy in spies] == ["pytorch", "tensorflow", "evaluation"]
    started_at = store.open(id).state().started_at
    assert started_at is not None and periods(store, id)[0][0] - started_at > 2


def test_other_processes_work_is_measured_when_the_comparison_begins(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[float] = []

    def read(with_this: bool = True) -> hardware.CpuReading:
        if with_this:
            calls.append(time.time())
        return hardware.CpuReading(at=time.monotonic(), busy=1.5 * time.monotonic(), own=0.25 * time.monotonic())

    monkeypatch.setattr(hardware, "read_cpu", read)
    supervisor.start()
    ids = [supervisor.submit(make_spec(), dataset) for _ in range(2)]
    assert supervisor.wait(ids[1], 20).state == "finished"
    assert [store.open(id).state().load_before for id in ids] == [1.25, 1.25]
    assert len(calls) == 4
    ended = store.open(ids[0]).state().ended_at
    assert ended is not None and calls[2] >= ended, "not while it waited"
    assert calls[3] - calls[2] >= 0.3 and calls[3] <= periods(store, ids[1])[0][0]


def test_work_of_others_that_comes_later_is_noticed_too(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing while it begins; then, during its fits, 1.5 cores, the server's own work among them."""

    def read(with_this: bool = True) -> hardware.CpuReading:
        return hardware.CpuReading(at=time.monotonic(), busy=0 if with_this else 1.5 * time.monotonic(), own=0)

    monkeypatch.setattr(hardware, "read_cpu", read)
    supervisor.start()
    id = supervisor.submit(make_spec(("score",), frameworks=("pytorch",), epochs=30), dataset)
    assert supervisor.wait(id, 20).state == "finished"
    state = store.open(id).state()
    assert (state.load_before, state.load_during) == (0.0, 1.5)


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
print(" ".join(str(worker.pid) for worker in supervisor._pool.waiting.values()), flush=True)
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
    heavy = "{'torch', 'tensorflow', 'sklearn', 'statsmodels', 'scipy'}"
    code = f"import core.runs.supervisor, sys; print({heavy} & set(sys.modules))"
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
