"""A supervisor gives a sign of life for what is in its hands, and for nothing else."""

import time
from collections.abc import Callable

from core.data.dataset import Dataset
from core.runs.spec import ComparisonSpec
from core.runs.store import Store
from core.runs.supervisor import Supervisor

MakeSpec = Callable[..., ComparisonSpec]


def test_what_waits_and_what_trains_is_held_until_its_end(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor.start()
    ids = [supervisor.submit(make_spec(epochs=10_000), dataset) for _ in range(2)]
    first, second = map(store.open, ids)
    assert first.is_held() and second.is_held()
    supervisor.stop(second.id)
    supervisor.wait(second.id, 5)
    assert first.is_held() and not second.is_held()
    supervisor.stop(first.id)
    supervisor.wait(first.id, 20)
    assert not first.is_held()
    assert {summary.state for summary in store.list()} == {"stopped"}


def test_what_a_closing_supervisor_leaves_reads_as_interrupted(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor.start()
    ids = [supervisor.submit(make_spec(epochs=10_000), dataset) for _ in range(2)]
    while store.open(ids[0]).state().state == "queued":
        time.sleep(0.01)
    supervisor.close()
    assert {summary.state for summary in store.list()} == {"interrupted"}
    store.delete(ids[0])


def test_one_that_cannot_begin_is_let_go(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    folder = store.open(supervisor.submit(make_spec(), dataset))
    (folder.path / "spec.json").write_text("{")
    supervisor.start()
    while supervisor.active():
        time.sleep(0.01)
    assert not folder.is_held()
    store.delete(folder.id)
