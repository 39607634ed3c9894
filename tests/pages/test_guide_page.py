"""Guide: an answer at once, its reasons, what would turn it, and the person's own figures beside the claims."""

from collections.abc import Callable
from typing import Any

import pytest
from visitor import CALM, HOSTILE, Visitor, plain

from core.advice import measured
from core.advice.claims import claims
from core.advice.recommend import rules
from core.runs.store import ComparisonFolder, Store
from pages.parts import engine
from tests.core.advice.made_comparison import accuracy, epochs, published

pytestmark = pytest.mark.slow

Make = Callable[..., ComparisonFolder]
PHD = next(each for each in rules().scenarios if each.id == "phd").answers
Leave = Callable[[ComparisonFolder], None]


@pytest.fixture
def finished(make: Make, leave: Leave) -> Make:
    def end(name: str = "Waves", **changes: Any) -> ComparisonFolder:
        folder = make(name)
        published(folder, **changes)
        leave(folder)
        return folder

    return end


def answer(visitor: Visitor) -> str:
    """The recommendation's first line."""
    return next(line.removeprefix("### ") for line in visitor.text.splitlines() if line.startswith("### "))


def test_there_is_an_answer_before_anything_was_asked(visitor: Visitor) -> None:
    visitor.open("guide.py")
    assert visitor.title == "Guide"
    assert answer(visitor) == "Either works"
    assert "Take the one you get most done with" in visitor.text
    assert "Control: all of it: steps and gradients" in visitor.text, "what would turn it"


def test_an_answer_changes_the_recommendation_with_its_reason_and_source(visitor: Visitor) -> None:
    visitor.open("guide.py").set("runs_on", "server")
    assert answer(visitor) == "Rather TensorFlow, with Keras"
    assert "TorchServe was archived" in visitor.text and "](https://github.com/pytorch/serve)" in visitor.text
    visitor.set("control", "all")
    assert answer(visitor) == "Either works"
    assert "The reasons balance each other" in visitor.text


def test_an_address_carries_the_answers(visitor: Visitor) -> None:
    visitor.open("guide.py", **{question.id: question.label(PHD[question.id]) for question in rules().questions})
    assert {question.id: visitor.find(question.id).value for question in rules().questions} == PHD
    assert answer(visitor) == "PyTorch"


def test_an_address_with_an_answer_nobody_knows_is_the_default(visitor: Visitor) -> None:
    visitor.open("guide.py", purpose="<script>alert(1)</script>")
    assert answer(visitor) == "Either works"
    assert "alert" not in visitor.text


@pytest.mark.parametrize("scenario", [each.id for each in rules().scenarios])
def test_a_scenario_fills_in_every_answer(visitor: Visitor, scenario: str) -> None:
    visitor.open("guide.py").click(f"scenario_{scenario}")
    expected = next(each.answers for each in rules().scenarios if each.id == scenario)
    assert {question: visitor.find(question).value for question in expected} == expected
    assert answer(visitor) != "Either works"
    assert visitor.find(f"scenario_{scenario}").proto.type == "primary"
    visitor.set("loss", "own" if expected["loss"] != "own" else "known")
    assert visitor.find(f"scenario_{scenario}").proto.type == "secondary"


def test_the_answers_outlive_a_look_at_another_page(visitor: Visitor) -> None:
    visitor.open("guide.py").set("control", "all").open("history.py").open("guide.py")
    assert visitor.find("control").value == "all"


def test_every_claim_is_on_the_page_with_its_status_and_source(visitor: Visitor) -> None:
    text = visitor.open("guide.py").text
    for claim in claims():
        assert plain(claim.today) in text, claim.id
        assert claim.title in text and claim.source in text, claim.id
    for status in {claim.status for claim in claims()}:
        assert f"-badge[{status}]" in text


def test_hardware_that_is_not_here_is_not_measured(visitor: Visitor) -> None:
    assert "Not measured here: that takes a TPU" in visitor.open("guide.py").text


def test_lines_are_counted_in_place_of_the_claim(visitor: Visitor) -> None:
    assert measured.counted_lines().words in visitor.open("guide.py").text


def test_one_s_own_figures_stand_beside_the_claims(visitor: Visitor, finished: Make) -> None:
    text = visitor.open("guide.py").text
    assert "Not measured yet: a comparison does it" in text and "PyTorch 0.5 s" not in text
    finished()
    text = visitor.run().text
    assert (
        "A steady epoch: PyTorch 0.5 s, TensorFlow 1 s; measured once each, which decides nothing (Waves, LSTM)" in text
    )
    assert "Forecast errors: PyTorch 0.2, TensorFlow 0.21 (scaled); too little to tell them apart" in text
    assert answer(visitor) == "Either works"
    assert "Measured in Waves, LSTM" in [plain(label) for label in visitor.links]


def test_a_verdict_of_one_s_own_decides(visitor: Visitor, finished: Make) -> None:
    finished(verdict=accuracy("pytorch_better"))
    assert answer(visitor.open("guide.py")) == "Rather PyTorch"
    assert "-badge[measured here]" in visitor.text
    assert "Forecasts measured: TensorFlow's are better" in visitor.text, "what would turn it"


def test_own_times_do_not_count_for_other_hardware(visitor: Visitor, finished: Make) -> None:
    finished(verdict=epochs("tensorflow_better"))
    visitor.open("guide.py")
    assert "A faster epoch counts where it was measured" in visitor.text
    visitor.set("runs_on", "gpus")
    assert "A faster epoch counts where it was measured" not in visitor.text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_comparison_s_name_is_only_text(visitor: Visitor, finished: Make, name: str) -> None:
    finished(name)
    visitor.open("guide.py")
    assert name.replace("**", "") in visitor.text
    assert not any(name in text for text in visitor.drawn_as_markdown)


def test_a_damaged_comparison_is_passed_over(visitor: Visitor, finished: Make, store: Store) -> None:
    finished("Good")
    damaged = finished("Damaged")
    (damaged.path / "comparison.json").write_text("{")
    text = visitor.open("guide.py").text
    assert not visitor.errors
    assert "(Good, LSTM)" in text and "Damaged" not in text


def test_a_surprise_is_told_calmly(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("a detail for the log")

    monkeypatch.setattr(engine, "store", fail)
    visitor.calm = False
    assert CALM in "".join(visitor.open("guide.py").errors)
