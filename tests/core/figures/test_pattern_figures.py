"""Usual days, weeks and years side by side, and the autocorrelation with its band and its season."""

import numpy as np
import pandas as pd

from core.data import patterns as found
from core.figures import patterns
from core.figures.figure import LIGHT
from tests.core.data.made_table import made_table
from tests.core.figures.accepted import accepted

HOURS = np.arange(24 * 100)
LOAD = 100 + 10 * np.sin(HOURS * 2 * np.pi / 24) + np.random.default_rng(0).normal(size=len(HOURS))


def test_profiles_stand_side_by_side_and_below_each_other_where_it_is_narrow() -> None:
    figure = patterns.profile(found.profiles(made_table({"load": LOAD}, "h"), "load"))
    drawn = accepted(figure)
    assert [note.text for note in drawn.layout.annotations] == ["By hour of the day", "By day of the week"]
    assert drawn.layout.xaxis.domain[1] < drawn.layout.xaxis2.domain[0]
    assert figure.narrow["yaxis"]["domain"][0] > figure.narrow["yaxis2"]["domain"][1]


def test_the_median_runs_within_the_band_of_the_quartiles() -> None:
    drawn = accepted(patterns.profile(found.profiles(made_table({"load": LOAD}, "h"), "load")[:1]))
    band, median = drawn.data
    upper, lower = np.array(band.y[:24]), np.array(band.y[24:][::-1])
    assert (lower < np.array(median.y)).all() and (np.array(median.y) < upper).all()
    assert median.text[6] == "06:00"
    assert 5 <= np.argmax(median.y) <= 7


def test_business_days_have_no_empty_weekend() -> None:
    table = made_table({"close": LOAD[:60]}, "B")
    drawn = accepted(patterns.profile(found.profiles(table, "close")))
    assert list(drawn.layout.xaxis.ticktext) == ["Mon", "Tue", "Wed", "Thu", "Fri"]
    assert drawn.layout.xaxis.range[1] < 5


def test_a_hostile_name_is_text_in_the_hover_box() -> None:
    figure = patterns.profile(found.profiles(made_table({"<img src=x>": LOAD}, "h"), "<img src=x>"))
    assert {trace.get("name") for trace in figure.data} == {None, "&lt;img src=x&gt;"}


def test_whole_seasons_stand_out_and_the_band_is_drawn() -> None:
    drawn = accepted(patterns.correlation(found.autocorrelation(LOAD, 60), 24))
    (bars,) = drawn.data
    accent = [lag for lag, colour in zip(bars.x, bars.marker.color, strict=True) if colour == LIGHT["accent"]]
    assert accent == [24, 48]
    assert drawn.layout.shapes[0].y1 == -drawn.layout.shapes[0].y0 == found.autocorrelation(LOAD, 60).band
    assert "One season of 24 rows earlier: 0.9" in patterns.correlation(found.autocorrelation(LOAD, 60), 24).description


def test_nothing_to_show_is_drawn() -> None:
    accepted(patterns.correlation(found.autocorrelation(np.full(50, 3.0), 20)))
    accepted(patterns.correlation(found.autocorrelation(np.empty(0), 20)))
    accepted(patterns.profile(()))
    numbered = made_table({"y": LOAD}, None)
    assert isinstance(numbered.frame.index, pd.RangeIndex)
    assert found.profiles(numbered, "y") == ()
