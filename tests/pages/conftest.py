"""The pages without a browser: every test has an installation of its own, and no worker unless it asks for one."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from idle import PROCESSOR, Idle
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import app_test
from visitor import Files, Runner, Visitor
from waves import make_waves

from core.data.dataset import Dataset
from core.runs.planning import plan_comparison
from core.runs.spec import Settings
from core.runs.store import ComparisonFolder, Store
from pages.parts import engine


@pytest.fixture(autouse=True)
def as_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_test, "LocalScriptRunner", Runner)
    monkeypatch.setattr(app_test, "MediaFileManager", Files)
    # Keras is loaded here when its own tests ran before, never in the server: Streamlit clears its session after every
    # run of a script, at half a second each.
    monkeypatch.setattr(script_runner, "_clean_problem_modules", lambda: None)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture(autouse=True)
def idle(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Idle]:
    """The supervisor of every test that starts no other."""
    monkeypatch.setenv("TWINCAST_HOME", str(store.root))
    supervisor = Idle(store)
    monkeypatch.setattr(engine, "_supervisor", supervisor)
    yield supervisor
    engine.close()


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


Make = Callable[..., ComparisonFolder]


@pytest.fixture
def make(idle: Idle) -> Make:
    """A comparison in the queue: `make(name, dataset, **settings)`."""

    def submit(name: str = "Waves compared", dataset: Dataset | None = None, **settings: Any) -> ComparisonFolder:
        dataset = dataset or make_waves()
        asked = Settings(**{"epochs": 3, "lookback": 14, "horizon": 5, "hidden": 4, "baselines": "simple", **settings})
        found = dict.fromkeys(asked.frameworks, PROCESSOR)
        spec = plan_comparison(dataset, asked, name=name, frameworks=found, command="python -m core compare waves.csv")
        return idle.store.open(idle.submit(spec, dataset))

    return submit


@pytest.fixture
def leave(idle: Idle) -> Callable[[ComparisonFolder], None]:
    """Take a comparison out of the supervisor's hands, as its end does."""

    def let_go(folder: ComparisonFolder) -> None:
        idle.end(folder.id)

    return let_go
