"""Training and validation loss by epoch, of one or several frameworks, while they learn and afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest

from core.figures.figure import Figure, Json, axis, layout, look, marker, note, numbers, titled

Losses = Sequence[float | None]

TRAINING, VALIDATION = "training", "validation"
LINES = 2  # earlier fits that are drawn one by one; more of them are a band


@dataclass(frozen=True)
class LossCurve:
    """The losses of one framework, first epoch first; None where there is none.

    `earlier` holds (training, validation) of its finished fits.
    """

    framework: str
    label: str
    train: Losses
    validation: Losses = ()
    earlier: Sequence[tuple[Losses, Losses]] = field(default_factory=tuple)


def figure(curves: Sequence[LossCurve], log: bool = False, epochs: int | None = None, title: str = "loss") -> Figure:
    """Training solid, validation dashed; earlier fits as faint lines behind, or the band that they lie in.

    `epochs` (those to come included) keeps the axis from growing every second. Lines keep their identity from call to
    call, so that a hidden one stays hidden and a zoom stays where it is.
    """
    longest = max((len(curve.train) for curve in curves), default=0)
    faint = [
        _band(curve, part) if len(curve.earlier) > LINES else _earlier(curve, part)
        for curve in curves
        for part in (TRAINING, VALIDATION)
    ]
    current = [_line(curve, part) for curve in curves for part in (TRAINING, VALIDATION)]
    return Figure(
        data=tuple(faint + current),
        layout=layout(
            xaxis=_epochs(max(epochs or 0, longest)) | {"showticklabels": bool(longest)},
            yaxis=axis(
                title=titled(title),
                type="log" if log else "linear",
                uirevision=f"log {log}",
                showticklabels=bool(longest),
                **_ticks(log),
            ),
            annotations=[] if longest else [note("No epoch has ended yet")],
        ),
        description=_describe(curves),
    )


def _line(curve: LossCurve, part: str) -> Json:
    losses = curve.train if part == TRAINING else curve.validation
    colour = look(curve.framework).colour
    return {
        **_trace(curve, part),
        "x": list(range(1, len(losses) + 1)),
        "y": numbers(losses, 6),
        "mode": "lines+markers",
        "line": {"color": colour, "width": 2, "dash": "solid" if part == TRAINING else "dash"},
        "marker": marker(curve.framework, _sizes(losses), hollow=part == VALIDATION),
        "name": f"{curve.label}, {part}",
        "uid": f"{curve.framework}-{part}",
        "hovertemplate": "%{y:.4r}",
        "showlegend": part == TRAINING or any(loss is not None for loss in losses),
    }


def _earlier(curve: LossCurve, part: str) -> Json:
    fits = [fit[part == VALIDATION] for fit in curve.earlier]
    return {
        **_trace(curve, part),
        "x": list(chain.from_iterable([*range(1, len(fit) + 1), None] for fit in fits)),
        "y": list(chain.from_iterable([*numbers(fit, 6), None] for fit in fits)),
        "mode": "lines",
        "line": {"color": look(curve.framework).colour, "width": 1, "dash": "solid" if part == TRAINING else "dot"},
        "opacity": 0.35,
        "uid": f"{curve.framework}-{part}-earlier",
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _band(curve: LossCurve, part: str) -> Json:
    """From the smallest to the largest loss of the earlier fits, epoch by epoch, of those that got so far."""
    by_epoch = zip_longest(*(numbers(fit[part == VALIDATION], 6) for fit in curve.earlier))
    found = [[loss for loss in losses if loss is not None] for losses in by_epoch]
    span = [(epoch, min(losses), max(losses)) for epoch, losses in enumerate(found, start=1) if losses]
    epochs = [epoch for epoch, _, _ in span]
    return {
        **_trace(curve, part),
        "x": [*epochs, *epochs[::-1]],
        "y": [*[low for _, low, _ in span], *[high for _, _, high in span][::-1]],
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": f"{look(curve.framework).colour}/{0.2 if part == TRAINING else 0.1}",
        "uid": f"{curve.framework}-{part}-earlier",
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _trace(curve: LossCurve, part: str) -> Json:
    """A line and its earlier fits share a legend group: they are hidden together."""
    return {"type": "scatter", "legendgroup": f"{curve.framework} {part}", "connectgaps": False}


def _sizes(losses: Losses) -> list[int | None]:
    """Marker sizes: every epoch while there are few, then every 5th, 10th, 20th…, and always the last."""
    count = len(losses)
    step = next((step for step in (1, 5, 10, 20, 50, 100, 200, 500) if count <= 16 * step), 1000)
    return [6 if epoch % step == 0 or epoch == count else None for epoch in range(1, count + 1)]


def _epochs(count: int) -> Json:
    return axis(
        title=titled("epoch"),
        autorangeoptions={"include": [1, max(count, 5)]},
        unifiedhovertitle={"text": "epoch %{x}"},
        showgrid=False,
        tickformat=",d",
        **({"dtick": 1} if count <= 12 else {}),
    )


def _ticks(log: bool) -> Json:
    return {"dtick": "D2", "tickformat": ".3~r"} if log else {"tickformat": ".4~r"}


def _describe(curves: Sequence[LossCurve]) -> str:
    said = [f"{curve.label}{_last(curve)}" for curve in curves]
    return "Loss by epoch. " + "; ".join(said) + "." if said else "Loss by epoch, nothing yet."


def _last(curve: LossCurve) -> str:
    """Where a curve stands now, for the description."""
    if not curve.train:
        return ": no epoch has ended yet"
    known = [(name, losses[-1]) for name, losses in ((TRAINING, curve.train), (VALIDATION, curve.validation)) if losses]
    return f" after epoch {len(curve.train)}: " + ", ".join(f"{n} {v:.4g}" for n, v in known if v is not None)
