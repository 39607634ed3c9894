"""The model in NumPy: one linear map from the flattened window to every step of the forecast."""

import numpy as np

from core.frameworks.base import Array, ModelSpec


class Forecaster:
    """A linear map whatever the kind asked for: (batch, lookback, inputs) to (batch, horizon, targets)."""

    def __init__(self, spec: ModelSpec, seed: int) -> None:
        self.spec = spec
        fan_in, fan_out = spec.read * spec.seen, spec.horizon * spec.targets
        draw, bound = np.random.default_rng(seed), 1 / np.sqrt(fan_in)
        self.weights: dict[str, Array] = {
            "linear.weight": draw.uniform(-bound, bound, (fan_in, fan_out)).astype(np.float32),
            "linear.bias": np.zeros(fan_out, np.float32),
        }

    def forward(self, window: Array) -> Array:
        seen, reference = relative(window, self.spec)
        change = seen.reshape(len(seen), -1) @ self.weights["linear.weight"] + self.weights["linear.bias"]
        return reference + change.reshape(-1, self.spec.horizon, self.spec.targets)

    def loss_and_gradient(self, window: Array, target: Array) -> tuple[float, dict[str, Array]]:
        """Mean squared error of a batch and its gradient."""
        error = self.forward(window) - target  # (batch, horizon, targets)
        slope = (2 / error.size * error).reshape(len(error), -1)
        seen = relative(window, self.spec)[0].reshape(len(error), -1)
        return float(np.mean(error**2)), {"linear.weight": seen.T @ slope, "linear.bias": slope.sum(axis=0)}


def relative(window: Array, spec: ModelSpec) -> tuple[Array, Array]:
    """The window as the model sees it, and what its output is added to (batch, horizon or 1, targets).

    Values (not the calendar columns) are taken relative to their last one in the window, and forecasts relative to
    the target's last value (`last`) or to its latest value at the same phase of the season (`seasonal`). Under
    `seasonal` the network also sees each value's change over one season, from the window's second season on.
    """
    if spec.reference == "none":
        return window, np.zeros((1, 1, 1), np.float32)
    values, calendar = window[..., : spec.values], window[..., spec.values :]
    last = values[:, -1:]  # (batch, 1, values)
    seen = np.concatenate((values - last, calendar), axis=-1)
    if spec.reference == "last":
        return seen, last[..., : spec.targets]
    change = values[:, spec.season :] - values[:, : -spec.season]  # (batch, lookback - season, values)
    steps = [spec.lookback - spec.season + step % spec.season for step in range(spec.horizon)]
    return np.concatenate((seen[:, spec.season :], change), axis=-1), values[:, steps, : spec.targets]


def build_model(spec: ModelSpec, seed: int) -> Forecaster:
    """A model with initial weights U(±1/√fan_in) from `seed`."""
    return Forecaster(spec, seed)
