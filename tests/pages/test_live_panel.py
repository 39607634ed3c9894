"""The live view: each state says what it is and offers the one thing to do next."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st
from visitor import Visitor

from core.errors import Problem
from core.runs.events import EpochDone, Event, Finished, FitDone, FitStarted, Progress, Stage, to_line
from core.runs.store import ComparisonFolder, State, Store
from core.runs.view import Live
from pages.parts import engine
from tests.core.runs.made_run import begun, failed_run, finished_run, fit_events, journal

pytestmark = pytest.mark.slow

Make = Callable[..., ComparisonFolder]
Leave = Callable[[ComparisonFolder], None]
TRAINING = fit_events("seed0-fold0", (0.9, 0.4), best=0)[:-1]


def watch(visitor: Visitor, folder: ComparisonFolder) -> Visitor:
    return visitor.open("train.py", comparison=folder.id)


def buttons(visitor: Visitor) -> set[str]:
    return {key for key in ("stop", "to_compare", "run_again") if visitor.has(key)}


def test_a_comparison_that_waits_says_its_place(visitor: Visitor, make: Make) -> None:
    make("First")
    watch(visitor, make("Second"))
    assert "Second" in visitor.text and "Waiting for 1 other" in visitor.text
    assert buttons(visitor) == {"stop"}
    assert not visitor.errors


def test_a_running_comparison_shows_progress_and_both_curves(visitor: Visitor, make: Make) -> None:
    folder = make()
    folder.set_state(State("running", started_at=time.time()))
    journal(folder, "pytorch", [begun("pytorch"), *TRAINING, Progress("seed0-fold0", 3, 0.5, 1234.0, 321.0)])
    watch(visitor, folder)
    assert "Training" in visitor.text
    assert "1,234" in visitor.text and "321 MB" in visitor.text
    stages = [each.proto.text for each in visitor.at.get("progress")]
    assert stages == ["seed 0: epoch 3 of 3", "starting TensorFlow"]
    (chart,) = [figure for key, figure in visitor.charts.items() if key.startswith("losses_")]
    drawn = [line for line in chart["data"] if len(line.get("y", [])) == 2]
    assert len(drawn) == 2, "training and validation loss of the one that has begun"
    assert buttons(visitor) == {"stop"}


def test_gradient_norms_and_rates_are_drawn_beside_the_losses(visitor: Visitor, make: Make) -> None:
    folder = make()
    folder.set_state(State("running", started_at=time.time()))
    told = EpochDone("seed0-fold0", 3, 0.2, 0.3, 0.5, 100.0, learning_rate=0.002, gradient_norm=0.7)
    journal(folder, "pytorch", [begun("pytorch"), *TRAINING, told])
    watch(visitor, folder)
    (chart,) = [figure for key, figure in visitor.charts.items() if key.startswith("steps_")]
    lines = {line["uid"]: line["y"] for line in chart["data"]}
    assert lines["pytorch-norm"] == [None, None, 0.7] and lines["pytorch-rate"] == [None, None, 0.002]
    assert lines["tensorflow-norm"] == []


def test_new_epochs_are_drawn_at_the_next_refresh(visitor: Visitor, make: Make) -> None:
    folder = make()
    folder.set_state(State("running", started_at=time.time()))
    journal(folder, "pytorch", [begun("pytorch"), *TRAINING])
    watch(visitor, folder)
    with folder.run("pytorch").events.open("ab") as events:
        events.write(to_line(EpochDone("seed0-fold0", 3, 0.2, 0.3, 0.5, 100.0)))
    visitor.run()
    (chart,) = [figure for key, figure in visitor.charts.items() if key.startswith("losses_")]
    assert max(len(line.get("y", [])) for line in chart["data"]) == 3


def bars(visitor: Visitor) -> list[int]:
    """Percent."""
    return [each.proto.value for each in visitor.at.get("progress")]


def test_a_stopped_run_s_bar_is_not_full(visitor: Visitor, make: Make, leave: Leave) -> None:
    folder = make()
    leave(folder)
    journal(folder, "pytorch", [begun("pytorch"), *TRAINING, Finished("stopped", 4.5, 321.0)])
    finished_run(folder, "tensorflow", {})
    folder.set_state(State("stopped"))
    stopped, finished = bars(watch(visitor, folder))
    assert 0 < stopped < 100 == finished


def test_the_latest_fit_with_an_epoch_is_drawn(visitor: Visitor, make: Make) -> None:
    folder = make(seeds=(0, 1))
    folder.set_state(State("running", started_at=time.time()))
    started = FitStarted("seed1-fold0", "score", 1, 0, 3, 180)
    kept = [begun("tensorflow"), FitStarted("final", "final", 0, 0, 3, 180), EpochDone("final", 1, 0.5, None, 0.5, 9.0)]
    journal(folder, "pytorch", [begun("pytorch"), *TRAINING, started])
    journal(folder, "tensorflow", kept)
    watch(visitor, folder)
    (chart,) = [figure for key, figure in visitor.charts.items() if key.startswith("losses_")]
    points = {line["name"]: len(line["y"]) for line in chart["data"] if "name" in line}
    assert (points["PyTorch, training"], points["TensorFlow, training"]) == (2, 1)


def test_what_is_faint_is_said_once_there_is_an_earlier_training(visitor: Visitor, make: Make) -> None:
    folder = make(seeds=(0, 1))
    folder.set_state(State("running", started_at=time.time()))
    journal(folder, "pytorch", [begun("pytorch"), *TRAINING])
    watch(visitor, folder)
    assert "Drawn bold" not in visitor.text
    second = [FitStarted("seed1-fold0", "score", 1, 0, 3, 180), EpochDone("seed1-fold0", 1, 0.5, None, 0.5, 9.0)]
    with folder.run("pytorch").events.open("ab") as events:
        events.write(b"".join(map(to_line, second)))
    visitor.run()
    assert "Drawn bold is the latest training; behind it, faint, its fold's earlier ones" in visitor.text


def test_a_backtest_says_its_fold_and_what_came_out_so_far(visitor: Visitor, make: Make) -> None:
    folder = make(seeds=(0, 1, 2), folds=3)
    folder.set_state(State("running", started_at=time.time() - 65))
    ended = [FitDone(fit, 2, 2, False, error) for fit, error in (("seed0-fold0", 0.5), ("seed0-fold1", 0.7))]
    begun_fits = [FitStarted(f"seed0-fold{fold}", "score", 0, fold, 3, 180) for fold in range(3)]
    told = [begun_fits[0], ended[0], begun_fits[1], ended[1], begun_fits[2]]
    journal(folder, "pytorch", [begun("pytorch"), *told])
    watch(visitor, folder)
    assert visitor.at.get("progress")[0].proto.text == "seed 0, fold 3 of 3: epoch 1 of 3"
    assert "error so far 0.6 standard deviations (2 trainings)" in visitor.text
    assert "1:05" in visitor.text or "1:06" in visitor.text


INTERRUPTED = "The server ended while this was training."


@pytest.mark.parametrize(
    ("begun_at", "weights", "scored", "says"),
    [
        (None, False, False, "The server ended while this was waiting. Nothing of it had begun: run it again."),
        (1.0, False, False, f"{INTERRUPTED} It had not learned anything yet: run it again."),
        (1.0, True, False, f"{INTERRUPTED} What it had learned is kept: go on from here."),
        (1.0, True, True, f"{INTERRUPTED} What it had learned is kept: go on from here, or see the forecasts so far."),
    ],
)
def test_an_interrupted_one_says_what_became_of_it(
    visitor: Visitor, make: Make, leave: Leave, begun_at: float | None, weights: bool, scored: bool, says: str
) -> None:
    folder = make()
    leave(folder)
    folder.set_state(State("interrupted", started_at=begun_at))
    if weights:
        fit = folder.run("pytorch").fit("seed0-fold0")
        fit.mkdir(parents=True)
        (fit / "last.safetensors").write_bytes(b"")
    if scored:
        (folder.path / "comparison.json").write_text("{}")
    watch(visitor, folder)
    assert [each.value for each in visitor.at.info] == [says]
    assert visitor.has("go_on") == weights and visitor.has("to_compare") == scored and visitor.has("run_again")


def test_scoring_is_a_state(visitor: Visitor, make: Make) -> None:
    folder = make()
    folder.set_state(State("evaluating", started_at=time.time()))
    journal(folder, "pytorch", [begun("pytorch"), Stage("scoring")])
    watch(visitor, folder)
    assert "Scoring" in visitor.text
    assert buttons(visitor) == {"stop"}


@pytest.mark.parametrize(
    ("state", "run", "says"),
    [
        ("running", [], "Waiting for its turn"),
        ("evaluating", [Finished("stopped", 4.5, 321.0)], "Stopped; its forecasts follow"),
        ("evaluating", [Finished("finished", 4.5, 321.0)], "Trained; its forecasts follow"),
    ],
)
@pytest.mark.parametrize("page", ["train.py", "history.py"])
def test_one_whose_turn_is_over_says_what_it_waits_for(
    visitor: Visitor,
    make: Make,
    idle: Any,
    monkeypatch: pytest.MonkeyPatch,
    page: str,
    state: str,
    run: list[Event],
    says: str,
) -> None:
    folder = make()
    journal(folder, "pytorch", [begun("pytorch"), *TRAINING, *run])
    folder.set_state(State(state, started_at=time.time()))
    monkeypatch.setattr(idle, "_live", lambda id: Live(parked=True))
    visitor.open(page, comparison=folder.id)
    (badge,) = (line for line in visitor.text.splitlines() if "-badge[" in line)
    assert f"badge[{says}]" in badge


@pytest.mark.parametrize(
    ("state", "says", "button"),
    [
        (State("finished"), "Finished", "to_compare"),
        (State("stopped"), "Stopped", "to_compare"),
        (State("failed", error=Problem("The memory was full", "", "Close other programs.")), "Failed", "run_again"),
        (State("running"), "Interrupted", "run_again"),
    ],
)
def test_a_comparison_that_has_ended_says_how_and_what_next(
    visitor: Visitor, make: Make, leave: Leave, state: State, says: str, button: str
) -> None:
    folder = make()
    leave(folder)
    folder.set_state(state)
    journal(folder, "pytorch", [begun("pytorch"), *TRAINING])
    watch(visitor, folder)
    assert says in visitor.text
    assert buttons(visitor) == {button}
    assert len(visitor.errors) == (state.error is not None)
    if state.error is not None:
        assert "The memory was full. Close other programs." in visitor.errors[0]


def test_a_run_that_failed_says_why_beside_the_one_that_goes_on(visitor: Visitor, make: Make) -> None:
    folder = make()
    folder.set_state(State("running", started_at=time.time()))
    journal(folder, "pytorch", [begun("pytorch"), *TRAINING])
    failed_run(folder, "tensorflow")
    watch(visitor, folder)
    assert visitor.errors == ["The training diverged (epoch 1). Lower the rate."]
    assert "Training" in visitor.text
    assert buttons(visitor) == {"stop"}


def test_an_interrupted_one_is_run_again_with_one_button(
    visitor: Visitor, make: Make, leave: Leave, store: Store
) -> None:
    folder = make(hidden=9)
    leave(folder)
    folder.set_state(State("running"))
    watch(visitor, folder).click("run_again")
    (again,) = (summary.id for summary in store.list() if summary.id != folder.id)
    assert store.open(again).spec().settings == folder.spec().settings
    assert visitor.at.query_params["comparison"] == again
    assert "Starting" in visitor.text


def test_the_page_follows_when_the_comparison_ends(visitor: Visitor, make: Make, leave: Leave) -> None:
    folder = make()
    watch(visitor, folder)
    leave(folder)
    folder.set_state(State("stopped"))
    visitor.run()
    assert buttons(visitor) == {"to_compare"}


def test_it_is_not_asked_for_again_once_nothing_can_be_trained(
    visitor: Visitor, make: Make, idle: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    every: list[float | None] = []
    fragment = st.fragment
    monkeypatch.setattr(st, "fragment", lambda tick, run_every: every.append(run_every) or fragment(tick))
    watch(visitor, make())
    monkeypatch.setattr(idle, "alive", False)
    visitor.run()
    assert every == [1.0, None]
    assert any("Nothing can be trained" in error for error in visitor.errors)


@pytest.fixture
def stopped(idle: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the supervisor was asked to stop."""
    asked: list[str] = []
    monkeypatch.setattr(idle, "stop", asked.append)
    return asked


def asks(visitor: Visitor) -> bool:
    """Whether a press on Stop, or Cancel, opens a question."""
    labels = [each.proto.popover.label for each in visitor.elements if each.type == "popover"]
    return bool({"Stop", "Cancel"} & set(labels))


def test_what_this_window_started_is_stopped_at_once(visitor: Visitor, store: Store, stopped: list[str]) -> None:
    visitor.open("train.py").click("start")
    (summary,) = store.list()
    store.open(summary.id).set_state(State("running"))
    assert visitor.run().find("stop").label == "Stop"
    assert not asks(visitor)
    visitor.click("stop")
    assert stopped == [summary.id]


def test_what_another_window_started_is_stopped_after_a_question(
    visitor: Visitor, store: Store, stopped: list[str]
) -> None:
    Visitor().open("train.py").click("start")
    (summary,) = store.list()
    store.open(summary.id).set_state(State("running"))
    watch(visitor, store.open(summary.id))
    assert asks(visitor)
    assert "Someone else started this" in visitor.text and "Stop it all the same?" in visitor.text
    assert not stopped
    visitor.click("stop")
    assert stopped == [summary.id]


def test_one_that_nobody_is_known_to_have_started_is_asked_about(visitor: Visitor, make: Make, idle: Any) -> None:
    folder = make()
    idle._sessions.clear()  # as after a restart
    assert asks(watch(visitor, folder))


def test_one_that_waits_is_cancelled(visitor: Visitor, store: Store, stopped: list[str]) -> None:
    visitor.open("train.py").click("start")
    assert visitor.find("stop").label == "Cancel"
    assert not asks(visitor)
    visitor.click("stop")
    assert stopped == [store.list()[0].id]


def test_how_long_it_waits_is_said(visitor: Visitor, make: Make) -> None:
    going = make("Going", epochs=3)
    going.set_state(State("running", started_at=time.time()))
    for framework in ("pytorch", "tensorflow"):
        hundred_s = [
            FitStarted("seed0-fold0", "score", 0, 0, 3, 180),
            EpochDone("seed0-fold0", 1, 0.5, 0.6, 100.0, 9.0),
        ]
        journal(going, framework, [begun(framework), *hundred_s])
    last = make("Last")
    left = engine.view(going.id).eta_s
    assert left is not None and left > 300
    assert f"Waiting for 1 other, about {left / 60:.0f} min" in watch(visitor, last).text
    make("Not begun")
    later = make("Later")
    words = watch(visitor, later).text
    assert "Waiting for 3 others, about " in words
    waited = engine.waiting(later.id).seconds
    assert waited > left, "those that have not begun take their time, too"


def test_a_full_queue_is_said(visitor: Visitor, idle: Any, monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    monkeypatch.setattr("core.runs.supervisor.QUEUE_CAP", 1)
    Visitor().open("train.py").click("start")
    visitor.open("train.py").click("start")
    (error,) = visitor.errors
    assert "Try again" in error
    assert len(store.list()) == 1
    visitor.open("history.py").click(f"again_{store.list()[0].id}")
    assert visitor.errors == [error]


def test_an_interrupted_one_goes_on_from_its_weights(visitor: Visitor, make: Make, leave: Leave, idle: Any) -> None:
    folder = make()
    leave(folder)
    folder.set_state(State("interrupted"))
    journal(folder, "pytorch", [begun("pytorch"), *TRAINING])
    assert not watch(visitor, folder).has("go_on"), "there are no weights yet"
    fit = folder.run("pytorch").fit("seed0-fold0")
    fit.mkdir(parents=True)
    (fit / "last.safetensors").write_bytes(b"")
    assert buttons(visitor.run()) == {"run_again"} and visitor.has("go_on")
    visitor.click("go_on")
    assert idle.active() == (folder.id,)
    assert "Starting" in visitor.text and not asks(visitor)


def test_a_finished_one_has_nothing_to_go_on_with(visitor: Visitor, make: Make, leave: Leave) -> None:
    folder = make()
    leave(folder)
    for framework in ("pytorch", "tensorflow"):
        finished_run(folder, framework, {})
        fit = folder.run(framework).fit("seed0-fold0")
        fit.mkdir(parents=True)
        (fit / "weights.safetensors").write_bytes(b"")
    (folder.path / "comparison.json").write_text("{}")
    folder.set_state(State("finished"))
    assert not watch(visitor, folder).has("go_on")


@pytest.mark.parametrize("key", ["run_again", "go_on"])
def test_a_double_click_begins_one(
    visitor: Visitor, make: Make, leave: Leave, store: Store, idle: Any, key: str
) -> None:
    folder = make()
    leave(folder)
    folder.set_state(State("interrupted"))
    fit = folder.run("pytorch").fit("seed0-fold0")
    fit.mkdir(parents=True)
    (fit / "last.safetensors").write_bytes(b"")
    drawn = watch(visitor, folder).at._tree
    visitor.click(key)
    visitor.at._tree = drawn  # the second click is made on the page as it was before the first
    visitor.at.query_params = {"comparison": folder.id}
    visitor.click(key)
    assert len(idle.active()) == 1
    assert not visitor.errors
    assert len(store.list()) == (2 if key == "run_again" else 1)


def test_the_log_scale_stays_chosen(visitor: Visitor, make: Make) -> None:
    folder = make()
    watch(visitor, folder).set("log_scale", True)
    (chart,) = [figure for key, figure in visitor.charts.items() if key.startswith("losses_")]
    assert chart["layout"]["yaxis"]["type"] == "log"
    visitor.open("history.py").open("train.py")
    assert visitor.find("log_scale").value is True


def test_the_side_navigation_keeps_the_comparison(visitor: Visitor, make: Make) -> None:
    folder = make()
    watch(visitor, folder).open("history.py").open("train.py")
    assert visitor.has("stop")
    assert visitor.at.query_params["comparison"] == folder.id


def test_another_browser_sees_the_same_comparison(make: Make) -> None:
    folder = make()
    for someone in (Visitor(), Visitor()):
        watch(someone, folder)
        assert "Waves compared" in someone.text and someone.has("stop")


@pytest.mark.parametrize("unknown", ["20200101-000000000-abcd", "../../etc/passwd", "**x**", ""])
@pytest.mark.parametrize("page", ["train.py", "compare.py"])
def test_an_unknown_comparison_in_the_address_is_said_and_the_page_goes_on(
    visitor: Visitor, page: str, unknown: str
) -> None:
    visitor.open(page, comparison=unknown)
    (error,) = visitor.errors
    assert "There is no such comparison" in error and "Choose one from the history" in error
    assert visitor.has("start") or "Train" in visitor.links


def test_see_the_forecasts_leads_to_them(visitor: Visitor, make: Make, leave: Leave) -> None:
    folder = make()
    leave(folder)
    finished_run(folder, "pytorch", {})
    folder.set_state(State("finished"))
    watch(visitor, folder).click("to_compare")
    assert visitor.title == "Waves compared"
