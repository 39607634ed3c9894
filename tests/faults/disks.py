"""A full disk, a folder that may only be read, a folder that vanishes, and a second process on the same folder.

Full: a tmpfs of 4 MB holds two finished comparisons and one that trains, and is then filled up. Every save is tried
there: a new comparison, a state, a name, weights, forecasts, a journal's line (a long one, of which only a part fits),
a fit's manifest, an evaluation. Read-only: the same tmpfs, mounted again without the right to write. Vanishing: the
comparison's folder is deleted under its writer. Each has to be refused with a sentence that names the cause, with all
that was readable before still there and unchanged, and nothing half-written left behind; on the full disk a deletion
has to work, and the next save after it. A second process: it holds the comparison and the installation's locks, and is
then killed. Where no tmpfs can be mounted (that takes root on Linux) the first two are not measured.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figure import Figure
from core.errors import BadInput, StoreFailed
from core.runs import holding, manifest
from core.runs.evaluate import evaluate
from core.runs.events import Failed, parse
from core.runs.files import Journal, write_array, write_weights
from core.runs.store import ComparisonFolder, Store
from tests.faults import damage, finished

SIZE = "4m"
HOLDER = """
import sys, time
from pathlib import Path
from core.runs import holding
from core.runs.store import Store
store = Store(Path(sys.argv[1]))
store.open(sys.argv[2]).hold()
assert holding.try_hold(store.machine_lock)
print("held", flush=True)
time.sleep(600)
"""


@dataclass
class Outcome:
    """`wrong` names what was not refused plainly, or left something behind."""

    tried: int = 0
    wrong: list[str] = field(default_factory=list)

    def expect(self, what: str, good: bool) -> None:
        self.tried += 1
        if not good:
            self.wrong.append(what)


def measure(quick: bool) -> list[Figure]:
    return [
        *_figures("full disk", lambda: on_tmpfs(full_disk)),
        *_figures("read-only folder", lambda: on_tmpfs(read_only)),
        *_figures("vanished folder", vanished),
        *_figures("second process", second_process),
    ]


def _figures(name: str, trial: Callable[[], Outcome | None]) -> list[Figure]:
    outcome = trial()
    if outcome is None:
        return [Figure(f"{name}: not measured, no tmpfs can be mounted here", [0])]
    print(*outcome.wrong, sep="\n", end="\n" * bool(outcome.wrong))  # noqa: T201
    return [
        Figure(f"{name}: saves and looks tried", [outcome.tried]),
        Figure(f"{name}: not said plainly, or something lost or left", [len(outcome.wrong)], limit=0),
    ]


def on_tmpfs(trial: Callable[[Path], Outcome]) -> Outcome | None:
    """None where none can be mounted."""
    with tempfile.TemporaryDirectory() as folder, tmpfs(Path(folder)) as mounted:
        return trial(Path(folder)) if mounted else None


@contextmanager
def tmpfs(folder: Path) -> Iterator[bool]:
    mounted = _run("mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder))
    try:
        yield mounted
    finally:
        if mounted:
            _run("umount", "-l", str(folder))


def full_disk(root: Path) -> Outcome:
    outcome, store = Outcome(), Store(root / "home")
    ended, going = finished.make(store), _going(store)
    spare, journal = finished.make(store), Journal(_going_run(going).events)
    before = everything(store, ended, going)
    fill(root)
    for what, save in saves(store, going, journal).items():
        try_save(outcome, f"full: {what}", save, "disk is full")
        outcome.expect(f"full: {what}: something was lost", everything(store, ended, going) == before)
        fill(root)
    outcome.expect("full: something was left", not leftovers(store))
    store.delete(spare.id)
    going.set_state(replace(going.state(), state="stopped"))
    journal.write(Failed("It crashed", "", ""))
    outcome.expect("full: no save after a deletion", going.state().state == "stopped" and len(_lines(going)) > 1)
    journal.close()
    return outcome


def read_only(root: Path) -> Outcome:
    outcome, store = Outcome(), Store(root / "home")
    ended, going = finished.make(store), _going(store)
    before = everything(store, ended, going)
    if not _run("mount", "-o", "remount,ro", str(root)):
        outcome.wrong.append("read-only: the tmpfs cannot be mounted again")
        return outcome
    what = saves(store, going, None) | {
        "a journal": lambda: Journal(_going_run(going).events),
        "a hold": going.hold,
        "a deletion": lambda: store.delete(ended.id),
    }
    for name, save in what.items():
        try_save(outcome, f"read-only: {name}", save, "read-only")
    outcome.expect("read-only: something was lost", everything(store, ended, going) == before)
    return outcome


def vanished() -> Outcome:
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as root:
        store = Store(Path(root))
        going = _going(store)
        journal = Journal(_going_run(going).events)
        shutil.rmtree(going.path)
        tried = saves(store, going, None)
        for name in ("a new comparison", "a name"):
            del tried[name]
        for name, save in (tried | {"a journal": lambda: Journal(_going_run(going).events)}).items():
            try_save(outcome, f"vanished: {name}", save, "deleted or moved", "missing or damaged")
        journal.close()
        outcome.expect("vanished: a torso came back", not going.path.exists() and not store.damaged())
        shutil.rmtree(store.root)
        going = _going(store)
        outcome.expect("vanished: an installation's folder does not come back", store.list()[0].id == going.id)
    return outcome


def second_process() -> Outcome:
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as root:
        store = Store(Path(root))
        going = _going(store)
        command = [sys.executable, "-c", HOLDER, root, going.id]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as other:
            try:
                assert other.stdout and other.stdout.readline() == b"held\n"
                outcome.expect("second: it is not seen to go on", store.list()[0].state == "running")
                try_save(outcome, "second: a hold", going.hold, "Another process")
                try_save(outcome, "second: a deletion", lambda: store.delete(going.id), "Stop it first")
                outcome.expect("second: the machine was taken twice", not holding.try_hold(store.machine_lock))
            finally:
                other.kill()
        outcome.expect("second: not interrupted after a kill", store.list()[0].state == "interrupted")
        outcome.expect("second: the machine is not free after a kill", holding.try_hold(store.machine_lock))
        holding.release(store.machine_lock)
        store.delete(going.id)
    return outcome


def saves(store: Store, going: ComparisonFolder, journal: Journal | None) -> dict[str, Callable[[], Any]]:
    data, run = finished.dataset(), _going_run(going)
    fit = run.fit("seed0-fold0")
    tried: dict[str, Callable[[], Any]] = {
        "a new comparison": lambda: store.create(finished.spec(data), data),
        "a state": lambda: going.set_state(replace(going.state(), state="stopped")),
        "a name": lambda: store.rename(going.id, "Another"),
        "weights": lambda: write_weights(fit / "weights.safetensors", {"a": np.ones(4000, np.float32)}, 3),
        "forecasts": lambda: write_array(fit / "forecast.npy", np.ones(4000, np.float32)),
        "a fit's manifest": lambda: run.write_fit_manifest("seed0-fold0"),
        "an evaluation": lambda: evaluate(going),
    }
    if journal:
        tried["a journal's line"] = lambda: journal.write(Failed("It crashed", "somewhere " * 5000, ""))
    return tried


def try_save(outcome: Outcome, what: str, save: Callable[[], Any], *words: str) -> None:
    try:
        save()
    except (StoreFailed, BadInput) as error:
        outcome.expect(f"{what}: {error}", any(word in str(error) for word in words))
    except Exception as error:
        outcome.expect(f"{what}: {type(error).__name__}: {error}", False)
    else:
        outcome.expect(f"{what} was made", False)


def everything(store: Store, ended: ComparisonFolder, going: ComparisonFolder) -> Any:
    """All that can be read, read anew."""
    manifest.forget()
    run = _going_run(going)
    return (
        damage.read(store, ended),
        [summary for summary in store.list() if summary.id in (ended.id, going.id)],
        store.damaged(),
        going.spec(),
        going.state(),
        _lines(going),
        run.weights("seed0-fold0")[1],
        (run.fit("seed0-fold0") / "forecast.npy").exists(),
    )


def leftovers(store: Store) -> list[Path]:
    return [path for path in store.root.rglob(".*") if path.is_file() or path.parent == store.comparisons]


def fill(root: Path) -> None:
    """To the last page of the tmpfs; what is left of pages that are in use stays."""
    with (root / "filler").open("ab", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                pass


def _going(store: Store) -> ComparisonFolder:
    """One that trains: it has a journal, and weights of its first fit."""
    data = finished.dataset()
    folder = store.create(finished.spec(data), data)
    folder.set_state(replace(folder.state(), state="running", started_at=1.0))
    run = _going_run(folder)
    write_weights(run.fit("seed0-fold0") / "weights.safetensors", {"a": np.zeros(4, np.float32)}, 1)
    journal = Journal(run.events)
    journal.write(Failed("For a line", "", "", at=1.0))
    journal.close()
    return folder


def _going_run(folder: ComparisonFolder) -> Any:
    return folder.run("pytorch")


def _lines(folder: ComparisonFolder) -> list[Any]:
    return [parse(line) for line in _going_run(folder).events.read_bytes().splitlines()]


def _run(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
