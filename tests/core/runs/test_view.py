"""What watchers see: read once, in step with the journal, and honest about what it does not know yet."""

import threading
import time
from collections.abc import Callable

import pytest

from core.data.dataset import Dataset
from core.errors import NotFound
from core.runs.events import (
    EpochDone,
    Event,
    Failed,
    Finished,
    FitDone,
    FitStarted,
    Progress,
    Resumed,
    Stage,
    Started,
    to_line,
)
from core.runs.files import Journal
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder, State, Store
from core.runs.supervisor import Supervisor
from core.runs.view import ComparisonReader, Live

MakeSpec = Callable[..., ComparisonSpec]
BEGUN = (
    Started("pytorch", "2.0", 1.5, True, 10, {"threads": 1}, ("a note",)),
    FitStarted("seed0-fold0", "score", 0, 0, 4, 100),
)


def epoch(number: int, fit: str = "seed0-fold0") -> EpochDone:
    return EpochDone(fit, number, 1 / number, None, 2.0, 100.0)


@pytest.fixture
def folder(store: Store, dataset: Dataset, make_spec: MakeSpec) -> ComparisonFolder:
    folder = store.create(make_spec(("score", "final"), epochs=4), dataset)
    folder.set_state(State("running", started_at=time.time()))
    return folder


def tell(folder: ComparisonFolder, *events: Event, framework: str = "pytorch") -> None:
    journal = Journal(folder.run(framework).events)
    for event in events:
        journal.write(event)
    journal.close()


def test_after_going_on_the_fits_of_an_earlier_process_count(folder: ComparisonFolder) -> None:
    tell(folder, *BEGUN, epoch(1), epoch(2), epoch(3), FitDone("seed0-fold0", 1, 3, False))
    again = [Resumed(), BEGUN[0], FitStarted("final", "final", 0, 0, 4, 100), epoch(1, "final")]
    tell(folder, *again)
    run = ComparisonReader(folder).view(Live()).runs["pytorch"]
    assert run.progress == pytest.approx(5 / 8) and run.eta_s == pytest.approx(3 * 2.0)


def test_a_kept_fit_that_the_journal_has_lost_counts_too(folder: ComparisonFolder) -> None:
    tell(folder, BEGUN[0], FitStarted("final", "final", 0, 0, 4, 100), epoch(1, "final"))
    run = ComparisonReader(folder).view(Live()).runs["pytorch"]
    assert run.progress == pytest.approx(5 / 8) and run.eta_s == pytest.approx(3 * 2.0)


def test_a_stopped_run_shows_the_share_it_reached(folder: ComparisonFolder) -> None:
    done = FitDone("seed0-fold0", 1, 2, True)
    tell(folder, *BEGUN, epoch(1), epoch(2), done, Finished("stopped", 9.0, 120.0))
    run = ComparisonReader(folder).view(None).runs["pytorch"]
    assert (run.state, run.progress, run.eta_s) == ("stopped", 0.25, 0.0)


def test_a_run_is_seen_as_it_goes(folder: ComparisonFolder) -> None:
    reader = ComparisonReader(folder)
    run = reader.view(Live()).runs["tensorflow"]
    assert (run.state, run.stage, run.eta_s) == ("starting", "starting TensorFlow", None)
    tell(folder, *BEGUN, Progress("seed0-fold0", 1, 0.25, 500.0, 90.0))
    run = reader.view(Live()).runs["pytorch"]
    assert (run.state, run.fit, run.epoch, run.share, run.windows_per_second) == (
        "training",
        "seed0-fold0",
        1,
        0.25,
        500.0,
    )
    assert run.eta_s is None and run.notes == ("a note",) and run.applied == {"threads": 1}
    tell(folder, epoch(1), epoch(2))
    run = reader.view(Live()).runs["pytorch"]
    assert [done.epoch for done in run.fits[0].history] == [1, 2]
    assert run.eta_s == pytest.approx(2 * 2.0 + 4 * 2.0), "two epochs of this fit, four of the final one"
    assert run.progress == pytest.approx(0.25)
    tell(folder, epoch(3), epoch(4), Stage("scoring"))
    assert reader.view(Live()).runs["pytorch"].state == "scoring"
    tell(folder, FitDone("seed0-fold0", 3, 4, False))
    run = reader.view(Live()).runs["pytorch"]
    assert run.fits[0].done and run.fits[0].best_epoch == 3 and run.stage == "waiting for its turn"
    tell(folder, Finished("finished", 9.0, 120.0))
    run = reader.view(Live()).runs["pytorch"]
    assert (run.state, run.progress, run.total_s) == ("finished", 1.0, 9.0)


def test_a_line_that_is_half_written_is_read_when_it_is_whole(folder: ComparisonFolder) -> None:
    reader = ComparisonReader(folder)
    tell(folder, *BEGUN)
    line = to_line(epoch(1))
    events = folder.run("pytorch").events
    with events.open("ab") as file:
        file.write(line[:20])
        file.flush()
        assert reader.view(Live()).runs["pytorch"].fits[0].history == ()
        file.write(line[20:])
    assert len(reader.view(Live()).runs["pytorch"].fits[0].history) == 1


def test_a_run_that_began_anew_shows_only_its_new_epochs(folder: ComparisonFolder) -> None:
    tell(folder, *BEGUN, epoch(1), BEGUN[1], epoch(1))
    assert len(ComparisonReader(folder).view(Live()).runs["pytorch"].fits[0].history) == 1


def test_a_failure_is_shown_with_its_remedy(folder: ComparisonFolder) -> None:
    tell(folder, *BEGUN, Failed("It diverged", "epoch 2", "Lower the learning rate."))
    run = ComparisonReader(folder).view(Live()).runs["pytorch"]
    assert run.state == "failed" and run.error is not None and run.error.remedy == "Lower the learning rate."


def test_without_a_supervisor_what_had_not_ended_was_interrupted(folder: ComparisonFolder) -> None:
    tell(folder, *BEGUN, epoch(1), Finished("finished", 1.0, 1.0))
    tell(folder, *BEGUN, framework="tensorflow")
    view = ComparisonReader(folder).view(None)
    assert view.state == "interrupted"
    assert (view.runs["pytorch"].state, view.runs["tensorflow"].state) == ("finished", "interrupted")


def test_time_to_come_adds_up_when_frameworks_take_turns(folder: ComparisonFolder) -> None:
    reader = ComparisonReader(folder)
    tell(folder, *BEGUN, epoch(1))
    assert reader.view(Live()).eta_s is None, "the other framework has not said how fast it is"
    tell(folder, *BEGUN, epoch(1), framework="tensorflow")
    assert reader.view(Live()).eta_s == pytest.approx(2 * 7 * 2.0)


def test_a_new_name_is_seen_and_a_deleted_comparison_is_gone(store: Store, folder: ComparisonFolder) -> None:
    supervisor = Supervisor(store)
    assert supervisor.view(folder.id).name == "Waves compared"
    store.rename(folder.id, "Autumn")
    assert supervisor.view(folder.id).name == "Autumn"
    store.delete(folder.id)
    with pytest.raises(NotFound):
        supervisor.view(folder.id)


def test_many_watchers_read_each_event_once(store: Store, folder: ComparisonFolder) -> None:
    supervisor = Supervisor(store)
    tell(folder, *BEGUN)

    def watch() -> None:
        for _ in range(50):
            supervisor.view(folder.id)

    watchers = [threading.Thread(target=watch) for _ in range(8)]
    for watcher in watchers:
        watcher.start()
    tell(folder, *(epoch(n) for n in range(1, 101)))
    for watcher in watchers:
        watcher.join()
    assert len(supervisor.view(folder.id).runs["pytorch"].fits[0].history) == 100
