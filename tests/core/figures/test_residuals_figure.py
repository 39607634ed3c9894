"""Errors by group and over time, a line a framework."""

import numpy as np

from core.evaluation.residuals import Group
from core.figures import residuals
from core.figures.residuals import Grouped, InTime
from tests.core.figures.accepted import accepted

STEPS = (Group(1, 0.5, -1.0, 2.0, 1.5, 10), Group(2, -0.5, -3.0, 1.0, 2.5, 10))
NOTHING = float("nan")
DAYS = (Group("Monday", NOTHING, NOTHING, NOTHING, NOTHING, 0), Group("Friday", 0.5, -1.0, 2.0, 1.5, 10))


def curve(groups: tuple[Group, ...] = STEPS, framework: str = "pytorch") -> Grouped:
    return Grouped(framework, framework.title(), groups)


def test_signed_errors_stand_about_a_line_at_zero_with_their_middle_half() -> None:
    drawn = accepted(residuals.by_group([curve(), curve(framework="tensorflow")], "steps ahead", "units of sales"))
    lines = {trace.uid: trace for trace in drawn.data}
    assert list(lines["pytorch-line"].y) == [0.5, -0.5]
    assert list(lines["pytorch-lower"].y) == [-1, -3] and list(lines["pytorch-upper"].y) == [2, 1]
    assert lines["pytorch-line"].marker.symbol != lines["tensorflow-line"].marker.symbol
    assert lines["pytorch-line"].line.color == "#d1495b"
    assert len(drawn.layout.shapes) == 1 and drawn.layout.xaxis.type == "linear"
    assert drawn.layout.yaxis.title.text == "error, units of sales"
    assert drawn.layout.yaxis.tickformat == ",.5~f", "1 and not 1.00000"


def test_their_size_begins_at_zero_and_has_no_band() -> None:
    drawn = accepted(residuals.by_group([curve()], "steps ahead", "units", signed=False))
    (line,) = drawn.data
    assert list(line.y) == [1.5, 2.5] and drawn.layout.yaxis.rangemode == "tozero"
    assert not drawn.layout.shapes


def test_names_of_the_clock_stand_side_by_side_and_empty_ones_are_gaps() -> None:
    drawn = accepted(residuals.by_group([curve(DAYS)], "day of the week", "units"))
    assert drawn.layout.xaxis.type == "category"
    assert list(drawn.data[-1].y) == [None, 0.5]
    assert "furthest off at Friday" in residuals.by_group([curve(DAYS)], "day of the week", "units").description


def test_it_says_where_forecasts_are_furthest_off() -> None:
    assert residuals.by_group([curve()], "steps ahead", "units").description == (
        "Errors by steps ahead. Pytorch is furthest off at 2, by 2.5 on average."
    )


def test_over_time_few_points_are_sent_however_many_windows_there_are() -> None:
    errors = np.where(np.arange(50_000) % 50 < 33, 1.0, -1.0)
    times = np.datetime64("2020-01-01T00:00") + np.arange(50_000).astype("timedelta64[h]")
    drawn = accepted(residuals.over_time([InTime("pytorch", "PyTorch", times, errors)], "units"))
    assert len(drawn.data[0].x) <= 4_000 and len(drawn.data[0].x) == len(drawn.data[0].y)
    assert drawn.data[0].x[0] == "2020-01-01T00:00:00"
    assert residuals.over_time([InTime("pytorch", "PyTorch", times, errors)], "units").description.startswith(
        "Mean error of each forecast over time. PyTorch: too high in 66% of 50,000 windows"
    )


def test_without_forecasts_the_chart_says_so() -> None:
    for figure in (
        residuals.by_group([curve(())], "steps ahead", "units"),
        residuals.over_time([InTime("pytorch", "PyTorch", [], np.zeros(0))], "units"),
    ):
        assert [each.text for each in accepted(figure).layout.annotations] == ["No forecasts to judge"]
        assert figure.description.endswith("No forecasts to judge.")
