"""Comparisons under a supervisor of this process, watched from outside: what its trainers reported, what was kept."""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from benchmarks import processes
from core.errors import StoreFailed, TwincastError
from core.runs import process, results
from core.runs.events import EpochDone, from_line
from core.runs.store import Store
from core.runs.supervisor import Supervisor
from core.runs.view import ComparisonView
from tests.faults import asked

T = TypeVar("T")
WITNESS = "witness.jsonl"
LOOK_S = 0.005
PATIENCE_S = 120.0  # for anything that has to come true in the end
TICK_S = 1.0  # of a page that watches


@dataclass(frozen=True)
class Driven:
    """A supervisor in a folder of its own. `kind` of its workers: stub, real, loading (tests/faults/witness.py)."""

    supervisor: Supervisor
    kind: str
    witness: Path

    @property
    def store(self) -> Store:
        return self.supervisor.store

    def submit(self, session: str = "", kinds: Sequence[str] = ("score",), **settings: Any) -> str:
        made = asked.planned(self.kind, kinds, **settings)
        return self.supervisor.submit(made, asked.data(self.kind), session)

    def kept(self, id: str) -> "Kept":
        return kept(self.store, id, self.witness)

    def worker(self, name: str) -> int:
        """The process of a comparison's worker of that name, once there is one."""
        processes.until(lambda: self.held(name), PATIENCE_S, f"a worker for {name}", every=LOOK_S)
        return self.held(name)[0]

    def held(self, name: str) -> list[int]:
        """The same without waiting; none when there is none."""
        held = [worker for going in tuple(self.supervisor._going) for worker in going.held]
        return [worker.pid for worker in held if worker.name == name and worker.alive]

    def until(
        self, id: str, condition: Callable[[ComparisonView], object], what: str, seconds: float = PATIENCE_S
    ) -> ComparisonView:
        """The view for which it is true. Raises TimeoutError."""
        views: list[ComparisonView] = []

        def look() -> object:
            views[:] = [self.supervisor.view(id)]
            return condition(views[0])

        processes.until(look, seconds, what, every=LOOK_S)
        return views[0]

    def ends(self, id: str, seconds: float = PATIENCE_S) -> ComparisonView:
        """Its last view. Raises TimeoutError where it does not end."""
        view = self.supervisor.wait(id, seconds)
        if not view.ended:
            raise TimeoutError(f"the comparison is still {view.state} after {seconds:g} s: {view}")
        return view


@contextmanager
def supervised(kind: str = "stub", warm: tuple[str, ...] = (), **environment: str) -> Iterator[Driven]:
    """Its workers' epochs are witnessed; `environment` is theirs, too."""
    with lanes(1, kind, warm, **environment) as (driven,):
        yield driven


@contextmanager
def lanes(count: int, kind: str = "stub", warm: tuple[str, ...] = (), **environment: str) -> Iterator[list[Driven]]:
    """As many supervisors, each in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="twincast-faults-", ignore_cleanup_errors=True) as folder:
        witness = Path(folder) / WITNESS
        with environ(TWINCAST_WITNESS=str(witness), **environment), workers_are(kind):
            supervisors = [Supervisor(Store(Path(folder) / f"lane{lane}"), warm=warm) for lane in range(count)]
            try:
                for supervisor in supervisors:
                    supervisor.start()
                yield [Driven(supervisor, kind, witness) for supervisor in supervisors]
            finally:
                for supervisor in supervisors:
                    supervisor.close()


def in_lanes(several: Sequence[Driven], trial: Callable[[Driven, int], T], count: int) -> list[T]:
    """Trials 0, 1, … shared out among the lanes, in their order."""
    with ThreadPoolExecutor(len(several)) as pool:
        shares = [
            pool.submit(lambda lane=lane: [trial(several[lane], n) for n in range(lane, count, len(several))])
            for lane in range(len(several))
        ]
        return [result for share in shares for result in share.result()]


@contextmanager
def environ(**variables: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@contextmanager
def workers_are(kind: str) -> Iterator[None]:
    before, process.COMMAND = process.COMMAND, asked.command(kind)
    try:
        yield
    finally:
        process.COMMAND = before


def witnessed(witness: Path, id: str) -> dict[tuple[str, str], set[int]]:
    """The epochs that were reported of a comparison, by framework and fit."""
    found: dict[tuple[str, str], set[int]] = {}
    for line in witness.read_bytes().splitlines(keepends=True) if witness.exists() else ():
        if not line.endswith(b"]\n"):  # empty, being written, or its writer was killed
            continue
        run, fit, epoch = json.loads(line)
        if Path(run).parents[1].name == id:
            found.setdefault((Path(run).name, fit), set()).add(epoch)
    return found


@dataclass(frozen=True)
class Kept:
    """What a comparison's folder has, held against what its trainers reported."""

    told: int  # epochs that were reported
    lost: int  # of them without a line in the journal
    torn: int  # lines that are no event
    unscored: int  # fits with saved weights and without a forecast that can be read


def kept(store: Store, id: str, witness: Path) -> Kept:
    folder, told, torn = store.open(id), witnessed(witness, id), 0
    journals: dict[tuple[str, str], set[int]] = {}
    for run in folder.runs():
        content = run.events.read_bytes() if run.events.exists() else b""
        events = [from_line(line) for line in content.splitlines()]
        torn += sum(event is None for event in events) + (content[-1:] not in (b"", b"\n"))
        for event in events:
            if isinstance(event, EpochDone):
                journals.setdefault((run.framework, event.fit), set()).add(event.epoch)
    lost = sum(len(epochs - journals.get(fit, set())) for fit, epochs in told.items())
    scored = {fit.id for fit in folder.spec().plan.fits if fit.kind == "score"}  # others need not forecast
    saved = [path.parent for path in folder.path.glob("runs/*/fits/*/weights.safetensors")]
    saved = [fit for fit in saved if fit.name in scored]
    unscored = sum(not forecasts_read(folder.path, fit.parents[1].name, fit.name) for fit in saved)
    return Kept(sum(map(len, told.values())), lost, torn, unscored)


def forecasts_read(folder: Path, framework: str, fit: str) -> bool:
    """Whether Compare has this fit's forecasts, checked against what was written down of them."""
    try:
        return len(results.forecasts(folder, framework, fit).forecast) > 0
    except (StoreFailed, TwincastError):
        return False


def sentences(view: ComparisonView) -> Mapping[str, str]:
    """What a view says of errors: of each framework by its name, and of the comparison by no name."""
    problems = {"": view.error, **{name: run.error for name, run in view.runs.items()}}
    return {name: problem.sentence() for name, problem in problems.items() if problem}


def trains(view: ComparisonView) -> bool:
    return any(run.fits and run.fits[-1].history and not run.fits[-1].done for run in view.runs.values())


def pause(seconds: float) -> None:
    """Of a person, or of chance: not a wait for something."""
    time.sleep(seconds)
