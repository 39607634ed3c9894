"""What was measured stands in a claim's place: from comparisons, from tips, and from the source itself."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.advice import code_lines, measured
from core.advice.claims import claims
from core.advice.measured import FIGURES, READERS, TIPS
from core.runs.schema import Comparison
from core.runs.tips_catalogue import TIPS as CATALOGUE
from tests.core.advice.made_comparison import accuracy, comparison, epochs


def read(figure: str, of: Comparison) -> measured.Measured:
    found = READERS[figure](of)
    assert found is not None
    return found


def test_one_training_each_decides_nothing() -> None:
    found = read("accuracy_gap", comparison())
    assert found.favours is None
    assert "PyTorch 0.2, TensorFlow 0.21" in found.words and "too little" in found.words
    assert found.comparison == "20260321-140500000-ab12" and found.rests_on == "Waves, LSTM"


@pytest.mark.parametrize(
    ("outcome", "favours"),
    [
        ("pytorch_better", "pytorch"),
        ("tensorflow_better", "tensorflow"),
        ("no_difference", "either"),
        ("cannot_tell", None),
    ],
)
def test_the_verdict_says_whom_the_errors_favour(outcome: str, favours: str | None) -> None:
    assert read("accuracy_gap", comparison(verdict=accuracy(outcome))).favours == favours


def test_errors_that_are_equal_by_construction_are_no_finding() -> None:
    assert READERS["accuracy_gap"](comparison(maths="matched")) is None
    assert READERS["accuracy_gap"](comparison(verdict=accuracy("equal_by_construction"))) is None


def test_times_measured_once_are_shown_and_decide_nothing() -> None:
    found = read("epoch_ratio", comparison())
    assert found.words == "PyTorch 0.5 s, TensorFlow 1 s; measured once each, which decides nothing"
    assert found.favours is None


def test_a_verdict_on_the_epochs_decides() -> None:
    found = read("epoch_ratio", comparison(verdict=epochs("tensorflow_better")))
    assert found.favours == "tensorflow"
    assert found.words == "PyTorch 0.4 s, TensorFlow 0.3 s; measured 5 times each"
    assert read("epoch_ratio", comparison(verdict=epochs("one_measurement", 1))).favours is None


def test_times_that_other_work_disturbed_are_left_out() -> None:
    disturbed = comparison(timing={"contended": True})
    assert READERS["epoch_ratio"](disturbed) is None
    assert READERS["import_ratio"](disturbed) is not None, "its import was not"
    assert READERS["import_ratio"](comparison(timing={"import_contended": True})) is None
    verdict = epochs("not_measured", 0)
    verdict["speed"]["epoch"]["note"] = "measured while other work kept the machine busy, so it is not compared"
    assert READERS["epoch_ratio"](comparison(verdict=verdict)) is None, "whatever the run's own times are"


def test_a_processor_s_times_never_stand_for_a_graphics_processor() -> None:
    assert READERS["epoch_ratio_gpu"](comparison()) is None
    on_gpu = comparison(device="gpu:0")
    assert READERS["epoch_ratio"](on_gpu) is None
    assert read("epoch_ratio_gpu", on_gpu).words.startswith("PyTorch 0.5 s")


@pytest.mark.parametrize(
    ("beats", "words"),
    [
        ({"pytorch": True, "tensorflow": True}, "PyTorch and TensorFlow better than repeating the last value"),
        ({"pytorch": False, "tensorflow": None}, "neither shown to be better than repeating the last value"),
    ],
)
def test_whether_anything_beats_the_simple_forecast(beats: dict[str, bool | None], words: str) -> None:
    verdict = {**accuracy("cannot_tell"), "beats_baseline": {"against": "naive", **beats}}
    assert read("beats_baseline", comparison(verdict=verdict)).words == words


def test_memory_in_megabytes() -> None:
    assert read("memory_ratio", comparison()).words.startswith("PyTorch 300 MB, TensorFlow 600 MB")


def test_every_figure_can_be_measured_and_every_reader_is_a_figure() -> None:
    assert set(FIGURES) == {*READERS, *TIPS, "code_lines"}
    assert {each.measured_by for each in claims()} - {""} <= set(FIGURES)


def test_rows_of_tips_are_those_that_tips_measures() -> None:
    assert {name for names in TIPS.values() for name in names} <= {tip.name for tip in CATALOGUE}


def row(tip: str, label: str, outcome: str, ratio: float | None) -> Any:
    return SimpleNamespace(tip=tip, label=label, outcome=outcome, ratio=ratio)


def test_no_gain_is_an_answer_to_a_tip() -> None:
    rows = (
        row("workers", "DataLoader workers", "slower", 0.412),
        row("pin_memory", "Pinned memory", "not_available", None),
        row("precision", "Mixed precision", "not_measured", None),
        row("devices", "Several devices: two instead of one", "not_available", None),
    )
    report: Any = SimpleNamespace(name="Waves", frameworks={"pytorch": SimpleNamespace(label="PyTorch", rows=rows)})
    found = measured.tips(report)
    assert set(found) == {"tips.loader", "tips.devices"}
    assert found["tips.devices"].words == "PyTorch: not available here"
    assert found["tips.loader"].words == (
        "PyTorch, DataLoader workers: slower (0.41 times as fast); PyTorch, Pinned memory: not available here"
    )
    assert measured.tips(None) == {}


SOURCE = '''"""A description
of two lines."""

import os  # counted once


def double(value):
    """Said in a line."""
    # a comment
    text = """two
    lines"""
    return (
        value,
        text,
    )
'''


def test_only_lines_of_code_are_counted() -> None:
    assert code_lines.lines(SOURCE) == 8
    assert code_lines.lines("") == 0
    assert code_lines.lines("'''only a description'''") == 0


def test_the_twins_are_counted_file_by_file() -> None:
    files = {each.file: each for each in code_lines.twins()}
    assert {"models.py", "training.py", "plain.py", "losses.py"} <= set(files)
    assert all(each.pytorch and each.tensorflow for each in files.values())
    found = measured.counted_lines()
    assert f"PyTorch {sum(each.pytorch for each in files.values()):,}" in found.words
    assert f"{files['plain.py'].pytorch} and {files['plain.py'].tensorflow}" in found.words


@pytest.mark.parametrize(
    ("pytorch", "tensorflow", "favours"), [(100, 105, "either"), (100, 150, "pytorch"), (250, 150, "tensorflow")]
)
def test_a_tenth_of_the_lines_is_no_difference(
    pytorch: int, tensorflow: int, favours: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_lines, "twins", lambda: (code_lines.Twins("models.py", pytorch, tensorflow),))
    assert measured.counted_lines().favours == favours
