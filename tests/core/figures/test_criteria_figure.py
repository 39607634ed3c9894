"""The verdict's rows as a chart."""

import math

import plotly.graph_objects as go
import pytest

from core.figures import criteria
from core.figures.criteria import Criterion
from core.figures.figure import LIGHT, resolve

LABELS = {"pytorch": "PyTorch", "tensorflow": "TensorFlow"}
SURE = Criterion("Epoch", 2.0, (1.8, 2.2), "pytorch_better", "PyTorch")
ONCE = Criterion("Memory", 0.5, None, "one_measurement", "one measurement")
NEVER = Criterion("Import", None, None, "not_measured", "not measured")


def traces(*rows: Criterion) -> dict[str, dict]:  # type: ignore[type-arg]
    figure = criteria.figure(rows, LABELS)
    go.Figure(resolve(figure, LIGHT))  # plotly accepts it
    return {trace["uid"]: trace for trace in figure.data}


def test_a_row_is_a_dot_and_its_interval_in_the_colour_of_who_needs_less() -> None:
    found = traces(SURE)
    assert found["bar0"]["x"] == [1.8, 2.2] and found["dot0"]["x"] == [2.0]
    assert found["dot0"]["marker"]["color"] == "@pytorch" and found["dot0"]["marker"]["symbol"] == "circle"


def test_a_single_measurement_is_hollow_and_names_nobody() -> None:
    found = traces(SURE, ONCE)
    assert "bar1" not in found
    assert found["dot1"]["marker"]["color"] == "@background"
    assert found["dot1"]["marker"]["line"]["color"] == "@grey"


def test_what_was_not_measured_has_its_row_and_its_words() -> None:
    figure = criteria.figure([NEVER, SURE], LABELS)
    assert {trace["uid"] for trace in figure.data} == {"bar1", "dot1"}
    assert "Import: not measured." in figure.description
    assert [note["text"] for note in figure.layout["annotations"]][-2:] == ["not measured", "PyTorch"]


@pytest.mark.parametrize("ratio", [1.0, 1.01, 1.3, 2.5, 40.0])
def test_equal_is_in_the_middle_and_everything_within_the_axis(ratio: float) -> None:
    row = Criterion("Epoch", ratio, (ratio / 1.1, ratio * 1.1), "cannot_tell", "")
    figure = criteria.figure([row], LABELS)
    low, high = figure.layout["xaxis"]["range"]
    assert low == pytest.approx(-high)
    drawn = [x for trace in figure.data for x in trace["x"]]
    assert all(low <= math.log10(x) <= high for x in drawn)
    assert all(low <= math.log10(tick) <= high for tick in figure.layout["xaxis"]["tickvals"])


def test_a_margin_is_a_band_about_equal() -> None:
    figure = criteria.figure([Criterion("Error", 1.0, (0.99, 1.01), "no_difference", "", margin=0.02)], LABELS)
    band = next(shape for shape in figure.layout["shapes"] if shape["type"] == "rect")
    assert (band["x0"], band["x1"]) == (pytest.approx(1 / 1.02), pytest.approx(1.02))


def test_it_is_said_what_less_means() -> None:
    told = [note["text"] for note in criteria.figure([SURE], LABELS, "errs less").layout["annotations"]]
    assert told[:2] == ["← TensorFlow errs less", "PyTorch errs less →"]


def test_no_label_needs_a_style_of_its_own() -> None:
    """Bold text in a label would be an inline style, which the page's policy refuses."""
    figure = criteria.figure([SURE, ONCE], LABELS)
    assert all("<b>" not in note["text"] for note in figure.layout["annotations"])
