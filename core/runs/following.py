"""A run as its journal tells it: events folded as they come."""

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.errors import Problem, StoreFailed
from core.runs.events import (
    EpochDone,
    Event,
    Failed,
    Finished,
    FitDone,
    FitResumed,
    FitStarted,
    Progress,
    Resumed,
    Stage,
    Started,
    parse,
)
from core.runs.files import damaged
from core.runs.spec import CERTIFICATE_BATCHES, SHORT_EPOCHS, ComparisonSpec, FitSpec, Plan, Settings
from core.runs.store import RunFolder

WAITING = "waiting for its turn"
ENDED = ("finished", "stopped", "failed", "interrupted")


@dataclass(frozen=True)
class FitView:
    """One training so far."""

    id: str
    kind: str
    seed: int
    fold: int
    epochs: int  # at most
    windows: int  # training windows an epoch
    history: tuple[EpochDone, ...] = ()
    best_epoch: int = 0
    done: bool = False
    stopped: bool = False
    scaled_mae: float | None = None  # of its test windows, once they are forecast


@dataclass(frozen=True)
class RunView:
    """One framework's run so far."""

    framework: str
    folds: int = 1
    version: str = ""
    state: str = "waiting"  # for a turn too; starting, training, scoring, finished, stopped, failed, interrupted
    stage: str = ""  # the same for people: "starting TensorFlow"
    error: Problem | None = None
    fits: tuple[FitView, ...] = ()
    fit: str | None = None  # the one under way
    epoch: int = 0  # under way, from 1
    share: float = 0.0  # of that epoch, 0 to 1
    progress: float = 0.0  # of the run's training, 0 to 1
    windows_per_second: float | None = None
    memory_mb: float | None = None
    eta_s: float | None = None  # of this run's own training; None before the first epoch
    applied: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    layers: tuple[dict[str, Any], ...] = ()  # of the built model
    import_s: float | None = None
    parameters: int | None = None
    total_s: float | None = None  # once it has ended
    last_event_at: float | None = None  # Unix time


class Follower:
    """Folds a run's events.jsonl into a RunView, from where it last left off; whole lines only."""

    def __init__(self, folder: RunFolder, spec: ComparisonSpec) -> None:
        self._folder, self._path = folder, folder.events
        self._checked = self._damaged = False
        self._settings, self._plan = spec.settings, spec.plan
        self._offset = 0
        self._view = RunView(folder.framework, folds=spec.settings.folds)

    def read(self) -> RunView:
        if self._damaged:
            return self._view
        try:
            events = self._new_events()
        except StoreFailed as error:
            self._damaged = True
            self._view = replace(self._view, state="failed", stage="failed", error=error.problems[0], fit=None)
            return self._view
        if events:
            self._view = estimated(fold(self._view, events), self._settings, self._plan)
        return self._view

    def _new_events(self) -> list[Event]:
        """Raises StoreFailed when the journal is damaged."""
        if not self._checked:
            self._folder.check_journal()
            self._checked = True
        with damaged(self._path):
            return [event for event in map(parse, self._new_lines()) if event]

    def _new_lines(self) -> Sequence[bytes]:
        try:
            if os.stat(self._path).st_size == self._offset:  # noqa: PTH116  50 sessions ask each second
                return ()
            with self._path.open("rb") as file:
                file.seek(self._offset)
                content = file.read()
        except OSError:  # not there yet, or just deleted
            return ()
        whole = content[: content.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole.splitlines()


def fold(view: RunView, events: Sequence[Event]) -> RunView:
    """The view after these events."""
    fits = {fit.id: fit for fit in view.fits}
    epochs: dict[str, list[EpochDone]] = {}  # joined once at the end: a long history is not copied for each epoch
    for event in events:
        if isinstance(event, EpochDone):
            epochs.setdefault(event.fit, []).append(event)
        elif isinstance(event, FitStarted):
            epochs.pop(event.fit, None)
            fits[event.fit] = FitView(event.fit, event.kind, event.seed, event.fold, event.epochs, event.windows)
        elif isinstance(event, FitResumed) and event.fit in fits:
            history = (*fits[event.fit].history, *epochs.pop(event.fit, ()))[: event.after_epoch]
            fits[event.fit] = replace(fits[event.fit], history=history, best_epoch=0, done=False, stopped=False)
        elif isinstance(event, FitDone) and event.fit in fits:
            ended = replace(fits[event.fit], best_epoch=event.best_epoch, done=True, stopped=event.stopped)
            fits[event.fit] = replace(ended, scaled_mae=event.scaled_mae)
        view = after(view, event)
    for fit, more in epochs.items():
        if fit in fits:
            fits[fit] = replace(fits[fit], history=(*fits[fit].history, *more))
    return replace(view, fits=tuple(fits.values()), last_event_at=events[-1].at)


def after(view: RunView, event: Event) -> RunView:
    """The view after one event, histories apart. Of a run that has ended only its going on changes the state."""
    if view.state in ENDED and not isinstance(event, Resumed):
        return view
    match event:
        case Resumed():
            fresh = RunView(view.framework, folds=view.folds)
            return replace(fresh, fits=view.fits, parameters=view.parameters)
        case Started():
            return replace(
                view,
                stage=WAITING,
                version=event.version,
                import_s=event.import_s,
                parameters=event.parameters,
                applied=event.applied,
                notes=tuple(event.notes),
                layers=tuple(event.layers),
            )
        case FitStarted():
            stage = f"training: {described(event.kind, event.seed, event.fold, view.folds)}"
            return replace(view, state="training", stage=stage, fit=event.fit, epoch=1, share=0.0)
        case FitResumed():
            stage = f"training again after epoch {event.after_epoch}"
            return replace(view, state="training", stage=stage, fit=event.fit, epoch=event.after_epoch + 1, share=0.0)
        case Progress():
            return replace(
                view,
                epoch=event.epoch,
                share=event.share,
                windows_per_second=event.windows_per_second,
                memory_mb=event.memory_mb,
            )
        case EpochDone():
            return replace(view, epoch=event.epoch + 1, share=0.0, memory_mb=event.memory_mb)
        case Stage():
            state = "scoring" if event.text == "scoring" else view.state
            return replace(view, state=state, stage=event.text)
        case FitDone():
            return replace(view, state="waiting", stage=WAITING, fit=None, epoch=0, share=0.0)
        case Finished():
            ended = replace(view, fit=None, memory_mb=event.peak_memory_mb or view.memory_mb, total_s=event.total_s)
            progress = 1.0 if event.status == "finished" else view.progress
            return replace(ended, state=event.status, stage=event.status, progress=progress, eta_s=0.0)
        case Failed():
            problem = Problem(event.what, event.where, event.remedy)
            return replace(view, state="failed", stage="failed", error=problem, fit=None, eta_s=None)
    return view


def described(kind: str, seed: int, fold: int, folds: int) -> str:
    """Which of its fits a run is at; folds are counted from 1 for people."""
    names = {"final": "final fit on all rows", "certificate": "fairness check", "timed": "alone, for true times"}
    return names.get(kind, f"seed {seed}, fold {fold + 1} of {folds}" if folds > 1 else f"seed {seed}")


def estimated(view: RunView, settings: Settings, plan: Plan) -> RunView:
    """Progress and time to come, from the seconds a window has taken so far in fits of all rows.

    What was stopped or has failed keeps the share it reached. Fits go in the plan's order: one before the latest, of
    which the journal tells nothing, was kept from an earlier process.
    """
    if view.state == "finished":
        return view
    fits = {fit.id: fit for fit in view.fits}
    work, done = 0.0, 0.0  # in windows
    latest = max((place for place, fit in enumerate(plan.fits) if fit.id in fits), default=-1)
    for place, fit in enumerate(plan.fits):
        seen = fits.get(fit.id)
        expected = windows_to_train(view, settings, fit) if seen is None else seen.epochs * seen.windows
        trained = 0.0 if seen is None else (len(seen.history) + view.share * (view.fit == fit.id)) * seen.windows
        finished = seen.done and not seen.stopped if seen is not None else place < latest
        done += expected if finished else min(trained, expected)
        work += expected
    view = replace(view, progress=done / work if work else 0.0)
    rate = window_seconds(view)
    return view if view.state in ENDED else replace(view, eta_s=None if rate is None else (work - done) * rate)


def windows_to_train(view: RunView, settings: Settings, fit: FitSpec) -> float:
    """Of a fit that has not begun: as many epochs as those that have ended took, of the largest fit so far."""
    windows = max((each.windows for each in view.fits if each.kind != "certificate"), default=1)
    if fit.kind == "certificate":
        windows = min(windows, CERTIFICATE_BATCHES * settings.batch_size)
    if fit.kind in SHORT_EPOCHS:
        return min(SHORT_EPOCHS[fit.kind], settings.epochs) * windows
    ended = [len(each.history) for each in view.fits if each.kind == "score" and each.done and not each.stopped]
    return (statistics.fmean(ended) if ended else settings.epochs) * windows


def window_seconds(view: RunView) -> float | None:
    """Median over epochs of the seconds a training window takes; the first epoch only while it is the only one."""
    each = [epoch.seconds / max(1, fit.windows) for fit in view.fits for epoch in fit.history[-50:]]
    return statistics.median(each[1:] or each) if each else None
