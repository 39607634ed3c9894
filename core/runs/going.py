"""The comparison that runs: its workers, its turns, and what its folder is told when one of them ends."""

import logging
import time
from dataclasses import replace

from core.errors import Problem, StoreFailed
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


class Going:
    """One comparison from its first turn to its evaluation. All calls come from the supervisor's thread."""

    def __init__(
        self, folder: ComparisonFolder, spec: ComparisonSpec, workers: dict[str, WorkerProcess], scorer: WorkerProcess
    ) -> None:
        settings = spec.settings
        self.id, self.folder, self.spec = spec.id, folder, spec
        self.workers = workers  # by framework, until its run has ended
        self.scorer = scorer
        self.stopping = False
        self.over = False
        self.turns = Turns(settings.frameworks, [fit.id for fit in spec.plan.fits], settings.order)
        self.state = State("running", started_at=time.time())
        self.folder.set_state(self.state)
        for worker in (*workers.values(), scorer):
            self.assign(worker)

    def assign(self, worker: WorkerProcess) -> None:
        """Hand the run, or the evaluation, to a worker that is ready for it."""
        if worker.ready is None:
            return
        if worker.name in self.workers:
            worker.send(run=str(self.folder.run(worker.name).path), asked_at=self.state.started_at)
        elif worker is self.scorer and self.state.state == "evaluating":
            worker.send(run=str(self.folder.path), asked_at=time.time())

    def hear(self, worker: WorkerProcess, message: Message) -> None:
        """What one of this comparison's workers said, or that it died."""
        if "ready" in message:
            self.assign(worker)
        elif worker is self.scorer:
            self._hear_scorer(message)
        elif self.workers.get(worker.name) is worker:
            self._hear_trainer(worker, message)

    def stop(self) -> tuple[WorkerProcess, ...]:
        """Ends every run with what it has; returns the workers that had not begun and can serve another time."""
        self.stopping = True
        if self.state.state == "evaluating":
            self.scorer.stop()
        unused = tuple(worker for worker in self.workers.values() if worker.ready is None)
        for worker in unused:
            self._end_run(worker.name, Finished(status="stopped", total_s=0.0, peak_memory_mb=0.0))
        for worker in self.workers.values():
            worker.stop()
        return unused

    def enforce(self) -> float | None:
        """Ends workers whose time to stop is up; returns the monotonic time at which to look again."""
        times = [worker.enforce() for worker in (*self.workers.values(), self.scorer)]
        return min((moment for moment in times if moment is not None), default=None)

    def give_turns(self) -> None:
        if not self.stopping:
            for framework, fit in self.turns.grant():
                self.workers[framework].send(go=fit)

    def abandon(self, problem: Problem) -> None:
        """End it at once, as failed."""
        for worker in (*self.workers.values(), self.scorer):
            worker.kill()
        self._finish("failed", problem)

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
        self.give_turns()

    def _hear_scorer(self, message: Message) -> None:
        if "ended" in message:
            self._finish("stopped" if self.stopping else "finished", self._nothing_trained())
        elif "failed" in message:
            self._finish("failed", self._nothing_trained() or Problem(*_words(message["failed"])))
        elif "died" in message:
            problem = death("The evaluation", message["died"])
            self._finish("stopped" if self.scorer.stop_at else "failed", self._nothing_trained() or problem)

    def _end_run(self, framework: str, last: Event | None) -> None:
        """Makes sure that the journal says how the run ended; after the last run the evaluation begins."""
        del self.workers[framework]
        self.turns.leave(framework)
        if last and not self._has_ended(framework):
            try:
                journal = Journal(self.folder.run(framework).events)
                journal.write(last)
                journal.close()
            except StoreFailed as error:
                log.warning("%s", error)
        if not self.workers and not self.over:
            self._evaluate()

    def _evaluate(self) -> None:
        self.state = replace(self.state, state="evaluating")
        self.folder.set_state(self.state)
        self.assign(self.scorer)

    def _finish(self, state: str, error: Problem | None) -> None:
        self.over = True
        failed = error is not None and state == "finished"
        self.state = replace(self.state, state="failed" if failed else state, ended_at=time.time(), error=error)
        self.folder.set_state(self.state)

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
