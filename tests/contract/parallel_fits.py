"""Fits on one device and on two, in a process of its own: TensorFlow divides the processor before its first operation.

`python -m tests.contract.parallel_fits FRAMEWORK` prints what came of them; `… FRAMEWORK endless` trains until it is
killed, after it has printed the processes that train with it.
"""

import dataclasses
import json
import sys
from typing import Any

import numpy as np
import psutil

from core.frameworks import registry
from core.frameworks.base import Framework, Hardware, History, Trainer, TrainingData
from core.frameworks.neutral import initial_weights
from tests.contract.conftest import SPEC, TRAINING, Audience, waves

MATCHED = dataclasses.replace(TRAINING, batch_size=20, maths="matched")
CASES = {
    "lstm": {"learning_rate": 0.1, "clip_norm": 0.5, "schedule": "plateau", "steps_per_execution": 2},
    "tcn": {"optimizer": "sgd", "learning_rate": 0.1, "accumulate": 3},
}


def main(name: str, *more: str) -> None:
    framework = registry.load(name)
    framework.configure(Hardware("cpu", 1, devices=2))
    if more:
        train_on(build(framework, "lstm", 2))
        return
    pairs = {kind: [build(framework, kind, devices) for devices in (1, 2)] for kind in CASES}
    told: dict[str, Any] = {"ranks": children()} | {kind: compare(*pair) for kind, pair in pairs.items()}
    trainer, audience = pairs["lstm"][1], Audience(stop_in_epoch=2)
    stopped = fit(trainer, audience)
    told["stopped"] = [stopped.stopped, len(stopped.epochs), stopped.best_epoch, audience.questions]
    told["again"] = curve(fit(trainer))
    told["ranks again"] = children()
    told["applied"] = trainer.applied
    sys.stdout.write(json.dumps(told))


def compare(*trainers: Trainer) -> dict[str, Any]:
    """Histories of one device and of two, and by how much weights and forecasts differ at the end."""
    histories = [fit(trainer) for trainer in trainers]
    weights = [trainer.get_weights() for trainer in trainers]
    forecasts = [trainer.predict(data().values, data().validation) for trainer in trainers]
    return {
        "curves": [curve(history) for history in histories],
        "best": [history.best_epoch for history in histories],
        "weights": max(float(np.abs(weights[0][name] - weights[1][name]).max()) for name in weights[0]),
        "forecasts": float(np.abs(forecasts[0] - forecasts[1]).max()),
    }


def build(framework: Framework, kind: str, devices: int) -> Trainer:
    spec = dataclasses.replace(SPEC, kind=kind)
    return framework.build(spec, dataclasses.replace(MATCHED, **CASES[kind], devices=devices))


def fit(trainer: Trainer, audience: Audience | None = None) -> History:
    trainer.start(3, initial_weights(trainer.get_weights(), seed=3))
    return trainer.train(data(), 8, 2, 3, audience or Audience())


def data() -> TrainingData:
    """81 windows to learn from: the last batch has one of them, so that a device goes without."""
    made = waves()
    return dataclasses.replace(made, train=made.train[:81])


def curve(history: History) -> list[list[float]]:
    return [[epoch.train_loss, epoch.validation_loss, epoch.gradient_norm] for epoch in history.epochs]


def children() -> list[int]:
    return [child.pid for child in psutil.Process().children(recursive=True)]


def train_on(trainer: Trainer) -> None:
    sys.stdout.write(f"{json.dumps(children())}\n")
    sys.stdout.flush()
    trainer.start(3)
    trainer.train(data(), 1_000_000, None, 3, Audience())


if __name__ == "__main__":
    main(*sys.argv[1:])
