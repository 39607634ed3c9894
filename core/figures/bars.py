"""A few quantities, each in a panel with its own scale and one bar a framework: where time and memory went."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from core.figures.figure import Figure, Json, axis, layout, look, note


@dataclass(frozen=True)
class Quantity:
    """One number a framework, by framework name; None where it was not measured.

    `contended` names the frameworks whose number was measured while something else kept the machine busy.
    """

    title: str
    unit: str
    values: Mapping[str, float | None]
    contended: Collection[str] = ()


def figure(quantities: Sequence[Quantity], labels: Mapping[str, str]) -> Figure:
    """Panels side by side, bars from zero, the value at each bar; `labels` names the frameworks, first on top.

    A contended number's bar is hatched: it is not to be compared.
    """
    panels = len(quantities)
    data = [_bars(quantity, labels, panel) for panel, quantity in enumerate(quantities, start=1)]
    return Figure(
        data=tuple(data),
        layout=layout(
            showlegend=False,
            hovermode=False,
            dragmode=False,
            margin={"l": 8, "r": 8, "t": 32, "b": 4},
            bargap=0.5,
            **_axes(quantities, labels, [(_share(i, panels), (0.0, 1.0)) for i in range(panels)]),
            annotations=[_title(quantity, panel) for panel, quantity in enumerate(quantities, start=1)],
        ),
        description=_describe(quantities, labels),
        narrow=_two_columns(panels),
    )


def _bars(quantity: Quantity, labels: Mapping[str, str], panel: int) -> Json:
    values = [quantity.values.get(framework) for framework in labels]
    number = "" if panel == 1 else str(panel)
    return {
        "type": "bar",
        "orientation": "h",
        "x": values,
        "y": list(labels.values()),
        "text": [readable(value, quantity.unit) for value in values],
        "textposition": "outside",
        "cliponaxis": False,
        "textfont": {"color": "@text", "size": 12},
        "marker": {
            "color": [look(framework).colour for framework in labels],
            "cornerradius": 3,
            "line": {"width": 0},
            "pattern": {
                "shape": ["/" if framework in quantity.contended else "" for framework in labels],
                "fillmode": "replace",
                "size": 5,
                "solidity": 0.35,
            },
        },
        "xaxis": f"x{number}",
        "yaxis": f"y{number}",
        "uid": f"panel{panel}",
    }


def readable(value: float | None, unit: str) -> str:
    """Three significant digits and the unit, seconds below a tenth as milliseconds."""
    if value is None:
        return "not measured"
    if unit == "s" and abs(value) < 0.1:
        return f"{_three(value * 1000)} ms"
    return f"{_three(value)} {unit}".rstrip()


def _three(value: float) -> str:
    if value == 0:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


Span = tuple[float, float]


def _axes(quantities: Sequence[Quantity], labels: Mapping[str, str], places: list[tuple[Span, Span]]) -> Json:
    axes: Json = {}
    for panel, (quantity, (across, upward)) in enumerate(zip(quantities, places, strict=True), start=1):
        number = "" if panel == 1 else str(panel)
        largest = max((abs(value) for value in quantity.values.values() if value is not None), default=0.0) or 1.0
        axes[f"xaxis{number}"] = axis(
            anchor=f"y{number}", domain=list(across), range=[0, largest * 1.7], visible=False, fixedrange=True
        )
        axes[f"yaxis{number}"] = axis(
            anchor=f"x{number}",
            domain=list(upward),
            range=[len(labels) - 0.5, -0.5],
            showgrid=False,
            showticklabels=panel == 1,
            fixedrange=True,
            ticks="",
        )
    return axes


def _share(position: int, panels: int) -> Span:
    """The horizontal part of one of several panels in a row."""
    gap = 0.03
    width = (1 - gap * (panels - 1)) / panels
    return position * (width + gap), position * (width + gap) + width


def _two_columns(panels: int) -> Json:
    """Without the width for one row: two panels a row."""
    rows = -(-panels // 2)
    changes: Json = {}
    for position in range(panels):
        number = "" if position == 0 else str(position + 1)
        row, height = position // 2, 1 / rows
        top = 1 - row * height
        changes[f"xaxis{number}"] = {"domain": list(_share(position % 2, 2))}
        changes[f"yaxis{number}"] = {"domain": [top - height * 0.72, top], "showticklabels": position % 2 == 0}
    return changes if panels > 2 else {}


def _title(quantity: Quantity, panel: int) -> Json:
    number = "" if panel == 1 else str(panel)
    where = {"x": 0, "y": 1, "xref": f"x{number} domain", "yref": f"y{number} domain"}
    return note(quantity.title, **where, xanchor="left", yanchor="bottom")


def _describe(quantities: Sequence[Quantity], labels: Mapping[str, str]) -> str:
    said = [
        f"{quantity.title}: "
        + ", ".join(
            f"{label} {readable(quantity.values.get(framework), quantity.unit)}"
            + (" (contended)" if framework in quantity.contended else "")
            for framework, label in labels.items()
        )
        for quantity in quantities
    ]
    return "; ".join(said) + "."
