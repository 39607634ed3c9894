"""`python -m benchmarks.performance.ours FRAMEWORK tuned|stock stock|matched WORK`: a trainer of ours as a rival."""

import sys
from typing import Any

import numpy as np

from benchmarks.performance.gate import Gate, Listener
from benchmarks.performance.work import LEARNING_RATE, Work, from_text
from core.frameworks import registry
from core.frameworks.base import Hardware, ModelSpec, Trainer, TrainingData, TrainingSpec
from core.frameworks.neutral import initial_weights

EPOCHS = 1_000_000  # the gate ends it


def main(framework: str, speed: Any, maths: Any, work: Work) -> None:
    trainer = built(framework, speed, maths, work)
    trainer.start(0, initial_weights(trainer.get_weights(), 0) if maths == "matched" else None)
    origins = np.arange(work.lookback, work.lookback + work.windows, dtype=np.int64)
    data = TrainingData(work.series(), origins, origins[:0])
    gate = Gate()
    gate.open()
    trainer.train(data, EPOCHS, None, 0, Listener(gate))


def built(framework: str, speed: Any, maths: Any, work: Work) -> Trainer:
    """On one thread; tuned TensorFlow is compiled, as the plan of a training of some length has it."""
    found = registry.load(framework)
    found.configure(Hardware("cpu", threads=1))
    training = TrainingSpec(
        batch_size=work.batch,
        learning_rate=LEARNING_RATE,
        optimizer="adam",
        loss="mse",
        maths=maths,
        compile=framework == "tensorflow" and speed == "tuned",
        speed=speed,
    )
    return found.build(model(work), training)


def model(work: Work) -> ModelSpec:
    return ModelSpec(
        kind="lstm",
        lookback=work.lookback,
        horizon=work.horizon,
        targets=1,
        values=work.inputs,
        calendar=0,
        hidden=work.hidden,
        layers=1,
        dropout=0.0,
        bidirectional=False,
        reference="none",
        season=1,
    )


if __name__ == "__main__":
    main(*sys.argv[1:4], from_text(sys.argv[4]))
