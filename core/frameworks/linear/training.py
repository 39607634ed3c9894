"""Training in NumPy: the explicit loop with Adam written out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.data.windows import gather
from core.frameworks.base import (
    Array,
    Epoch,
    History,
    Layer,
    Listener,
    ModelSpec,
    Origins,
    TrainingData,
    TrainingSpec,
    Weights,
    epoch_order,
)
from core.frameworks.fit import Fit, prediction_batch
from core.frameworks.linear import weights as layout
from core.frameworks.linear.models import Forecaster, build_model


class Trainer:
    """One model and its optimiser, for every fit of a run."""

    def __init__(self, model: ModelSpec, training: TrainingSpec) -> None:
        self.spec, self.training = model, training
        self.start(seed=0)
        self.parameters = sum(array.size for array in self.model.weights.values())
        self.layers = (Layer("linear", "Linear map", (model.horizon, model.targets), self.parameters),)
        self.applied = applied(self)

    def start(self, seed: int, weights: Weights | None = None) -> None:
        """Fresh weights, from `seed` or the given ones, and a fresh optimiser."""
        self.model = build_model(self.spec, seed)
        if weights is not None:
            layout.set_weights(self.model, weights)
        self.optimizer = Adam(self.training.learning_rate)

    def train(
        self,
        data: TrainingData,
        epochs: int,
        patience: int | None,
        seed: int,
        listener: Listener,
        earlier: Sequence[Epoch] = (),
    ) -> History:
        """Train for at most `epochs`; afterwards the model holds the weights of the best one."""
        fit = Fit(listener, patience, len(data.train), self.training, earlier)
        best = None
        while fit.epoch <= epochs and not fit.over:
            fit.begin_epoch()
            self.optimizer.learning_rate = fit.learning_rate
            with np.errstate(all="ignore"):  # a diverging fit is told by its loss
                train_loss = self.train_epoch(data, seed, fit)
                if fit.stopped:  # before the epoch was through
                    break
                validation_loss = self.evaluate(data) if len(data.validation) else None
            if fit.end_epoch(train_loss, validation_loss):
                best = layout.snapshot(self.model)
        if best is not None:
            self.model.weights = best
        return fit.history()

    def train_epoch(self, data: TrainingData, seed: int, fit: Fit) -> float:
        """One pass over the windows in random order; returns the mean loss of its windows."""
        order = data.train[epoch_order(seed, fit.epoch, len(data.train))]
        total, done = 0.0, 0
        for first in range(0, len(order), self.training.batch_size):
            origins = order[first : first + self.training.batch_size]
            loss, gradient = self.model.loss_and_gradient(*self.gather(data.values, origins))
            self.optimizer.step(self.model, gradient)
            total += loss * len(origins)
            done += len(origins)
            if not fit.reached(done):
                break
        return total / done

    def evaluate(self, data: TrainingData) -> float:
        """Mean loss of the validation windows, without learning from them."""
        target = gather(data.values, data.validation, 0, self.spec.horizon)[..., : self.spec.targets]
        return float(np.mean((self.predict(data.values, data.validation) - target) ** 2))

    def predict(self, values: Array, origins: Origins) -> Array:
        """Scaled forecasts (N, horizon, targets) of the windows at `origins`."""
        forecasts = np.empty((len(origins), self.spec.horizon, self.spec.targets), np.float32)
        size = prediction_batch(self.spec)
        for first in range(0, len(origins), size):
            window = gather(values, origins[first : first + size], -self.spec.lookback, 0)
            forecasts[first : first + size] = self.model.forward(window)
        return forecasts

    def first_gradient(self, data: TrainingData, batch: Origins) -> Weights:
        """Gradient of the loss on one batch at the present weights."""
        return self.model.loss_and_gradient(*self.gather(data.values, batch))[1]

    def gather(self, values: Array, origins: Origins) -> tuple[Array, Array]:
        """Windows (batch, lookback, inputs) and what follows them (batch, horizon, targets)."""
        window = gather(values, origins, -self.spec.lookback, 0)
        return window, gather(values, origins, 0, self.spec.horizon)[..., : self.spec.targets]

    def get_weights(self) -> Weights:
        return layout.get_weights(self.model)

    def set_weights(self, weights: Weights) -> None:
        layout.set_weights(self.model, weights)


class Adam:
    """Kingma and Ba (2015), algorithm 1, with beta 0.9 and 0.999 and epsilon 1e-8."""

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate, self.steps = learning_rate, 0
        self.moments: dict[str, tuple[Array, Array]] = {}

    def step(self, model: Forecaster, gradient: Mapping[str, Array]) -> None:
        self.steps += 1
        for name, slope in gradient.items():
            m, v = self.moments.get(name, (np.zeros_like(slope), np.zeros_like(slope)))
            m, v = 0.9 * m + 0.1 * slope, 0.999 * v + 0.001 * slope**2
            self.moments[name] = m, v
            corrected, spread = m / (1 - 0.9**self.steps), np.sqrt(v / (1 - 0.999**self.steps))
            change = self.learning_rate * corrected / (spread + 1e-8)
            model.weights[name] = (model.weights[name] - change).astype(np.float32)


def applied(trainer: Trainer) -> dict[str, Any]:
    """Settings in force."""
    return {
        "model": f"linear map (instead of {trainer.spec.kind})",
        "maths": trainer.training.maths,
        "precision": "float32",
        "optimizer": "Adam",
        "loss": "mse",
        "learning_rate": trainer.optimizer.learning_rate,
        "batch_size": trainer.training.batch_size,
        "compile": False,
        "device": "cpu",
    }
