"""A series of any length is small enough to send, looks like itself, and shows where it is not there."""

import json

import numpy as np
import pandas as pd

from core.data.dataset import Split
from core.figures import series
from core.figures.figure import Figure, thin
from tests.core.figures.accepted import accepted

MILLION = 1_000_000
MINUTES = np.arange("2020-01-01", MILLION, dtype="datetime64[m]").astype("datetime64[us]")  # (1,000,000,)
WALK = np.random.default_rng(0).normal(size=MILLION).cumsum()
DAYS = np.arange("2024-01-01", "2024-04-10", dtype="datetime64[D]").astype("datetime64[us]")  # (100,)
VALUES = np.linspace(100.0, 199.0, 100)


def sent(figure: Figure) -> int:
    return len(json.dumps([figure.data, figure.layout]))


def drawn_times(figure: Figure, row: int = 0) -> list[str]:
    return [time for time in figure.data[row]["x"] if time is not None]


def test_a_million_rows_are_less_than_200_kb_even_with_milliseconds_and_in_several_columns() -> None:
    seldom = MINUTES + np.arange(MILLION) % 7 * np.timedelta64(1, "ms")
    holes = np.random.default_rng(1).random(MILLION) > 0.1
    assert sent(series.history(MINUTES, {"y": WALK}, frequency="min")) < 200_000
    assert sent(series.history(seldom, {"y": WALK})) < 200_000
    assert sent(series.history(MINUTES, {"a": WALK, "b": WALK, "c": WALK}, frequency="min")) < 200_000
    assert sent(series.history(MINUTES[holes], {"y": WALK[holes]}, frequency="min")) < 200_000


def test_a_thinned_line_keeps_its_highest_its_lowest_and_its_shape() -> None:
    kept = thin(WALK)
    assert {0, int(WALK.argmax()), int(WALK.argmin()), MILLION - 1} <= set(kept.tolist())
    between = np.interp(np.arange(MILLION), kept, WALK[kept])
    assert np.abs(between - WALK).mean() < 0.01 * (WALK.max() - WALK.min())


def test_a_zoom_draws_every_row_of_a_short_window_and_a_little_beyond() -> None:
    window = (pd.Timestamp("2020-03-01"), np.datetime64("2020-03-02T00:00"))
    times = drawn_times(series.history(MINUTES, {"y": WALK}, frequency="min", window=window))
    assert {"2020-03-01T00:00:00", "2020-03-01T13:37:00", "2020-03-02T00:00:00"} <= set(times)
    assert "2020-02-29T21" < times[0] < "2020-03-01" < "2020-03-02" < times[-1] < "2020-03-02T03"
    assert len(times) < 1.3 * 1441


def test_a_zoom_into_more_rows_than_can_be_drawn_is_finer_than_the_whole() -> None:
    window = ("2020-03-01", "2020-05-01")
    times = drawn_times(series.history(MINUTES, {"y": WALK}, frequency="min", window=window))
    whole = [time for time in drawn_times(series.history(MINUTES, {"y": WALK})) if "2020-03" <= time < "2020-05"]
    assert 4_000 >= len(times) > 5 * len(whole)


def test_rows_without_times_are_zoomed_by_number_and_an_empty_window_is_drawn() -> None:
    figure = series.history(np.arange(MILLION), {"y": WALK}, window=(1000.4, 2000.6))
    assert (figure.data[0]["x"][0], figure.data[0]["x"][-1]) == (901, 2100)
    accepted(series.history(DAYS, {"y": VALUES}, window=("1990-01-01", "1990-02-01")))


def test_times_missing_from_the_step_part_the_line() -> None:
    kept = np.r_[0:40, 47:100]
    figure = series.history(DAYS[kept], {"y": VALUES[kept]}, frequency="D")
    drawn = accepted(figure).data[0]
    assert list(drawn.y).index(None) == 40
    assert list(drawn.x).count(None) == 1
    assert None not in series.history(DAYS[kept], {"y": VALUES[kept]}).data[0]["y"]  # irregular rows have no step


def test_weekends_and_holidays_do_not_part_the_line_of_business_days() -> None:
    days = pd.bdate_range("2024-01-01", periods=60).delete([10, 11])
    figure = series.history(np.asarray(days), {"y": VALUES[: len(days)]}, frequency="B")
    assert None not in figure.data[0]["y"]


def test_months_of_28_days_are_no_gaps() -> None:
    months = pd.date_range("2020-01-01", periods=100, freq="MS").delete(50)
    figure = series.history(np.asarray(months), {"y": VALUES[:99]}, frequency="MS")
    assert figure.data[0]["y"].index(None) == 50
    assert figure.data[0]["y"].count(None) == 1


def test_missing_cells_part_the_line_and_a_value_between_two_gaps_is_a_dot() -> None:
    values = VALUES.copy()
    values[[20, 21, 50, 52]] = np.nan
    figure = series.history(DAYS, {"y": values}, frequency="D")
    line = figure.data[0]
    assert line["y"].count(None) == 3
    dots = [value for value, size in zip(line["y"], line["marker"]["size"], strict=True) if size]
    assert dots == [VALUES[51]]
    assert series.history(np.arange(100), {"y": values}).data[0]["y"].count(None) == 3
    accepted(figure)


def test_a_hole_of_a_month_is_seen_in_a_million_rows_and_a_minute_is_not() -> None:
    kept = np.ones(MILLION, dtype=bool)
    kept[500_000:543_200] = False
    kept[100_000] = False
    figure = series.history(MINUTES[kept], {"y": WALK[kept]}, frequency="min")
    assert figure.data[0]["x"].count(None) == 1


def test_a_column_without_values_is_drawn_as_nothing() -> None:
    assert accepted(series.history(DAYS, {"y": np.full(100, np.nan)})).data[0].y in (None, ())


def test_marks_are_lines_with_their_words_as_text_those_outside_are_left_out() -> None:
    marks = [(pd.Timestamp("2024-02-20"), "4-for-1 split?"), (pd.Timestamp("2024-02-22"), "<b>next</b>")]
    drawn = accepted(series.history(DAYS, {"y": VALUES}, marks=[*marks, (pd.Timestamp("2030-01-01"), "later")]))
    assert [(line.x0, line.label.text) for line in drawn.layout.shapes] == [
        ("2024-02-20", "4-for-1 split?"),
        ("2024-02-22", ""),  # too near to the other to be named
    ]
    far = series.history(DAYS, {"y": VALUES}, marks=[(np.datetime64("2024-03-20"), "<b>x</b>")])
    assert far.layout["shapes"][0]["label"]["text"] == "&lt;b&gt;x&lt;/b&gt;"
    by_number = accepted(series.history(np.arange(100), {"y": VALUES}, Split(70, 10, 20), marks=[(5, "here")]))
    assert by_number.layout.shapes[-1].x0 == 5
