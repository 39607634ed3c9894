"""Comparisons that were carried through: forecasts, weights, a certificate; both runs by the NumPy framework."""

import threading
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from core.data.dataset import Dataset
from core.frameworks import registry
from core.frameworks.base import Device
from core.runs.evaluate import evaluate
from core.runs.files import Journal
from core.runs.fitting import Imported, Run
from core.runs.planning import plan_comparison
from core.runs.spec import ComparisonSpec, Settings
from core.runs.store import ComparisonFolder, State, Store, new_id

PROCESSOR = (Device("cpu", "a processor", 8.0),)
FRAMEWORKS = ("pytorch", "tensorflow")


class Unhindered:
    """Every fit may begin at once, and nobody stops it."""

    def __init__(self) -> None:
        self.stop = threading.Event()

    def await_turn(self, fit: str) -> None: ...

    def trained(self) -> None: ...

    def end_turn(self, fit: str) -> None: ...


def dataset(times: bool = True) -> Dataset:
    """300 rows of two columns, with times or numbered."""
    days = np.arange(300)
    values = np.stack([np.sin(days / 7) * 10 + 50, np.cos(days / 7)], axis=1)
    index = pd.date_range("2020-01-01", periods=300, freq="D", unit="us") if times else pd.RangeIndex(5, 305)
    frequency, season = ("D", 7) if times else (None, 1)
    return Dataset("Waves", "waves.csv", "00" * 32, index, values, ("wave", "other"), ("wave",), frequency, season)


def spec(data: Dataset) -> ComparisonSpec:
    small = {"epochs": 2, "lookback": 14, "horizon": 5, "hidden": 4, "batch_size": 64, "threads": 1}
    asked = Settings(**small, seeds=(0, 1), baselines="simple")
    found = dict.fromkeys(FRAMEWORKS, PROCESSOR)
    planned = plan_comparison(data, asked, name="Waves compared", frameworks=found, command="python -m core compare")
    return planned.model_copy(update={"id": new_id(), "created": datetime.now(UTC).isoformat()})


def train(folder: ComparisonFolder) -> None:
    """Both runs, in this process."""
    linear = registry.load("linear")
    for run in folder.runs():
        journal = Journal(run.events)
        Run(run, linear, journal, Unhindered(), Imported(0.5, True, "1.0")).go()
        journal.close()


def make(store: Store, times: bool = True) -> ComparisonFolder:
    data = dataset(times)
    folder = store.create(spec(data), data)
    folder.set_state(State("running", started_at=1.0, load_before=0.1))
    train(folder)
    folder.set_state(replace(folder.state(), state="evaluating"))
    evaluate(folder)
    folder.set_name("Waves, renamed")
    folder.set_state(replace(folder.state(), state="finished", ended_at=2.0))
    return folder
