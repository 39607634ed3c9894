"""Comparisons run by the real supervisor, with warm workers, in a folder of their own."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks import processes
from benchmarks.serving import home_folder
from core.data.dataset import Dataset, Table
from core.data.samples import SAMPLES, load_sample
from core.data.selection import make_dataset
from core.frameworks.base import Device
from core.runs.command import command_line
from core.runs.events import EpochDone, Event, Finished, from_line
from core.runs.planning import plan_comparison
from core.runs.spec import ComparisonSpec, Settings
from core.runs.store import ComparisonFolder, RunFolder, Store
from core.runs.supervisor import Supervisor

PROCESSOR = (Device("cpu", "processor"),)


@dataclass(frozen=True)
class Engine:
    """A supervisor whose workers for `frameworks` are kept warm."""

    supervisor: Supervisor
    store: Store
    frameworks: tuple[str, ...]

    def await_warm(self) -> None:
        """Until every worker has imported its framework and the machine is left alone."""
        processes.await_idle_workers(os.getpid(), len(self.frameworks) + 1)  # and the evaluation

    def plan(self, dataset: Dataset, settings: Settings) -> ComparisonSpec:
        devices = dict.fromkeys(settings.frameworks, PROCESSOR)
        command = command_line(dataset, settings)
        return plan_comparison(dataset, settings, name=dataset.name, frameworks=devices, command=command)

    def start(
        self, dataset: Dataset, settings: Settings, kinds: Sequence[str] = (), compiled: bool | None = None
    ) -> ComparisonFolder:
        """What the Start button does: plan, save, queue.

        With `kinds`, only fits of these kinds are made; `compiled` overrules what the plan says of XLA.
        """
        spec = self.plan(dataset, settings)
        changes: dict[str, object] = {}
        if kinds:
            changes["fits"] = tuple(fit for fit in spec.plan.fits if fit.kind in kinds)
        if compiled is not None:
            changes["compile"] = settings.frameworks if compiled else ()
        spec = spec.model_copy(update={"plan": spec.plan.model_copy(update=changes)})
        return self.store.open(self.supervisor.submit(spec, dataset))

    def finish(self, folder: ComparisonFolder, seconds: float = 300) -> None:
        """Wait for its end. Raises RuntimeError when it did not finish."""
        view = self.supervisor.wait(folder.id, seconds)
        if view.state != "finished":
            problems = [problem for problem in (view.error, *(run.error for run in view.runs.values())) if problem]
            raise RuntimeError(f"the comparison is {view.state}: {'; '.join(each.sentence() for each in problems)}")

    def stop(self, folder: ComparisonFolder) -> None:
        self.supervisor.stop(folder.id)
        self.supervisor.wait(folder.id, 60)


@contextmanager
def warm(*frameworks: str) -> Iterator[Engine]:
    """An engine in a temporary folder; its workers end with it."""
    with home_folder() as home:
        store = Store(home)
        supervisor = Supervisor(store, warm=frameworks)
        supervisor.start()
        engine = Engine(supervisor, store, frameworks)
        try:
            engine.await_warm()
            yield engine
        finally:
            supervisor.close()


def sample(key: str) -> Dataset:
    """A sample as the pages offer it at first: its target, from its own past."""
    return make_dataset(load_sample(key), [SAMPLES[key].target], "none", name=SAMPLES[key].title)


def waves(rows: int, columns: int) -> Dataset:
    """Hourly made-up values: daily waves of different phase and noise; the first column is the target."""
    index = pd.date_range("1900-01-01", periods=rows, freq="h", name="time")
    noise = np.random.default_rng(0)
    hours = np.arange(rows)
    names = [f"x{column}" for column in range(columns)]
    frame = pd.DataFrame(
        {name: np.sin(2 * np.pi * hours / 24 + phase) + noise.normal(0, 0.3, rows) for phase, name in enumerate(names)},
        index=index,
    )
    table = Table(frame, sha256="0" * 64, file="waves.csv", time="time", frequency="h")
    return make_dataset(table, names[:1], "all", name="Waves")


def events(run: RunFolder) -> list[Event]:
    """What the run's journal holds by now."""
    if not run.events.exists():
        return []
    return [event for event in map(from_line, run.events.read_bytes().splitlines()) if event]


def epochs(run: RunFolder, fit: str = "seed0-fold0") -> list[EpochDone]:
    return [event for event in events(run) if isinstance(event, EpochDone) and event.fit == fit]


def finished(run: RunFolder) -> Finished:
    """How the run ended by itself. Raises RuntimeError when it was ended or failed."""
    last = events(run)[-1]
    if not isinstance(last, Finished):
        raise RuntimeError(f"the last event of {run.framework} is {last}")
    return last


def await_event(run: RunFolder, wanted: Callable[[Event], bool], seconds: float = 120) -> Event:
    """The first event that is wanted. Raises TimeoutError."""
    found: list[Event] = []

    def look() -> bool:
        found.extend(event for event in events(run) if wanted(event))
        return bool(found)

    processes.until(look, seconds, f"an event of {run.framework}")
    return found[0]


def now() -> float:
    """The clock of the events' `at`."""
    return time.time()
