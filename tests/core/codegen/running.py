"""A matched comparison trained here, its ZIP unpacked elsewhere, and the four scripts run in processes of their own."""

import io
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.codegen import bundle, scripts
from core.codegen.taken import taken
from core.data.dataset import Dataset
from core.data.windows import gather
from core.frameworks.neutral import initial_weights
from core.runs.files import write_weights
from core.runs.planning import plan_comparison
from core.runs.run_data import RunData
from core.runs.spec import Settings
from core.runs.store import ComparisonFolder, Store
from tests.contract.conftest import Audience, configured

EPOCHS = 4
NUMBER = r"([-+.\de]+)"
EPOCH = re.compile(rf"epoch \d+: training loss {NUMBER}, validation loss {NUMBER}")
SETTINGS: dict[str, dict[str, Any]] = {  # a model, and settings that try what others do not
    "lstm": {"layers": 2, "bidirectional": True, "dropout": 0.2, "patience": 9},
    "nlinear": {"optimizer": "adamw", "loss": "huber", "scaler": "minmax"},
    "gru": {"reference": "seasonal", "loss": "direction", "clip_norm": 0.1, "schedule": "cosine"},
    "tcn": {"transform": "log", "optimizer": "rmsprop", "loss": "quantile", "dropout": 0.1, "holidays": "DE"},
    "transformer": {"heads": 2, "hidden": 8, "optimizer": "sgd", "accumulate": 3, "schedule": "plateau"},
}


@dataclass(frozen=True)
class Trained:
    """What came out here, by framework."""

    folder: ComparisonFolder
    losses: dict[str, list[tuple[float, float]]]  # training and validation, by epoch
    mae: dict[str, float]  # of the test rows


def series() -> Dataset:
    """400 days of two columns with a weekly wave and noise, and one known in advance."""
    days, draw = np.arange(400), np.random.default_rng(0)
    values = np.stack([np.sin(2 * np.pi * days / 7) * 10 + 50, np.cos(days / 9) * 4, days % 5], axis=1)
    values[:, :2] += draw.normal(0, 0.5, (400, 2))
    index = pd.date_range("2024-01-01", periods=400, freq="D", unit="us")
    columns, future = ("wave", "other", "plan"), np.arange(400, 440)[:, None] % 5.0
    return Dataset("Days", "days.csv", "00" * 32, index, values, columns, ("wave",), "D", 7, (), ("plan",), future)


def trained(model: str, home: Path) -> Trained:
    """Each framework's first training under matched maths, on one thread, and a store that knows of it."""
    asked = {"lookback": 20, "horizon": 5, "hidden": 6, "maths": "matched", "epochs": EPOCHS, "threads": 1}
    settings = Settings(model=model, device="cpu", **{**asked, **SETTINGS[model]})
    devices = {name: configured(name).describe().devices for name in bundle.FRAMEWORKS}
    spec = plan_comparison(series(), settings, name=model, frameworks=devices, command="")
    folder = Store(home).create(spec, series())
    losses, mae = {}, {}
    for framework in bundle.FRAMEWORKS:
        losses[framework], mae[framework] = fit(folder, framework)
    return Trained(folder, losses, mae)


def fit(folder: ComparisonFolder, framework: str) -> tuple[list[tuple[float, float]], float]:
    run, of = folder.run(framework), taken(folder.spec(), framework)
    asked = folder.spec().plan.fits[0]
    data = RunData(run)
    trainer = configured(framework).build(of.spec, of.training)
    trainer.start(of.run.seed, initial_weights(trainer.get_weights(), of.run.seed))
    history = trainer.train(data.training(asked), EPOCHS, of.run.patience, of.run.seed, Audience())
    path = run.fit(asked.id)
    path.mkdir(parents=True, exist_ok=True)
    write_weights(path / "weights.safetensors", trainer.get_weights(), history.best_epoch)
    prepared, origins = data.prepared(asked), data.to_forecast(asked)
    forecast = prepared.own_units(trainer.predict(prepared.values, origins), origins)
    actual = gather(np.asarray(folder.values()), origins, 0, of.spec.horizon)[..., : of.spec.targets]
    told = [(epoch.train_loss, epoch.validation_loss or 0.0) for epoch in history.epochs]
    return told, float(np.abs(actual - forecast).mean())


def outputs(folder: ComparisonFolder, where: Path) -> dict[str, str]:
    """What each script prints, all four at once, with nothing of this project in reach."""
    zipfile.ZipFile(io.BytesIO(bundle.make(folder))).extractall(where)
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    env |= {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg", "TF_CPP_MIN_LOG_LEVEL": "3"}
    started = {
        name: subprocess.Popen(
            [sys.executable, name], cwd=where, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for names in (scripts.SIMPLE, scripts.COMPLETE)
        for name in names.values()
    }
    found = {}
    for name, process in started.items():
        found[name], errors = process.communicate(timeout=240)
        assert process.returncode == 0, f"{name}: {errors[-2000:]}"
    return found


def check(found: Trained, where: Path) -> dict[str, float]:
    """The largest difference of each complete script's losses; the others print scores and save a picture."""
    printed, apart = outputs(found.folder, where), {}
    for framework, name in scripts.COMPLETE.items():
        losses = [(float(train), float(validation)) for train, validation in EPOCH.findall(printed[name])]
        assert len(losses) == len(found.losses[framework]), printed[name]
        apart[framework] = float(np.abs(np.subtract(losses, found.losses[framework])).max())
        assert apart[framework] <= 1e-5, (framework, losses, found.losses[framework])
        (mae,) = re.findall(rf"MAE {NUMBER}, RMSE", printed[name])
        assert abs(float(mae) / found.mae[framework] - 1) < 1e-4, (mae, found.mae)
    for name in (*scripts.SIMPLE.values(), *scripts.COMPLETE.values()):
        assert "MAE" in printed[name] and "RMSE" in printed[name]
        assert (where / name).with_suffix(".png").stat().st_size > 5_000
    return apart
