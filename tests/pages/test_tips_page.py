"""The page Tips: what it asks, what it shows while a measurement goes on and after it, and what it never breaks on."""

import json
from typing import Any

import pytest
from idle import READY, Idle
from visitor import HOSTILE, Visitor
from waves import make_waves

from core.errors import Problem
from core.frameworks.base import Device
from core.runs.events import Event, Failed, Finished, Stage, Started, Tip
from core.runs.files import Journal
from core.runs.folders import ComparisonFolder, State
from core.runs.store import Store
from core.runs.supervisor import FrameworkStatus
from core.runs.tips import TOGETHER, Plain, Row
from core.runs.tips_plan import plan_tips
from pages.parts import engine

pytestmark = pytest.mark.slow

PLAIN = Plain(
    windows_per_second=9000, n=5, setup_s=0.1, windows=128, windows_in_data=200, epochs=3, threads=1, device="cpu"
)
FUSED = Row(tip="fused", label="Fused optimiser", ratio=1.3, interval=(1.2, 1.4), n=5, outcome="faster", setup_s=0.1)
COMPILED = Row(tip="torch_compile", label="torch.compile", ratio=1.01, interval=(0.9, 1.05), n=5, outcome="no_gain")
COMPILED = COMPILED.model_copy(update={"setup_s": 12.3})
LARGER = Row(
    tip="batch_size",
    label="Larger batches: 128 instead of 32",
    ratio=2.0,
    n=1,
    reason="One measurement: too few to tell.",
    outcome="cannot_tell",
    loss_difference=0.21,
    changes_maths=True,
)
PINNED = Row(tip="pin_memory", label="Pinned memory", available=False, reason="No GPU.", outcome="not_available")
ALL = FUSED.model_copy(update={"tip": TOGETHER, "members": ("fused",), "reason": "It is the only one that helps."})


@pytest.fixture
def measurement(idle: Idle, store: Store) -> ComparisonFolder:
    spec = plan_tips(make_waves(), {"lookback": 14}, {name: (Device("cpu", "x"),) for name in READY}, budget_s=30)
    return store.open(idle.submit(spec, make_waves(), session="another"))


def tell(folder: ComparisonFolder, framework: str, *events: Event) -> None:
    started = Started(framework, "2.0", 1.0, True, 100, {})
    journal = Journal(folder.run(framework).events)
    for event in (started, *events):
        journal.write(event)


def row(told: Row) -> Tip:
    return Tip("together" if told.tip == TOGETHER else "row", told.model_dump())


ROWS = (Tip("plain", PLAIN.model_dump()), *map(row, (FUSED, COMPILED, LARGER, PINNED, ALL)))


def test_the_first_visit_says_what_it_is_about_and_offers_one_button(visitor: Visitor) -> None:
    visitor.open("tips.py")
    assert visitor.title == "Tips" and "What does each tip for a faster training buy" in visitor.text
    assert not visitor.at.button(key="measure").disabled
    for words in ("DataLoader workers", "XLA", "torch.compile", "US retail sales", "batches of"):
        assert words in visitor.text


def test_measure_queues_one_and_shows_it_also_after_a_reload(visitor: Visitor, idle: Idle) -> None:
    visitor.open("tips.py").set("tips_model", "gru").set("tips_frameworks", "pytorch").set("tips_budget", 120)
    visitor.click("measure")
    (id,) = idle.active()
    spec = idle.store.open(id).spec()
    assert (spec.settings.model, spec.settings.frameworks, spec.plan.tips_s) == ("gru", ("pytorch",), 120)
    assert visitor.at.query_params["tips"] == id or visitor.at.query_params["tips"] == [id]
    assert visitor.at.button(key="measure").disabled, "one at a time"
    again = Visitor().open("tips.py", tips=id)
    assert "Tips for US retail sales" in again.text and "to come" in again.text
    assert not Visitor().open("history.py").text.count("Tips for"), "it is no comparison"


def test_rows_come_in_while_it_goes_on(visitor: Visitor, measurement: ComparisonFolder) -> None:
    tell(measurement, "pytorch", Stage("measuring round 2"), *ROWS)
    measurement.set_state(State("running", started_at=1.0))
    visitor.open("tips.py", tips=measurement.id)
    assert "PyTorch: measuring round 2 · TensorFlow: waiting" in "".join(str(each.proto) for each in visitor.elements)
    for words in (
        "faster here] · 1.30 ×",
        "no gain here] · 1.01 × · starts 12.2 s later",
        "cannot tell yet] · 2.00 × · 128 instead of 32 · One measurement: too few to tell · loss differs by 21.0%",
        "not available here] · No GPU",
        "to come",
        "9,000 windows a second",
    ):
        assert words in visitor.text, words
    (chart,) = [figure for key, figure in visitor.charts.items() if key.startswith("tips_")]
    shown = chart["layout"]["yaxis"]["ticktext"]
    assert shown == ["All that help", "Fused optimiser", "Larger batches", "torch.compile"]


def test_at_the_end_it_is_sorted_by_gain_and_can_be_taken_away(visitor: Visitor, measurement: ComparisonFolder) -> None:
    tell(measurement, "pytorch", *ROWS, Finished("finished", 10.0, 1.0))
    tell(measurement, "tensorflow", Failed("TensorFlow crashed", "signal 11", "Start again."))
    measurement.set_state(State("finished", started_at=1.0, ended_at=31.0))
    engine.supervisor().end(measurement.id)  # type: ignore[attr-defined]
    visitor.open("tips.py", tips=measurement.id)
    assert [card.value for card in visitor.at.metric] == ["1.30 ×"]
    (chart,) = [figure for key, figure in visitor.charts.items() if key.startswith("tips_")]
    assert chart["layout"]["yaxis"]["ticktext"][:3] == ["All that help", "Larger batches", "Fused optimiser"]
    assert any("TensorFlow crashed" in said for said in visitor.errors)
    assert json.loads(visitor.download("download_tips"))["frameworks"]["pytorch"]["together"]["ratio"] == 1.3


def test_one_that_was_stopped_or_interrupted_says_so(visitor: Visitor, measurement: ComparisonFolder) -> None:
    tell(measurement, "pytorch", *ROWS, Finished("stopped", 10.0, 1.0))
    measurement.set_state(State("stopped", started_at=1.0, ended_at=2.0))
    engine.supervisor().end(measurement.id)  # type: ignore[attr-defined]
    assert (
        "It was stopped. What had been measured by then is shown." in visitor.open("tips.py", tips=measurement.id).text
    )
    measurement.set_state(State("running", started_at=1.0))
    assert "The server ended meanwhile" in visitor.open("tips.py", tips=measurement.id).text


def test_another_window_is_led_to_what_is_being_measured(visitor: Visitor, measurement: ComparisonFolder) -> None:
    measurement.set_state(State("running", started_at=1.0))
    visitor.open("train.py")
    (link,) = [each.proto for each in visitor.at.get("page_link") if "is being measured now" in each.proto.label]
    assert link.page == "tips" and measurement.id in link.query_string


def test_earlier_ones_can_be_opened_and_deleted(visitor: Visitor, measurement: ComparisonFolder, store: Store) -> None:
    measurement.set_state(State("stopped", started_at=1.0, ended_at=2.0))
    engine.supervisor().end(measurement.id)  # type: ignore[attr-defined]
    visitor.open("tips.py").click(f"open_{measurement.id}")
    assert "Tips for Waves" in visitor.text
    visitor = Visitor().open("tips.py").click(f"delete_{measurement.id}")
    assert not store.list(tips=True) and not visitor.has(f"open_{measurement.id}")


def test_an_address_that_is_none_is_told_and_forgotten(visitor: Visitor, make: Any) -> None:
    visitor.open("tips.py", tips="20200101-000000000-abcd")
    assert visitor.errors and visitor.has("measure")
    comparison = make()
    visitor = Visitor().open("tips.py", tips=comparison.id)
    assert any("not a measurement" in said for said in visitor.errors)


def test_settings_that_cannot_be_are_said_at_their_fields(visitor: Visitor) -> None:
    visitor.open("train.py").set("setting_lookback", 100_000)
    visitor.open("tips.py")
    assert visitor.errors and "Look back" in visitor.errors[0] and visitor.at.button(key="measure").disabled


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text(visitor: Visitor, measurement: ComparisonFolder, name: str) -> None:
    measurement.set_name(name)
    told = FUSED.model_copy(update={"reason": name})
    tell(measurement, "pytorch", Tip("plain", PLAIN.model_dump()), row(told))
    visitor.open("tips.py", tips=measurement.id)
    assert not any(name in drawn for drawn in visitor.drawn_as_markdown)


def test_a_damaged_journal_is_told(visitor: Visitor, measurement: ComparisonFolder) -> None:
    tell(measurement, "pytorch", *ROWS)
    path = measurement.run("pytorch").events
    path.write_bytes(path.read_bytes().replace(b"Fused", b"Fumed"))
    visitor.open("tips.py", tips=measurement.id)
    assert any("damaged" in said for said in visitor.errors)


def test_no_worker_can_be_had(visitor: Visitor, idle: Idle) -> None:
    problem = Problem("PyTorch is not installed", "", "Install it.")
    idle.set_frameworks({"pytorch": FrameworkStatus("pytorch", "missing", problem=problem)})
    visitor.open("tips.py")
    assert visitor.errors and visitor.at.button(key="measure").disabled
