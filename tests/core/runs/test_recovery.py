"""What is left of a comparison whose worker or server ended before it did, and how it goes on from there."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from core.data.dataset import Dataset
from core.errors import BadInput
from core.runs.events import EpochDone, Event, FitResumed, FitStarted, from_line
from core.runs.spec import ComparisonSpec
from core.runs.store import Store
from core.runs.supervisor import Supervisor
from core.runs.view import ComparisonView
from tests.faults import disks

MakeSpec = Callable[..., ComparisonSpec]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="signals and process groups")]

FIT = "seed0-fold0"


def until(
    supervisor: Supervisor, id: str, condition: Callable[[ComparisonView], bool], seconds: float = 20
) -> ComparisonView:
    deadline = time.monotonic() + seconds
    while not condition(view := supervisor.view(id)):
        assert time.monotonic() < deadline, view
        time.sleep(0.01)
    return view


def has_epochs(count: int, framework: str = "pytorch") -> Callable[[ComparisonView], bool]:
    def reached(view: ComparisonView) -> bool:
        run = view.runs[framework]
        return bool(run.fits and len(run.fits[-1].history) >= count)

    return reached


def events(store: Store, id: str, framework: str = "pytorch") -> list[Event]:
    lines = store.open(id).run(framework).events.read_bytes().splitlines()
    return [event for line in lines if (event := from_line(line))]


def worker_of(framework: str) -> psutil.Process:
    children = psutil.Process().children(recursive=True)
    return next(child for child in children if child.is_running() and framework in child.cmdline()[-1:])


def interrupted(store: Store, dataset: Dataset, spec: ComparisonSpec, ready: Callable[[ComparisonView], bool]) -> str:
    """A comparison whose supervisor ended in the middle."""
    first = Supervisor(store, warm=())
    first.start()
    id = first.submit(spec, dataset)
    until(first, id, ready)
    first.close()
    return id


def recovered(supervisor: Supervisor, store: Store, id: str) -> ComparisonView:
    """Once what was left of it has been scored."""
    supervisor.start()
    until(supervisor, id, lambda view: view.ended and (store.open(id).path / "comparison.json").is_file())
    return supervisor.wait(id, 20)


@pytest.fixture
def restarted(store: Store, stubs: None) -> object:
    supervisor = Supervisor(store, warm=(), recovers=True)
    yield supervisor
    supervisor.close()


def test_a_killed_worker_leaves_forecasts_of_the_best_weights_it_saved(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor.start()
    id = supervisor.submit(make_spec(("score",), frameworks=("pytorch",), epochs=10_000), dataset)
    until(supervisor, id, has_epochs(2))
    worker_of("pytorch").kill()
    view = supervisor.wait(id, 20)
    assert view.state == "failed" and view.runs["pytorch"].state == "failed"
    error = view.runs["pytorch"].error
    assert error is not None and "killed" in error.what
    folder = store.open(id).run("pytorch")
    assert (folder.fit(FIT) / "forecast.npy").is_file()
    fit = view.runs["pytorch"].fits[0]
    assert fit.done and 1 <= fit.best_epoch <= len(fit.history)
    assert folder.weights(FIT, "weights")[1] == fit.best_epoch
    assert (store.open(id).path / "comparison.json").is_file()


def test_what_a_dead_server_left_is_marked_scored_and_shown(
    store: Store, stubs: None, dataset: Dataset, make_spec: MakeSpec, restarted: Supervisor
) -> None:
    id = interrupted(store, dataset, make_spec(epochs=10_000, order="together"), has_epochs(2))
    assert Supervisor(store).view(id).state == "interrupted"
    restarted.start()
    deadline = time.monotonic() + 2
    while store.open(id).state().state != "interrupted" and restarted.view(id).state != "evaluating":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    until(restarted, id, lambda view: view.ended and (store.open(id).path / "comparison.json").is_file())
    view = restarted.wait(id, 20)
    assert view.state == "interrupted" and view.error is None
    for framework in ("pytorch", "tensorflow"):
        assert (store.open(id).run(framework).fit(FIT) / "forecast.npy").is_file()


def test_one_interrupted_before_its_first_epoch_is_only_marked(
    store: Store, stubs: None, dataset: Dataset, make_spec: MakeSpec, restarted: Supervisor
) -> None:
    id = interrupted(store, dataset, make_spec(), lambda view: view.state == "running")
    restarted.start()
    deadline = time.monotonic() + 2
    while store.open(id).state().state != "interrupted":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert restarted.active() == ()


def test_an_interrupted_comparison_goes_on_from_its_last_weights(
    store: Store, stubs: None, dataset: Dataset, make_spec: MakeSpec, restarted: Supervisor
) -> None:
    spec = make_spec(("score", "final"), epochs=40, hidden=50, frameworks=("pytorch",))
    id = interrupted(store, dataset, spec, has_epochs(25))
    recovered(restarted, store, id)
    restarted.resume(id, "me")
    assert restarted.owner(id) == "me"
    view = restarted.wait(id, 30)
    assert (view.state, view.error) == ("finished", None)
    history = view.runs["pytorch"].fits[0].history
    assert [epoch.epoch for epoch in history] == list(range(1, 41)), "no epoch is lost, none counts twice"
    told = events(store, id)
    resumed = [event for event in told if isinstance(event, FitResumed)]
    assert len(resumed) == 1 and resumed[0].after_epoch >= 1
    trained_twice = len([event for event in told if isinstance(event, EpochDone) and event.fit == FIT]) - 40
    assert trained_twice <= 25, "at most a second's worth"
    folder = store.open(id).run("pytorch")
    weights, epoch = folder.weights(FIT, "weights")
    assert epoch == 40 and float(weights["weight"][0]) == 40, "the stub adds one each epoch: nothing began anew"
    assert (folder.fit("final") / "forecast.npy").is_file()
    assert any("went on from its weights" in note for note in _notes(folder.path))


def _notes(run: Path) -> list[str]:
    from core.runs.files import read_json

    return list(read_json(run / "timing.json")["resumed"])


def test_fits_that_were_finished_are_not_trained_again(
    store: Store, stubs: None, dataset: Dataset, make_spec: MakeSpec, restarted: Supervisor
) -> None:
    spec = make_spec(("score", "score", "final"), epochs=20, hidden=20)
    second_fit = lambda view: len(view.runs["pytorch"].fits) == 2  # noqa: E731
    id = interrupted(store, dataset, spec, second_fit)
    recovered(restarted, store, id)
    restarted.resume(id)
    assert restarted.wait(id, 30).state == "finished"
    for framework in ("pytorch", "tensorflow"):
        began = [event.fit for event in events(store, id, framework) if isinstance(event, FitStarted)]
        assert began.count(FIT) == 1


def test_a_stopped_comparison_goes_on_too_and_a_finished_one_does_not(
    supervisor: Supervisor, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor.start()
    id = supervisor.submit(make_spec(epochs=30, hidden=50), dataset)
    until(supervisor, id, has_epochs(3))
    with pytest.raises(BadInput, match="still under way"):
        supervisor.resume(id)
    supervisor.stop(id)
    assert supervisor.wait(id, 10).state == "stopped"
    supervisor.resume(id)
    view = supervisor.wait(id, 30)
    assert view.state == "finished" and {run.state for run in view.runs.values()} == {"finished"}
    assert all(len(run.fits[0].history) == 30 for run in view.runs.values())
    with pytest.raises(BadInput, match="Everything in this comparison has been trained"):
        supervisor.resume(id)


def test_a_failed_run_goes_on_while_the_finished_one_is_kept(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINCAST_STUB_MISSING", "tensorflow")
    supervisor.start()
    id = supervisor.submit(make_spec(), dataset)
    assert supervisor.wait(id, 20).runs["tensorflow"].state == "failed"
    before = store.open(id).run("pytorch").events.read_bytes()
    monkeypatch.delenv("TWINCAST_STUB_MISSING")
    supervisor.resume(id)
    view = supervisor.wait(id, 20)
    assert view.state == "finished" and {run.state for run in view.runs.values()} == {"finished"}
    assert store.open(id).run("pytorch").events.read_bytes() == before


def test_a_scorer_that_dies_again_and_again_ends_its_comparison_and_no_other(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINCAST_STUB_DIES", "evaluation")
    supervisor.start()
    id = supervisor.submit(make_spec(), dataset)
    view = supervisor.wait(id, 20)
    assert view.state == "failed" and view.error is not None and view.error.what
    assert {run.state for run in view.runs.values()} == {"finished"}
    monkeypatch.delenv("TWINCAST_STUB_DIES")
    assert supervisor.wait(supervisor.submit(make_spec(), dataset), 20).state == "finished"


def test_what_could_not_be_scored_is_scored_again_without_training(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINCAST_STUB_EVALUATION", "fails")
    supervisor.start()
    id = supervisor.submit(make_spec(), dataset)
    assert supervisor.wait(id, 20).state == "failed"
    monkeypatch.delenv("TWINCAST_STUB_EVALUATION")
    before = store.open(id).run("pytorch").events.read_bytes()
    supervisor.resume(id)
    view = supervisor.wait(id, 20)
    assert (view.state, view.error) == ("finished", None)
    assert store.open(id).run("pytorch").events.read_bytes() == before


def test_one_whose_server_died_while_it_was_scored_is_finished(
    store: Store,
    stubs: None,
    dataset: Dataset,
    make_spec: MakeSpec,
    monkeypatch: pytest.MonkeyPatch,
    restarted: Supervisor,
) -> None:
    monkeypatch.setenv("TWINCAST_STUB_DIES", "evaluation")
    id = interrupted(store, dataset, make_spec(epochs=2), lambda view: view.state in ("evaluating", "failed"))
    folder = store.open(id)
    folder.set_state(replace(folder.state(), state="evaluating", error=None))
    monkeypatch.delenv("TWINCAST_STUB_DIES")
    view = recovered(restarted, store, id)
    assert (view.state, view.error) == ("finished", None), "nothing of it is missing"


def test_going_on_with_warm_workers_damages_nothing(
    store: Store, stubs: None, dataset: Dataset, make_spec: MakeSpec
) -> None:
    """Both begin at the same moment, and both have files in the one comparison."""
    supervisor = Supervisor(store)
    supervisor.start()
    try:
        id = supervisor.submit(make_spec(epochs=10_000, order="together"), dataset)
        for _ in range(4):
            until(supervisor, id, lambda view: has_epochs(2)(view) and has_epochs(2, "tensorflow")(view))
            supervisor.stop(id)
            view = supervisor.wait(id, 10)
            assert (view.state, view.error) == ("stopped", None)
            for run in store.open(id).runs():
                run.verify()
            until_warm(supervisor)
            supervisor.resume(id)
            until(supervisor, id, lambda view: {run.state for run in view.runs.values()} == {"training"})
    finally:
        supervisor.close()


def until_warm(supervisor: Supervisor) -> None:
    deadline = time.monotonic() + 20
    while len(supervisor._pool.waiting) < 3 or supervisor._pool.importing:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_two_who_go_on_at_the_same_moment_start_it_once(
    supervisor: Supervisor, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor.start()
    id = supervisor.submit(make_spec(epochs=10_000), dataset)
    until(supervisor, id, has_epochs(1))
    supervisor.stop(id)
    supervisor.wait(id, 10)
    refused = []

    def ask() -> None:
        try:
            supervisor.resume(id)
        except BadInput as error:
            refused.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 3 and supervisor.active() == (id,)


def test_a_disk_that_fills_up_while_it_trains_is_said(
    tmp_path: Path, stubs: None, dataset: Dataset, make_spec: MakeSpec
) -> None:
    with disks.tmpfs(tmp_path) as mounted:
        if not mounted:
            pytest.skip("no tmpfs can be mounted here")
        supervisor = Supervisor(Store(tmp_path), warm=())
        supervisor.start()
        try:
            id = supervisor.submit(make_spec(epochs=10_000), dataset)
            until(supervisor, id, has_epochs(2))
            disks.fill(tmp_path)
            view = supervisor.wait(id, 20)
        finally:
            supervisor.close()
        assert view.state == "failed" and view.error is not None
        assert "disk is full" in view.error.remedy


@pytest.mark.frameworks
@pytest.mark.parametrize("framework", ["pytorch", "tensorflow"])
def test_real_frameworks_go_on_where_they_were(
    store: Store, dataset: Dataset, make_spec: MakeSpec, framework: str
) -> None:
    """The loss goes on falling from where it was, and the forecasts so far are there in between."""
    spec = make_spec(("score", "final"), frameworks=(framework,), epochs=150, hidden=16, scaler="standard")
    id = interrupted(store, dataset, spec, has_epochs(30, framework))
    supervisor = Supervisor(store, warm=(), recovers=True)
    try:
        view = recovered(supervisor, store, id)
        assert view.state == "interrupted" and view.runs[framework].fits[0].best_epoch >= 1
        assert store.open(id).run(framework).has(FIT, "forecast.npy")
        supervisor.resume(id)
        view = supervisor.wait(id, 120)
    finally:
        supervisor.close()
    assert (view.state, view.error) == ("finished", None)
    (resumed,) = [event for event in events(store, id, framework) if isinstance(event, FitResumed)]
    history = view.runs[framework].fits[0].history
    assert [epoch.epoch for epoch in history] == list(range(1, 151))
    first, before, after = (history[at].train_loss or 0 for at in (0, resumed.after_epoch - 1, resumed.after_epoch))
    assert after < before + 0.2 * (first - before), "it did not begin anew"
