"""The workers that wait for work: one a framework, imported beforehand, and what is known of each framework."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core import hardware
from core.errors import Problem, TwincastError
from core.frameworks.base import Device
from core.runs.channel import Message
from core.runs.process import Pauses, WorkerProcess

log = logging.getLogger(__name__)

EVALUATION = "evaluation"  # the worker that scores


@dataclass(frozen=True)
class FrameworkStatus:
    """Whether a framework can be used here. `problem` says why not."""

    name: str
    state: str  # starting, ready, missing, broken
    version: str = ""
    devices: tuple[Device, ...] = ()
    problem: Problem | None = None


class WorkerPool:
    """Keeps one worker of each name in `warm` ready. Belongs to the supervisor's thread, apart from what is said.

    `tell` is called from other threads with what a worker says.
    """

    def __init__(self, logs: Path, warm: tuple[str, ...], tell: Callable[[WorkerProcess, Message], None]) -> None:
        self.waiting: dict[str, WorkerProcess] = {}  # ready or importing
        self._logs, self._tell = logs, tell
        self._warm = (*warm, EVALUATION) if warm else ()
        self._frameworks = {name: FrameworkStatus(name, "starting") for name in warm}
        self._guard = threading.Lock()  # of the line above
        self._pauses = Pauses()
        self._refusal: TwincastError | None = None
        self._began: hardware.CpuReading | None = None  # the latest import

    def frameworks(self) -> dict[str, FrameworkStatus]:
        """What is known of each framework; any thread may ask."""
        with self._guard:
            return dict(self._frameworks)

    def refusal(self) -> TwincastError | None:
        """Why no worker can be started; None as long as they can. Any thread may ask."""
        return self._refusal

    @property
    def importing(self) -> bool:
        return any(worker.importing for worker in self.waiting.values())

    def missing(self) -> list[str]:
        """Those to be kept warm that are not; one whose framework cannot work here is tried again, after a while."""
        return [name for name in self._warm if name not in self.waiting]

    def is_due(self) -> bool:
        """Whether a worker is to be started now, so that it is warm."""
        return any(self._pauses.due(name) <= time.monotonic() for name in self.missing())

    def next_due(self) -> float | None:
        """The monotonic time at which a worker that could not be kept warm is tried again."""
        return None if self.importing else min(map(self._pauses.due, self.missing()), default=None)

    def warm_one(self) -> None:
        """One import at a time: its seconds are shown to people, and two at once would be slower."""
        for name in self.missing():
            if self.importing:
                return
            if self._pauses.due(name) <= time.monotonic():
                with suppress(TwincastError):  # its status says so
                    self.waiting[name] = self._start(name)

    def take(self, name: str) -> WorkerProcess:
        """One that waited, or a new one. Raises TwincastError when the system starts none."""
        worker = self.waiting.pop(name, None)
        return worker if worker and worker.alive else self._start(name)

    def give_back(self, workers: tuple[WorkerProcess, ...]) -> None:
        """Workers that were taken and have nothing done yet."""
        self.waiting |= {worker.name: worker for worker in workers if worker.alive}

    def enforce(self) -> float | None:
        """End those that have fallen silent; returns the monotonic time at which to look again."""
        times = [worker.enforce() for worker in self.waiting.values()]
        return min((moment for moment in times if moment is not None), default=None)

    def kill(self) -> None:
        for worker in self.waiting.values():
            worker.kill()

    def hear(self, worker: WorkerProcess, message: Message) -> None:
        """What any worker of this process said, whoever has it now."""
        if "stopping" in message:
            worker.stopping = True
        elif "ready" in message:
            worker.ready = {**message["ready"], "import_load": self._load_since_import()}
            self._pauses.clear(worker.name)
        elif "failed" in message and worker.ready is None:
            worker.failed = True
        if "died" in message:
            self._bury(worker)
        if worker.name != EVALUATION:
            self._note_status(worker, message)

    def _bury(self, worker: WorkerProcess) -> None:
        """One that died while it waited or imported is not replaced at once: the next may meet the same end."""
        waited = self.waiting.get(worker.name) is worker
        if waited:
            del self.waiting[worker.name]
        known = worker.failed and worker.name != EVALUATION  # its status says why, and that lasts
        if not known and not worker.killed and (waited or worker.ready is None):
            self._pauses.failed(worker.name)

    def _note_status(self, worker: WorkerProcess, message: Message) -> None:
        status = self.frameworks().get(worker.name) or FrameworkStatus(worker.name, "starting")
        if "ready" in message:
            found = message["ready"]
            devices = tuple(Device(**device) for device in found["devices"])
            status = FrameworkStatus(worker.name, "ready", found["version"], devices)
        elif "failed" in message and worker.ready is None:
            failed = message["failed"]
            problem = Problem(failed["what"], failed["where"], failed["remedy"])
            status = FrameworkStatus(worker.name, "missing" if failed["missing"] else "broken", problem=problem)
            self._pauses.later(worker.name)
        elif "died" in message and worker.importing and not worker.killed:
            status = FrameworkStatus(worker.name, "broken", problem=Problem(**message["problem"]))
        self._set_status(status)

    def _set_status(self, status: FrameworkStatus) -> None:
        with self._guard:
            self._frameworks[status.name] = status

    def _start(self, name: str) -> WorkerProcess:
        """Raises TwincastError. A framework that could not be used gets another chance: it may be installed by now."""
        try:
            worker = WorkerProcess(name, self._logs / f"{name}.log", self._tell)
        except TwincastError as error:
            log.info("%s", error)  # its status says it to people, and `refusal` to the command line
            self._refusal = error
            self._pauses.failed(name)
            if name != EVALUATION:
                self._set_status(FrameworkStatus(name, "broken", problem=error.problems[0]))
            raise
        self._refusal = None
        self._began = hardware.read_cpu(with_this=False)
        return worker

    def _load_since_import(self) -> float | None:
        """Cores that others, the server included, kept busy while it imported: one worker does at a time."""
        return hardware.other_load(self._began, hardware.read_cpu(with_this=False)) if self._began else None
