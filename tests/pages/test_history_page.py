"""History: what was compared here, and everything that can be done with it."""

from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st
from visitor import Visitor

from core.errors import BadInput
from core.runs.store import ComparisonFolder, State, Store
from core.runs.supervisor import Ticket
from pages.parts import engine
from tests.core.runs.made_run import finished_run

pytestmark = pytest.mark.slow

Make = Callable[..., ComparisonFolder]
Leave = Callable[[ComparisonFolder], None]


@pytest.fixture
def ended(make: Make, leave: Leave) -> Make:
    def end(name: str = "Waves compared", **settings: object) -> ComparisonFolder:
        folder = make(name, **settings)
        leave(folder)
        finished_run(folder, "pytorch", {})
        folder.set_state(State("finished"))
        return folder

    return end


@pytest.fixture
def ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second between any two comparisons, as their order has no finer grain."""
    numbers = iter(range(10, 60))
    monkeypatch.setattr("core.runs.planning.new_id", lambda: f"20260321-1405{next(numbers)}000-ab12")


def names(visitor: Visitor) -> list[str]:
    return [line.split(" &nbsp;")[0] for line in visitor.text.splitlines() if "-badge[" in line and " &nbsp;" in line]


def test_the_newest_comes_first(visitor: Visitor, ended: Make, ids: None) -> None:
    for name in ("Oldest", "Middle", "Newest"):
        ended(name)
    visitor.open("history.py")
    assert names(visitor) == ["Newest", "Middle", "Oldest"]
    assert "PyTorch and TensorFlow" in visitor.text


def test_a_long_history_is_shown_in_parts(visitor: Visitor, ended: Make, ids: None) -> None:
    for number in range(23):
        ended(f"Number {number}")
    visitor.open("history.py")
    assert len(names(visitor)) == 20
    next(button for button in visitor.at.button if button.label == "Show more").click()
    assert len(names(visitor.run())) == 23
    assert not any(button.label == "Show more" for button in visitor.at.button)


def test_each_says_how_it_stands(visitor: Visitor, make: Make, ended: Make, leave: Leave, ids: None) -> None:
    ended("Done")
    make("Waits")
    leave(cut := make("Cut off"))
    cut.set_state(State("running"))
    visitor.open("history.py")
    assert names(visitor) == ["Cut off", "Waits", "Done"]
    lines = [line for line in visitor.text.splitlines() if "-badge[" in line]
    assert [state in line for state, line in zip(("Interrupted", "Waiting", "Finished"), lines, strict=True)] == [
        True
    ] * 3


def test_open_leads_to_the_forecasts_or_to_the_running_job(visitor: Visitor, make: Make, ended: Make) -> None:
    done, going = ended("Done"), make("Going on")
    visitor.open("history.py").click(f"open_{done.id}")
    assert visitor.title == "Done"
    assert visitor.at.query_params["comparison"] == done.id
    visitor.open("history.py").click(f"open_{going.id}")
    assert visitor.title == "Train"
    assert visitor.at.query_params["comparison"] == going.id


def test_a_new_name_is_kept_and_shown_everywhere(visitor: Visitor, ended: Make, store: Store) -> None:
    folder = ended()
    visitor.open("history.py")
    visitor.find(f"name_{folder.id}").set_value("Sales, second try")
    visitor.click(f"save_{folder.id}")
    assert names(visitor) == ["Sales, second try"]
    assert [summary.name for summary in store.list()] == ["Sales, second try"]
    assert visitor.open("compare.py", comparison=folder.id).title == "Sales, second try"
    assert "Sales, second try" in visitor.open("train.py", comparison=folder.id).text


@pytest.mark.parametrize(
    "name", ["**bold** <script>alert(1)</script>", ":material/bolt: :red[x]", "# $x^2$ [a](http://b)"]
)
def test_a_hostile_name_is_only_text(visitor: Visitor, ended: Make, name: str) -> None:
    folder = ended()
    visitor.open("history.py")
    visitor.find(f"name_{folder.id}").set_value(name)
    visitor.click(f"save_{folder.id}")
    for page in ("history.py", "compare.py", "train.py"):
        visitor.open(page, comparison=folder.id)
        written = [each.proto.body for kind in ("title", "markdown", "caption") for each in getattr(visitor.at, kind)]
        assert not any(name in text for text in written), page
        assert any(name in text.replace("\\", "").replace("\u2060", "") for text in written), page


def test_an_empty_name_is_refused(visitor: Visitor, ended: Make) -> None:
    folder = ended()
    visitor.open("history.py")
    visitor.find(f"name_{folder.id}").set_value("   ")
    visitor.click(f"save_{folder.id}")
    assert visitor.errors == ["A comparison needs a name (name). Enter at least one letter."]
    assert names(visitor) == ["Waves compared"]
    assert visitor.run().errors, "as long as the field is open"
    visitor.find(f"name_{folder.id}").set_value("Waves")
    assert not visitor.click(f"save_{folder.id}").errors
    assert names(visitor) == ["Waves"]


def test_a_name_is_never_cut_unseen(visitor: Visitor, ended: Make, store: Store) -> None:
    """The browser counts the characters that are left, and takes no more."""
    folder = ended()
    longest = visitor.open("history.py").find(f"name_{folder.id}").proto.max_chars
    visitor.find(f"name_{folder.id}").set_value("x" * longest)
    visitor.click(f"save_{folder.id}")
    assert names(visitor) == ["x" * longest]
    assert [summary.name for summary in store.list()] == ["x" * longest]


def is_open(visitor: Visitor, label: str) -> bool:
    return next(each.proto.popover.open for each in visitor.elements if popover_label(each) == label)


def popover_label(element: Any) -> str | None:
    return element.proto.popover.label if element.type == "popover" else None


def test_the_field_for_a_name_closes_once_the_name_is_saved(visitor: Visitor, ended: Make) -> None:
    folder = ended()
    visitor.open("history.py")
    visitor.at.session_state[f"rename_{folder.id}"] = True  # as a press on Rename
    assert is_open(visitor.run(), "Rename")
    visitor.find(f"name_{folder.id}").set_value(" ")
    assert is_open(visitor.click(f"save_{folder.id}"), "Rename")
    visitor.find(f"name_{folder.id}").set_value("Waves")
    assert not is_open(visitor.click(f"save_{folder.id}"), "Rename")


def test_the_list_keeps_up_by_itself_faster_while_something_is_under_way(
    visitor: Visitor, make: Make, leave: Leave, monkeypatch: pytest.MonkeyPatch
) -> None:
    every: list[float] = []
    fragment = st.fragment
    monkeypatch.setattr(st, "fragment", lambda tick, run_every: every.append(run_every) or fragment(tick))
    visitor.open("history.py")
    folder = make("Going on")
    folder.set_state(State("running"))
    visitor.run()
    assert "Training" in visitor.text
    leave(folder)
    folder.set_state(State("finished"))
    visitor.run()
    assert "Finished" in visitor.text
    assert every == [10.0, 2.0, 10.0]


def test_no_row_comes_in_while_a_question_is_open(visitor: Visitor, ended: Make, ids: None) -> None:
    folder = ended("Mine")
    visitor.open("history.py")
    visitor.at.session_state[f"rename_{folder.id}"] = True
    ended("Another's")
    assert names(visitor.run()) == ["Mine"]
    visitor.at.session_state[f"rename_{folder.id}"] = False
    assert names(visitor.run()) == ["Another's", "Mine"]


def test_a_press_on_stop_shows_at_once(
    visitor: Visitor, make: Make, idle: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle, "stop", lambda id: None)  # has not heard of it yet
    folder = make("Going on")
    folder.set_state(State("running"))
    visitor.open("history.py").click(f"stop_{folder.id}")
    assert "badge[Stopping]" in visitor.text
    assert "badge[Stopping]" in visitor.open("train.py", comparison=folder.id).text


def test_delete_asks_first_and_then_it_is_gone(visitor: Visitor, ended: Make, store: Store) -> None:
    gone, kept = ended("Gone"), ended("Kept")
    visitor.open("history.py")
    assert "removed for everyone" in visitor.text
    assert not any(button.label == "Delete" for button in visitor.at.button), "only behind the question"
    visitor.click(f"delete_{gone.id}")
    assert names(visitor) == ["Kept"]
    assert [summary.id for summary in store.list()] == [kept.id]


def test_after_deleting_the_one_that_was_open_none_is(visitor: Visitor, ended: Make) -> None:
    folder = ended()
    visitor.open("compare.py", comparison=folder.id).open("history.py").click(f"delete_{folder.id}")
    assert "comparison" not in visitor.at.query_params
    assert "Nothing has been trained yet" in visitor.open("compare.py").text


def popovers(visitor: Visitor) -> list[str]:
    return [each.proto.popover.label for each in visitor.elements if each.type == "popover"]


def test_one_that_waits_or_runs_can_be_stopped_and_not_deleted(
    visitor: Visitor, make: Make, store: Store, idle, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    asked: list[str] = []
    monkeypatch.setattr(idle, "stop", asked.append)
    folder = make("Going on")
    folder.set_state(State("running"))
    visitor.open("history.py")
    assert popovers(visitor) == ["Rename", "Stop"]
    assert "Someone else started this" in visitor.text
    visitor.click(f"stop_{folder.id}")
    assert asked == [folder.id]
    with pytest.raises(BadInput, match="Stop it first"):
        engine.delete(folder.id)
    assert [summary.id for summary in store.list()] == [folder.id]


def test_ones_own_is_cancelled_without_a_question(visitor: Visitor, store: Store) -> None:
    visitor.open("train.py").click("start").open("history.py")
    assert popovers(visitor) == ["Rename"]
    assert visitor.find(f"stop_{store.list()[0].id}").label == "Cancel"


def test_a_page_that_was_drawn_before_the_start_cannot_delete(
    visitor: Visitor, ended: Make, idle, store: Store
) -> None:  # type: ignore[no-untyped-def]
    folder = ended("Going on")
    visitor.open("history.py")
    drawn = visitor.at._tree
    idle._queue.append(Ticket(folder.id, "another"))
    visitor.at._tree = drawn
    visitor.click(f"delete_{folder.id}")
    assert visitor.errors == ["This comparison is still waiting or training (Going on). Stop it first, then delete it."]
    assert [summary.id for summary in store.list()] == [folder.id]


def test_who_shares_the_history_is_said(visitor: Visitor) -> None:
    visitor.open("history.py")
    assert "Everyone who can open this address shares these comparisons" in visitor.text
    assert "your window's own" in visitor.text


def test_one_that_someone_else_deleted_is_said(visitor: Visitor, ended: Make, store: Store) -> None:
    folder = ended()
    visitor.open("history.py")
    store.delete(folder.id)
    visitor.click(f"delete_{folder.id}")
    (error,) = visitor.errors
    assert "There is no such comparison" in error
    assert "Nothing here yet" in visitor.text


def test_run_again_starts_one_with_the_same_data_and_settings(visitor: Visitor, ended: Make, store: Store) -> None:
    folder = ended(hidden=9, seeds=(3,), frameworks=("tensorflow",))
    visitor.open("history.py").click(f"again_{folder.id}")
    (new,) = (each for each in store.list() if each.id != folder.id)
    first, second = folder.spec(), store.open(new.id).spec()
    assert second.settings == first.settings
    assert second.dataset == first.dataset
    assert (store.open(new.id).values() == folder.values()).all()
    assert visitor.title == "Train"
    assert visitor.at.query_params["comparison"] == new.id


def test_a_renamed_one_that_is_run_again_keeps_its_name(visitor: Visitor, ended: Make, store: Store) -> None:
    folder = ended()
    store.rename(folder.id, "Mine")
    visitor.open("history.py").click(f"again_{folder.id}")
    assert {summary.name for summary in store.list()} == {"Mine"}


def test_run_again_without_its_framework_says_how_to_install_it(visitor: Visitor, ended: Make, idle, store) -> None:  # type: ignore[no-untyped-def]
    folder = ended()
    idle.set_frameworks({})
    visitor.open("history.py").click(f"again_{folder.id}")
    (error,) = visitor.errors
    assert "pip install" in error
    assert len(store.list()) == 1


def test_a_damaged_one_is_said_and_the_others_are_listed(visitor: Visitor, ended: Make) -> None:
    ended("Good")
    damaged = ended("Damaged")
    (damaged.path / "spec.json").write_text("{")
    visitor.open("history.py")
    assert names(visitor) == ["Good"]
    assert len(visitor.at.warning) == 1
    assert damaged.id in visitor.at.warning[0].value.replace("\\", "")
