"""A single forecast from a loaded model.

One LSTM layer of 64 on 10 inputs, lookback 20, horizon 5, one thread; its weights were loaded from a file. A forecast
is what a run does and measures (`Trainer.predict`: NumPy in, NumPy out, one window), each of another window; a value is
the median of 200 forecasts made one after the other. Keras' own `Model.predict` of the same network stands beside it
for reference: it sets up a pipeline at every call. All take turns.
"""

from benchmarks.figure import Figure
from benchmarks.performance import rivals

LIMITS_MS = {"PyTorch": 1.0, "TensorFlow": 3.0}


def measure(quick: bool) -> list[Figure]:
    commands = {
        "PyTorch": rivals.forecasts("pytorch", "ours"),
        "TensorFlow": rivals.forecasts("tensorflow", "ours"),
        "Keras' Model.predict": rivals.forecasts("tensorflow", "predict"),
    }
    found = rivals.raced(commands, rounds=2 if quick else 11)
    return [Figure(f"{name}: a single forecast", values, "ms", LIMITS_MS.get(name)) for name, values in found.items()]
