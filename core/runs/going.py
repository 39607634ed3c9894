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
from core.runs.store import ComparisonFolder
from core.runs.turns import Turns

log = logging.getLogger(__name__)

LOAD_S = 0.3  # other processes' work is measured for at least so long
LOST = Problem("It could not be scored", "", "Score it again; the server's log has the details.")
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
        self.rescue_problem: Problem | None = None
        complete = all(self._is_finished(name) for name in spec.settings.frameworks)
        self.outcome = "finished" if trains or complete else "interrupted"
        self.leaving: list[WorkerProcess] = []  # those that have said that they are done
        self.scored = False  # its scorer has been asked
        self.scoring = ""  # what the scorer is at
        self.scorers_lost = 0  # before they could be
        self.unsaid: Problem | None = None  # what went wrong and could not be written down
        self.stopping = False
        self.over = False
        self.granted = False  # whether a fit was begun in the present turn
        timed = {fit.id for fit in spec.plan.fits if fit.kind == "timed"}
        self.turns = Turns(self.unended, [fit.id for fit in spec.plan.fits], spec.settings.order, timed)
        earlier = folder.state()
        self.state = replace(earlier, state="running", error=None)
        if trains:
            self.state = replace(self.state, started_at=time.time(), ended_at=None, load_before=None)
        self.earlier_load = earlier.load_before or 0.0  # of the part before, where it goes on
        self.began = hardware.read_cpu()
        self.fit_began: hardware.CpuReading | None = None

    @property
    def held(self) -> tuple[WorkerProcess, ...]:
        others = (self.rescuer, self.scorer)
        return (*self.workers.values(), *(worker for worker in others if worker), *self.leaving)

    @property
    def turn_over(self) -> bool:
        """Whether another comparison may have the machine: a fit has ended, and nothing here works."""
        return self.over or (self.granted and self._trains and self.turns.at_rest and not self.missing)

    def begin(self) -> None:
        """Raises StoreFailed, before any worker is taken."""
        self.folder.set_state(self.state)
        for framework in self.unended:  # here, not in the workers: both would rewrite the comparison's manifest at once
            run = self.folder.run(framework)
            run.withdraw()
            if run.events.exists():
                self._write(framework, Resumed())
        if not self.unended:
            self._rescue_or_evaluate()
        self.take_missing()

    def advance(self, alone: bool = True) -> float | None:
        """Whatever is due, in this comparison's turn; returns the monotonic time at which to look again."""
        self.take_missing()
        self.give_turns(alone)
        self.evaluate()
        if not (self.over or self.held or self.missing):
            self._finish("failed", self._nothing_trained() or LOST)
        times = [self.enforce()]
        if self.over:
            times.append(time.monotonic())
        elif self.ready and self.state.load_before is None:
            times.append(self.began.at + LOAD_S)
        return min((moment for moment in times if moment is not None), default=None)

    def enforce(self) -> float | None:
        """End whatever worker's time is up, in this comparison's turn or not."""
        self.leaving = [worker for worker in self.leaving if worker.alive]
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
            worker.send(run=run, warm=worker.name in self.warm, import_load=worker.ready.get("import_load"))
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
        granted = self.turns.grant(alone)
        if granted and self.fit_began is None:
            self.fit_began = hardware.read_cpu(with_this=False)
        for framework, fit in granted:
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
        if worker not in self.held or worker in self.leaving:
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
            self.missing = [name for name in self.missing if name == EVALUATION]
            for worker in (self.scorer, self.rescuer):
                if worker:
                    worker.stop()
            if not self._rescuing:
                self._rescue_or_evaluate()
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
            load = hardware.other_load(self.began, hardware.read_cpu())
            self.state = replace(self.state, load_before=max(load, self.earlier_load))
            self._save_state()
        return self.state.load_before is not None

    def _note_load(self) -> None:
        """What others, the server included, kept busy during a fit: who comes later disturbs it, too."""
        began, self.fit_began = self.fit_began, None
        now = hardware.read_cpu(with_this=False)
        if began is not None and now.at - began.at >= LOAD_S:
            load = max(hardware.other_load(began, now), self.state.load_during or 0.0)
            self.state = replace(self.state, load_during=load)

    def _hear_trainer(self, worker: WorkerProcess, message: Message) -> None:
        framework = worker.name
        if "wants" in message:
            self.turns.want(framework, message["wants"])
        elif "done" in message:
            self.turns.done(framework)
            self._note_load()
        elif "failed" in message:  # before its run began
            self._leaves(worker)
            self._end_run(framework, Failed(*_words(message["failed"])))
        elif "ended" in message:
            error = message.get("error")
            self._leaves(worker)
            self._end_run(framework, Failed(*_words(error)) if error else None)
        elif "died" in message:
            self._end_run(framework, STOPPED if worker.stop_at else Failed(*_words(message["problem"])))

    def _hear_rescuer(self, message: Message) -> None:
        """What could not be rescued is scored without, and said."""
        if "ended" not in message and "failed" not in message and "died" not in message:
            return
        problem = message.get("error") or message.get("failed") or message.get("problem")
        if problem and not self.stopping:
            what = f"The forecasts so far could not be made: {problem['what']}"
            self.rescue_problem = Problem(what, problem.get("where", ""), problem.get("remedy", ""))
        if "died" not in message and self.rescuer:
            self._leaves(self.rescuer)
        self.rescuer = None
        self._rescue_or_evaluate()

    def _hear_scorer(self, message: Message) -> None:
        if not self.scored:
            if "failed" in message or "died" in message:
                self._lose_scorer(_problem(message.get("failed") or message["problem"]))
        elif "scoring" in message:
            self.scoring = message["scoring"]
        elif "ended" in message:
            self.state = replace(self.state, unscored=False)
            self._finish(self.outcome, self._nothing_trained(), note=self.rescue_problem)
        elif "failed" in message:
            self._finish("failed", self._nothing_trained() or Problem(*_words(message["failed"])))
        elif "died" in message:
            stopped = self.scorer is not None and self.scorer.stop_at is not None
            self._finish("stopped" if stopped else "failed", self._nothing_trained() or _problem(message["problem"]))

    def _lose_scorer(self, problem: Problem) -> None:
        """It died before it was asked: once it is replaced, when there is something to score."""
        if self.scorer and self.scorer.alive:
            self._leaves(self.scorer)
        self.scorer, self.scorers_lost = None, self.scorers_lost + 1
        if self._trains or self._rescuing:
            return
        if self.scorers_lost > 1:
            self._finish("failed", self._nothing_trained() or problem)
        else:
            self.missing = [EVALUATION]

    def _leaves(self, worker: WorkerProcess) -> None:
        """It has said that it is done, and is watched until it is gone."""
        worker.leave()
        self.leaving.append(worker)

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
            if isinstance(event, Failed):
                self.unsaid = self.unsaid or Problem(event.what, event.where, event.remedy)

    def _rescue_or_evaluate(self) -> None:
        """What lost its process before it could forecast does so from its saved weights; then all is scored."""
        if self._trains:
            self.state = replace(self.state, state="evaluating")
            try:
                self.folder.set_state(self.state)
                unscored = [run for run in self.folder.runs() if resuming.unscored(run)]
                for run in unscored:
                    run.withdraw()
                self.rescues = [run.framework for run in unscored]
            except TwincastError as error:
                self.unsaid = self.unsaid or error.problems[0]
                self._finish("failed", self._nothing_trained() or error.problems[0])
                return
        if self.rescues:
            self.missing = [self.rescues.pop(0)]
            return
        if self.scorer is None or not self.scorer.alive:
            self.scorer, self.missing = None, [EVALUATION]
        else:
            self.missing.clear()

    def _finish(self, state: str, error: Problem | None, note: Problem | None = None) -> None:
        """The end, whatever the reason: no worker is left, and the folder says why where it can still be written.

        A `note` is said, too, without making it a failure.
        """
        self.over = True
        for worker in self.held:
            worker.kill()
        failed = error is not None and state == "finished"
        ended_at = self.state.ended_at or time.time()
        self.state = replace(self.state, state="failed" if failed else state, ended_at=ended_at, error=error or note)
        self._save_state()

    def _save_state(self) -> None:
        try:
            self.folder.set_state(self.state)
        except StoreFailed as refusal:
            log.warning("%s", refusal)
            self.unsaid = self.unsaid or self.state.error or refusal.problems[0]

    def _nothing_trained(self) -> Problem | None:
        """The first run's problem when every run failed."""
        runs = [Follower(self.folder.run(name), self.spec).read() for name in self.spec.settings.frameworks]
        return runs[0].error if all(run.state == "failed" for run in runs) else None

    def _has_ended(self, framework: str) -> bool:
        return Follower(self.folder.run(framework), self.spec).read().state in ENDED

    def _is_finished(self, framework: str) -> bool:
        return Follower(self.folder.run(framework), self.spec).read().state == "finished"


def _words(problem: Message) -> tuple[str, str, str]:
    return problem["what"], problem.get("where", ""), problem.get("remedy", "")


def _problem(words: Message) -> Problem:
    return Problem(*_words(words))


def _failed(problem: Problem) -> Failed:
    return Failed(problem.what, problem.where, problem.remedy)
