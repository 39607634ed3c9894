"""The comparison that runs: its workers, its turns, and what its folder is told when one of them ends."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from core import hardware
from core.errors import Problem, StoreFailed, TwincastError
from core.runs.channel import Message
from core.runs.events import Event, Failed, Finished
from core.runs.files import Journal
from core.runs.process import WorkerProcess, death
from core.runs.results import label
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder, State
from core.runs.turns import Turns
from core.runs.view import ENDED, Follower

log = logging.getLogger(__name__)

EVALUATION = "evaluation"  # the worker that scores
LOAD_S = 0.3  # other processes' work is measured for at least so long


class Going:
    """One comparison from its first turn to its evaluation. All calls come from the supervisor's thread.

    `take` gives a worker of that name, one that waited or a new one; it raises TwincastError when none can be started.
    `disturbed` says whether a worker that is none of these imports meanwhile.
    """

    def __init__(
        self,
        folder: ComparisonFolder,
        spec: ComparisonSpec,
        take: Callable[[str], WorkerProcess],
        disturbed: Callable[[], bool],
    ) -> None:
        settings = spec.settings
        self.id, self.folder, self.spec = spec.id, folder, spec
        self.take, self.disturbed = take, disturbed
        self.missing = [*settings.frameworks, EVALUATION]  # workers not yet taken
        self.unended = list(settings.frameworks)  # frameworks whose run has not ended
        self.workers: dict[str, WorkerProcess] = {}  # by framework, until its run has ended
        self.scorer: WorkerProcess | None = None
        self.stopping = False
        self.over = False
        self.turns = Turns(settings.frameworks, [fit.id for fit in spec.plan.fits], settings.order)
        self.state = State("running", started_at=time.time())
        self.began = hardware.read_cpu()

    @property
    def held(self) -> tuple[WorkerProcess, ...]:
        return (*self.workers.values(), *((self.scorer,) if self.scorer else ()))

    def begin(self) -> None:
        """Raises StoreFailed, before any worker is taken."""
        self.folder.set_state(self.state)
        self.take_missing()

    def advance(self) -> float | None:
        """Whatever is due; returns the monotonic time at which to look again."""
        self.take_missing()
        self.give_turns()
        times = [worker.enforce() for worker in self.held]
        if self.over:
            times.append(time.monotonic())
        elif self.ready and self.state.load_before is None:
            times.append(self.began.at + LOAD_S)
        return min((moment for moment in times if moment is not None), default=None)

    def take_missing(self) -> None:
        """One import at a time: two at once disturb each other, and are slower together."""
        while self.missing and not any(worker.importing for worker in self.held):
            name = self.missing.pop(0)
            try:
                worker = self.take(name)
            except TwincastError as error:
                if name in self.unended:  # the evaluation gets another chance when there is something to score
                    self._end_run(name, _failed(error.problems[0]))
                continue
            if name == EVALUATION:
                self.scorer = worker
            else:
                self.workers[name] = worker
            self.assign(worker)

    def assign(self, worker: WorkerProcess) -> None:
        """Hand the run, or the evaluation, to a worker that is ready for it."""
        if worker.ready is None:
            return
        if worker.name in self.workers:
            worker.send(run=str(self.folder.run(worker.name).path), asked_at=self.state.started_at)
        elif worker is self.scorer and self.state.state == "evaluating":
            worker.send(run=str(self.folder.path), asked_at=time.time())

    @property
    def ready(self) -> bool:
        """Whether a fit may begin: nothing is imported beside it, nor has to be before its end."""
        importing = any(worker.importing for worker in self.held)
        return self.state.state == "running" and not (self.missing or importing or self.stopping or self.disturbed())

    def give_turns(self) -> None:
        if not self.ready or not self._load_is_known():
            return
        for framework, fit in self.turns.grant():
            self.workers[framework].send(go=fit)

    def hear(self, worker: WorkerProcess, message: Message) -> None:
        """What one of this comparison's workers said, or that it died."""
        if "ready" in message:
            self.assign(worker)
        elif worker is self.scorer:
            self._hear_scorer(worker, message)
        elif self.workers.get(worker.name) is worker:
            self._hear_trainer(worker, message)

    def stop(self) -> tuple[WorkerProcess, ...]:
        """Ends every run with what it has; returns the workers that had not begun and can serve another time."""
        self.stopping = True
        if self.scorer and self.state.state == "evaluating":
            self.scorer.stop()
        unused = tuple(worker for worker in self.workers.values() if worker.ready is None)
        for framework in [*[worker.name for worker in unused], *set(self.missing).intersection(self.unended)]:
            self._end_run(framework, Finished(status="stopped", total_s=0.0, peak_memory_mb=0.0))
        for worker in self.workers.values():
            worker.stop()
        return unused

    def abandon(self, problem: Problem) -> None:
        """End it at once, as failed."""
        self._finish("failed", problem)

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
            stopped = Finished(status="stopped", total_s=0.0, peak_memory_mb=0.0)
            self._end_run(framework, stopped if worker.stop_at else _failed(death(label(framework), message["died"])))

    def _hear_scorer(self, scorer: WorkerProcess, message: Message) -> None:
        if self.state.state != "evaluating":  # nothing is lost: it is replaced when there is something to score
            if "failed" in message or "died" in message:
                self.scorer = None
        elif "ended" in message:
            self._finish("stopped" if self.stopping else "finished", self._nothing_trained())
        elif "failed" in message:
            self._finish("failed", self._nothing_trained() or Problem(*_words(message["failed"])))
        elif "died" in message:
            problem = death("The evaluation", message["died"])
            self._finish("stopped" if scorer.stop_at else "failed", self._nothing_trained() or problem)

    def _end_run(self, framework: str, last: Event | None) -> None:
        """Makes sure that the journal says how the run ended; after the last run the evaluation begins."""
        self.unended.remove(framework)
        self.workers.pop(framework, None)
        if framework in self.missing:
            self.missing.remove(framework)
        self.turns.leave(framework)
        if last and not self._has_ended(framework):
            try:
                journal = Journal(self.folder.run(framework).events)
                journal.write(last)
                journal.close()
            except StoreFailed as error:
                log.warning("%s", error)
        if not self.unended and not self.over:
            self._evaluate()

    def _evaluate(self) -> None:
        self.missing.clear()
        self.state = replace(self.state, state="evaluating")
        try:
            self.folder.set_state(self.state)
            if self.scorer is None or not self.scorer.alive:
                self.scorer = self.take(EVALUATION)
        except TwincastError as error:
            self._finish("failed", self._nothing_trained() or error.problems[0])
            return
        self.assign(self.scorer)

    def _finish(self, state: str, error: Problem | None) -> None:
        """The end, whatever the reason: no worker is left, and the folder says why where it can still be written."""
        self.over = True
        for worker in self.held:
            worker.kill()
        failed = error is not None and state == "finished"
        self.state = replace(self.state, state="failed" if failed else state, ended_at=time.time(), error=error)
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


def _words(problem: Message) -> tuple[str, str, str]:
    return problem["what"], problem.get("where", ""), problem.get("remedy", "")


def _failed(problem: Problem) -> Failed:
    return Failed(problem.what, problem.where, problem.remedy)
