"""Train: settings that suit the data, impossible ones refused, and one comparison a start."""

import re
from typing import Any

import pytest
import streamlit as st
from streamlit.elements.lib import policies
from visitor import Visitor

from core import graphics
from core.errors import Problem
from core.frameworks.base import Device
from core.runs.store import State, Store
from core.runs.supervisor import FrameworkStatus
from pages.parts import session

pytestmark = pytest.mark.slow

RETAIL = {"lookback": 24, "horizon": 12}
HOURLY = {"lookback": 48, "horizon": 24}


def value(visitor: Visitor, setting: str) -> Any:
    return visitor.find(f"setting_{setting}").value


def set_own(visitor: Visitor, **settings: Any) -> Visitor:
    visitor.set("preset", "own")
    for name, each in settings.items():
        visitor.find(f"setting_{name}").set_value(each)
    return visitor.run()


@pytest.fixture
def train(visitor: Visitor) -> Visitor:
    return visitor.open("train.py")


def test_the_preset_fills_the_fields_from_the_data(train: Visitor) -> None:
    assert {name: value(train, name) for name in RETAIL} == RETAIL
    assert (value(train, "order"), value(train, "seeds"), value(train, "patience")) == ("together", "0", 10)
    demo_epochs = value(train, "epochs")
    train.set("preset", "standard")
    assert (value(train, "order"), value(train, "seeds")) == ("alternate", "0, 1, 2")
    assert value(train, "epochs") > demo_epochs


def test_each_preset_says_how_long_it_takes_before_anything_starts(train: Visitor) -> None:
    (sentence,) = [each.value for each in train.elements if "series on this machine" in str(getattr(each, "value", ""))]
    seconds = [float(number) for number in re.findall(r"about (\d+)", sentence)]
    assert [f"{name} about" in sentence for name in ("Demo", "Standard", "Decide")] == [True] * 3
    assert len(seconds) == 3 and seconds[0] < seconds[2]
    train.set("preset", "decide")
    assert (value(train, "order"), value(train, "seeds"), value(train, "folds")) == ("together", "0, 1, 2, 3, 4", 3)
    assert "5 seeds on 3 folds; together" in train.text


def test_the_preset_has_one_source(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A widget with a default of its own, and a value from the session's state, is a warning in the server's log."""
    said: list[str] = []
    monkeypatch.setattr(policies, "_shown_default_value_warning", False)
    monkeypatch.setattr(policies._LOGGER, "warning", lambda text, *_, **__: said.append(text))
    set_own(visitor.open("train.py"), hidden=24)
    visitor.open("history.py").open("train.py").set("preset", "standard")
    assert not said
    assert visitor.find("preset").value == "standard"


def test_a_preset_counts_even_where_the_browser_still_shows_the_fields_of_another(train: Visitor, store: Store) -> None:
    """Start pressed a moment after a preset: the fields come back from the browser as they were."""
    keys = [key for each in train.elements if (key := getattr(each, "key", None) or "").startswith("setting_")]
    fields = {key: train.at.session_state[key] for key in keys}
    train.set("preset", "standard")
    for name, old in fields.items():
        train.at.session_state[name] = old
    train.click("start")
    (started,) = store.list()
    assert started.seeds == 3


def test_a_field_counts_even_where_the_browser_still_shows_a_preset(train: Visitor, store: Store) -> None:
    """Start pressed a moment after a field was changed: the preset comes back from the browser as it was."""
    train.find("setting_hidden").set_value(24)
    train.run()
    train.at.session_state["preset"] = "demo"
    train.click("start")
    (started,) = store.list()
    assert store.open(started.id).spec().settings.hidden == 24


def test_another_series_brings_its_own_windows(train: Visitor) -> None:
    train.open().set("sample", "electricity").open("train.py")
    assert {name: value(train, name) for name in HOURLY} == HOURLY


def test_my_own_settings_start_from_the_preset_and_are_used(train: Visitor, store: Store) -> None:
    train.set("preset", "own")
    assert {name: value(train, name) for name in RETAIL} == RETAIL
    set_own(train, model="gru", hidden=16, layers=2, dropout=0.1, bidirectional=True, lookback=18, horizon=6)
    set_own(
        train, epochs=7, patience=None, batch_size=8, learning_rate=0.01, seeds="3, 5", threads="1", order="together"
    )
    assert not train.errors
    assert "GRU, 2 layers of 16; 18 rows back, 6 ahead; at most 7 epochs, batches of 8; 2 seeds" in train.text
    train.click("start")
    (summary,) = store.list()
    asked = store.open(summary.id).spec().settings
    assert (asked.model, asked.hidden, asked.layers, asked.dropout, asked.bidirectional) == ("gru", 16, 2, 0.1, True)
    assert (asked.lookback, asked.horizon, asked.epochs, asked.patience) == (18, 6, 7, None)
    assert (asked.batch_size, asked.learning_rate, asked.seeds, asked.threads) == (8, 0.01, (3, 5), 1)
    assert asked.order == "together"


def test_own_settings_keep_their_values_over_a_page_switch(train: Visitor) -> None:
    set_own(train, hidden=24, lookback=30, seeds="4, 2", model="gru", bidirectional=True)
    train.open("history.py").open("data.py").open("train.py")
    assert train.find("preset").value == "own"
    assert {name: value(train, name) for name in ("hidden", "lookback", "seeds", "model", "bidirectional")} == {
        "hidden": 24,
        "lookback": 30,
        "seeds": "4, 2",
        "model": "gru",
        "bidirectional": True,
    }


def test_own_settings_stay_when_another_preset_was_looked_at_before(train: Visitor) -> None:
    train.set("preset", "standard").set("preset", "own")
    assert value(train, "seeds") == "0, 1, 2"


def test_every_impossible_setting_is_named_at_once_with_its_remedy(train: Visitor) -> None:
    set_own(train, lookback=200, horizon=120, epochs=0, seeds="one, 2", threads="0", dropout=1.5)
    (error,) = train.errors
    for words in (
        "A window of lookback 200 and horizon 120 needs 320 rows, and the training part has 205",
        "Choose a lookback of at most 85",
        "0 is out of range (“Epochs at most”). Choose a value of at least 1",
        "one is not",
        "(“Seeds”)",
        "(“Threads”)",
        "1.5 is out of range (“Dropout”)",
        "(“Look back”, “Forecast ahead”)",
    ):
        assert words in error
    assert train.find("start").disabled
    set_own(train, lookback=24, horizon=12, epochs=3, seeds="1, 2", threads="auto", dropout=0.0)
    assert not train.errors
    assert not train.find("start").disabled


@pytest.mark.parametrize(
    ("setting", "entered", "says"),
    [
        ("epochs", None, "(“Epochs at most”)"),
        ("seeds", "", "Nothing is chosen (“Seeds”)"),
        ("seeds", "-1", "Seed -1 is not usable"),
        ("seeds", "1, 1", "named more than once"),
        ("seeds", "²", "² is not"),
        ("seeds", "abc", "abc is not a whole number (“Seeds”). Give whole numbers with commas between them"),
        (
            "seeds",
            "0-3",
            "0-3 is a range, and every number has to be given (“Seeds”). Write each number, as in 0, 1, 2, 3",
        ),
        ("seeds", "--1", "--1 is not"),
        ("threads", "many", "many is not"),
        ("threads", "9999", "cores of this machine"),
        ("batch_size", 0, "(“Batch size”)"),
        ("learning_rate", 0.0, "(“Learning rate”)"),
        ("patience", 0, "(“Stop early after”)"),
        ("horizon", -4, "(“Forecast ahead”)"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name(train: Visitor, setting: str, entered: Any, says: str) -> None:
    set_own(train, **{setting: entered})
    assert says in "\n".join(train.errors)
    assert train.find("start").disabled


def test_only_devices_that_were_found_are_offered(train: Visitor, idle: Any) -> None:
    with_gpu = (Device("cpu", "a processor", 8.0), Device("gpu:0", "a card", 16.0))
    idle.set_frameworks({name: FrameworkStatus(name, "ready", "1", with_gpu) for name in ("pytorch", "tensorflow")})
    train.run()
    assert "gpu:0: a card, 16 GB, not measured here" in train.find("setting_device").options
    set_own(train, device="gpu:0")
    assert not train.errors
    idle.set_frameworks({name: FrameworkStatus(name, "ready", "1", with_gpu[:1]) for name in ("pytorch", "tensorflow")})
    train.run()
    assert value(train, "device") == "auto"
    assert train.find("setting_device").options == ["Choose for me", "cpu: a processor, 8 GB"]


def test_why_there_is_no_graphics_processor_is_said(train: Visitor, idle: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    card = graphics.Gpu("A card", 8.0, "NVIDIA 580")
    monkeypatch.setattr(graphics, "system", lambda: graphics.System("Windows", (card,), None))
    devices = {"pytorch": (Device("cpu", "a"), Device("gpu:0", "A card")), "tensorflow": (Device("cpu", "a"),)}
    idle.set_frameworks({name: FrameworkStatus(name, "ready", "1", found) for name, found in devices.items()})
    set_own(train.run())
    assert "A card is there, but TensorFlow cannot use it" in train.text


def test_an_estimate_is_shown_before_start(train: Visitor) -> None:
    assert "second" in train.text and "first guess" in train.text


def test_start_begins_one_comparison_and_shows_it(train: Visitor, store: Store) -> None:
    train.click("start")
    (summary,) = store.list()
    assert (summary.name, summary.frameworks) == ("US retail sales", ("pytorch", "tensorflow"))
    assert train.at.query_params["comparison"] == summary.id
    assert "Starting" in train.text
    assert train.has("stop")


def test_a_double_click_starts_one_comparison(train: Visitor, store: Store) -> None:
    drawn = train.at._tree
    train.click("start")
    assert train.find("start").disabled
    assert "One at a time in this window" in train.text
    train.at._tree = drawn  # the second click is made on the page as it was before the first
    train.click("start")
    assert len(store.list()) == 1


def test_a_second_click_that_cuts_the_first_one_s_run_short_starts_nothing(
    train: Visitor, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = train.at._tree
    with monkeypatch.context() as cut:
        cut.setattr(session, "show_comparison", lambda _: st.stop())
        train.click("start")
    train.at._tree = drawn
    train.click("start")
    (summary,) = store.list()
    assert train.at.query_params["comparison"] == summary.id
    assert train.has("stop")


def test_after_its_end_another_can_be_started(train: Visitor, store: Store, leave: Any) -> None:
    train.click("start")
    folder = store.open(store.list()[0].id)
    leave(folder)
    folder.set_state(State("finished"))
    train.run().click("start")
    assert len(store.list()) == 2


def test_one_framework_alone_can_be_trained(train: Visitor, store: Store) -> None:
    train.set("frameworks", "tensorflow").click("start")
    assert [summary.frameworks for summary in store.list()] == [("tensorflow",)]


def test_a_missing_framework_is_said_and_the_other_can_be_used(train: Visitor, idle: Any, store: Store) -> None:
    problem = Problem("TensorFlow is not installed", "", "Run: pip install tensorflow")
    idle.set_frameworks(
        {
            "pytorch": FrameworkStatus("pytorch", "ready", "2.0", (Device("cpu", "a processor"),)),
            "tensorflow": FrameworkStatus("tensorflow", "missing", problem=problem),
        }
    )
    train.run()
    assert "TensorFlow is not installed. Run: pip install tensorflow" in train.text
    assert train.find("start").disabled
    train.set("frameworks", "pytorch")
    assert not train.errors
    train.click("start")
    assert [summary.frameworks for summary in store.list()] == [("pytorch",)]


def test_frameworks_that_are_still_starting_can_be_started(train: Visitor, idle: Any, store: Store) -> None:
    idle.set_frameworks({name: FrameworkStatus(name, "starting") for name in ("pytorch", "tensorflow")})
    train.run()
    assert not train.errors
    train.click("start")
    assert len(store.list()) == 1


def test_a_folder_that_cannot_be_written_is_said(train: Visitor, store: Store) -> None:
    store.comparisons.write_text("a file where the folder should be")
    train.click("start")
    assert len(train.errors) == 1
    assert "Traceback" not in train.errors[0]
    store.comparisons.unlink()
    train.click("start")
    assert not train.errors
    assert len(store.list()) == 1


def test_a_transformation_and_a_countrys_holidays_are_chosen_on_the_form(train: Visitor, store: Store) -> None:
    set_own(train, transform="percent", holidays="DE")
    (error,) = train.errors
    assert "One row covers more than a day" in error and "“Public holidays”" in error  # retail sales are monthly
    train.open().set("sample", "electricity").open("train.py")
    set_own(train, transform="log", holidays="GB")
    assert not train.errors
    train.click("start")
    (started,) = store.list()
    asked = store.open(started.id).spec().settings
    assert (asked.transform, asked.holidays) == ("log", "GB")
    set_own(train, transform="difference", reference="last")
    assert "“Forecast relative to”, “Learn the target as”" in train.errors[0]


def test_only_the_options_of_the_model_are_shown_with_its_size(train: Visitor, store: Store) -> None:
    set_own(train, model="transformer")
    assert all(train.has(f"setting_{name}") for name in ("hidden", "layers", "heads", "patch", "dropout", "calendar"))
    assert not any(train.has(f"setting_{name}") for name in ("kernel", "bidirectional"))
    assert "Cuts the window into patches" in train.text and "numbers to learn (embedding" in train.text
    set_own(train, model="nlinear")
    assert not any(train.has(f"setting_{name}") for name in ("hidden", "layers", "dropout", "reference", "holidays"))
    assert "300 numbers to learn" in train.text  # 24 rows and a bias for each of 12 months
    assert "NLinear; 24 rows back, 12 ahead" in train.text
    train.click("start")
    assert store.open(store.list()[0].id).spec().settings.model == "nlinear"


def test_another_model_begins_with_what_suits_it_but_keeps_what_was_set_by_hand(train: Visitor) -> None:
    set_own(train, model="transformer")
    assert (value(train, "hidden"), value(train, "heads"), value(train, "patch")) == (32, 4, "auto")
    set_own(train, hidden=48)
    set_own(train, model="mlp")
    assert (value(train, "hidden"), value(train, "layers")) == (48, 2)
    train.set("preset", "demo")
    assert (value(train, "model"), value(train, "hidden"), value(train, "layers")) == ("lstm", 64, 1)


def test_what_another_model_left_in_hidden_fields_is_not_asked_for(train: Visitor, store: Store) -> None:
    set_own(set_own(train, model="transformer"), heads=3)
    assert "“Attention heads”, “Hidden size”" in train.errors[0]
    set_own(train, model="gru")
    assert not train.errors
    train.click("start")
    spec = store.open(store.list()[0].id).spec()
    assert spec.settings.heads == 4 and not any("no use" in note for note in spec.plan.notes)


def test_only_what_the_loss_and_the_optimiser_use_is_asked(train: Visitor) -> None:
    shown = {name for name in ("quantile", "direction_weight", "momentum", "weight_decay") if has(train, name)}
    assert not shown
    set_own(train, loss="quantile", optimizer="sgd")
    shown = {name for name in ("quantile", "direction_weight", "momentum", "weight_decay") if has(train, name)}
    assert shown == {"quantile", "momentum"}
    assert (value(train, "quantile"), value(train, "momentum")) == (0.5, 0.9)


def test_training_settings_of_the_form_are_those_that_start(train: Visitor, store: Store) -> None:
    set_own(train, loss="quantile", optimizer="adamw", schedule="cosine", clip_norm=0.5, accumulate=2)
    set_own(train, quantile=0.9, weight_decay=0.02)
    train.click("start")
    (started,) = store.list()
    settings = store.open(started.id).spec().settings
    found = {name: getattr(settings, name) for name in ("loss", "quantile", "optimizer", "weight_decay", "schedule")}
    assert found == {
        "loss": "quantile", "quantile": 0.9, "optimizer": "adamw", "weight_decay": 0.02, "schedule": "cosine",
    }  # fmt: skip
    assert (settings.clip_norm, settings.accumulate) == (0.5, 2)


def test_a_quantile_left_behind_by_another_loss_is_left_out(train: Visitor, store: Store) -> None:
    set_own(train, loss="quantile")
    set_own(train, quantile=0.9)
    set_own(train, loss="mae")
    train.click("start")
    (started,) = store.list()
    assert store.open(started.id).spec().settings.quantile == 0.5


def has(visitor: Visitor, setting: str) -> bool:
    return visitor.has(f"setting_{setting}")
