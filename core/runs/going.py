"""A comparison that is under way: its workers, its turns, and what its folder is told when one of them ends."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from core import hardware
from core.errors import Problem, StoreFailed, TwincastError
from core.runs import resuming
from core.runs.channel import Message
from core.runs.events import Event, Failed, Finished, Resumed
from core.runs.files import Journal
from core.runs.following import ENDED, Follower
from core.runs.pool import EVALUATION
from core.runs.process import WorkerProcess
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder, State
from core.runs.turns import Turns

log = logging.getLogger(__name__)

LOAD_S = 0.3  # other processes' work is measured for at least so long
STOPPED = Finished(status="stopped", total_s=0.0, peak_memory_mb=0.0)


class Going:
    """One comparison from its first turn to its evaluation. All calls come from the supervisor's thread.

    Three stages: the frameworks train; a fresh worker forecasts from the weights of those that died or failed; all is
    scored. `take` gives a worker of that name, one that waited or a new one; it raises TwincastError when none can be
    started. `disturbed` says whether a worker that is none of these imports meanwhile. `trains` is False for one that
    was interrupted and is only to be scored with what it has.
    """

    def __init__(
        self,
        folder: ComparisonFolder,
        spec: ComparisonSpec,
        take: Callable[[str], WorkerProcess],
        disturbed: Callable[[], bool],
        trains: bool = True,
    ) -> None:
        self.id, self.folder, self.spec = spec.id, folder, spec
        self.take, self.disturbed = take, disturbed
        self.unended = [name for name in spec.settings.frameworks if trains and not self._is_finished(name)]
        self.missing = [*self.unended, EVALUATION]  # workers not yet taken
        self.warm: set[str] = set()  # frameworks that were imported before this began
        self.workers: dict[str, WorkerProcess] = {}  # by framework, until its run has ended
        self.scorer: WorkerProcess | None = None
        self.rescues: list[str] = []  # frameworks whose saved weights are still to forecast
        self.rescuer: WorkerProcess | None = None
        self.outcome = "finished" if trains else "interrupted"
        self.scored = False  # its scorer has been asked
        self.stopping = False
        self.over = False
        self.granted = False  # whether a fit was begun in the present turn
        self.turns = Turns(self.unended, [fit.id for fit in spec.plan.fits], spec.settings.order)
        self.state = State("running", started_at=time.time()) if trains else interrupted_state(folder)
        self.began = hardware.read_cpu()

    @property
    def held(self) -> tuple[WorkerProcess, ...]:
        others = (self.rescuer, self.scorer)
        return (*self.workers.values(), *(worker for worker in others if worker))

    @property
    def turn_over(self) -> bool:
        """Whether another comparison may have the machine: a fit has ended, and nothing here works."""
        return self.over or (self.granted and self._trains and self.turns.at_rest and not self.missing)

    def begin(self) -> None:
        """Raises StoreFailed, before any worker is taken."""
        self.folder.set_state(self.state)
        for framework in self.unended:
            if self.folder.run(framework).events.exists():
                self._write(framework, Resumed())
        if not self.unended:
            self._rescue_or_evaluate()
        self.take_missing()

    def advance(self, alone: bool = True) -> float | None:
        """Whatever is due, in this comparison's turn; returns the monotonic time at which to look again."""
        self.take_missing()
        self.give_turns(alone)
        self.evaluate()
        times = [self.enforce()]
        if self.over:
            times.append(time.monotonic())
        elif self.ready and self.state.load_before is None:
            times.append(self.began.at + LOAD_S)
        return min((moment for moment in times if moment is not None), default=None)

    def enforce(self) -> float | None:
        """End whatever worker's time is up, in this comparison's turn or not."""
        times = [worker.enforce() for worker in self.held]
        return min((moment for moment in times if moment is not None), default=None)

    def take_missing(self) -> None:
        """One import at a time: two at once disturb each other, and are slower together."""
        while self.missing and not self.over and not any(worker.importing for worker in self.held):
            name = self.missing.pop(0)
            try:
                worker = self.take(name)
            except TwincastError as error:
                self._not_taken(name, error)
                continue
            self._took(name, worker)

    def assign(self, worker: WorkerProcess) -> None:
        """Hand the run to a worker that is ready for it."""
        if worker.ready is None:
            return
        if self.workers.get(worker.name) is worker:
            run = str(self.folder.run(worker.name).path)
            worker.send(run=run, warm=worker.name in self.warm)
        elif worker is self.rescuer:
            worker.send(run=str(self.folder.run(worker.name).path), rescue=True)

    @property
    def ready(self) -> bool:
        """Whether a fit may begin: nothing is imported beside it, nor has to be before its end."""
        importing = any(worker.importing for worker in self.held)
        return self._trains and not (self.missing or importing or self.stopping or self.disturbed())

    def give_turns(self, alone: bool) -> None:
        if not self.ready or not self._load_is_known():
            return
        for framework, fit in self.turns.grant(alone):
            self.granted = True
            self.workers[framework].send(go=fit)

    def evaluate(self) -> None:
        """The last stage, in this comparison's own turn: scoring would disturb another's timings."""
        if self.state.state == "evaluating" and not self._rescuing and self.scorer and self.scorer.ready is not None:
            if not self.scored:
                self.scorer.send(run=str(self.folder.path))
            self.scored = True

    def hear(self, worker: WorkerProcess, message: Message) -> None:
        """What one of this comparison's workers said, or that it died."""
        if worker not in self.held:
            return
        if "ready" in message:
            self.assign(worker)
        elif worker is self.scorer:
            self._hear_scorer(message)
        elif worker is self.rescuer:
            self._hear_rescuer(message)
        else:
            self._hear_trainer(worker, message)

    def stop(self) -> tuple[WorkerProcess, ...]:
        """Ends every run with what it has; returns the workers that had not begun and can serve another time."""
        self.stopping = True
        self.outcome = self.outcome if self.outcome == "interrupted" else "stopped"
        if not self._trains:
            self.rescues.clear()
            for worker in (self.scorer, self.rescuer):
                if worker:
                    worker.stop()
        unused = tuple(worker for worker in self.workers.values() if worker.ready is None)
        for framework in [*[worker.name for worker in unused], *set(self.missing).intersection(self.unended)]:
            self._end_run(framework, STOPPED)
        for worker in self.workers.values():
            worker.stop()
        return unused

    def abandon(self, problem: Problem) -> None:
        """End it at once, as failed."""
        self._finish("failed", problem)

    @property
    def _trains(self) -> bool:
        return self.state.state == "running"

    @property
    def _rescuing(self) -> bool:
        return self.rescuer is not None or any(name != EVALUATION for name in self.missing)

    def _took(self, name: str, worker: WorkerProcess) -> None:
        if name == EVALUATION:
            self.scorer = worker
        elif self._trains:
            self.workers[name] = worker
            if worker.ready is not None:
                self.warm.add(name)
        else:
            self.rescuer = worker
        self.assign(worker)

    def _not_taken(self, name: str, error: TwincastError) -> None:
        """No such worker can be started. The evaluation gets another chance when there is something to score."""
        if name in self.unended:
            self._end_run(name, _failed(error.problems[0]))
        elif name != EVALUATION:
            self._rescue_or_evaluate()
        elif not self._trains:
            self._finish("failed", self._nothing_trained() or error.problems[0])

    def _load_is_known(self) -> bool:
        """Measured once, from the comparison's beginning to its first fit, and for a third of a second at least."""
        if self.state.load_before is None and time.monotonic() >= self.began.at + LOAD_S:
            self.state = replace(self.state, load_before=hardware.other_load(self.began, hardware.read_cpu()))
            try:
                self.folder.set_state(self.state)
            except StoreFailed as error:
                log.warning("%s", error)
        return self.state.load_before is not None

    def _hear_trainer(self, worker: WorkerProcess, message: Message) -> None:
        framework = worker.name
        if "wants" in message:
            self.turns.want(framework, message["wants"])
        elif "done" in message:
            self.turns.done(framework)
        elif "failed" in message:  # before its run began
            self._end_run(framework, Failed(*_words(message["failed"])))
        elif "ended" in message:
            error = message.get("error")
            self._end_run(framework, Failed(*_words(error)) if error else None)
        elif "died" in message:
            self._end_run(framework, STOPPED if worker.stop_at else Failed(*_words(message["problem"])))

    def _hear_rescuer(self, message: Message) -> None:
        """Whether it succeeded shows in the folder; what could not be rescued is scored without."""
        if "ended" in message or "failed" in message or "died" in message:
            self.rescuer = None
            self._rescue_or_evaluate()

    def _hear_scorer(self, message: Message) -> None:
        if not self.scored:  # it is replaced when there is something to score
            if "failed" in message or "died" in message:
                self.scorer = None
        elif "ended" in message:
            self._finish(self.outcome, self._nothing_trained())
        elif "failed" in message:
            self._finish("failed", self._nothing_trained() or Problem(*_words(message["failed"])))
        elif "died" in message:
            stopped = self.scorer is not None and self.scorer.stop_at is not None
            self._finish("stopped" if stopped else "failed", self._nothing_trained() or _problem(message["problem"]))

    def _end_run(self, framework: str, last: Event | None) -> None:
        """Makes sure that the journal says how the run ended; after the last run what there is gets scored."""
        self.unended.remove(framework)
        self.workers.pop(framework, None)
        if framework in self.missing:
            self.missing.remove(framework)
        self.turns.leave(framework)
        if last and not self._has_ended(framework):
            self._write(framework, last)
        if not self.unended and not self.over:
            self._rescue_or_evaluate()

    def _write(self, framework: str, event: Event) -> None:
        """Into the journal of a run that no worker writes to."""
        try:
            journal = Journal(self.folder.run(framework).events)
            journal.write(event)
            journal.close()
        except StoreFailed as error:
            log.warning("%s", error)

    def _rescue_or_evaluate(self) -> None:
        """What lost its process before it could forecast does so from its saved weights; then all is scored."""
        if self._trains:
            self.state = replace(self.state, state="evaluating")
            try:
                self.folder.set_state(self.state)
                self.rescues = [run.framework for run in self.folder.runs() if resuming.unscored(run)]
            except TwincastError as error:
                self._finish("failed", self._nothing_trained() or error.problems[0])
                return
        if self.rescues:
            self.missing = [self.rescues.pop(0)]
            return
        if self.scorer is None or not self.scorer.alive:
            self.scorer, self.missing = None, [EVALUATION]
        else:
            self.missing.clear()

    def _finish(self, state: str, error: Problem | None) -> None:
        """The end, whatever the reason: no worker is left, and the folder says why where it can still be written."""
        self.over = True
        for worker in self.held:
            worker.kill()
        failed = error is not None and state == "finished"
        ended_at = self.state.ended_at or time.time()
        self.state = replace(self.state, state="failed" if failed else state, ended_at=ended_at, error=error)
        try:
            self.folder.set_state(self.state)
        except StoreFailed as refusal:
            log.warning("%s", refusal)

    def _nothing_trained(self) -> Problem | None:
        """The first run's problem when every run failed."""
        runs = [Follower(self.folder.run(name), self.spec).read() for name in self.spec.settings.frameworks]
        return runs[0].error if all(run.state == "failed" for run in runs) else None

    def _has_ended(self, framework: str) -> bool:
        return Follower(self.folder.run(framework), self.spec).read().state in ENDED

    def _is_finished(self, framework: str) -> bool:
        return Follower(self.folder.run(framework), self.spec).read().state == "finished"


def interrupted_state(folder: ComparisonFolder) -> State:
    """That it was interrupted, and when; raises StoreFailed."""
    return replace(folder.state(), state="running", error=None)


def _words(problem: Message) -> tuple[str, str, str]:
    return problem["what"], problem.get("where", ""), problem.get("remedy", "")


def _problem(words: Message) -> Problem:
    return Problem(*_words(words))


def _failed(problem: Problem) -> Failed:
    return Failed(problem.what, problem.where, problem.remedy)
