"""From forecasts to scores and a picture: the same in both frameworks' scripts."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from core.codegen.templates.settings import run, spec


def own_units(forecast: np.ndarray, shift: np.ndarray, scale: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Forecasts (windows, steps, targets) as in data.csv; `known` is the last value before each of them."""
    if run.transform == "none":
        return forecast * scale + shift
    forecast = forecast * scale + shift
    if run.transform == "log":
        return np.exp(forecast)
    if run.transform == "difference":
        return known[:, None] + np.cumsum(forecast, axis=1)
    return known[:, None] * np.cumprod(1 + forecast, axis=1)


def report(frame: pd.DataFrame, forecast: np.ndarray, origins: np.ndarray, losses: list, picture: str) -> None:
    """Print the scores on the test rows, beside those of repeating the last value, and save a picture."""
    values = frame[run.target_names].to_numpy()
    actual, last = values[origins[:, None] + np.arange(spec.horizon)], values[origins - 1]
    for place, name in enumerate(run.target_names):
        true, guess = actual[..., place].ravel(), forecast[..., place].ravel()
        mae, rmse = mean_absolute_error(true, guess), root_mean_squared_error(true, guess)
        naive = mean_absolute_error(true, np.repeat(last[:, place], spec.horizon))
        print(f"{name}: MAE {mae:.6g}, RMSE {rmse:.6g}, R2 {r2_score(true, guess):.4f}")
        print(f"{name}, the last value repeated: MAE {naive:.6g}")
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4), layout="constrained")
    left.plot(range(1, len(losses) + 1), losses, label=["training", "validation"])
    left.set(title="Loss", xlabel="epoch", yscale="log")
    steps = slice(origins[-1], origins[-1] + spec.horizon)
    shown = frame.iloc[max(0, origins[-1] - spec.lookback) : steps.stop]
    right.plot(shown.index, shown[run.target_names[0]], label="actual")
    right.plot(frame.index[steps], forecast[-1, :, 0], label="forecast")
    right.set_title("The last test window")
    right.tick_params(axis="x", rotation=30)
    left.legend()
    right.legend()
    figure.savefig(picture, dpi=120)
    print(f"{picture} shows the losses and the last forecast.")
