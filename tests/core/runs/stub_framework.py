"""Frameworks that are small fakes: an epoch sleeps `hidden` milliseconds, a forecast is the last value.

With 8 layers a fit diverges, with 7 it meets an error nobody foresaw, with 6 it never looks whether to stop, with 5
it takes 2 seconds to forecast. TWINCAST_STUB_MISSING=NAME: not installed; TWINCAST_STUB_DIES=NAME: while imported.
"""

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.errors import FrameworkMissing, TrainingFailed
from core.frameworks.base import (
    Array,
    Description,
    Device,
    Epoch,
    Hardware,
    History,
    Layer,
    Listener,
    ModelSpec,
    Origins,
    TrainingData,
    TrainingSpec,
    Weights,
)


class StubTrainer:
    parameters = 1
    layers = (Layer("stub", "Stub", (1,), 1),)
    applied: Mapping[str, Any] = {"optimizer": "stub"}

    def __init__(self, model: ModelSpec) -> None:
        self.model = model
        self.weight = np.zeros(1, np.float32)

    def start(self, seed: int, weights: Weights | None = None) -> None:
        self.weight = np.array((weights or {}).get("weight", [0]), np.float32)

    def train(
        self,
        data: TrainingData,
        epochs: int,
        patience: int | None,
        seed: int,
        listener: Listener,
        earlier: Sequence[Epoch] = (),
    ) -> History:
        os.write(1, b'{"ended": "finished"}\n')  # what a library prints must not reach the supervisor
        done: list[Epoch] = []
        while len(done) < epochs:
            began = time.perf_counter()
            while time.perf_counter() - began < self.model.hidden / 1000:
                time.sleep(0.005)
                listener.on_progress(len(done) + 1, 0.5, 100.0)
                if self.model.layers != 6 and listener.should_stop():
                    return History(tuple(done), len(done), True)
            if self.model.layers == 8:
                raise TrainingFailed("The training diverged", f"epoch {len(done) + 1}", "Lower the learning rate.")
            if self.model.layers == 7:
                raise ZeroDivisionError("a detail for the log")
            self.weight = self.weight + 1
            loss = 1 / float(self.weight[0])
            done.append(Epoch(len(done) + 1, loss, loss if len(data.validation) else None, self.model.hidden / 1000))
            listener.on_epoch(done[-1], True)
        return History(tuple(done), len(done), False)

    def predict(self, values: Array, origins: Origins) -> Array:
        if self.model.layers == 5 and len(origins) > 1:
            time.sleep(2)
        last = values[origins - 1, : self.model.targets]
        return np.repeat(last[:, None], self.model.horizon, axis=1)

    def first_gradient(self, data: TrainingData, batch: Origins) -> Weights:
        return {"weight": np.ones(1, np.float32)}

    def get_weights(self) -> Weights:
        return {"weight": self.weight}

    def set_weights(self, weights: Weights) -> None:
        self.weight = weights["weight"]


class Stub:
    def __init__(self, name: str) -> None:
        self.name = self.label = name

    def describe(self) -> Description:
        return Description(self.name, self.label, "1.0", (Device("cpu", "a processor", 8.0),))

    def configure(self, hardware: Hardware) -> dict[str, Any]:
        return {"threads": hardware.threads, "device": hardware.device}

    def build(self, model: ModelSpec, training: TrainingSpec) -> StubTrainer:
        return StubTrainer(model)


def load(name: str) -> Stub:
    os.write(1, b'{"ended": "finished"}\n')  # libraries print while they are imported, too
    if name in os.environ.get("TWINCAST_STUB_DIES", "").split(","):
        os._exit(3)
    if name in os.environ.get("TWINCAST_STUB_MISSING", "").split(","):
        raise FrameworkMissing(f"{name} is not installed", remedy=f"Run: pip install {name}")
    return Stub(name)
