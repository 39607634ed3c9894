"""The figure of the tips: where each mark lies, what is drawn without an interval, and what is said of it."""

import math

import pytest
from accepted import accepted

from core.figures.tips import LIMIT, Line, Mark, figure

LABELS = {"pytorch": "PyTorch", "tensorflow": "TensorFlow"}
BOTH = Line(
    "Larger batches",
    [
        Mark("pytorch", 1.5, (1.4, 1.6), "1.50 (1.40 to 1.60)"),
        Mark("tensorflow", 0.5, None, "0.50"),
    ],
)
ONE = Line("XLA", [Mark("tensorflow", 30.0, (2.0, 90.0), "30.00 (2.00 to 90.00)")])


def trace(uid: str, *lines: Line) -> dict[str, object]:
    return next(each for each in figure(lines, LABELS).data if each["uid"] == uid)


def test_plotly_takes_it() -> None:
    for lines in ([], [BOTH], [BOTH, ONE]):
        accepted(figure(lines, LABELS))


def test_both_frameworks_have_their_own_place_and_marker_in_a_row() -> None:
    pytorch, tensorflow = trace("dots_pytorch", BOTH), trace("hollow_tensorflow", BOTH)
    assert pytorch["y"][0] < 0 < tensorflow["y"][0], "PyTorch above TensorFlow"
    assert pytorch["marker"]["symbol"] != tensorflow["marker"]["symbol"]
    assert trace("dots_tensorflow", ONE)["y"] == [0.0], "alone in the middle"


def test_a_single_measurement_is_hollow_and_has_no_bar() -> None:
    assert trace("hollow_tensorflow", BOTH)["marker"]["color"] == "@background"
    assert trace("bars_tensorflow", BOTH)["x"] == [] and trace("bars_pytorch", BOTH)["x"] == [1.4, 1.6, None]


def test_the_axis_is_cut_where_an_interval_knows_no_end() -> None:
    drawn = figure([ONE], LABELS)
    low, high = drawn.layout["xaxis"]["range"]
    assert high == pytest.approx(math.log10(LIMIT)) and low < 0
    assert max(value for value in trace("bars_tensorflow", ONE)["x"] if value) <= LIMIT
    assert "30.00 (2.00 to 90.00)" in drawn.description


def test_the_plain_script_is_marked_and_nothing_is_fine() -> None:
    shapes = figure([BOTH], LABELS).layout["shapes"]
    assert any((shape["type"], shape.get("x0")) == ("line", 1) for shape in shapes)
    assert "Nothing has been measured" in figure([], LABELS).description
