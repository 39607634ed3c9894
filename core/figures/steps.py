"""How training steps change from epoch to epoch: the gradient's norm, and the learning rate below it."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.figures.figure import Figure, Json, axis, layout, look, marker, note, numbers, titled

Values = Sequence[float | None]


@dataclass(frozen=True)
class StepCurve:
    """Of one framework, first epoch first; None where it is not known."""

    framework: str
    label: str
    norms: Values
    rates: Values


def figure(curves: Sequence[StepCurve], epochs: int | None = None) -> Figure:
    """Two panels on one axis of epochs; a norm is drawn on a log scale, as it falls by orders of magnitude."""
    known = any(value is not None for curve in curves for value in curve.norms)
    longest = max((len(curve.norms) for curve in curves), default=0)
    return Figure(
        data=tuple([_norms(curve) for curve in curves] + [_rates(curve) for curve in curves]),
        layout=layout(
            xaxis=axis(
                title=titled("epoch"),
                anchor="y2",
                showgrid=False,
                tickformat=",d",
                showticklabels=known,
                autorangeoptions={"include": [1, max(epochs or 0, longest, 5)]},
                unifiedhovertitle={"text": "epoch %{x}"},
            ),
            yaxis=axis(
                title=titled("gradient norm"),
                domain=[0.45, 1],
                type="log",
                dtick="D2",
                tickformat=".2~r",
                showticklabels=known,
            ),
            yaxis2=axis(
                title=titled("learning rate"),
                domain=[0, 0.35],
                rangemode="tozero",
                nticks=3,
                tickformat=".3~r",
                showticklabels=known,
            ),
            annotations=[] if known else [note("No epoch has ended yet")],
        ),
        description=_describe(curves),
    )


def _norms(curve: StepCurve) -> Json:
    few = len(curve.norms) <= 16
    return {
        "type": "scatter",
        "x": list(range(1, len(curve.norms) + 1)),
        "y": numbers([value if value else None for value in curve.norms], 4),  # no place for 0 on a log scale
        "mode": "lines+markers",
        "line": {"color": look(curve.framework).colour, "width": 2},
        "marker": marker(curve.framework, [6 if few else None] * len(curve.norms)),
        "name": curve.label,
        "legendgroup": curve.framework,
        "uid": f"{curve.framework}-norm",
        "hovertemplate": "norm %{y:.3r}",
    }


def _rates(curve: StepCurve) -> Json:
    """In steps, as a rate holds for a whole epoch; wide behind narrow, as both frameworks have the same."""
    return {
        "type": "scatter",
        "x": list(range(1, len(curve.rates) + 1)),
        "y": numbers(curve.rates, 4),
        "yaxis": "y2",
        "mode": "lines",
        "line": {"color": look(curve.framework).colour, "width": 2, "shape": "hvh"},
        "opacity": 0.7,
        "name": curve.label,
        "legendgroup": curve.framework,
        "showlegend": False,
        "uid": f"{curve.framework}-rate",
        "hovertemplate": "rate %{y:.4r}",
    }


def _describe(curves: Sequence[StepCurve]) -> str:
    said = [
        f"{curve.label} after epoch {len(curve.norms)}: norm {curve.norms[-1]:.3g}, rate {curve.rates[-1]:.4g}"
        for curve in curves
        if curve.norms and curve.norms[-1] is not None and curve.rates[-1] is not None
    ]
    return f"Gradient norm and learning rate by epoch. {'; '.join(said) or 'No epoch has ended yet'}."
