"""The verdict as rows: how many times as much TensorFlow takes as PyTorch, a dot with a bar of uncertainty each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.figures.figure import Figure, Json, axis, layout, look, note

ROW = 44  # px
BELOW = 28  # px, for the marks of the axis
TITLES = 110  # px, the same in every such chart, so that they line up
WIDEST = 1.06  # the axis shows at least this many times as much either way
BETTER = {"pytorch_better": "pytorch", "tensorflow_better": "tensorflow"}


@dataclass(frozen=True)
class Criterion:
    """One row: TensorFlow's quantity divided by PyTorch's. `ratio` is None where nothing was measured."""

    title: str
    ratio: float | None
    interval: tuple[float, float] | None  # of the ratio
    outcome: str  # as comparison.json has it
    words: str  # the value as it is to be read
    margin: float = 0.0  # share from which a difference matters; 0: none is marked


def figure(criteria: Sequence[Criterion], labels: dict[str, str], less: str = "needs less") -> Figure:
    """One row a criterion, first on top, on one logarithmic axis on which equal is in the middle.

    `less` says what a framework does on whose side a dot lies.
    """
    rows = [criterion.title for criterion in criteria]
    widest = _widest(criteria)
    return Figure(
        data=tuple(trace for row, criterion in enumerate(criteria) for trace in _row(row, criterion, widest)),
        layout=layout(
            showlegend=False,
            hovermode=False,
            dragmode=False,
            margin={"l": TITLES, "r": 8, "t": 30, "b": BELOW},
            xaxis=_across(widest),
            yaxis=axis(
                range=[len(rows) - 0.5, -0.5],
                tickvals=list(range(len(rows))),
                ticktext=rows,
                showgrid=False,
                fixedrange=True,
                ticks="",
                tickfont={"size": 13, "color": "@text"},
                automargin=False,
            ),
            shapes=_marks(criteria, widest),
            annotations=[
                *_sides(labels, f" {less}"),
                *(_value(row, criterion) for row, criterion in enumerate(criteria)),
            ],
        ),
        description=" ".join(f"{criterion.title}: {criterion.words}." for criterion in criteria),
        narrow={
            "xaxis": {"domain": [0.0, 0.5], **_ticks(widest, few=True)},
            "annotations": [*_sides(labels), *(_value(row, criterion) for row, criterion in enumerate(criteria))],
        },
    )


def height(criteria: Sequence[Criterion]) -> int:
    """Of the figure, in px."""
    return 30 + BELOW + ROW * len(criteria)


def _widest(criteria: Sequence[Criterion]) -> float:
    """The largest factor to show, either way; beyond ten the bars are cut."""
    ends = [end for each in criteria for end in (each.ratio, *(each.interval or ())) if end and end > 0]
    return min(10.0, max([WIDEST, *(1.08 * math.exp(abs(math.log(end))) for end in ends)]))


def _row(row: int, criterion: Criterion, widest: float) -> list[Json]:
    if criterion.ratio is None or criterion.ratio <= 0:
        return []
    framework = BETTER.get(criterion.outcome)
    own = look(framework) if framework else None
    colour = own.colour if own else "@grey"
    traces: list[Json] = []
    if criterion.interval is not None:
        low, high = (min(max(end, 1 / widest), widest) for end in criterion.interval)
        bar = {"color": colour, "width": 5}
        traces.append(
            {"type": "scatter", "mode": "lines", "x": [low, high], "y": [row, row], "line": bar, "uid": f"bar{row}"}
        )
    dot: Json = {
        "symbol": own.marker if own else "diamond",
        "color": colour if criterion.interval is not None else "@background",
        "size": 12,
        "line": {"color": colour if criterion.interval is None else "@background", "width": 2},
    }
    ratio = min(max(criterion.ratio, 1 / widest), widest)
    traces.append({"type": "scatter", "mode": "markers", "x": [ratio], "y": [row], "marker": dot, "uid": f"dot{row}"})
    return traces


def _across(widest: float) -> Json:
    return axis(
        type="log",
        domain=[0.0, 0.62],
        range=[-math.log10(widest), math.log10(widest)],
        **_ticks(widest),
        fixedrange=True,
        side="bottom",
    )


def _ticks(widest: float, few: bool = False) -> Json:
    """Marks at equal and at round factors either way; a `few` where there is little width."""
    steps = next(steps for limit, steps in STEPS if widest < limit)
    shown = [step for step in steps if step <= widest]
    shown = shown[-1:] if few else shown
    ticks = sorted({*(1 / step for step in shown), 1.0, *shown})
    return {
        "tickvals": ticks,
        "ticktext": ["equal" if tick == 1 else _more(max(tick, 1 / tick)) for tick in ticks],
    }


STEPS = (  # marks on the axis, by how far it reaches
    (1.12, (1.02, 1.05, 1.1)),
    (1.35, (1.1, 1.2, 1.3)),
    (1.8, (1.25, 1.5)),
    (math.inf, (1.5, 2, 3, 5, 10)),
)


def _more(factor: float) -> str:
    """How much more, in percent as long as that reads easily."""
    return f"{factor - 1:.0%} more" if factor < 1.4 else f"{factor:.3g} ×"


def _marks(criteria: Sequence[Criterion], widest: float) -> list[Json]:
    """Equal as a line, and what does not matter as a band about it."""
    equal = {"type": "line", "x0": 1, "x1": 1, "y0": 0, "y1": 1, "yref": "paper"}
    bands = [
        {
            "type": "rect",
            "x0": 1 / (1 + criterion.margin),
            "x1": 1 + criterion.margin,
            "y0": row - 0.36,
            "y1": row + 0.36,
            "layer": "below",
            "line": {"width": 0},
            "fillcolor": "@grey/0.18",
        }
        for row, criterion in enumerate(criteria)
        if criterion.margin
    ]
    return [*bands, {**equal, "line": {"color": "@muted", "width": 1}}]


def _sides(labels: dict[str, str], less: str = "") -> list[Json]:
    where = {"xref": "x domain", "yref": "paper", "y": 1, "yanchor": "bottom"}
    return [
        note(f"← {labels['tensorflow']}{less}", x=0, xanchor="left", **where),
        note(f"{labels['pytorch']}{less} →", x=1, xanchor="right", **where),
    ]


def _value(row: int, criterion: Criterion) -> Json:
    where = {"xref": "x domain", "yref": "y", "x": 1.03, "y": row, "xanchor": "left", "align": "left"}
    return note(criterion.words, font={"size": 13, "color": "@text"}, **where)
