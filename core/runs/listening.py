"""What is told and kept of a fit while it goes."""

import time
from pathlib import Path
from threading import Event as Flag

from core.frameworks.base import Epoch, Trainer, Weights
from core.runs.events import EpochDone, Progress
from core.runs.files import Journal, write_weights
from core.runs.memory import memory_mb
from core.runs.resuming import Past

PROGRESS_EVERY_S = 0.5
SAVE_EVERY_S = 1.0
SAVE_SHARE = 0.02  # of the time, at most


class Listener:
    """Writes down how a fit goes, and keeps its best and its latest weights safe."""

    def __init__(
        self, fit: str, path: Path, trainer: Trainer, journal: Journal, stop: Flag, past: Past | None = None
    ) -> None:
        self.fit, self.path, self.trainer, self.journal, self.stop = fit, path, trainer, journal, stop
        self.past, self.before = past, len(past.epochs) if past else 0  # epochs of an earlier process
        self.first_began: float | None = None  # when the first epoch began, perf_counter
        self.told = time.perf_counter()
        self.save_from = 0.0  # perf_counter before which no weights are saved
        self.unsaved: dict[str, tuple[Weights, int]] = {}  # the best and the latest weights, each with its epoch

    def on_progress(self, epoch: int, share: float, windows_per_second: float) -> None:
        if time.perf_counter() - self.told >= PROGRESS_EVERY_S:
            self.told = time.perf_counter()
            self.journal.write(Progress(self.fit, self.before + epoch, share, windows_per_second, memory_mb()))

    def on_epoch(self, epoch: Epoch, best: bool) -> None:
        if epoch.epoch == 1:
            self.first_began = time.perf_counter() - epoch.seconds
        reached = self.before + epoch.epoch
        losses = epoch.train_loss, epoch.validation_loss
        steps = epoch.learning_rate, epoch.gradient_norm
        self.journal.write(EpochDone(self.fit, reached, *losses, epoch.seconds, memory_mb(), *steps))
        due = time.perf_counter() >= self.save_from
        best = best and (self.past is None or self.past.is_beaten_by(epoch))
        if best or due:
            weights = self.trainer.get_weights()
            self.unsaved |= {"last": (weights, reached)} | ({"weights": (weights, reached)} if best else {})
        if due:
            self.save()

    def save(self) -> None:
        """At most once a second, and for a fiftieth of the time: flushing to a slow disk may take 50 ms."""
        began = time.perf_counter()
        if self.unsaved:  # no weights on the disk of an epoch that is not: the power may fail
            self.journal.sync()
        while self.unsaved:  # the best ones first: what goes on from the latest needs both
            name = "weights" if "weights" in self.unsaved else "last"
            write_weights(self.path / f"{name}.safetensors", *self.unsaved.pop(name))
        ended = time.perf_counter()
        self.save_from = ended + max(SAVE_EVERY_S, (ended - began) / SAVE_SHARE)

    def should_stop(self) -> bool:
        return self.stop.is_set()
