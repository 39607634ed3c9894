"""Prediction intervals about forecasts: darker inside, hatched without a promise, gone where there are none."""

import numpy as np

from core.figures import forecasts
from core.figures.bands import Band, traces
from core.figures.figure import POINTS
from core.figures.forecasts import Actual, Forecast, Segment
from tests.core.figures.accepted import accepted

DAYS = np.arange("2024-01-01", "2024-01-04", dtype="datetime64[D]")
LOW, HIGH = np.array([[9.0, 8.0, 7.0], [7.0, 5.0, 3.0]]), np.array([[11.0, 12.0, 13.0], [13.0, 15.0, 17.0]])


def band(uncertain: bool = False) -> Band:
    return Band(DAYS, LOW, HIGH, uncertain)


def forecast(*bands: Band, framework: str = "pytorch") -> Forecast:
    return Forecast(
        framework, framework.title(), [Segment(DAYS, np.full(3, 10.0), ["", " (8 to 12)", ""])], bands=bands
    )


def test_the_wide_band_lies_behind_the_narrow_one_and_both_behind_the_lines() -> None:
    actual = Actual(DAYS, np.full(3, 10.0))
    drawn = accepted(forecasts.overlaid(actual, [forecast(band())]))
    assert [trace.uid for trace in drawn.data] == ["pytorch-band1", "pytorch-band0", "actual", "pytorch"]
    wide, narrow = drawn.data[:2]
    assert list(narrow.y) == [9, 8, 7, 13, 12, 11] and list(wide.y) == [7, 5, 3, 17, 15, 13]
    assert list(narrow.x) == ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-03", "2024-01-02", "2024-01-01"]
    opacity = [float(trace.fillcolor.rstrip(")").rsplit(",", 1)[1]) for trace in (wide, narrow)]
    assert opacity[0] < opacity[1] < 0.5 and wide.fillcolor.startswith("rgba(209,73,91,")
    assert narrow.fillpattern.shape is None and narrow.legendgroup == "pytorch" and not narrow.showlegend


def test_what_promises_nothing_is_hatched_beside_what_does() -> None:
    drawn = {trace["uid"]: trace for trace in traces("tensorflow", [band(uncertain=True), band()])}
    assert drawn["tensorflow-band0-uncertain"]["fillpattern"]["shape"] == "/"
    assert "fillpattern" not in drawn["tensorflow-band0"]


def test_bands_of_forecasts_one_after_another_do_not_run_into_each_other() -> None:
    narrow = traces("pytorch", [band(), band()])[-1]
    assert narrow["x"].count(None) == narrow["y"].count(None) == 1 and len(narrow["x"]) == 13


def test_a_level_that_has_no_end_is_left_out() -> None:
    endless = Band(DAYS, np.array([LOW[0], [-np.inf] * 3]), np.array([HIGH[0], [np.nan] * 3]), False)
    assert [trace["uid"] for trace in traces("pytorch", [endless])] == ["pytorch-band0"]
    assert traces("pytorch", []) == []


def test_a_long_line_is_thinned() -> None:
    times, ends = np.arange(50_000), np.tile(np.sin(np.arange(50_000)), (2, 1))
    (_, narrow) = traces("pytorch", [Band(times, ends - 1, ends + 1, False)])
    assert len(narrow["x"]) <= 2 * POINTS


def test_the_pointer_is_told_the_band_and_a_reader_that_there_is_one() -> None:
    figure = forecasts.side_by_side(
        Actual(DAYS, np.full(3, 10.0)), [forecast(band()), forecast(framework="tensorflow")]
    )
    drawn = {trace.uid: trace for trace in accepted(figure).data}
    assert list(drawn["pytorch-1"].customdata) == ["", " (8 to 12)", ""]
    assert drawn["pytorch-1"].hovertemplate.endswith("%{customdata}")
    assert "Prediction intervals are drawn about Pytorch." in figure.description
    assert "tensorflow-band0-2" not in drawn and "pytorch-band0-1" in drawn
