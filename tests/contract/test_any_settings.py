"""Whatever is chosen is either refused in sentences before the start, or can be trained in both frameworks."""

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.data.dataset import Dataset
from core.data.windows import origins_between
from core.errors import BadSettings
from core.frameworks import catalogue, loss_catalogue
from core.frameworks.base import Device, TrainingData
from core.runs.checks import check
from core.runs.planning import plan_comparison
from core.runs.spec import RunSpec, Settings
from core.runs.translation import planned_model, training_spec
from tests.contract.conftest import Audience

CPU = {name: [Device("cpu", "processor")] for name in ("pytorch", "tensorflow")}
POOLS: dict[str, list[Any]] = {
    "model": list(catalogue.names()),
    "hidden": [4, 6],
    "layers": [1, 2],
    "dropout": [0.0, 0.3],
    "bidirectional": [False, True],
    "kernel": [2, 3, 500],
    "heads": [1, 2, 4],
    "patch": ["auto", 3, 500],
    "lookback": [9, 15],
    "horizon": [1, 3],
    "reference": ["auto", "last", "seasonal", "none"],
    "calendar": ["auto", "none"],
    "transform": ["none", "log", "difference", "percent"],
    "batch_size": [8, 13],
    "accumulate": [1, 3],
    "optimizer": ["adam", "adamw", "sgd", "rmsprop"],
    "schedule": ["constant", "cosine", "halve", "plateau"],
    "clip_norm": [None, 0.5],
    "loss": list(loss_catalogue.names()),
    "maths": ["stock", "stock", "matched"],
    "speed": ["tuned", "stock"],
    "precision": ["float32", "float32", "bfloat16", "float16"],
    "compile": ["auto", "on", "off"],
    "fused": ["auto", "on", "off"],
    "steps_per_execution": ["auto", 1, 3],
    "data_path": ["auto", "auto", "resident", "loader"],
    "workers": [0, 0, 1, 8],
    "pin_memory": ["auto", "off", "on"],
    "cache": ["off", "off", "on"],
    "prefetch": ["auto", "auto", "off", "on"],
    "device": ["auto", "cpu", "gpu:0"],
    "threads": ["auto", 1, 999],
    "split": [(0.7, 0.1, 0.2), (0.9, 0.02, 0.08)],
}
USUAL = 0.6  # how often a setting is left as it is: with all at random next to nothing would be accepted
BUILT = 10


@pytest.fixture(scope="module")
def series() -> Dataset:
    days = np.arange(160)
    values = np.stack([np.sin(days / 3) * 5 + 30, np.cos(days / 5) + 4], axis=1)
    index = pd.date_range("2020-01-01", periods=len(days), freq="D")
    return Dataset("Waves", "waves.csv", "00", index, values, ("wave", "other"), ("wave",), "D", 4)


def choices(number: int, seed: int = 0) -> Iterator[dict[str, Any]]:
    draw = random.Random(seed)
    for _ in range(number):
        yield {
            name: draw.choice(pool)
            for name, pool in POOLS.items()
            if draw.random() > USUAL or name in ("model", "hidden", "lookback")
        }


def settings_of(chosen: dict[str, Any], series: Dataset) -> Settings | None:
    """None where they are refused, which must be in sentences that name settings and say what to do."""
    try:
        return check(chosen, series, CPU)
    except BadSettings as error:
        for problem in error.problems:
            assert " " in problem.what and problem.remedy.endswith((".", ")")), problem
            names = problem.where.split(", ")
            assert names and set(names) <= {*Settings.model_fields, "target", "known"}, problem
            assert set(names) & {*chosen, "horizon", "target"}, f"{problem} is about nothing that was chosen"
        return None


def test_many_choices_are_refused_in_sentences_or_planned(series: Dataset) -> None:
    refused = 0
    for chosen in choices(400):
        settings = settings_of(chosen, series)
        refused += settings is None
        if settings is not None:
            plan_comparison(series, settings, name="", frameworks=CPU, command="")
    assert 100 < refused < 390


@pytest.mark.frameworks
def test_what_is_accepted_trains(series: Dataset, pytorch, tensorflow, monkeypatch: pytest.MonkeyPatch) -> None:
    """One epoch of two steps; torch.compile, whose compiler takes its time, has a test of its own."""
    import torch

    monkeypatch.setattr(torch, "compile", lambda model, **options: model)
    accepted = (settings for chosen in choices(400, seed=1) if (settings := settings_of(chosen, series)))
    for _, settings in zip(range(BUILT), accepted, strict=False):
        spec = plan_comparison(series, settings, name="", frameworks=CPU, command="")
        model = planned_model(spec)
        values = np.random.default_rng(0).normal(0, 1, (80, model.inputs)).astype(np.float32)
        windows = settings.batch_size * settings.accumulate + 2
        data = TrainingData(
            values, origins_between(model.lookback, 50, model.horizon)[:windows], origins_between(60, 80, model.horizon)
        )
        for framework in (pytorch, tensorflow):
            run = RunSpec(id="", framework=framework.name, dataset=spec.dataset, settings=settings, plan=spec.plan)
            trainer = framework.build(model, training_spec(run, settings.maths))
            trainer.start(0)
            (epoch,) = trainer.train(data, 1, None, 0, Audience()).epochs
            assert np.isfinite([epoch.train_loss, epoch.validation_loss]).all(), settings
            told = {name: trainer.applied[name] for name in ("accumulate", "batch_size", "speed", "precision")}
            mixed = settings.precision if settings.precision == "float32" else f"mixed_{settings.precision}"
            asked = {name: getattr(settings, name) for name in told} | {"precision": mixed}
            assert told == asked, "what was asked is what is in force"
