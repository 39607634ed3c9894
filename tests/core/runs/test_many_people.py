"""Several sessions and several processes at one installation: turns, the queue, and the one machine."""

import os
import time
from collections.abc import Callable

import pytest

from core.data.dataset import Dataset
from core.errors import BadInput
from core.runs import holding
from core.runs import supervisor as supervisor_module
from core.runs.events import Event, FitDone, FitStarted, from_line
from core.runs.spec import ComparisonSpec
from core.runs.store import Store
from core.runs.supervisor import Supervisor
from core.runs.view import PARKED, ComparisonView

MakeSpec = Callable[..., ComparisonSpec]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="signals and process groups")]


def until(
    supervisor: Supervisor, id: str, condition: Callable[[ComparisonView], bool], seconds: float = 20
) -> ComparisonView:
    deadline = time.monotonic() + seconds
    while not condition(view := supervisor.view(id)):
        assert time.monotonic() < deadline, view
        time.sleep(0.01)
    return view


def trains(view: ComparisonView) -> bool:
    return any(run.fits and run.fits[-1].history and not run.fits[-1].done for run in view.runs.values())


def fits(store: Store, id: str) -> list[tuple[float, float]]:
    """(began, ended) of every fit of a comparison."""
    found = []
    for run in store.open(id).runs():
        events: list[Event] = [event for line in run.events.read_bytes().splitlines() if (event := from_line(line))]
        began = [event.at for event in events if isinstance(event, FitStarted)]
        ended = [event.at for event in events if isinstance(event, FitDone)]
        found += list(zip(began, ended, strict=True))
    return sorted(found)


def test_one_persons_run_begins_after_at_most_one_fit_of_anothers_five(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor.start()
    five = supervisor.submit(make_spec(("score",) * 5, frameworks=("pytorch",), epochs=20), dataset, session="a")
    until(supervisor, five, trains)
    one = supervisor.submit(make_spec(("score",), frameworks=("pytorch",)), dataset, session="b")
    asked = time.time()
    assert supervisor.view(one).position == 1 and supervisor.ahead(one) == (five,)
    until(supervisor, one, trains)
    assert supervisor.view(five).runs["pytorch"].stage == PARKED
    assert supervisor.wait(one, 20).state == "finished"
    assert not supervisor.view(five).ended
    assert supervisor.wait(five, 20).state == "finished"
    began = fits(store, one)[0][0]
    between = [fit for fit in fits(store, five) if asked < fit[1] <= began]
    assert len(between) == 1, "only the fit that was under way"
    assert not any(began < end and start < fits(store, one)[0][1] for start, end in fits(store, five)), "never at once"


def test_a_race_lets_others_in_between_its_fits(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor.start()
    race = supervisor.submit(make_spec(("score",) * 4, order="together", epochs=15), dataset, session="a")
    until(supervisor, race, trains)
    one = supervisor.submit(make_spec(("score",), frameworks=("tensorflow",)), dataset, session="b")
    assert supervisor.wait(one, 20).state == "finished"
    assert not supervisor.view(race).ended
    assert supervisor.wait(race, 20).state == "finished"
    alone = fits(store, one)[0]
    assert not any(start < alone[1] and alone[0] < end for start, end in fits(store, race))


def test_a_session_has_one_comparison_under_way_and_others_pass_its_queue(
    supervisor: Supervisor, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor.start()
    first, second = (supervisor.submit(make_spec(epochs=30), dataset, session="a") for _ in range(2))
    other = supervisor.submit(make_spec(), dataset, session="b")
    until(supervisor, other, lambda view: view.state == "running")
    assert supervisor.view(second).state == "queued"
    assert supervisor.owner(second) == "a" and supervisor.owner(other) == "b"
    for id in (first, second, other):
        assert supervisor.wait(id, 30).state == "finished"
    assert supervisor.owner(other) is None


def test_one_that_gave_the_machine_away_can_be_stopped(
    supervisor: Supervisor, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor.start()
    parked = supervisor.submit(make_spec(("score",) * 5, frameworks=("pytorch",), epochs=15), dataset, session="a")
    until(supervisor, parked, trains)
    other = supervisor.submit(make_spec(frameworks=("pytorch",), epochs=10_000), dataset, session="b")
    until(supervisor, other, trains)
    supervisor.stop(parked)
    until(supervisor, parked, lambda view: view.runs["pytorch"].state == "stopped", 2)
    supervisor.stop(other)
    assert supervisor.wait(parked, 10).state == "stopped"
    assert supervisor.wait(other, 10).state == "stopped"


def test_a_full_queue_refuses_with_a_sentence(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "QUEUE_CAP", 2)
    for _ in range(2):
        supervisor.submit(make_spec(), dataset)
    with pytest.raises(BadInput, match="2 comparisons wait already"):
        supervisor.submit(make_spec(), dataset)
    assert len(store.list()) == 2, "nothing is left of the one that was refused"


def test_two_processes_of_an_installation_never_train_at_once(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    other = os.open(store.root / "machine.lock", os.O_RDWR | os.O_CREAT)
    assert holding._locks(other)  # another process has the machine
    try:
        supervisor.start()
        id = supervisor.submit(make_spec(), dataset)
        time.sleep(0.5)
        assert supervisor.view(id).state == "queued" and supervisor.waits_for_machine
    finally:
        os.close(other)
    assert supervisor.wait(id, 20).state == "finished"
    deadline = time.monotonic() + 2
    while holding.is_held(store.root / "machine.lock"):
        assert time.monotonic() < deadline, "it is given back"
        time.sleep(0.01)


def test_another_process_that_waits_gets_the_machine_between_many_comparisons(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor.start()
    ids = [supervisor.submit(make_spec(epochs=5), dataset, session=f"{n}") for n in range(6)]
    until(supervisor, ids[0], trains)
    wanted, machine = (
        os.open(store.root / name, os.O_RDWR | os.O_CREAT) for name in ("machine.wanted", "machine.lock")
    )
    try:
        assert holding._locks(wanted), "another process says that it waits"
        deadline = time.monotonic() + 20
        while not holding._locks(machine):
            assert time.monotonic() < deadline, "it never gets its turn"
            time.sleep(0.05)
        states = {supervisor.view(id).state for id in ids}
        assert "queued" in states, "it had not to wait for all of them"
    finally:
        os.close(wanted)
        os.close(machine)
    for id in ids:
        assert supervisor.wait(id, 60).state == "finished"


def test_waiting_for_the_machine_costs_next_to_nothing(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    advance = Supervisor._advance
    monkeypatch.setattr(Supervisor, "_advance", lambda self: (looks.append(1), advance(self)))
    other = os.open(store.root / "machine.lock", os.O_RDWR | os.O_CREAT)
    assert holding._locks(other)
    try:
        supervisor.start()
        supervisor.submit(make_spec(), dataset)
        time.sleep(1)
        assert len(looks) < 10
    finally:
        os.close(other)
