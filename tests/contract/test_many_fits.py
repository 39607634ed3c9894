"""One compiled model for every fit of a run: fold sizes differ, and nothing is traced twice."""

import numpy as np
import pytest

from core.frameworks.base import Epoch, Hardware, ModelSpec, TrainingData, TrainingSpec

pytestmark = pytest.mark.frameworks

MODEL = ModelSpec(
    kind="lstm",
    lookback=12,
    horizon=3,
    targets=1,
    values=1,
    calendar=0,
    hidden=8,
    layers=1,
    dropout=0.0,
    bidirectional=False,
    reference="last",
    season=1,
)


class Nobody:
    def on_progress(self, epoch: int, share: float, windows_per_second: float) -> None: ...

    def on_epoch(self, epoch: Epoch, best: bool) -> None: ...

    def should_stop(self) -> bool:
        return False


@pytest.mark.parametrize("compiled", [False, True])
def test_tensorflow_traces_nothing_again_for_another_seed_or_fold(compiled: bool) -> None:
    from core.frameworks.tensorflow import framework

    framework.configure(Hardware("cpu", 1))
    training = TrainingSpec(
        batch_size=16, learning_rate=0.01, optimizer="adam", loss="mse", maths="stock", compile=compiled
    )
    trainer = framework.build(MODEL, training)
    model = trainer.model  # type: ignore[attr-defined]
    learn, steps = model.train_step, []  # Python runs a step while it is traced, and never again
    model.train_step = lambda step: steps.append(1) or learn(step)
    traced: list[list[int]] = []
    for seed, rows in ((0, 200), (0, 230), (1, 217), (2, 310)):
        values = np.random.default_rng(seed).normal(size=(rows, 1)).astype(np.float32)
        origins = np.arange(12, rows - 60)
        trainer.start(seed)
        trainer.train(TrainingData(values, origins, np.arange(rows - 57, rows - 33)), 2, None, seed, Nobody())
        trainer.predict(values, np.arange(rows - 30 - seed, rows - 3))
        functions = (model.learn, model.summed_loss, model.forecast)
        traced.append([function.experimental_get_tracing_count() for function in functions] + [len(steps)])
    assert traced[1:] == traced[:1] * 3
    assert traced[0][:3] == [1, 1, 1] and steps
