"""`python -m benchmarks.performance.forecasts FRAMEWORK ours|predict`: single forecasts of a loaded model as a rival.

The weights lie in a file and are loaded from it, as a run's are; what is told is the median in milliseconds of the
forecasts of one turn. `predict` is Keras' own Model.predict on the same network.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from benchmarks.performance.gate import Gate
from benchmarks.performance.ours import built
from benchmarks.performance.work import Work
from core.frameworks.base import Trainer

FORECASTS = {"ours": 200, "predict": 10}  # a turn


def main(framework: str, how: str) -> None:
    work = Work(windows=1_000)
    trainer, values = loaded(framework, work), work.series()
    forecast = with_predict(trainer, values, work) if how == "predict" else with_ours(trainer, values, work)
    gate = Gate()
    while True:
        gate.open()
        gate.tell(1_000 * statistics.median(seconds(forecast, number) for number in range(FORECASTS[how])))


def loaded(framework: str, work: Work) -> Trainer:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "weights.safetensors")
        saved = built(framework, "tuned", "stock", work)
        saved.start(1)
        save_file(dict(saved.get_weights()), path)
        trainer = built(framework, "tuned", "stock", work)
        trainer.set_weights(load_file(path))
    return trainer


def with_ours(trainer: Trainer, values: np.ndarray, work: Work) -> Callable[[int], object]:
    return lambda number: trainer.predict(values, np.array([work.lookback + number], np.int64))


def with_predict(trainer: Trainer, values: np.ndarray, work: Work) -> Callable[[int], object]:
    network = trainer.model.network  # type: ignore[attr-defined]
    return lambda number: network.predict(values[None, number : number + work.lookback], verbose=0)


def seconds(forecast: Callable[[int], object], number: int) -> float:
    began = time.perf_counter()
    forecast(number)
    return time.perf_counter() - began


if __name__ == "__main__":
    main(*sys.argv[1:3])
