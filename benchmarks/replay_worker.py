"""`python -m benchmarks.replay_worker FRAMEWORK`: a real worker whose framework trains nothing.

It reports 150 epochs at once, then one every half second, with made-up losses: the journal of a run under way.
"""

import sys
import time
from typing import Any

import numpy as np

from core.frameworks import registry
from core.frameworks.base import (
    Array,
    Description,
    Device,
    Epoch,
    Hardware,
    History,
    Listener,
    ModelSpec,
    Origins,
    TrainingData,
    TrainingSpec,
    Weights,
)
from core.runs import worker

AT_ONCE = 150
EPOCH_S = 0.5


class Replay:
    """A framework that only tells of epochs."""

    def __init__(self, name: str) -> None:
        self.name, self.label = name, registry.find(name).label

    def describe(self) -> Description:
        return Description(self.name, self.label, "replayed", (Device("cpu", "processor"),))

    def configure(self, hardware: Hardware) -> dict[str, Any]:
        return {"device": hardware.device, "threads": hardware.threads}

    def build(self, model: ModelSpec, training: TrainingSpec) -> "ReplayTrainer":
        return ReplayTrainer(model)


class ReplayTrainer:
    """Tells of epochs until it is stopped."""

    parameters = 1
    layers = ()

    def __init__(self, model: ModelSpec) -> None:
        self.model = model
        self.applied: dict[str, Any] = {}

    def start(self, seed: int, weights: Weights | None = None) -> None:
        pass

    def train(self, data: TrainingData, epochs: int, patience: int | None, seed: int, listener: Listener) -> History:
        done: list[Epoch] = []
        while len(done) < epochs and not listener.should_stop():
            if len(done) >= AT_ONCE:
                time.sleep(EPOCH_S)
                listener.on_progress(len(done) + 1, 0.5, 10_000.0)
            loss = 1 / (1 + len(done)) ** 0.5
            done.append(Epoch(len(done) + 1, loss, 1.1 * loss, EPOCH_S))
            listener.on_epoch(done[-1], best=True)
        return History(tuple(done), len(done), stopped=True)

    def predict(self, values: Array, origins: Origins) -> Array:
        return np.zeros((len(origins), self.model.horizon, self.model.targets), np.float32)

    def first_gradient(self, data: TrainingData, batch: Origins) -> Weights:
        return {}

    def get_weights(self) -> Weights:
        return {"weight": np.zeros(1, np.float32)}

    def set_weights(self, weights: Weights) -> None:
        pass


if __name__ == "__main__":
    registry.load = Replay
    worker.main(sys.argv[1])
