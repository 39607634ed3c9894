"""What every trainer does alike while it fits: tell the listener, keep the history, know the rate, the best epoch and
the end."""

import math
import time
from collections.abc import Sequence

from core.errors import TrainingFailed
from core.frameworks.base import Epoch, History, Listener, ModelSpec, Origins, TrainingSpec, improves
from core.frameworks.catalogue import find
from core.frameworks.schedules import rate

REPORT_SECONDS = 0.25  # between two reports of progress
NORM_EVERY = 16  # steps: the norm of the gradients is taken at the first of an epoch, the 17th, the 33rd …


class Fit:
    """One fit as it goes, from the first epoch to its history.

    The trainer calls `begin_epoch`, `reached` after batches, and `end_epoch`; it ends the fit when `over` is true.
    """

    def __init__(
        self,
        listener: Listener,
        patience: int | None,
        windows: int,
        training: TrainingSpec,
        earlier: Sequence[Epoch] = (),
    ) -> None:
        self.over = False  # no further epoch
        self.stopped = False  # by the person
        self.learning_rate = training.learning_rate  # of the epoch under way
        self._training, self._earlier = training, tuple(earlier)
        self._listener, self._patience, self._windows = listener, patience, windows
        self._epochs: list[Epoch] = []
        self._best_epoch, self._best_loss = 0, math.inf
        self._began = self._reported = time.perf_counter()

    @property
    def epoch(self) -> int:
        """The epoch under way, from 1."""
        return len(self._epochs) + 1

    def begin_epoch(self) -> None:
        self._began = time.perf_counter()
        asked, before = self._training, [*self._earlier, *self._epochs]
        losses = [each.train_loss if each.validation_loss is None else each.validation_loss for each in before]
        self.learning_rate = rate(asked.schedule, len(before) + 1, asked.epochs, asked.learning_rate, losses)

    def reached(self, done: int) -> bool:
        """After `done` windows of this epoch: whether to go on. A whole epoch is never thrown away."""
        now = time.perf_counter()
        if now - self._reported >= REPORT_SECONDS:
            self._reported = now
            self._listener.on_progress(self.epoch, done / self._windows, done / (now - self._began))
        if done < self._windows:
            self.stopped = self.over = self._listener.should_stop()
        return not self.over

    def end_epoch(
        self,
        train_loss: float,
        validation_loss: float | None,
        gradient_norm: float | None = None,
        finite: bool = True,
    ) -> bool:
        """Record the epoch; returns whether its weights, if these are `finite`, are the best so far.

        Raises TrainingFailed when they or a loss are not: without validation no loss tells what the last step did.
        """
        if not (finite and math.isfinite(train_loss + (validation_loss or 0.0))):
            what = "loss is no longer a finite number" if finite else "weights are no longer finite numbers"
            raise TrainingFailed(
                f"The training diverged: its {what}",
                f"epoch {len(self._earlier) + self.epoch}",
                "Lower the learning rate, set a longest gradient (clip_norm), or choose a scaler if there is none.",
            )
        best = validation_loss is None or improves(validation_loss, self._best_loss)
        seconds = time.perf_counter() - self._began
        epoch = Epoch(self.epoch, train_loss, validation_loss, seconds, self.learning_rate, gradient_norm)
        self._epochs.append(epoch)
        if best:
            self._best_epoch, self._best_loss = epoch.epoch, validation_loss or 0.0
        self._listener.on_epoch(epoch, best)
        self.stopped = self._listener.should_stop()
        self.over = self.stopped or self._out_of_patience()
        return best

    def history(self) -> History:
        return History(tuple(self._epochs), self._best_epoch, self.stopped)

    def _out_of_patience(self) -> bool:
        return self._patience is not None and len(self._epochs) - self._best_epoch >= self._patience


def rows_of(origins: Origins, model: ModelSpec) -> slice:
    """The rows that the windows at `origins` see, from the first to the last: all that a device needs of a series."""
    if not len(origins):
        return slice(0, 0)
    return slice(int(origins.min()) - model.lookback, int(origins.max()))


def prediction_batch(model: ModelSpec) -> int:
    """Windows to forecast at once, so that what one layer makes of them (gates, attention) takes at most 8 MB."""
    attention = model.heads * model.patches**2 if find(model.kind).uses("patch") else 0
    numbers = max(model.lookback * max(model.inputs, 4 * model.hidden), attention)
    return max(1, min(1024, 2**21 // numbers))
