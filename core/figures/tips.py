"""What each tip buys: how many times as fast as the plain script, a dot with a bar of uncertainty a framework."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.figures.figure import Figure, Json, axis, layout, look, marker, note, plain

ROW = 40  # px
LIMIT = 6.0  # times as fast or as slow: what lies beyond is drawn at the edge
LEAST = 1.3  # the axis shows at least this much either way
APART = 0.19  # rows, from the middle to each of two frameworks
TICKS = (1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 6.0)
CROWDED = 0.15  # of the axis: closer ticks would run into each other


@dataclass(frozen=True)
class Mark:
    """One framework's measurement. `interval` is None where too few were made to have one."""

    framework: str
    ratio: float
    interval: tuple[float, float] | None
    words: str  # 1.24 (1.18 to 1.31)


@dataclass(frozen=True)
class Line:
    """One tip, or all together that help."""

    title: str
    marks: Sequence[Mark]


def figure(lines: Sequence[Line], labels: dict[str, str]) -> Figure:
    """One row a tip, first on top, on one logarithmic axis; `labels` names the frameworks, first above the other."""
    low, high = _ends(lines)
    return Figure(
        data=(*_legend(labels), *_traces(lines, labels, low, high)),
        layout=layout(
            hovermode=False,
            dragmode=False,
            margin={"l": 8, "r": 8, "t": 40, "b": 8},
            legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom", "itemclick": False},
            xaxis=_across(low, high),
            yaxis=axis(
                range=[len(lines) - 0.5, -0.5],
                tickvals=list(range(len(lines))),
                ticktext=[plain(line.title) for line in lines],
                showgrid=False,
                fixedrange=True,
                ticks="",
                tickfont={"size": 13, "color": "@text"},
            ),
            shapes=[_same_speed(), *_stripes(lines)],
            annotations=list(_values(lines, labels)),
        ),
        description=_describe(lines, labels),
        narrow={"xaxis": {"domain": [0.0, 0.6]}, "yaxis": {"tickfont": {"size": 12, "color": "@text"}}},
    )


def height(lines: Sequence[Line]) -> int:
    """Of the figure, in px."""
    return 80 + ROW * len(lines)


def _ends(lines: Sequence[Line]) -> tuple[float, float]:
    """The smallest and the largest factor on the axis."""
    seen = [end for line in lines for mark in line.marks for end in (mark.ratio, *(mark.interval or ()))]
    low, high = min([1 / LEAST, *seen]), max([LEAST, *seen])
    return max(low / 1.05, 1 / LIMIT), min(high * 1.05, LIMIT)


def _across(low: float, high: float) -> Json:
    width = math.log(high / low)
    ticks: list[float] = [1.0]
    for tick in sorted(TICKS, key=lambda tick: abs(math.log(tick))):
        if low <= tick <= high and all(abs(math.log(tick / other)) > CROWDED * width for other in ticks):
            ticks.append(tick)
    ticks.sort()
    return axis(
        type="log",
        domain=[0.0, 0.74],
        range=[math.log10(low), math.log10(high)],
        tickvals=ticks,
        ticktext=["as fast" if tick == 1 else f"{tick:.2g} ×" for tick in ticks],
        tickangle=0,
        fixedrange=True,
    )


def _legend(labels: dict[str, str]) -> Iterator[Json]:
    for framework, name in labels.items():
        yield {
            "type": "scatter",
            "mode": "markers",
            "x": [None],
            "y": [None],
            "name": plain(name),
            "marker": marker(framework, [11]),
            "uid": f"legend_{framework}",
        }


def _traces(lines: Sequence[Line], labels: dict[str, str], low: float, high: float) -> Iterator[Json]:
    """For each framework its bars, with gaps between them, and its dots on top; hollow without an interval."""
    for framework in labels:
        marks = [(_height(row, line, framework, labels), mark) for row, line in enumerate(lines) for mark in line.marks]
        marks = [(y, mark) for y, mark in marks if mark.framework == framework]
        bars = [(y, mark.interval) for y, mark in marks if mark.interval is not None]
        shown = [min(max(end, low), high) for _, interval in bars for end in interval]
        across = [each for pair in zip(shown[::2], shown[1::2], strict=True) for each in (*pair, None)]
        upward = [each for y, _ in bars for each in (y, y, None)]
        shared = {"type": "scatter", "showlegend": False}
        line = {"color": look(framework).colour, "width": 4}
        yield {**shared, "mode": "lines", "x": across, "y": upward, "line": line, "uid": f"bars_{framework}"}
        for hollow in (False, True):
            some = [(y, mark) for y, mark in marks if (mark.interval is None) == hollow]
            yield {
                **shared,
                "mode": "markers",
                "x": [min(max(mark.ratio, low), high) for _, mark in some],
                "y": [y for y, _ in some],
                "marker": marker(framework, [11] * len(some), hollow),
                "uid": f"{'hollow' if hollow else 'dots'}_{framework}",
            }


def _height(row: int, line: Line, framework: str, labels: dict[str, str]) -> float:
    """Where a framework's mark lies: in the middle of the row where it is the only one there."""
    there = [name for name in labels if any(mark.framework == name for mark in line.marks)]
    if len(there) < 2 or framework not in there:
        return float(row)
    return row + APART * (2 * there.index(framework) / (len(there) - 1) - 1)


def _same_speed() -> Json:
    line = {"color": "@muted", "width": 1.5}
    return {"type": "line", "x0": 1, "x1": 1, "y0": 0, "y1": 1, "yref": "paper", "line": line, "layer": "below"}


def _stripes(lines: Sequence[Line]) -> list[Json]:
    """Every other row on a shade, so that the eye finds its way to the words at its end."""
    where = {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "layer": "below", "line": {"width": 0}}
    return [{**where, "y0": row - 0.5, "y1": row + 0.5, "fillcolor": "@grey/0.08"} for row in range(0, len(lines), 2)]


def _values(lines: Sequence[Line], labels: dict[str, str]) -> Iterator[Json]:
    for row, line in enumerate(lines):
        for mark in line.marks:
            where = {"xref": "x domain", "x": 1.02, "xanchor": "left", "yref": "y", "yanchor": "middle"}
            y = _height(row, line, mark.framework, labels)
            yield note(mark.words, y=y, font={"size": 12, "color": look(mark.framework).colour}, **where)


def _describe(lines: Sequence[Line], labels: dict[str, str]) -> str:
    said = [
        f"{line.title}: {', '.join(f'{labels[mark.framework]} {mark.words}' for mark in line.marks)}"
        for line in lines
        if line.marks
    ]
    return f"Times as fast as the plain script. {'; '.join(said)}." if said else "Nothing has been measured yet."
