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
from contextlib import suppress
from dataclasses import dataclass

from core.data.dataset import Dataset
from core.errors import Problem, TwincastError
from core.frameworks.base import Device
from core.runs.channel import Message
from core.runs.going import EVALUATION, Going
from core.runs.process import Pauses, WorkerProcess, death
from core.runs.results import label
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder, State, Store
from core.runs.view import ComparisonReader, ComparisonView, Live

log = logging.getLogger(__name__)

ERROR_PAUSE_S = 0.2  # after an error of its own: one that comes again and again must not take a whole core
READERS = 64  # comparisons kept ready for their watchers
UNEXPECTED = Problem("It was stopped by an unexpected error", "", "Start it again; the server's log has the details.")


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
        self._pauses = Pauses()
        self._refusal: TwincastError | None = None  # why the latest worker could not be started
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
        self.store.create(spec, dataset, hold=True)
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

    def refusal(self) -> TwincastError | None:
        """Why no worker can be started on this installation; None as long as they can."""
        return self._refusal

    # Below: the supervisor's own thread, apart from `_live` and `_open`.

    def _run(self) -> None:
        while not self._closed.is_set():
            self._guarded(self._advance)
            self._guarded(lambda: self._next_message()())
        for worker in [*self._workers.values(), *(self._going.held if self._going else ())]:
            worker.kill()
        for id in self.active():
            self._let_go(id)
        with self._changed:
            self._going, self._queue = None, []
            self._changed.notify_all()

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception:
            log.exception("the supervisor met an unexpected error")
            self._abandon()
            self._closed.wait(ERROR_PAUSE_S)

    def _next_message(self) -> Callable[[], None]:
        again = self._going.advance() if self._going else self._next_warming()
        try:
            return self._inbox.get(timeout=None if again is None else max(0.0, again - time.monotonic()))
        except queue.Empty:
            return lambda: None

    def _advance(self) -> None:
        """Whatever can be done now: end the comparison that is over, begin the next one, keep workers warm."""
        if self._going and self._going.over:
            self._let_go(self._going.id)
            with self._changed:
                self._going = None
                self._changed.notify_all()
        while self._going is None and self._queue:
            self._begin(self._queue[0])
        if self._going is None:
            self._warm_one()

    def _begin(self, id: str) -> None:
        """The first of the queue becomes the one that runs; one that cannot is marked as failed."""
        going: Going | None = None
        try:
            folder = self.store.open(id)
            going = Going(folder, folder.spec(), self._take, self._importing)
            going.begin()
        except Exception as error:
            self._refuse(id, going, error)
            going = None
        with self._changed:
            self._queue.remove(id)
            self._going = going
            self._changed.notify_all()

    def _refuse(self, id: str, going: Going | None, error: Exception) -> None:
        """It cannot begin: its folder says why, where that can be written, and no worker stays with it."""
        log.error("comparison %s cannot begin", id, exc_info=error)
        problem = error.problems[0] if isinstance(error, TwincastError) else UNEXPECTED
        try:
            if going:
                going.abandon(problem)
            else:
                self.store.open(id).set_state(State("failed", ended_at=time.time(), error=problem))
        except TwincastError as refusal:
            log.warning("%s", refusal)
        self._let_go(id)

    def _stop(self, id: str) -> None:
        if self._going and self._going.id == id:
            self._workers |= {worker.name: worker for worker in self._going.stop() if worker.alive}
        elif id in self._queue:
            try:
                self.store.open(id).set_state(State("stopped", ended_at=time.time()))
            except TwincastError as error:
                log.warning("%s", error)
            self._let_go(id)
            with self._changed:
                self._queue.remove(id)
                self._changed.notify_all()

    def _hear(self, worker: WorkerProcess, message: Message) -> None:
        if "stopping" in message:
            worker.stopping = True
        elif "ready" in message:
            worker.ready = message["ready"]
            self._pauses.clear(worker.name)
        elif "failed" in message:
            worker.failed = True
        if "died" in message:
            self._bury(worker)
        if worker.name != EVALUATION:
            self._note_status(worker, message)
        if self._going:
            self._going.hear(worker, message)

    def _bury(self, worker: WorkerProcess) -> None:
        """One that died while it waited or imported is not replaced at once: the next may meet the same end."""
        waited = self._workers.get(worker.name) is worker
        if waited:
            del self._workers[worker.name]
        known = worker.failed and worker.name != EVALUATION  # its status says why, and that lasts
        if not known and not worker.killed and (waited or worker.ready is None):
            self._pauses.failed(worker.name)

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
            self._pauses.clear(worker.name)
        elif "died" in message and worker.importing and not worker.killed:
            problem = death(label(worker.name), message["died"])
            status = FrameworkStatus(worker.name, "broken", problem=problem)
        self._set_status(status)

    def _set_status(self, status: FrameworkStatus) -> None:
        with self._changed:
            self._frameworks[status.name] = status
            self._changed.notify_all()

    def _warm_one(self) -> None:
        """One import at a time: its seconds are shown to people, and two at once would be slower."""
        for name in self._to_warm():
            if self._importing():
                return
            if self._pauses.due(name) <= time.monotonic():
                with suppress(TwincastError):  # its status says so
                    self._workers[name] = self._start_worker(name)

    def _next_warming(self) -> float | None:
        """The monotonic time at which a worker that could not be kept warm is tried again."""
        return None if self._importing() else min(map(self._pauses.due, self._to_warm()), default=None)

    def _to_warm(self) -> list[str]:
        """Without those whose framework said that it cannot work here: only a comparison that asks tries them again."""
        lasting = [status.name for status in self._frameworks.values() if status.problem is not None]
        usable = [name for name in self._warm if name not in lasting or name in self._pauses]
        return [name for name in usable if name not in self._workers]

    def _importing(self) -> bool:
        return any(worker.importing for worker in self._workers.values())

    def _take(self, name: str) -> WorkerProcess:
        worker = self._workers.pop(name, None)
        return worker if worker and worker.alive else self._start_worker(name)

    def _start_worker(self, name: str) -> WorkerProcess:
        """Raises TwincastError. A framework that could not be used gets another chance: it may be installed by now."""
        log_file = self.store.root / "logs" / f"{name}.log"
        try:
            worker = WorkerProcess(
                name, log_file, lambda worker, message: self._inbox.put(lambda: self._hear(worker, message))
            )
        except TwincastError as error:
            log.info("%s", error)  # its status says it to people, and `refusal` to the command line
            self._refusal = error
            self._pauses.failed(name)
            if name != EVALUATION:
                self._set_status(FrameworkStatus(name, "broken", problem=error.problems[0]))
            raise
        self._refusal = None
        return worker

    def _abandon(self) -> None:
        """After an error of the supervisor's own: nobody may wait for a comparison that nobody drives."""
        if self._going is None:
            return
        try:
            self._going.abandon(UNEXPECTED)
        except Exception:
            log.exception("the comparison could not be marked as failed")
            self._going.over = True

    def _let_go(self, id: str) -> None:
        """Nobody drives it any more: what it had not ended now reads as interrupted, in every process."""
        ComparisonFolder(self.store.comparisons / id).release()

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
