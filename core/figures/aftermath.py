"""What was forecast after the last row and what came: lines, prediction intervals, and a dot for each new value."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.figures.bands import Band, traces
from core.figures.figure import (
    Figure,
    Json,
    Times,
    axis,
    layout,
    look,
    marker,
    number_format,
    numbers,
    shade,
    times,
    titled,
)

Values = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Line:
    """What a framework forecast (H,), with its prediction interval where it has one."""

    framework: str
    label: str
    values: Values
    band: Band | None = None


def figure(past: tuple[Times, Values], steps: Times, happened: Values, lines: Sequence[Line], unit: str) -> Figure:
    """`past`: times and values of the last rows that were trained on; `steps`: the times forecast (H,); `happened`:
    the values there (H,), NaN where none is known."""
    before, known = times(past[0]), np.flatnonzero(np.isfinite(happened))
    ahead = times(steps)
    bands = [trace for line in lines for trace in traces(line.framework, [line.band] if line.band else [])]
    end = int(known[-1]) + 1 if len(known) else 0
    came = np.concatenate([past[1], happened[:end]])
    actual: Json = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [*before, *ahead[:end]],
        "y": numbers(came),
        "name": "what happened",
        "uid": "happened",
        "line": {"color": "@text", "width": 1.6},
        "marker": {"color": "@text", "size": [None] * len(before) + [6] * end},
        "hovertemplate": f"%{{y:{number_format(numbers(came))}}}",
    }
    return Figure(
        data=(*bands, *(_line(line, before[-1:], past[1][-1:], ahead) for line in lines), actual),
        layout=layout(
            xaxis=axis(showgrid=False, nticks=9),
            yaxis=axis(title=titled(unit), nticks=6),
            shapes=[shade(before[-1], ahead[-1], "@grey/0.10", "forecast")] if before else [],
        ),
        description=f"{' and '.join(line.label for line in lines)}: forecasts of {len(ahead)} steps from {ahead[0]} to "
        f"{ahead[-1]}, beside the {len(known)} values that have come.",
    )


def _line(line: Line, last: Sequence[object], value: Values, ahead: Sequence[object]) -> Json:
    """From the last row that was known, whose place a marker shows."""
    y = numbers([*value.tolist(), *line.values.tolist()])
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [*last, *ahead],
        "y": y,
        "name": line.label,
        "legendgroup": line.framework,
        "uid": line.framework,
        "line": {"color": look(line.framework).colour, "width": 1.9},
        "marker": marker(line.framework, [7] * len(last) + [5] * len(ahead)),
        "hovertemplate": f"%{{y:{number_format(y)}}}",
    }
