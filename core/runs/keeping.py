"""What a fit leaves in its folder: forecasts, what two frameworks must agree on, and how to forecast again."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from core.data.prepare import Prepared
from core.frameworks.base import Array, History, ModelSpec, Origins, Trainer, TrainingData
from core.runs.files import write_array, write_blocks, write_json, write_weights
from core.runs.spec import FitSpec
from core.runs.store import RunFolder

FORECAST_BLOCK = 1 << 20  # forecast values at a time: 4 MB, and 8 MB more while they are scaled back


def save_forecast(path: Path, trainer: Trainer, prepared: Prepared, origins: Origins, horizon: int) -> None:
    """The forecasts (N, H, K) of the windows at `origins`, in the data's own units."""
    shape = (len(origins), horizon, prepared.targets)
    write_blocks(path / "forecast.npy", shape, forecast_blocks(trainer, prepared, origins, shape))


def forecast_blocks(
    trainer: Trainer, prepared: Prepared, origins: Origins, shape: tuple[int, int, int]
) -> Iterator[Array]:
    """The same, some windows at a time."""
    windows = max(1, FORECAST_BLOCK // (shape[1] * shape[2]))
    for start in range(0, len(origins), windows):
        some = origins[start : start + windows]
        with np.errstate(over="ignore"):  # a diverged forecast is infinite, and has no score
            yield prepared.own_units(trainer.predict(prepared.values, some), some).astype(np.float32)


def save_probe(path: Path, trainer: Trainer, data: TrainingData, batch_size: int) -> None:
    """What two frameworks must agree on before the first step: weights, outputs and gradient of the first batch."""
    batch = data.train[:batch_size]
    write_weights(path / "initial_weights.safetensors", trainer.get_weights(), 0)
    write_array(path / "initial_output.npy", trainer.predict(data.values, batch))
    write_weights(path / "first_gradient.safetensors", trainer.first_gradient(data, batch), 0)


def describe_fit(
    folder: RunFolder,
    fit: FitSpec,
    model: ModelSpec,
    prepared: Prepared,
    history: History,
    *,
    windows: int,
    parameters: int,
    timing: dict[str, Any] | None,
) -> None:
    """scaler.json and fit.json: with the weights, all that a later reader needs to forecast again."""
    path = folder.fit(fit.id)
    scaler = {name: array.tolist() for name, array in asdict(prepared.scaler).items()}
    write_json(path / "scaler.json", scaler)
    content = {
        "fit": fit.model_dump(),
        "model": asdict(model),
        "transform": prepared.transform,
        "best_epoch": history.best_epoch,
        "epochs": [asdict(epoch) for epoch in history.epochs],
        "stopped": history.stopped,
        "windows": windows,
        "parameters": parameters,
        "timing": timing,
    }
    write_json(path / "fit.json", content)
    folder.write_fit_manifest(fit.id)
