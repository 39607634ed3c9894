"""Where forecasts go wrong: errors by step ahead, by the clock or by size, and over time, a line a framework."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.evaluation.residuals import Group
from core.figures.figure import (
    Figure,
    Json,
    Times,
    axis,
    layout,
    look,
    marker,
    note,
    number_format,
    numbers,
    thin,
    times,
    titled,
)

FEW = 40  # groups that still have room for a marker each
ZERO = {"type": "line", "xref": "x domain", "x0": 0, "x1": 1, "y0": 0, "y1": 0, "line": {"color": "@grey", "width": 1}}


@dataclass(frozen=True)
class Grouped:
    """One framework's errors in groups."""

    framework: str
    label: str
    groups: Sequence[Group]


@dataclass(frozen=True)
class InTime:
    """One framework's mean error of each window, at the time of its first step."""

    framework: str
    label: str
    times: Times  # (N,)
    errors: npt.NDArray[np.floating]  # (N,)


def by_group(curves: Sequence[Grouped], across: str, unit: str, signed: bool = True) -> Figure:
    """Mean errors with the middle half of them as a band, about a line at zero; or their mean size, from zero.

    `across` names what the groups are, `unit` what the errors are in.
    """
    data = [trace for curve in curves for trace in (_traces(curve, signed) if curve.groups else ())]
    return Figure(
        data=tuple(data),
        layout=layout(
            xaxis=axis(title=titled(across), showgrid=False, type=_kind(curves)),
            yaxis=axis(
                title=titled(f"{'error' if signed else 'mean absolute error'}, {unit}"),
                tickformat=_ticks([value for curve in curves for value in _values(curve.groups, signed)]),
                rangemode="normal" if signed else "tozero",
            ),
            shapes=[ZERO] if signed else [],
            annotations=[] if data else [note("No forecasts to judge")],
        ),
        description=_describe(curves, across, signed),
    )


def over_time(lines: Sequence[InTime], unit: str) -> Figure:
    """The mean error of each window: where a line stays above zero the forecasts were too high for long."""
    return Figure(
        data=tuple(_line(line) for line in lines if len(line.errors)),
        layout=layout(
            xaxis=axis(title=titled("first step of the forecast"), showgrid=False),
            yaxis=axis(
                title=titled(f"mean error, {unit}"),
                tickformat=_ticks([float(value) for line in lines for value in line.errors]),
            ),
            shapes=[ZERO],
            annotations=[] if any(len(line.errors) for line in lines) else [note("No forecasts to judge")],
        ),
        description=_describe_time(lines),
    )


def _traces(curve: Grouped, signed: bool) -> list[Json]:
    """The band below its line; none where only the size is asked for."""
    labels = [group.label for group in curve.groups]
    line = {
        "type": "scatter",
        "x": labels,
        "y": numbers(_values(curve.groups, signed), 4),
        "mode": "lines+markers",
        "line": {"color": look(curve.framework).colour, "width": 2},
        "marker": marker(curve.framework, [7 if len(labels) <= FEW else None] * len(labels)),
        "name": curve.label,
        "legendgroup": curve.framework,
        "uid": f"{curve.framework}-line",
        "hovertemplate": "%{y:.4~r}",
    }
    return [*(_band(curve, labels) if signed else ()), line]


def _band(curve: Grouped, labels: Sequence[str | float]) -> list[Json]:
    edges = [[group.lower for group in curve.groups], [group.upper for group in curve.groups]]
    edge: Json = {
        "type": "scatter",
        "x": list(labels),
        "mode": "lines",
        "line": {"width": 0},
        "legendgroup": curve.framework,
        "showlegend": False,
        "hoverinfo": "skip",
    }
    filled = {"fill": "tonexty", "fillcolor": f"{look(curve.framework).colour}/0.12"}
    return [
        {**edge, "y": numbers(edges[0], 4), "uid": f"{curve.framework}-lower"},
        {**edge, "y": numbers(edges[1], 4), "uid": f"{curve.framework}-upper", **filled},
    ]


def _line(line: InTime) -> Json:
    kept = thin(line.errors)
    return {
        "type": "scatter",
        "x": times(np.asarray(line.times)[kept]),
        "y": numbers(line.errors[kept], 4),
        "mode": "lines",
        "line": {"color": look(line.framework).colour, "width": 1.5},
        "name": line.label,
        "legendgroup": line.framework,
        "uid": f"{line.framework}-time",
        "hovertemplate": "%{y:.4~r}",
    }


def _ticks(values: Sequence[float]) -> str:
    """Thousands set apart, without zeros after the last digit that says something."""
    return f"{number_format(values).removesuffix('f')}~f"


def _values(groups: Sequence[Group], signed: bool) -> list[float]:
    return [group.mean if signed else group.mae for group in groups]


def _kind(curves: Sequence[Grouped]) -> str:
    """Names stand side by side, numbers on a scale."""
    named = any(isinstance(group.label, str) for curve in curves for group in curve.groups)
    return "category" if named else "linear"


def _describe(curves: Sequence[Grouped], across: str, signed: bool) -> str:
    said = []
    for curve in curves:
        judged = [group for group in curve.groups if group.count]
        if judged:
            worst = max(judged, key=lambda group: group.mae)
            said.append(f"{curve.label} is furthest off at {worst.label}, by {worst.mae:.4g} on average")
    what = "Errors" if signed else "Size of the errors"
    return f"{what} by {across}. {'; '.join(said) or 'No forecasts to judge'}."


def _describe_time(lines: Sequence[InTime]) -> str:
    said = [
        f"{line.label}: too high in {float((line.errors > 0).mean()):.0%} of {len(line.errors):,} windows"
        for line in lines
        if len(line.errors)
    ]
    return f"Mean error of each forecast over time. {'; '.join(said) or 'No forecasts to judge'}."
