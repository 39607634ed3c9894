"""A small comparison, and a supervisor whose workers are real processes with fake frameworks."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.data.dataset import Dataset
from core.runs import process
from core.runs.spec import ComparisonSpec, DatasetSpec, FitSpec, Plan, Settings
from core.runs.store import Store, new_id
from core.runs.supervisor import Supervisor

MakeSpec = Callable[..., ComparisonSpec]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def dataset() -> Dataset:
    """300 days of two columns."""
    days = np.arange(300)
    values = np.stack([np.sin(days / 7) * 10 + 50, np.cos(days / 7)], axis=1)
    index = pd.date_range("2020-01-01", periods=300, freq="D")
    return Dataset("Waves", "waves.csv", "00", index, values, ("wave", "other"), ("wave",), "D", 7)


@pytest.fixture
def make_spec(dataset: Dataset) -> MakeSpec:
    def make(fits: tuple[str, ...] = ("score", "final"), **settings: Any) -> ComparisonSpec:
        small = {"epochs": 3, "hidden": 20, "lookback": 14, "batch_size": 16, "scaler": "none", "baselines": "simple"}
        asked = Settings(**{**small, **settings})
        plan = Plan(
            reference="last",
            calendar=("weekday",),
            threads=1,
            device="cpu",
            split=(200, 40, 60),
            compile=False,
            fits=tuple(
                FitSpec(
                    id=f"seed{n}-fold0" if kind == "score" else kind,
                    kind=kind,
                    seed=n,
                    maths="matched" if kind == "certificate" else asked.maths,
                )
                for n, kind in enumerate(fits)
            ),
        )
        described = DatasetSpec(
            name=dataset.name,
            file=dataset.file,
            sha256=dataset.sha256,
            columns=dataset.columns,
            targets=dataset.targets,
            frequency=dataset.frequency,
            season=dataset.season,
        )
        return ComparisonSpec(
            id=new_id(),
            created=datetime.now(UTC).isoformat(),
            name="Waves compared",
            command="python -m core compare waves.csv",
            dataset=described,
            settings=asked,
            plan=plan,
        )

    return make


@pytest.fixture
def stubs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers whose pytorch and tensorflow are the fakes of stub_worker.py."""
    monkeypatch.setattr(process, "COMMAND", (sys.executable, "-m", "tests.core.runs.stub_worker"))


@pytest.fixture
def supervisor(store: Store, stubs: None) -> Iterator[Supervisor]:
    """Not yet started, so that a test can still change the environment of its workers; none is kept warm."""
    supervisor = Supervisor(store, warm=())
    yield supervisor
    supervisor.close()
