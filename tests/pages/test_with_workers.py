"""The whole way with real worker processes, and the framework that needs nothing but NumPy."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from visitor import Visitor
from waves import make_waves

from core.runs.store import Store
from core.runs.supervisor import Supervisor
from pages.parts import engine

pytestmark = pytest.mark.slow


@pytest.fixture
def working(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    supervisor = Supervisor(store, warm=("linear",))
    monkeypatch.setattr(engine, "_supervisor", supervisor)
    supervisor.start()
    yield
    supervisor.close()


def start(**settings: Any) -> str:
    asked = {"frameworks": ("linear",), "lookback": 14, "horizon": 7, "epochs": 5, "baselines": "simple", **settings}
    return engine.start(make_waves(), asked)


def until(visitor: Visitor, true: Callable[[], bool], seconds: float = 40.0) -> None:
    """Refresh, as the page does each second, until it is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, visitor.text
        time.sleep(0.1)
        visitor.run()


def test_from_start_to_forecasts_and_history(visitor: Visitor, working: None, store: Store) -> None:
    id = start()
    visitor.open("train.py", comparison=id)
    until(visitor, lambda: visitor.has("to_compare"))
    assert "Finished" in visitor.text
    (losses,) = [figure for key, figure in visitor.charts.items() if key.startswith("losses_")]
    assert max(len(line.get("y", [])) for line in losses["data"]) == 5
    visitor.click("to_compare")
    assert visitor.title == "Waves"
    assert [card.label for card in visitor.at.metric] == ["Linear (NumPy)", "Naive", "Seasonal naive"]
    assert any(key.startswith("forecasts_") for key in visitor.charts)
    assert visitor.download("download_forecasts.csv").startswith(b"run,framework,fit,seed,target,origin,step,time")
    visitor.set("period", "future")
    assert not visitor.errors
    visitor.open("history.py").click(f"again_{id}")
    again = visitor.at.query_params["comparison"]
    assert again != id
    until(visitor, lambda: visitor.has("to_compare"))
    first, second = (store.open(each).path / "comparison.json" for each in (id, again))
    assert second.is_file() and first.is_file()


def test_stop_keeps_what_was_trained(visitor: Visitor, working: None) -> None:
    id = start(epochs=10_000, patience=None, batch_size=1)
    visitor.open("train.py", comparison=id)
    until(visitor, lambda: len(engine.view(id).runs["linear"].fits) > 0 and visitor.has("stop"))
    until(visitor, lambda: len(engine.view(id).runs["linear"].fits[0].history) > 1)
    assert not visitor.open("history.py").has(f"delete_{id}")
    visitor.open("train.py").click("stop")
    until(visitor, lambda: visitor.has("to_compare"))
    assert "Stopped" in visitor.text
    visitor.click("to_compare")
    assert not visitor.errors
    assert "was stopped before its end" in visitor.text
    assert any(key.startswith("forecasts_") for key in visitor.charts)
    visitor.open("history.py").click(f"delete_{id}")
    assert "Nothing here yet" in visitor.text


def test_a_stopped_one_goes_on_from_where_it_was(visitor: Visitor, working: None) -> None:
    id = start(epochs=10_000, patience=None, batch_size=1)
    visitor.open("train.py", comparison=id)
    until(visitor, lambda: epochs(id) > 1)
    visitor.click("stop")
    until(visitor, lambda: visitor.has("go_on"))
    before = epochs(id)
    visitor.click("go_on")
    until(visitor, lambda: epochs(id) > before)
    visitor.click("stop")
    until(visitor, lambda: visitor.has("to_compare"))
    assert not visitor.click("to_compare").errors
    assert any(key.startswith("forecasts_") for key in visitor.charts)
    assert "Linear (NumPy): The fit seed0-fold0 went on from its weights after epoch" in visitor.text


def epochs(id: str) -> int:
    """Epochs of the first fit by now."""
    fits = engine.view(id).runs["linear"].fits
    return len(fits[0].history) if fits else 0


def test_what_was_learned_before_a_kill_of_the_server_is_shown_after_its_restart(
    visitor: Visitor, working: None, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = start(epochs=10_000, patience=None, batch_size=1)
    visitor.open("train.py", comparison=id)
    until(visitor, lambda: any(store.comparisons.glob("*/runs/*/fits/*/weights.safetensors")))
    engine.close()
    again = Supervisor(store, warm=("linear",), recovers=True)
    monkeypatch.setattr(engine, "_supervisor", again)
    again.start()
    visitor.open("compare.py", comparison=id)
    until(visitor, lambda: "It was interrupted before its end" in visitor.text)
    assert any(key.startswith("forecasts_") for key in visitor.charts)
    assert visitor.has("go_on") and visitor.has("run_again")
    again.close()


def test_after_a_restart_of_the_server_it_is_interrupted(
    visitor: Visitor, working: None, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = start(epochs=10_000, patience=None, batch_size=1)
    visitor.open("train.py", comparison=id)
    until(visitor, lambda: len(engine.view(id).runs["linear"].fits) > 0)
    engine.close()
    monkeypatch.setattr(engine, "_supervisor", Supervisor(store, warm=()))
    visitor.run()
    assert "Interrupted" in visitor.text
    assert visitor.has("run_again") and not visitor.has("stop")


def test_tips_are_measured_live_and_kept(visitor: Visitor, working: None, store: Store) -> None:
    asked = {"frameworks": ("linear",), "lookback": 14, "horizon": 7}
    id = engine.start_tips(make_waves(), asked, {}, 3.0)
    visitor.open("tips.py", tips=id)
    until(visitor, lambda: visitor.has("download_tips"))
    assert "Finished" in visitor.text and "windows a second" in visitor.text
    assert "128 windows instead of 32" in visitor.text, "measured, whatever came out"
    assert any(key.startswith("tips_") for key in visitor.charts)
    again = Visitor().open("tips.py", tips=id)
    assert "128 windows instead of 32" in again.text, "a reload, or another browser"
