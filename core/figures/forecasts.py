"""Forecasts beside each other or laid over each other, with what really came and with a simple baseline.

All arrays are those of one target column, in its own units. A forecast is drawn as it was made: each full horizon is a
segment of its own, a marker at its first step. Fixed-step lines are one segment without markers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.figures.bands import Band, traces
from core.figures.figure import (
    POINTS,
    Figure,
    Json,
    Numbers,
    Time,
    Times,
    axis,
    layout,
    look,
    marker,
    note,
    number_format,
    numbers,
    shade,
    thin,
    times,
    titled,
)

FIRST_VIEW = 12  # segments in view before anyone zooms


@dataclass(frozen=True)
class Segment:
    """One forecast over a whole horizon; the marker is drawn at its first time."""

    times: Times
    values: Numbers
    told: Sequence[str] = ()  # what the pointer is told beside each value


@dataclass(frozen=True)
class Forecast:
    """What one framework (or a baseline) forecast in the held-out part, and from the last row on."""

    framework: str
    label: str
    segments: Sequence[Segment] = field(default_factory=tuple)
    future: Segment | None = None
    bands: Sequence[Band] = ()  # about what is drawn


@dataclass(frozen=True)
class Actual:
    """What came: the held-out part, usually with some rows before it."""

    times: Times
    values: Numbers
    label: str = "actual"


def side_by_side(
    actual: Actual,
    forecasts: Sequence[Forecast],
    baseline: Forecast | None = None,
    origins: bool = True,
    unit: str = "",
) -> Figure:
    """One panel a framework on the same axes; zooming or moving one does the same to the others."""
    data: list[Json] = []
    for panel, forecast in enumerate(forecasts, start=1):
        lines = _panel(actual, [forecast], baseline, origins)
        data += [_placed(line, panel) for line in lines]
    return _figure(data, actual, forecasts, baseline, panels=len(forecasts), unit=unit)


def overlaid(
    actual: Actual,
    forecasts: Sequence[Forecast],
    baseline: Forecast | None = None,
    origins: bool = True,
    unit: str = "",
) -> Figure:
    """All frameworks in one panel."""
    data = _panel(actual, forecasts, baseline, origins)
    return _figure(data, actual, forecasts, baseline, panels=1, unit=unit)


def _panel(actual: Actual, forecasts: Sequence[Forecast], baseline: Forecast | None, origins: bool) -> list[Json]:
    """From the back to the front: prediction intervals, actual values, baseline, then the frameworks."""
    ranges = [trace for forecast in forecasts for trace in traces(forecast.framework, forecast.bands)]
    behind = [] if baseline is None else [_grey(line) for line in _forecast_lines(baseline, origins=False)]
    front = [line for forecast in forecasts for line in _forecast_lines(forecast, origins)]
    return [*ranges, _actual_line(actual), *behind, *front]


def _actual_line(actual: Actual) -> Json:
    values = _floats(actual.values)
    kept = thin(values)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": times(np.asarray(actual.times)[kept]),
        "y": numbers(values[kept]),
        "name": actual.label,
        "legendgroup": "actual",
        "uid": "actual",
        "line": {"color": "@text", "width": 1.6},
        "hovertemplate": f"%{{y:{number_format(values)}}}",
    }


def _forecast_lines(forecast: Forecast, origins: bool) -> list[Json]:
    """The held-out segments as one line with gaps, and the future; shown and hidden together."""
    past = _joined(_drawable(forecast.segments))
    parts = [("", past)] if forecast.future is None else [("", past), ("-future", _joined([forecast.future]))]
    return [
        {
            "type": "scatter",
            "mode": "lines+markers" if origins else "lines",
            "x": x,
            "y": y,
            "name": forecast.label,
            "legendgroup": forecast.framework,
            "showlegend": part == "" or not past[1],
            "uid": forecast.framework + part,
            "line": {"color": look(forecast.framework).colour, "width": 1.9},
            "hovertemplate": f"%{{y:{number_format(y)}}}{'%{customdata}' if told else ''}",
            **({"customdata": told} if told else {}),
            **({"marker": marker(forecast.framework, sizes)} if origins else {}),
        }
        for part, (x, y, sizes, told) in parts
        if y
    ]


def _grey(line: Json) -> Json:
    """A baseline's line: dotted and behind, with one entry in the legend however many panels show it."""
    return {**line, "line": {"color": "@grey", "width": 1.4, "dash": "dot"}, "legendgroup": "baseline"}


def _joined(segments: Sequence[Segment]) -> tuple[list[Time | None], list[float | None], list[int | None], list[str]]:
    """Times, values, marker sizes and words of segments one after another, a gap between each two.

    Markers are at first steps; there are no words where no segment has any.
    """
    x: list[Time | None] = []
    y: list[float | None] = []
    sizes: list[int | None] = []
    told: list[str] = []
    for segment in segments:
        gap = 1 if x else 0
        x += [*[None] * gap, *times(segment.times)]
        y += [*[None] * gap, *numbers(_floats(segment.values))]
        sizes += [*[None] * gap, 7, *[None] * (len(segment.values) - 1)]
        told += [*[""] * gap, *(segment.told or [""] * len(segment.values))]
    return x, y, sizes, told if any(told) else []


def _drawable(segments: Sequence[Segment]) -> Sequence[Segment]:
    """The latest segments, 4,000 points in all; a single long one is thinned instead."""
    if len(segments) == 1:
        values = _floats(segments[0].values)
        kept = thin(values)
        told = [segments[0].told[row] for row in kept.tolist()] if segments[0].told else ()
        return [Segment(times(np.asarray(segments[0].times)[kept]), values[kept], told)]
    latest: list[Segment] = []
    points = 0
    for segment in reversed(segments):
        points += len(segment.values)
        if points > POINTS and latest:
            break
        latest.append(segment)
    return latest[::-1]


def _figure(
    data: list[Json], actual: Actual, forecasts: Sequence[Forecast], baseline: Forecast | None, panels: int, unit: str
) -> Figure:
    titles = (
        [_title(forecast, panel, panels) for panel, forecast in enumerate(forecasts, start=1)] if panels > 1 else []
    )
    view = _first_view(actual, forecasts)
    future = _future(actual, forecasts)
    return Figure(
        data=tuple(data),
        layout=layout(
            margin={"l": 8, "r": 8, "t": 64 if panels > 1 else 44, "b": 8},
            legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "top", "yref": "container"}
            if panels > 1
            else layout()["legend"],
            **_axes(panels, view, None if view is None else _heights(data, view), unit),
            uirevision=f"{panels} {unit} {_span(actual)}",  # a zoom belongs to what is in view
            annotations=titles,
            shapes=[
                shade(*future, "@grey/0.10", "future", xref=f"x{_number(panel)}", yref=f"y{_number(panel)} domain")
                for panel in range(1, panels + 1)
                if future
            ],
        ),
        description=_describe(actual, forecasts, baseline),
        narrow=_stacked(panels) | ({"margin": {"l": 8, "r": 8, "t": 92, "b": 8}} if panels > 1 else {}),
    )


def _axes(panels: int, view: list[Time] | None, heights: tuple[float, float] | None, unit: str) -> Json:
    axes: Json = {}
    gap = 0.035
    width = (1 - gap * (panels - 1)) / max(panels, 1)
    for panel in range(1, panels + 1):
        start = (panel - 1) * (width + gap)
        linked: Json = {} if panel == 1 else {"matches": "x"}
        axes[f"xaxis{_number(panel)}"] = axis(
            anchor=f"y{_number(panel)}", domain=[start, start + width], showgrid=False, nticks=8 // panels + 1, **linked
        )
        linked = {"title": titled(unit)} if panel == 1 else {"matches": "y", "showticklabels": False}
        # Said outright: with a first view on x, plotly.js 4 would not scale linked y axes to their data.
        axes[f"yaxis{_number(panel)}"] = axis(anchor=f"x{_number(panel)}", nticks=7, autorange=True, **linked)
    if view is not None:
        axes["xaxis"] |= {"range": view}
    if heights is not None:
        axes["yaxis"] |= {"range": list(heights), "autorange": False}
    return axes


def _heights(data: list[Json], view: list[Time]) -> tuple[float, float] | None:
    """Lowest and highest value within the first view, with some air."""
    start, end = view
    seen = [
        value
        for line in data
        for time, value in zip(line["x"], line["y"], strict=True)
        if value is not None and start <= time <= end
    ]
    if not seen:
        return None
    air = 0.06 * (max(seen) - min(seen)) or 1.0
    return min(seen) - air, max(seen) + air


def _stacked(panels: int) -> Json:
    """Without the width for panels beside each other they stand below each other, still on the same axes."""
    if panels < 2:
        return {}
    gap = 0.16
    height = (1 - gap * (panels - 1)) / panels
    changes: Json = {}
    for panel in range(1, panels + 1):
        top = 1 - (panel - 1) * (height + gap)
        changes[f"xaxis{_number(panel)}"] = {"domain": [0, 1], "nticks": 6}
        changes[f"yaxis{_number(panel)}"] = {
            "domain": [max(top - height, 0.0), top],
            "showticklabels": True,
            "nticks": 5,
        }
    return changes


def _title(forecast: Forecast, panel: int, panels: int) -> Json:
    """The framework's name over its panel, in its colour, wherever the panel stands."""
    number = _number(panel)
    return note(
        forecast.label,
        x=0,
        y=1,
        xref=f"x{number} domain",
        yref=f"y{number} domain",
        xanchor="left",
        yanchor="bottom",
        font={"size": 13, "weight": 600, "color": look(forecast.framework).colour},
    )


def _placed(line: Json, panel: int) -> Json:
    """A line in its panel; what all panels show has one entry in the legend."""
    number = _number(panel)
    again = panel > 1 and line["legendgroup"] in ("actual", "baseline")
    changes = {"showlegend": False} if again else {}
    return {**line, "uid": f"{line['uid']}-{panel}", "xaxis": f"x{number}", "yaxis": f"y{number}", **changes}


def _number(panel: int) -> str:
    """Plotly counts axes x, x2, x3."""
    return "" if panel == 1 else str(panel)


def _future(actual: Actual, forecasts: Sequence[Forecast]) -> tuple[Time, Time] | None:
    """From the last actual row to the end of the longest future forecast."""
    ends = [times(forecast.future.times)[-1] for forecast in forecasts if forecast.future is not None]
    if not ends or not len(actual.times):
        return None
    return times(np.asarray(actual.times)[-1:])[0], max(ends)


def _first_view(actual: Actual, forecasts: Sequence[Forecast]) -> list[Time] | None:
    """The last few segments and the future; None where everything fits."""
    future = _future(actual, forecasts)
    segments = max((forecast.segments for forecast in forecasts), key=len, default=())
    if len(segments) <= FIRST_VIEW:
        return None
    start = times(segments[-FIRST_VIEW].times)[0]
    end = future[1] if future else times(segments[-1].times)[-1]
    return [start, end]


def _floats(values: Iterable[float | None]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _describe(actual: Actual, forecasts: Sequence[Forecast], baseline: Forecast | None) -> str:
    names = [forecast.label for forecast in forecasts] + ([baseline.label] if baseline else [])
    ahead = next((len(f.future.values) for f in forecasts if f.future is not None), 0)
    beyond = f", and the {ahead} steps after the last row" if ahead else ""
    ranged = [forecast.label for forecast in forecasts if forecast.bands]
    ranges = f" Prediction intervals are drawn about {' and '.join(ranged)}." if ranged else ""
    return f"Forecasts of {', '.join(names)} beside the {actual.label} values from {_span(actual)}{beyond}.{ranges}"


def _span(actual: Actual) -> str:
    first, last = times(np.asarray(actual.times)[[0, -1]]) if len(actual.times) else ("nowhere", "nowhere")
    return f"{first} to {last}"
