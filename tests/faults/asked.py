"""The comparisons that are asked for, as the pages plan them. Imports no more than a server has."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.data.dataset import Dataset
from core.data.samples import SAMPLES, load_sample
from core.data.selection import make_dataset
from core.frameworks.base import Device
from core.runs.planning import plan_comparison
from core.runs.spec import ComparisonSpec, Settings

PROCESSOR = (Device("cpu", "a processor", 8.0),)
FIT = "seed0-fold0"
STUB = {"epochs": 10_000, "hidden": 10, "lookback": 14, "batch_size": 16, "scaler": "none", "patience": None}
REAL = {"epochs": 10_000, "hidden": 8, "lookback": 24, "batch_size": 32, "patience": None}


def command(kind: str) -> tuple[str, ...]:
    """What starts a worker of that kind (tests/faults/witness.py)."""
    return (sys.executable, "-m", "tests.faults.witness", kind)


def data(kind: str) -> Dataset:
    """300 days of a wave for the fakes, the retail sample for the real frameworks."""
    if kind != "stub":
        return make_dataset(load_sample("retail"), [SAMPLES["retail"].target], "none", name=SAMPLES["retail"].title)
    index, values = pd.date_range("2020-01-01", periods=300, freq="D"), np.sin(np.arange(300)[:, None] / 7)
    return Dataset("Waves", "waves.csv", "00" * 32, index, values, ("wave",), ("wave",), "D", 7)


def planned(kind: str, kinds: Sequence[str], **settings: Any) -> ComparisonSpec:
    """With fits of these kinds only; an epoch of the fakes takes `hidden` milliseconds."""
    asked = Settings(**{**(STUB if kind == "stub" else REAL), "threads": 1, "baselines": "simple", **settings})
    found = dict.fromkeys(asked.frameworks, PROCESSOR)
    spec = plan_comparison(data(kind), asked, name="A comparison", frameworks=found, command="python -m core compare")
    fits = tuple(fit for fit in spec.plan.fits if fit.kind in kinds)
    return spec.model_copy(update={"plan": spec.plan.model_copy(update={"fits": fits})})


def appear(path: Path, content: str) -> None:
    """A file that is whole from the first moment on."""
    path.parent.mkdir(exist_ok=True)
    path.with_suffix(".new").write_text(content)
    path.with_suffix(".new").rename(path)
