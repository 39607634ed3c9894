"""A rival's side of a race: it waits for a line, trains two epochs and tells the seconds that the second one took.

The first one after a wait is not like others: caches are cold, and Keras ends the pipeline of the epoch before, whose
tuner sleeps the longer the longer it was left alone.
"""

import os
import sys
import time
from typing import Any


class Gate:
    """What libraries print goes to stderr: stdout belongs to the gate alone."""

    def __init__(self) -> None:
        self.told = os.dup(1)  # a number: peers copy whatever holds a gate
        os.dup2(2, 1)
        self.began, self.counts = 0.0, False

    def open(self) -> None:
        """Before an epoch. A turn's first one waits for the line; without one this process ends."""
        if not self.counts and not sys.stdin.readline():
            os._exit(0)  # training loops catch what else would end them
        self.began = time.perf_counter()

    def close(self) -> None:
        """After an epoch."""
        if self.counts:
            self.tell(time.perf_counter() - self.began)
        self.counts = not self.counts

    def tell(self, figure: float) -> None:
        os.write(self.told, f"{figure}\n".encode())


class Listener:
    """Listens to a trainer of ours: every epoch goes through the gate, which has to be opened for the first."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    def on_progress(self, epoch: int, share: float, windows_per_second: float) -> None:
        pass

    def on_epoch(self, epoch: Any, best: bool) -> None:
        self.gate.close()
        self.gate.open()

    def should_stop(self) -> bool:
        return False
