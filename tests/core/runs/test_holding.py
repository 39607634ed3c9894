"""A supervisor gives a sign of life for what is in its hands, and for nothing else."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.data.dataset import Dataset
from core.errors import BadInput, StoreFailed
from core.runs import holding
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


HOLDER = """
import sys, time
from pathlib import Path
from core.runs import holding
assert holding.try_hold(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


@contextmanager
def another_process_with(path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as other:
        try:
            assert other.stdout and other.stdout.readline() == b"held\n"
            yield other
        finally:
            other.kill()


def test_the_machine_is_one_process_s_at_a_time(store: Store) -> None:
    lock = store.machine_lock  # the installation's folder is made for it
    assert not holding.is_held(lock)
    with another_process_with(lock) as other:
        assert holding.is_held(lock) and not holding.holds(lock)
        assert not holding.try_hold(lock)
        with pytest.raises(StoreFailed, match="Another process"):
            holding.hold(lock)
        other.kill()
        other.wait()
        assert holding.try_hold(lock), "a dead holder lets go at once"
    assert holding.holds(lock) and holding.try_hold(lock)
    holding.release(lock)
    assert not holding.is_held(lock)


@pytest.mark.slow
def test_this_process_never_takes_itself_for_another(tmp_path: Path) -> None:
    path, over = tmp_path / "machine.lock", threading.Event()

    def take_and_release() -> None:
        while not over.is_set():
            holding.try_hold(path)
            holding.release(path)

    thread = threading.Thread(target=take_and_release)
    thread.start()
    try:
        assert not any(holding.is_held_elsewhere(path) for _ in range(5_000))
    finally:
        over.set()
        thread.join()


def test_who_only_looks_keeps_nobody_from_holding(tmp_path: Path) -> None:
    lock, over = tmp_path / "a.lock", threading.Event()
    lock.touch()

    def look() -> None:
        while not over.is_set():
            holding.is_held(lock)

    watchers = [threading.Thread(target=look) for _ in range(4)]
    for watcher in watchers:
        watcher.start()
    try:
        for _ in range(50):
            holding.hold(lock)
            holding.release(lock)
    finally:
        over.set()
        for watcher in watchers:
            watcher.join()


def test_a_lock_that_was_deleted_with_its_folder_holds_nothing(
    store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    folder = store.create(make_spec(), dataset)
    folder.hold()
    folder.path.rename(folder.path.with_name("elsewhere"))
    with pytest.raises(StoreFailed, match="deleted or moved"):
        folder.hold()
    assert not folder.is_held()


def test_two_that_delete_the_same_comparison(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    folder = store.create(make_spec(), dataset)
    with another_process_with(folder.path / "held.lock"), pytest.raises(BadInput, match="Stop it first"):
        store.delete(folder.id)
    store.delete(folder.id)
    assert not any(store.comparisons.iterdir())


def test_a_creation_that_died_is_cleared_away(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    left = store.comparisons / ".new-20260101-000000000-abcd"
    left.mkdir(parents=True)
    os.utime(left, (0, 0))
    fresh = store.comparisons / ".new-20260101-000000001-abcd"  # of another process, perhaps
    fresh.mkdir()
    assert store.list() == () and store.damaged() == ()
    store.create(make_spec(), dataset)
    assert not left.exists() and fresh.exists()
