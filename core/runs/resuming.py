"""What an earlier process left of a run, and how a later one goes on from it.

A fit that was finished is kept as it is. One that was cut short goes on from its last saved weights when its maths are
stock; its optimiser starts anew, which its run says in a note. Under matched maths it is trained again from its start:
the two frameworks' curves would no longer be comparable otherwise.
"""

from dataclasses import dataclass, replace
from typing import Any

from core.errors import StoreFailed
from core.frameworks.base import Epoch, History, Weights, improves
from core.runs.events import EpochDone
from core.runs.files import damaged, read_json
from core.runs.following import FitView, Follower
from core.runs.spec import SHORT_EPOCHS, FitSpec
from core.runs.store import ComparisonFolder, RunFolder


@dataclass(frozen=True)
class Past:
    """The epochs of a fit up to its last saved weights, those weights, and the best ones."""

    epochs: tuple[Epoch, ...]
    last: Weights
    best: Weights
    best_epoch: int

    @property
    def best_loss(self) -> float | None:
        return self.epochs[self.best_epoch - 1].validation_loss

    def is_beaten_by(self, epoch: Epoch) -> bool:
        """Without validation the latest epoch counts as the best."""
        if epoch.validation_loss is None or self.best_loss is None:
            return True
        return improves(epoch.validation_loss, self.best_loss)

    def followed_by(self, history: History) -> History:
        """The whole history; `history` is of the epochs that were trained from here on, counted from 1."""
        before = len(self.epochs)
        later = tuple(replace(epoch, epoch=before + epoch.epoch) for epoch in history.epochs)
        best = self.best_epoch
        if history.best_epoch and self.is_beaten_by(later[history.best_epoch - 1]):
            best = before + history.best_epoch
        return History((*self.epochs, *later), best, history.stopped)


def can_go_on(folder: ComparisonFolder) -> bool:
    """Whether a run of it has not finished, or its scores are missing. Raises StoreFailed."""
    spec = folder.spec()
    unfinished = any(Follower(run, spec).read().state != "finished" for run in folder.runs())
    return unfinished or not (folder.path / "comparison.json").is_file()


def past_of(run: RunFolder, fit: FitSpec) -> Past | None:
    """None where the fit starts from its beginning: nothing intact was saved, or it must not be parted."""
    if fit.maths == "matched" or fit.kind in SHORT_EPOCHS:
        return None
    seen = fit_view(run, fit.id)
    try:
        best, best_epoch = run.weights(fit.id, "weights")
    except StoreFailed:
        return None
    try:
        last, reached = run.weights(fit.id, "last")
    except StoreFailed:
        last, reached = best, best_epoch
    if reached < best_epoch:  # its process ended between the two saves
        last, reached = best, best_epoch
    if seen is None or not 1 <= reached <= len(seen.history):
        return None
    return Past(tuple(map(epoch_of, seen.history[:reached])), last, best, best_epoch)


def finished(run: RunFolder, fit: FitSpec) -> History | None:
    """The history of a fit that went to its end; None where it has still to be trained."""
    try:
        if not run.has(fit.id, "fit.json") or (fit.kind not in SHORT_EPOCHS and not run.has(fit.id, "forecast.npy")):
            return None
        run.verify_fit(fit.id)
        path = run.checked(fit.id, "fit.json")
        told = read_json(path, unsealed=not run.comparison.sealed)
        with damaged(path):
            epochs = tuple(Epoch(**epoch) for epoch in told["epochs"])
            return None if told["stopped"] else History(epochs, int(told["best_epoch"]), stopped=False)
    except StoreFailed:
        return None


def timing_of(run: RunFolder, fit: FitSpec) -> dict[str, Any] | None:
    """What a finished fit measured of itself. Raises StoreFailed."""
    path = run.checked(fit.id, "fit.json")
    told: dict[str, Any] | None = read_json(path, unsealed=not run.comparison.sealed).get("timing")
    return told


def unscored(run: RunFolder) -> list[FitSpec]:
    """Fits that learned something and lost their process before they could forecast. Raises StoreFailed."""
    fits = [fit for fit in run.spec().plan.fits if fit.kind == "score"]
    return [
        fit
        for fit in fits
        if (run.fit(fit.id) / "weights.safetensors").is_file() and not run.has(fit.id, "forecast.npy")
    ]


def fit_view(run: RunFolder, fit: str) -> FitView | None:
    """What the run's journal tells of a fit."""
    view = Follower(run, run.comparison.spec()).read()
    return next((each for each in view.fits if each.id == fit), None)


def epoch_of(event: EpochDone) -> Epoch:
    losses = event.train_loss or 0.0, event.validation_loss
    return Epoch(event.epoch, *losses, event.seconds, event.learning_rate, event.gradient_norm)
