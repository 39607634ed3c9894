"""What every trainer does alike while it fits: tell the listener, keep the history, know the best epoch and the end."""

import math
import time

from core.errors import TrainingFailed
from core.frameworks.base import Epoch, History, Listener, ModelSpec, Origins, improves

REPORT_SECONDS = 0.25  # between two reports of progress


class Fit:
    """One fit as it goes, from the first epoch to its history.

    The trainer calls `begin_epoch`, `reached` after batches, and `end_epoch`; it ends the fit when `over` is true.
    """

    def __init__(self, listener: Listener, patience: int | None, windows: int) -> None:
        self.over = False  # no further epoch
        self.stopped = False  # by the person
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

    def reached(self, done: int) -> bool:
        """After `done` windows of this epoch: whether to go on. A whole epoch is never thrown away."""
        now = time.perf_counter()
        if now - self._reported >= REPORT_SECONDS:
            self._reported = now
            self._listener.on_progress(self.epoch, done / self._windows, done / (now - self._began))
        if done < self._windows:
            self.stopped = self.over = self._listener.should_stop()
        return not self.over

    def end_epoch(self, train_loss: float, validation_loss: float | None) -> bool:
        """Record the epoch; returns whether its weights are the best so far.

        Raises TrainingFailed when a loss is not finite.
        """
        if not math.isfinite(train_loss + (validation_loss or 0.0)):
            raise TrainingFailed(
                "The training diverged: its loss is no longer a finite number",
                f"epoch {self.epoch}",
                "Lower the learning rate, or choose a scaler if the values are unscaled.",
            )
        best = validation_loss is None or improves(validation_loss, self._best_loss)
        epoch = Epoch(self.epoch, train_loss, validation_loss, time.perf_counter() - self._began)
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
    """Windows to forecast at once, so that the gates of one layer take at most 8 MB."""
    numbers = model.lookback * max(model.inputs, 4 * model.hidden)
    return max(1, min(1024, 2**21 // numbers))
