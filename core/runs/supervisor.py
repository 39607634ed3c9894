"""Runs comparisons in the background: one thread owns every worker, everyone else asks it.

Several comparisons may be under way, one a browser session; the machine is given to one of them at a time and passes
on whenever a fit has ended, so that nobody waits for another's whole comparison and timings stay true. Across the
processes of an installation a lock says who has the machine. Whatever dies or fails is written down as a sentence in
its own run, and the rest goes on.
"""

import logging
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from core.data.dataset import Dataset
from core.errors import BadInput, Problem, StoreFailed, TwincastError
from core.runs import extending, holding, memory, recovery
from core.runs.channel import Message
from core.runs.going import Going
from core.runs.pool import FrameworkStatus, WorkerPool
from core.runs.process import WorkerProcess
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder, State, Store
from core.runs.view import ComparisonReader, ComparisonView, Live

log = logging.getLogger(__name__)

ERROR_PAUSE_S = 0.2  # after an error of its own: one that comes again and again must not take a whole core
READERS = 24  # comparisons kept ready for their watchers: more than a page of the history shows
UNDER_WAY = 8  # comparisons at a time, as long as there is room for the workers of another one
ROOM_GB = 2.5  # of free memory: both frameworks' workers take some 1.5 GB
QUEUE_CAP = 20
LOOK_S = 5.0  # at least so often every worker is looked at
LOCK_LOOK_S = 0.25  # while another process has the machine
UNEXPECTED = Problem("It was stopped by an unexpected error", "", "Start it again; the server's log has the details.")


@dataclass(frozen=True)
class Ticket:
    """A comparison that waits. `trains` is False for one that is only to be scored with what it has."""

    id: str
    session: str
    trains: bool = True


class Supervisor:
    """Thread-safe; `start` once, `close` at the end. Workers end with the thread, and with the process.

    With `recovers`, what an earlier process of the installation left unended is marked and scored at the start.
    """

    def __init__(self, store: Store, warm: tuple[str, ...] = ("pytorch", "tensorflow"), recovers: bool = False) -> None:
        self.store = store
        self._recovers = recovers
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._pool = WorkerPool(store.root / "logs", warm, self._told)
        self._machine = store.machine_lock
        self._wanted = store.root / "machine.wanted"  # held by a process that waits for it
        self._machine_from = 0.0  # monotonic time before which another process may take it
        self._unsaid: OrderedDict[str, Problem] = OrderedDict()  # why comparisons failed, where it could not be saved
        self._queue: list[Ticket] = []
        self._going: list[Going] = []  # the first has the machine
        self._sessions: dict[str, str] = {}  # who started it, of those not ended
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

    @property
    def alive(self) -> bool:
        """Whether its thread runs; without it nothing is trained any more."""
        return self._thread.is_alive()

    def submit(self, spec: ComparisonSpec, dataset: Dataset, session: str = "") -> str:
        """Saves the comparison and puts it in the queue; returns its id. Raises BadInput (queue full), StoreFailed."""
        self._check_room()
        self.store.create(spec, dataset, hold=True)
        self._enqueue(Ticket(spec.id, session))
        return spec.id

    def resume(self, id: str, session: str = "") -> None:
        """An ended comparison goes on. Raises NotFound, StoreFailed, BadInput (queue full, nothing left to train)."""
        self._check_room()
        with self._changed:  # two that ask at the same moment must not both get it
            if id in self.active():
                raise BadInput("This comparison is still under way", id, "Wait until it has ended.")
            recovery.prepare_to_go_on(self.store.open(id))
            self._enqueue(Ticket(id, session))

    def extend(self, id: str, session: str = "") -> None:
        """More seeds for an ended comparison. Raises NotFound, StoreFailed, BadInput (queue full, none to be added)."""
        self._check_room()
        with self._changed:
            if id in self.active():
                raise BadInput("This comparison is still under way", id, "Wait until it has ended.")
            extending.prepare_to_extend(self.store.open(id))
            self._readers.pop(id, None)  # its plan is another one now
            self._enqueue(Ticket(id, session))

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
        view = reader.view(live)
        problem = self._unsaid.get(id)
        return replace(view, state="failed", error=problem) if problem and view.state == "interrupted" else view

    def wait(self, id: str, timeout: float | None = None) -> ComparisonView:
        """The view once the comparison has ended, or after `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._live(id) is None, timeout)
        return self.view(id)

    def active(self) -> tuple[str, ...]:
        """The comparisons under way, the one that has the machine first; then those that wait, in their order."""
        with self._changed:
            return (*(going.id for going in self._going), *(ticket.id for ticket in self._queue))

    def ahead(self, id: str) -> tuple[str, ...]:
        """Those before it while it waits; none once it is under way."""
        active = self.active()
        with self._changed:
            waits = any(ticket.id == id for ticket in self._queue)
        return active[: active.index(id)] if waits and id in active else ()

    def owner(self, id: str) -> str | None:
        """The session that started it, while it has not ended; None when that is not known."""
        with self._changed:
            return self._sessions.get(id)

    def frameworks(self) -> dict[str, FrameworkStatus]:
        """What is known of each framework."""
        return self._pool.frameworks()

    def refusal(self) -> TwincastError | None:
        """Why no worker can be started on this installation; None as long as they can."""
        return self._pool.refusal()

    @property
    def waits_for_machine(self) -> bool:
        """Whether another process of this installation trains or imports, and this one has to wait for it."""
        wanted = self._queue or any(status.state == "starting" for status in self.frameworks().values())
        return bool(wanted) and not self._going and holding.is_held_elsewhere(self._machine)

    def _check_room(self) -> None:
        with self._changed:
            waiting = len(self._queue)
        if waiting >= QUEUE_CAP:
            raise BadInput(f"{waiting} comparisons wait already", "queue", "Try again when some of them have ended.")

    def _enqueue(self, ticket: Ticket) -> None:
        with self._changed:
            self._queue.append(ticket)
            self._sessions[ticket.id] = ticket.session
            self._changed.notify_all()
        self._inbox.put(lambda: None)

    def _told(self, worker: WorkerProcess, message: Message) -> None:
        self._inbox.put(lambda: self._hear(worker, message))

    # Below: the supervisor's own thread, apart from `_live` and `_open`.

    def _run(self) -> None:
        if self._recovers:
            self._guarded(self._recover)
        while not self._closed.is_set():
            self._guarded(self._advance)
            self._guarded(lambda: self._next_message()())
        self._pool.kill()
        for worker in (worker for going in self._going for worker in going.held):
            worker.kill()
        for id in self.active():
            self._let_go(id)
        holding.release(self._machine)
        holding.release(self._wanted)
        with self._changed:
            self._going, self._queue = [], []
            self._changed.notify_all()

    def _guarded(self, step: Callable[[], None]) -> None:
        """An error that nobody foresaw, and of which nobody knows whom it concerns, ends what is under way."""
        try:
            step()
        except Exception:
            log.exception("the supervisor met an unexpected error")
            for going in self._going:
                self._abandon(going)
            self._closed.wait(ERROR_PAUSE_S)

    def _with(self, going: Going, step: Callable[[], float | None]) -> float | None:
        """An error in one comparison's step ends that one alone."""
        try:
            return step()
        except Exception:
            log.exception("comparison %s met an unexpected error", going.id)
            self._abandon(going)
            return time.monotonic() + ERROR_PAUSE_S

    def _next_message(self) -> Callable[[], None]:
        """The next thing to do; nothing, where a moment comes at which something is due."""
        now = time.monotonic()
        times = [now + LOOK_S if self._pool.waiting or self._going else None, self._pool.enforce()]
        if not self._going:
            times.append(self._next_try(now))
        for place, going in enumerate(self._going):
            step = partial(going.advance, self._alone()) if place == 0 else going.enforce
            times.append(self._with(going, step))
        again = min((moment for moment in times if moment is not None), default=None)
        try:
            return self._inbox.get(timeout=None if again is None else max(0.0, again - now))
        except queue.Empty:
            return lambda: None

    def _next_try(self, now: float) -> float | None:
        """When what waits, or is to be kept warm, is tried again: not before the machine can be had."""
        due = now if self._queue else self._pool.next_due()
        if due is None or holding.holds(self._machine):
            return due
        return max(due, self._machine_from, now + LOCK_LOOK_S)

    def _advance(self) -> None:
        """Whatever can be done now: end what is over, begin what waits, pass the machine on, keep workers warm."""
        for going in [each for each in self._going if each.over]:
            self._end(going)
        while (not self._going or self._going[0].turn_over) and (ticket := self._next_ticket()):
            self._begin(ticket)
        if len(self._going) > 1 and self._going[0].turn_over:
            self._pass_on()
        if not self._going and self._pool.is_due() and self._take_machine():
            self._pool.warm_one()
        if not self._going and not self._pool.importing:
            holding.release(self._machine)
        if not self._queue and not self._pool.is_due():
            holding.release(self._wanted)

    def _end(self, going: Going) -> None:
        self._let_go(going.id)
        with self._changed:
            self._going.remove(going)
            if going.unsaid:
                self._unsaid[going.id] = going.unsaid
                while len(self._unsaid) > READERS:
                    self._unsaid.popitem(last=False)
            self._changed.notify_all()
        if self._going:
            self._going[0].granted = False  # its turn begins
        elif self._another_waits():
            holding.release(self._machine)
            self._machine_from = time.monotonic() + 2 * LOCK_LOOK_S

    def _pass_on(self) -> None:
        """The next comparison gets the machine, this one goes to the end of the row."""
        with self._changed:
            self._going.append(self._going.pop(0))
        self._going[0].granted = False

    def _alone(self) -> bool:
        return len(self._going) == 1 and not self._next_ticket()

    def _next_ticket(self) -> Ticket | None:
        """The first that waits of a session that has nothing under way, while there is room and the machine is ours.

        None while another process waits: what is under way ends, and then it has the machine.
        """
        if not self._queue or not self._has_room() or (self._going and self._another_waits()):
            return None
        if not self._take_machine():
            return None
        busy = {self._sessions.get(going.id) for going in self._going}
        return next((ticket for ticket in self._queue if ticket.session not in busy), None)

    def _has_room(self) -> bool:
        if not self._going:
            return True
        return len(self._going) < UNDER_WAY and memory.free_gb() >= ROOM_GB

    def _another_waits(self) -> bool:
        """Whether another process of the installation waits for the machine."""
        return holding.is_held_elsewhere(self._wanted)

    def _take_machine(self) -> bool:
        """Whether this process may import and train. The one lock of the installation, held while it does."""
        if holding.holds(self._machine):
            return True
        try:
            if time.monotonic() >= self._machine_from and holding.try_hold(self._machine):
                holding.release(self._wanted)
                return True
            holding.try_hold(self._wanted)  # so that who has it passes it on
            return False
        except StoreFailed:  # the folder cannot be used: the first worker that is started will say why
            return True

    def _recover(self) -> None:
        """What nobody drives any more is marked as interrupted; what it had learned is to be scored."""
        for id in recovery.mark_interrupted(self.store):
            self._queue.append(Ticket(id, "recovery", trains=False))

    def _begin(self, ticket: Ticket) -> None:
        """One that waits gets the machine; one that cannot is marked as failed."""
        going: Going | None = None
        try:
            folder = self.store.open(ticket.id)
            going = Going(folder, folder.spec(), self._pool.take, lambda: self._pool.importing, ticket.trains)
            going.begin()
        except Exception as error:
            self._refuse(ticket.id, going, error)
            going = None
        with self._changed:
            self._queue.remove(ticket)
            self._going[:0] = [going] if going else []
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
        for going in self._going:
            if going.id == id:
                self._pool.give_back(going.stop())
        for ticket in [each for each in self._queue if each.id == id]:
            self._cancel(ticket)

    def _cancel(self, ticket: Ticket) -> None:
        if ticket.trains:  # else it has ended already, and only its scoring waits
            try:
                self.store.open(ticket.id).set_state(State("stopped", ended_at=time.time()))
            except TwincastError as error:
                log.warning("%s", error)
        self._let_go(ticket.id)
        with self._changed:
            self._queue.remove(ticket)
            self._changed.notify_all()

    def _hear(self, worker: WorkerProcess, message: Message) -> None:
        self._pool.hear(worker, message)
        for going in self._going:
            self._with(going, partial(going.hear, worker, message))

    def _abandon(self, going: Going) -> None:
        """After an error of the supervisor's own: nobody may wait for a comparison that nobody drives."""
        try:
            going.abandon(UNEXPECTED)
        except Exception:
            log.exception("the comparison could not be marked as failed")
            going.over = True

    def _let_go(self, id: str) -> None:
        """Nobody drives it any more: what it had not ended now reads as interrupted, in every process."""
        ComparisonFolder(self.store.comparisons / id).release()
        with self._changed:
            self._sessions.pop(id, None)

    def _live(self, id: str) -> Live | None:
        """What only this supervisor knows of a comparison; None when it is not in its hands."""
        for place, going in enumerate(self._going):
            if going.id == id:
                return Live(stopping=going.stopping, parked=place > 0, scoring=going.scoring)
        waiting = [ticket.id for ticket in self._queue]
        return Live(position=waiting.index(id) + 1) if id in waiting else None

    def _open(self, id: str) -> ComparisonReader:
        with self._changed:
            self._readers.pop(id, None)
        reader = ComparisonReader(self.store.open(id))
        with self._changed:
            reader = self._readers.setdefault(id, reader)
            while len(self._readers) > READERS:
                self._readers.popitem(last=False)
        return reader
