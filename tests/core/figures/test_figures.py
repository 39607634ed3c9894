"""Every figure is one plotly accepts, small enough to send each second, and true to the numbers it was given."""

import json
from datetime import date

import numpy as np
import pytest

from core.data.dataset import Split
from core.figures import bars, forecasts, losses, series
from core.figures.figure import LIGHT, Figure, number_format, numbers, plain, resolve, thin, times
from core.figures.forecasts import Actual, Forecast, Segment
from core.figures.losses import LossCurve
from tests.core.figures.accepted import accepted

DAYS = np.arange("2024-01-01", "2024-04-10", dtype="datetime64[D]").astype("datetime64[s]")  # (100,)
VALUES = np.linspace(100.0, 199.0, 100)


def curve(epochs: int, framework: str = "pytorch") -> LossCurve:
    return LossCurve(framework, "PyTorch", [1 / n for n in range(1, epochs + 1)], [2 / n for n in range(1, epochs + 1)])


@pytest.mark.parametrize("epochs", [0, 1, 3, 300])
@pytest.mark.parametrize("log", [False, True])
def test_losses_are_drawn_from_the_first_epoch_on(epochs: int, log: bool) -> None:
    drawn = accepted(losses.figure([curve(epochs), curve(epochs, "tensorflow")], log=log, epochs=40))
    train = next(trace for trace in drawn.data if trace.uid == "pytorch-training")
    assert list(train.x) == list(range(1, epochs + 1))
    assert drawn.layout.yaxis.type == ("log" if log else "linear")


def test_validation_is_dashed_and_frameworks_differ_by_colour_and_marker() -> None:
    drawn = accepted(losses.figure([curve(5), curve(5, "tensorflow")]))
    lines = {trace.uid: trace for trace in drawn.data}
    assert [lines[f"pytorch-{part}"].line.dash for part in ("training", "validation")] == ["solid", "dash"]
    assert lines["pytorch-training"].line.color == "#d1495b"
    assert lines["tensorflow-training"].line.color == "#1f6fb2"
    assert {lines[f"{name}-training"].marker.symbol for name in ("pytorch", "tensorflow")} == {"circle", "square"}


def test_a_framework_without_a_look_of_its_own_is_drawn_too() -> None:
    drawn = accepted(losses.figure([curve(5, "linear")]))
    assert drawn.data[-1].line.color == LIGHT["accent"]


def test_lines_keep_their_identity_when_fits_are_added_so_that_hidden_ones_stay_hidden() -> None:
    first = losses.figure([curve(0)])
    later = losses.figure([LossCurve("pytorch", "PyTorch", [1.0], [1.0], [([3.0, 2.0], [3.0, 2.5]), ([2.0], [2.0])])])
    assert [trace["uid"] for trace in first.data] == [trace["uid"] for trace in later.data]
    assert first.layout["uirevision"] == later.layout["uirevision"]


def test_earlier_fits_lie_faintly_behind_with_gaps_between_them() -> None:
    fits = [([3.0, 2.0], [4.0, 3.0]), ([2.5], [3.5])]
    drawn = accepted(losses.figure([LossCurve("pytorch", "PyTorch", [1.0], [1.5], fits)]))
    earlier = drawn.data[0]
    assert list(earlier.y) == [3, 2, None, 2.5, None]
    assert earlier.opacity < 0.5
    assert earlier.showlegend is False
    assert list(drawn.data[1].y) == [4, 3, None, 3.5, None]


def test_many_earlier_fits_are_the_band_they_lie_in() -> None:
    fits = [([3.0, 2.0, 1.5], [4.0, 3.0, 2.0]), ([2.5, 1.0], [3.5, float("nan")]), ([2.0], [5.0])]
    drawn = accepted(losses.figure([LossCurve("pytorch", "PyTorch", [1.0], [1.5], fits)]))
    training, validation = drawn.data[:2]
    assert list(training.x) == [1, 2, 3, 3, 2, 1] and training.fill == "toself"
    assert list(training.y) == [2, 1, 1.5, 1.5, 2, 3], "the smallest there, the largest back"
    assert list(validation.y) == [3.5, 3, 2, 2, 3, 5]
    assert training.showlegend is False
    current = losses.figure([LossCurve("pytorch", "PyTorch", [1.0], [1.5])])
    assert [trace["uid"] for trace in current.data] == [trace.uid for trace in drawn.data], "a hidden one stays hidden"


def test_a_loss_that_is_not_finite_is_a_gap() -> None:
    drawn = accepted(losses.figure([LossCurve("pytorch", "PyTorch", [1.0, float("nan"), float("inf"), 0.5])]))
    train = next(trace for trace in drawn.data if trace.uid == "pytorch-training")
    assert list(train.y) == [1, None, None, 0.5]


def test_a_live_chart_of_200_epochs_stays_below_24_kb() -> None:
    noise = np.random.default_rng(0)
    curves = [
        LossCurve(name, name, list(noise.random(200)), list(noise.random(200))) for name in ("pytorch", "tensorflow")
    ]
    figure = losses.figure(curves)
    assert len(json.dumps([figure.data, figure.layout])) < 24_000


def test_a_long_series_is_thinned_and_keeps_its_extremes() -> None:
    values = np.random.default_rng(0).normal(size=1_000_003)
    values[123_456], values[765_432] = 50.0, -50.0
    kept = thin(values)
    assert len(kept) <= 4_000
    assert (np.diff(kept) > 0).all()
    assert {0, 123_456, 765_432, 1_000_002} <= set(kept.tolist())


def test_a_short_series_is_drawn_in_full() -> None:
    assert thin(VALUES).tolist() == list(range(100))


def test_thinning_bears_missing_stretches() -> None:
    values = np.where(np.arange(100_000) < 50_000, np.nan, 1.0)
    assert len(thin(values)) <= 4_000


def test_history_shades_the_parts_that_were_held_out() -> None:
    drawn = accepted(series.history(DAYS, {"sales": VALUES}, Split(70, 10, 20)))
    assert list(drawn.data[0].x[:2]) == [date(2024, 1, 1).isoformat(), "2024-01-02"]
    assert [(shape.x0, shape.label.text) for shape in drawn.layout.shapes] == [
        ("2024-03-11", "validation"),
        ("2024-03-21", "test"),
    ]


def test_several_columns_stand_in_rows_with_their_own_scales_and_one_time_axis() -> None:
    drawn = accepted(series.history(DAYS, {"a": VALUES, "b": 1000 * VALUES, "c": -VALUES}))
    assert [trace.yaxis for trace in drawn.data] == ["y", "y2", "y3"]
    assert {trace.xaxis for trace in drawn.data} == {"x"}
    domains = [drawn.layout[f"yaxis{n}"].domain for n in ("", 2, 3)]
    assert domains[0][0] > domains[1][1] > domains[1][0] > domains[2][1]


def test_a_column_name_is_text_never_a_tag() -> None:
    drawn = series.history([1, 2], {'<a href="x">R&D</a>': np.array([1.0, 2.0])})
    name = '&lt;a href="x"&gt;R&amp;D&lt;/a&gt;'
    assert drawn.data[0]["name"] == drawn.layout["yaxis"]["title"]["text"] == name


def test_rows_without_times_are_drawn_by_number() -> None:
    drawn = accepted(series.history(np.arange(100), {"a": VALUES}, Split(70, 10, 20)))
    assert list(drawn.data[0].x[:3]) == [0, 1, 2]


def made(name: str, label: str, segments: int = 3, future: bool = True) -> Forecast:
    starts = [100 - 10 * n for n in range(segments, 0, -1)]
    pieces = [Segment(DAYS[s : s + 10], VALUES[s : s + 10] + 1) for s in starts]
    ahead = DAYS[-1] + np.arange(1, 11) * np.timedelta64(1, "D")
    return Forecast(name, label, pieces, Segment(ahead, np.arange(10.0)) if future else None)


BOTH = [made("pytorch", "PyTorch"), made("tensorflow", "TensorFlow")]
ACTUAL = Actual(DAYS[40:], VALUES[40:])


def test_a_legend_of_two_lines_has_room_above_panels_that_stand_below_each_other() -> None:
    figure = forecasts.side_by_side(ACTUAL, BOTH)
    assert figure.narrow["margin"]["t"] > figure.layout["margin"]["t"]
    assert forecasts.overlaid(ACTUAL, BOTH).narrow == {}


def test_forecasts_stand_side_by_side_on_linked_axes() -> None:
    drawn = accepted(forecasts.side_by_side(ACTUAL, BOTH, made("naive", "naive", future=False)))
    assert drawn.layout.xaxis2.matches == "x"
    assert drawn.layout.yaxis2.matches == "y"
    panels = {trace.name: trace.xaxis for trace in drawn.data if trace.name in ("PyTorch", "TensorFlow")}
    assert panels == {"PyTorch": "x", "TensorFlow": "x2"}
    shown = [trace.name for trace in drawn.data if trace.showlegend is not False]
    assert shown == ["actual", "naive", "PyTorch", "TensorFlow"]


def test_each_forecast_is_a_segment_of_its_own_with_its_origin_marked() -> None:
    drawn = accepted(forecasts.overlaid(ACTUAL, BOTH))
    line = next(trace for trace in drawn.data if trace.uid == "pytorch")
    origins = [x for x, size in zip(line.x, line.marker.size, strict=True) if size]
    assert origins == ["2024-03-11", "2024-03-21", "2024-03-31"]
    assert [n for n, y in enumerate(line.y) if y is None] == [10, 21]


def test_fixed_step_lines_have_no_origins() -> None:
    line = Forecast("pytorch", "PyTorch", [Segment(DAYS[70:], VALUES[70:])])
    drawn = accepted(forecasts.overlaid(ACTUAL, [line], origins=False))
    assert drawn.data[-1].mode == "lines"


def test_the_future_is_set_apart_by_a_shade_from_the_last_row_on() -> None:
    drawn = accepted(forecasts.overlaid(ACTUAL, BOTH))
    shade = drawn.layout.shapes[0]
    assert (shade.x0, shade.x1, shade.label.text) == ("2024-04-09", "2024-04-19", "future")
    assert not accepted(forecasts.overlaid(ACTUAL, [made("pytorch", "PyTorch", future=False)])).layout.shapes


def test_the_baseline_is_grey_and_the_actual_line_in_the_text_colour() -> None:
    drawn = accepted(forecasts.overlaid(ACTUAL, BOTH, made("seasonal_naive", "seasonal naive", future=False)))
    colours = {trace.name: trace.line.color for trace in drawn.data}
    assert colours["seasonal naive"] == LIGHT["grey"]
    assert colours["actual"] == LIGHT["text"]


def test_with_many_forecasts_the_first_view_is_the_latest_ones() -> None:
    hours = np.arange("2024-01-01", "2024-03-01", dtype="datetime64[h]").astype("datetime64[s]")  # (1440,)
    pieces = [Segment(hours[s : s + 24], np.ones(24)) for s in range(0, 1440, 24)]
    figure = forecasts.overlaid(Actual(hours, np.ones(1440)), [Forecast("pytorch", "PyTorch", pieces)])
    assert accepted(figure).layout.xaxis.range == ("2024-02-18T00:00:00", "2024-02-29T23:00:00")


def test_thousands_of_forecasts_are_drawn_from_the_latest_back() -> None:
    rows = np.arange(200_000)
    pieces = [Segment(rows[s : s + 10], np.full(10, float(s))) for s in range(0, 200_000, 10)]
    figure = forecasts.overlaid(Actual(rows, np.zeros(200_000)), [Forecast("pytorch", "PyTorch", pieces)])
    assert all(len(trace["y"]) <= 4_400 for trace in figure.data)
    assert figure.data[-1]["x"][-1] == 199_999


def test_another_stretch_of_time_gets_a_view_of_its_own() -> None:
    held_out, future = forecasts.overlaid(ACTUAL, BOTH), forecasts.overlaid(Actual(DAYS[80:], VALUES[80:]), BOTH)
    assert held_out.layout["uirevision"] != future.layout["uirevision"]


def test_nothing_to_draw_is_drawn() -> None:
    accepted(forecasts.overlaid(Actual([], []), [Forecast("pytorch", "PyTorch")]))
    accepted(forecasts.side_by_side(ACTUAL, [Forecast("pytorch", "PyTorch"), Forecast("tensorflow", "TensorFlow")]))
    accepted(series.history(np.arange(0), {"a": np.array([])}))


def test_bars_write_their_values_with_sensible_digits_and_units() -> None:
    quantities = [
        bars.Quantity("Import", "s", {"pytorch": 1.8234, "tensorflow": 4.5}),
        bars.Quantity("One forecast", "s", {"pytorch": 0.00081, "tensorflow": None}),
        bars.Quantity("Peak memory", "MB", {"pytorch": 1024.4}),
    ]
    figure = bars.figure(quantities, {"pytorch": "PyTorch", "tensorflow": "TensorFlow"})
    assert [list(bar.text) for bar in accepted(figure).data] == [
        ["1.82 s", "4.5 s"],
        ["0.81 ms", "not measured"],
        ["1,024 MB", "not measured"],
    ]
    assert "Import: PyTorch 1.82 s, TensorFlow 4.5 s" in figure.description


def test_every_figure_says_in_a_sentence_what_it_shows() -> None:
    assert losses.figure([curve(2)]).description == "Loss by epoch. PyTorch after epoch 2: training 0.5, validation 1."
    assert series.history(DAYS, {"sales": VALUES}).description == "sales from 2024-01-01 to 2024-04-09, 100 rows."
    assert "PyTorch, TensorFlow" in forecasts.overlaid(ACTUAL, BOTH).description


@pytest.mark.parametrize(
    ("largest", "written"), [(412_345.6, ",.0f"), (187.234, ",.2f"), (0.01234, ",.6f"), (0, ",.0f")]
)
def test_hovering_shows_about_five_digits(largest: float, written: str) -> None:
    assert number_format([largest, None, float("nan")]) == written


def test_numbers_are_short_and_times_carry_no_zeros() -> None:
    assert numbers([1.23456789, 3.0, float("nan"), None]) == [1.234568, 3, None, None]
    assert times(np.array(["2024-01-01T05:00"], dtype="datetime64[s]")) == ["2024-01-01T05:00:00"]
    assert times(np.array(["2024-01-01T00:00"], dtype="datetime64[ns]")) == ["2024-01-01"]


def test_colour_names_take_an_opacity() -> None:
    figure = Figure((), {"paper_bgcolor": "@grey/0.5"}, "")
    assert resolve(figure, LIGHT)["layout"]["paper_bgcolor"] == "rgba(125,137,150,0.5)"


@pytest.mark.parametrize("sign", ["\u202e", "\u2069", "\x1b"])
def test_no_name_turns_the_words_behind_it_round(sign: str) -> None:
    assert plain(f"<a>{sign}b\nc") == "&lt;a&gt;\ufffdb c"
