"""Runs comparisons in the background: one thread owns every worker, everyone else asks it.

One comparison runs at a time, the others wait in a queue. Its frameworks train fit by fit, in turn or together;
when all have ended, the evaluation worker scores what there is. Whatever dies or fails is written down as a
sentence in its own run, and the rest goes on.
"""

import logging
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from core.data.dataset import Dataset
from core.errors import Problem
from core.frameworks.base import Device
from core.runs.channel import Message
from core.runs.going import Going
from core.runs.process import WorkerProcess, death
from core.runs.results import label
from core.runs.spec import ComparisonSpec
from core.runs.store import State, Store
from core.runs.view import ComparisonReader, ComparisonView, Live

log = logging.getLogger(__name__)

EVALUATION = "evaluation"  # the worker that scores
READERS = 64  # comparisons kept ready for their watchers


@dataclass(frozen=True)
class FrameworkStatus:
    """Whether a framework can be used here. `problem` says why not."""

    name: str
    state: str  # starting, ready, missing, broken
    version: str = ""
    devices: tuple[Device, ...] = ()
    problem: Problem | None = None


class Supervisor:
    """Thread-safe; `start` once, `close` at the end. Workers end with the thread, and with the process."""

    def __init__(self, store: Store, warm: tuple[str, ...] = ("pytorch", "tensorflow")) -> None:
        self.store = store
        self._warm = (*warm, EVALUATION) if warm else ()
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._workers: dict[str, WorkerProcess] = {}  # the one of each name that waits for work, ready or importing
        self._frameworks = {name: FrameworkStatus(name, "starting") for name in warm}
        self._queue: list[str] = []
        self._going: Going | None = None
        self._readers: OrderedDict[str, ComparisonReader] = OrderedDict()
        self._changed = threading.Condition()  # guards the four above; told whenever one of them changes
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Ends every worker at once; comparisons that were going read as interrupted."""
        self._closed.set()
        self._inbox.put(lambda: None)
        if self._thread.is_alive():
            self._thread.join(5)

    def submit(self, spec: ComparisonSpec, dataset: Dataset) -> str:
        """Saves the comparison and puts it in the queue; returns its id. Raises StoreFailed."""
        self.store.create(spec, dataset)
        with self._changed:
            self._queue.append(spec.id)
            self._changed.notify_all()
        self._inbox.put(lambda: None)
        return spec.id

    def stop(self, id: str) -> None:
        """Ends it with what it has; one that waits is cancelled. Nothing happens to one that has ended."""
        self._inbox.put(lambda: self._stop(id))

    def view(self, id: str) -> ComparisonView:
        """Cheap: for every session, each second. Raises NotFound, StoreFailed."""
        with self._changed:
            live = self._live(id)
            reader = self._readers.get(id)
            if reader is not None:
                self._readers.move_to_end(id)
        if reader is None or not reader.folder.path.is_dir():
            reader = self._open(id)
        return reader.view(live)

    def wait(self, id: str, timeout: float | None = None) -> ComparisonView:
        """The view once the comparison has ended, or after `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._live(id) is None, timeout)
        return self.view(id)

    def active(self) -> tuple[str, ...]:
        """The comparison that runs, then those that wait, in their order."""
        with self._changed:
            return (*((self._going.id,) if self._going else ()), *self._queue)

    def frameworks(self) -> dict[str, FrameworkStatus]:
        with self._changed:
            return dict(self._frameworks)

    # Below: the supervisor's own thread, apart from `_live` and `_open`.

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                self._advance()
                self._next_message()()
            except Exception:
                log.exception("the supervisor met an unexpected error")
                self._abandon()
        for worker in [*self._workers.values(), *self._going_workers()]:
            worker.kill()
        with self._changed:
            self._going, self._queue = None, []
            self._changed.notify_all()

    def _next_message(self) -> Callable[[], None]:
        again = self._going.enforce() if self._going else None
        try:
            return self._inbox.get(timeout=None if again is None else max(0.0, again - time.monotonic()))
        except queue.Empty:
            return lambda: None

    def _advance(self) -> None:
        """Whatever can be done now: end the comparison that is over, begin the next one, keep workers warm."""
        if self._going and self._going.over:
            with self._changed:
                self._going = None
                self._changed.notify_all()
        if self._going is None and self._queue:
            self._begin(self._queue[0])
        if self._going is None:
            self._warm_one()

    def _begin(self, id: str) -> None:
        """The first of the queue becomes the one that runs; one that cannot is marked as failed."""
        try:
            folder = self.store.open(id)
            spec = folder.spec()
            workers = {name: self._take(name) for name in spec.settings.frameworks}
            going = Going(folder, spec, workers, self._take(EVALUATION))
        except Exception:
            with self._changed:
                self._queue.remove(id)
                self._changed.notify_all()
            raise
        with self._changed:
            self._queue.remove(id)
            self._going = going
            self._changed.notify_all()

    def _stop(self, id: str) -> None:
        if self._going and self._going.id == id:
            self._workers |= {worker.name: worker for worker in self._going.stop()}
        elif id in self._queue:
            self.store.open(id).set_state(State("stopped", ended_at=time.time()))
            with self._changed:
                self._queue.remove(id)
                self._changed.notify_all()

    def _hear(self, worker: WorkerProcess, message: Message) -> None:
        if "stopping" in message:
            worker.stopping = True
        elif "ready" in message:
            worker.ready = message["ready"]
        if worker.name != EVALUATION:
            self._note_status(worker, message)
        if "died" in message and self._workers.get(worker.name) is worker:
            del self._workers[worker.name]
        if self._going:
            self._going.hear(worker, message)

    def _note_status(self, worker: WorkerProcess, message: Message) -> None:
        status = self._frameworks.get(worker.name) or FrameworkStatus(worker.name, "starting")
        if "ready" in message:
            found = message["ready"]
            devices = tuple(Device(**device) for device in found["devices"])
            status = FrameworkStatus(worker.name, "ready", found["version"], devices)
        elif "failed" in message:
            failed = message["failed"]
            problem = Problem(failed["what"], failed["where"], failed["remedy"])
            status = FrameworkStatus(worker.name, "missing" if failed["missing"] else "broken", problem=problem)
        elif "died" in message and worker.ready is None and status.state == "starting":
            problem = death(label(worker.name), message["died"])
            status = FrameworkStatus(worker.name, "broken", problem=problem)
        with self._changed:
            self._frameworks[worker.name] = status
            self._changed.notify_all()

    def _warm_one(self) -> None:
        """One import at a time: its seconds are shown to people, and two at once would be slower."""
        if any(worker.ready is None for worker in self._workers.values()):
            return
        usable = [name for name in self._warm if name == EVALUATION or self._frameworks[name].problem is None]
        for name in usable:
            if name not in self._workers:
                self._workers[name] = self._start_worker(name)
                return

    def _take(self, name: str) -> WorkerProcess:
        return self._workers.pop(name, None) or self._start_worker(name)

    def _start_worker(self, name: str) -> WorkerProcess:
        """A framework that could not be used before gets another chance: it may have been installed since."""
        log_file = self.store.root / "logs" / f"{name}.log"
        return WorkerProcess(
            name, log_file, lambda worker, message: self._inbox.put(lambda: self._hear(worker, message))
        )

    def _abandon(self) -> None:
        """After an error of the supervisor's own: nobody may wait for a comparison that nobody drives."""
        if self._going is None:
            return
        problem = Problem(
            "It was stopped by an unexpected error", "", "Start it again; the server's log has the details."
        )
        try:
            self._going.abandon(problem)
        except Exception:
            log.exception("the comparison could not be marked as failed")
            self._going.over = True

    def _going_workers(self) -> list[WorkerProcess]:
        return [*self._going.workers.values(), self._going.scorer] if self._going else []

    def _live(self, id: str) -> Live | None:
        """What only this supervisor knows of a comparison; None when it is not in its hands."""
        if self._going and self._going.id == id:
            return Live(stopping=self._going.stopping)
        return Live(position=self._queue.index(id) + 1) if id in self._queue else None

    def _open(self, id: str) -> ComparisonReader:
        with self._changed:
            self._readers.pop(id, None)
        reader = ComparisonReader(self.store.open(id))
        with self._changed:
            reader = self._readers.setdefault(id, reader)
            while len(self._readers) > READERS:
                self._readers.popitem(last=False)
        return reader
