"""A save killed at every write, fsync and rename.

Each save below runs in a forked child process that ends itself with SIGKILL at its n-th step, for n = 1, 2, … until the
save gets through. Steps are: opening a file to write, a write (twice: before it, and with half of it on the file),
flush, fsync, rename, mkdir, unlink, truncation. Then this process reads what is there, every checksum checked anew: the
state before the save or the one after it. Anything else, a file that does not read or a comparison that the history
calls damaged, is a "neither". Saves: a new comparison, its state, its name, its deletion, a journal's line, a fit's
weights, the manifest of a fit and of a run, a first evaluation, an evaluation again after a run went on, and the
withdrawal of what a run had when it goes on.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figure import Figure
from core.errors import NotFound, StoreFailed
from core.runs import manifest, results
from core.runs.evaluate import evaluate
from core.runs.events import EpochDone, parse
from core.runs.files import Journal, write_weights
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder, RunFolder, Store
from tests.faults import finished

MOST = 2000  # steps of one save; no save has so many


@dataclass(frozen=True)
class Save:
    """`before` makes the folder, `act` is what is killed, `look` tells what is there: equal to old or new."""

    name: str
    before: Callable[[Store], Any]
    act: Callable[[Store, Any], None]
    look: Callable[[Store, Any], Any]


@dataclass(frozen=True)
class Kills:
    """What came of one save: the points at which it was killed, and what was neither old nor new."""

    name: str
    points: int
    old: int
    neither: tuple[str, ...]


def measure(quick: bool) -> list[Figure]:
    saves = [save for save in SAVES if save.name in ("state", "weights")] if quick else SAVES
    found = [kill_everywhere(save) for save in saves]
    for kills in found:
        print(*kills.neither, sep="\n", end="\n" * bool(kills.neither))  # noqa: T201
    return [
        *(Figure(f"kill points: {kills.name}", [kills.points]) for kills in found),
        Figure("kill points, all saves", [sum(kills.points for kills in found)]),
        Figure("neither old nor new", [sum(len(kills.neither) for kills in found)], limit=0),
    ]


def kill_everywhere(save: Save) -> Kills:
    """Every kill starts from the same folder."""
    neither, old_ones = [], 0
    with tempfile.TemporaryDirectory() as root:
        store = Store(Path(root) / "home")
        store.root.mkdir()
        about = save.before(store)
        shutil.copytree(store.root, Path(root) / "before")
        old = _seen(save, store, about)
        save.act(store, about)
        new = _seen(save, store, about)
        assert old != new, f"{save.name} changes nothing"
        for step in range(1, MOST):
            shutil.rmtree(store.root)
            shutil.copytree(Path(root) / "before", store.root)
            survived = _killed_at(step, lambda: save.act(store, about))
            found = _seen(save, store, about)
            if found not in (old, new):
                neither.append(f"{save.name}, step {step}: {found}")
            old_ones += found == old
            if survived:
                assert found == new, f"{save.name} was not made"
                return Kills(save.name, step - 1, old_ones, tuple(neither))
    raise AssertionError(f"{save.name} has no end")


def _seen(save: Save, store: Store, about: Any) -> Any:
    manifest.forget()
    try:
        return save.look(store, about)
    except (StoreFailed, NotFound, AssertionError) as error:
        return f"{type(error).__name__}: {error}"


def _killed_at(step: int, act: Callable[[], None]) -> bool:
    """Whether it got through: it has fewer steps than that."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with steps(step):
                act()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 0, "the save failed"
        return True
    assert os.WTERMSIG(status) == signal.SIGKILL
    return False


@contextmanager
def steps(last: int) -> Iterator[None]:
    """This process is killed as it is about to take its n-th step on the disk."""
    left = last
    os_write, path_open = os.write, Path.open

    def step(dying: Callable[[], Any] = lambda: None) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            dying()
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def step_first(*args: Any, **more: Any) -> Any:
            step()
            return call(*args, **more)

        return step_first

    def write(file: int, content: bytes) -> int:
        step()
        step(lambda: os_write(file, content[: len(content) // 2]))
        return os_write(file, content)

    def open_counted(path: Path, mode: str = "r", *args: Any, **more: Any) -> Any:
        if not set(mode) & set("wxa"):
            return path_open(path, mode, *args, **more)
        step()
        return Counted(path_open(path, mode, *args, **more), step)

    names = ("fsync", "replace", "rename", "mkdir", "unlink", "rmdir", "ftruncate")
    earlier = {name: getattr(os, name) for name in names}
    try:
        for name, call in earlier.items():
            setattr(os, name, counted(call))
        os.write, Path.open = write, open_counted  # type: ignore[assignment, method-assign]
        yield
    finally:
        for name, call in earlier.items():
            setattr(os, name, call)
        os.write, Path.open = os_write, path_open  # type: ignore[method-assign]


class Counted:
    """A file whose writes reach the disk at once; it can die before each, or with half of it written."""

    def __init__(self, file: Any, step: Callable[..., None]) -> None:
        self._file, self._step, self.name = file, step, file.name

    def write(self, content: Any) -> int:
        content = bytes(content)
        self._step()
        self._step(lambda: self._put(content[: len(content) // 2]))
        self._put(content)
        return len(content)

    def flush(self) -> None:
        self._step()

    def fileno(self) -> int:
        return int(self._file.fileno())

    def __enter__(self) -> "Counted":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _put(self, content: bytes) -> None:
        self._file.write(content)
        self._file.flush()


def _made(store: Store) -> ComparisonFolder:
    return finished.make(store)


def _spec(store: Store) -> ComparisonSpec:
    return finished.spec(finished.dataset())


def _trained(store: Store) -> ComparisonFolder:
    data = finished.dataset()
    folder = store.create(finished.spec(data), data)
    finished.train(folder)
    folder.set_state(replace(folder.state(), state="evaluating", load_before=0.0))
    return folder


def _listed(store: Store) -> tuple[Any, ...]:
    assert not store.damaged(), store.damaged()
    return store.list()


def _comparison(store: Store, spec: ComparisonSpec) -> Any:
    """Whole and readable, or not there at all."""
    problems = store.damaged()
    if problems or not store.list():
        return problems
    folder = store.open(spec.id)
    runs = [run.spec() for run in folder.runs()]
    return folder.spec(), folder.state(), folder.dataset().values.tobytes(), folder.index().to_numpy().tobytes(), runs


def _state(store: Store, folder: ComparisonFolder) -> Any:
    return _listed(store), folder.state()


def _everything(store: Store, folder: ComparisonFolder) -> Any:
    """What can be read of the runs; those that are there are intact."""
    _listed(store)
    told: list[Any] = []
    for run in folder.runs():
        run.check()
        run.timing()
        told += [_weights(store, run), *(_fit(folder, run, fit.id) for fit in run.spec().plan.fits)]
    return told


def _fit(folder: ComparisonFolder, run: RunFolder, fit: str) -> Any:
    try:
        run.verify_fit(fit)
        return run.checked(fit, "fit.json").read_bytes()
    except StoreFailed:
        assert not (run.fit(fit) / "manifest.json").exists()  # not done, rather than damaged
        return None


def _results(store: Store, folder: ComparisonFolder) -> Any:
    """The scores and the forecasts, each old or new: a kill between their two renames is followed by an evaluation."""
    _everything(store, folder)
    try:
        told = results.load(folder.path).model_dump()
    except NotFound:
        return None
    results.verified_bytes(folder.path, "forecasts.csv")
    return [fit["best_epoch"] for run in told["runs"] for fit in run["fits"]], [run["error"] for run in told["runs"]]


def _weights(store: Store, run: RunFolder) -> Any:
    weights, epoch = run.weights("seed0-fold0")
    return epoch, {name: array.tobytes() for name, array in weights.items()}


def _journal(store: Store, run: RunFolder) -> Any:
    return [parse(line) for line in run.events.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def _tell(store: Store, run: RunFolder) -> None:
    journal = Journal(run.events)
    journal.write(EpochDone("seed0-fold0", 9, 0.5, None, 0.1, 1.0, at=1.0))
    journal.close()


def _gone_on(store: Store) -> ComparisonFolder:
    """Evaluated, and a run has trained one of its fits further since."""
    folder = finished.make(store)
    run = folder.run("pytorch")
    run.withdraw()
    run.withdraw_fit("seed0-fold0")
    write_weights(run.fit("seed0-fold0") / "weights.safetensors", OTHER, 1)
    run.write_fit_manifest("seed0-fold0")
    journal = Journal(run.events)
    for event in [event for event in map(parse, run.events.read_bytes().splitlines()) if event][1:]:
        journal.write(replace(event, best_epoch=1) if hasattr(event, "best_epoch") else event)
    journal.close()
    return folder


def _withdrawn(store: Store) -> RunFolder:
    run = finished.make(store).run("pytorch")
    run.withdraw()
    return run


def _unfinished(store: Store) -> RunFolder:
    run = _withdrawn(store)
    run.withdraw_fit("seed0-fold0")
    return run


def _vouched(store: Store, run: RunFolder) -> Any:
    """Whether the run vouches for its files; where it does, all is right."""
    _results(store, run.comparison)
    return run.manifest.content() is not None


def _done(store: Store, run: RunFolder) -> Any:
    _results(store, run.comparison)
    return run.has("seed0-fold0", "forecast.npy")


def _save_weights(_: Store, run: RunFolder) -> None:
    write_weights(run.fit("seed0-fold0") / "weights.safetensors", OTHER, 7)


def _stop(_: Store, folder: ComparisonFolder) -> None:
    folder.set_state(replace(folder.state(), state="stopped"))


OTHER = {"a": np.ones(3, np.float32)}
SAVES = (
    Save("a new comparison", _spec, lambda store, spec: store.create(spec, finished.dataset()), _comparison),
    Save("state", _made, _stop, _state),
    Save("name", _made, lambda store, folder: store.rename(folder.id, "Another"), lambda s, f: (_listed(s), f.spec())),
    Save("deletion", _made, lambda store, folder: store.delete(folder.id), lambda store, _: _listed(store)),
    Save("a line of the journal", lambda store: _made(store).run("pytorch"), _tell, _journal),
    Save("weights", _unfinished, _save_weights, _weights),
    Save("a fit's manifest", _unfinished, lambda _, run: run.write_fit_manifest("seed0-fold0"), _done),
    Save("a run's manifest", _withdrawn, lambda _, run: run.write_manifest(), _vouched),
    Save("a first evaluation", _trained, lambda _, folder: evaluate(folder), _results),
    Save("an evaluation again", _gone_on, lambda _, folder: evaluate(folder), _results),
    Save("a run that goes on", lambda store: _made(store).run("pytorch"), lambda _, run: run.withdraw(), _vouched),
    Save(
        "a fit that goes on",
        lambda store: _made(store).run("pytorch"),
        lambda _, run: run.withdraw_fit("seed0-fold0"),
        _done,
    ),
)
