"""The history of a series: one row a column on a common time axis, validation and test part shaded lightly."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from core.data.dataset import Dataset, Split
from core.figures.figure import (
    POINTS,
    Figure,
    Json,
    Times,
    axis,
    layout,
    number_format,
    numbers,
    plain,
    shade,
    thin,
    times,
    titled,
)


def figure(dataset: Dataset, split: Split | None = None) -> Figure:
    """The target columns of a dataset over time."""
    columns = {name: dataset.values[:, position] for position, name in enumerate(dataset.targets)}
    return history(np.asarray(dataset.index), columns, split)


def history(index: Times, columns: Mapping[str, npt.NDArray[np.floating]], split: Split | None = None) -> Figure:
    """Each column (T,) in a row of its own, with its own scale; zooming one in time zooms all.

    A longer series than 4,000 points is drawn by the lowest and highest value of each small stretch.
    """
    rows = len(columns)
    data = [_line(index, name, values, row) for row, (name, values) in enumerate(columns.items(), start=1)]
    return Figure(
        data=tuple(data),
        layout=layout(
            margin={"l": 8, "r": 8, "t": 28, "b": 8},
            showlegend=False,
            **_axes(list(columns), rows),
            shapes=[] if split is None else _parts(index, split, rows),
        ),
        description=_describe(index, list(columns)),
    )


def _line(index: Times, name: str, values: npt.NDArray[np.floating], row: int) -> Json:
    kept = thin(np.asarray(values), POINTS)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": times(np.asarray(index)[kept]),
        "y": numbers(values[kept]),
        "name": plain(name),
        "uid": f"column{row}",
        "line": {"color": "@text", "width": 1.4},
        "hovertemplate": f"%{{y:{number_format(values[kept])}}}",
        "xaxis": "x",
        "yaxis": "y" if row == 1 else f"y{row}",
    }


def _axes(names: list[str], rows: int) -> Json:
    """Rows from the top down, all on the one time axis at the bottom."""
    gap = 0.08 if rows > 1 else 0.0
    height = (1 - gap * (rows - 1)) / max(rows, 1)
    axes: Json = {"xaxis": axis(showgrid=False, anchor="y" if rows < 2 else f"y{rows}")}
    for row, name in enumerate(names, start=1):
        top = 1 - (row - 1) * (height + gap)
        domain = [max(top - height, 0.0), top]
        axes["yaxis" if row == 1 else f"yaxis{row}"] = axis(title=titled(name), domain=domain, nticks=6)
    return axes


def _parts(index: Times, split: Split, rows: int) -> list[Json]:
    """Light bands behind validation and test part; the names stand over the uppermost row only."""
    row_times = times(np.asarray(index)[[split.validation_start, split.test_start, split.end - 1]])
    start, test, end = row_times
    return [
        shade(first, last, colour, name if row == 1 else "", yref=f"y{row if row > 1 else ''} domain")
        for row in range(1, rows + 1)
        for first, last, colour, name in (
            (start, test, "@grey/0.09", "validation"),
            (test, end, "@accent/0.10", "test"),
        )
    ]


def _describe(index: Times, names: list[str]) -> str:
    if not len(index):
        return "An empty series."
    ends = times(np.asarray(index)[[0, -1]])
    return f"{' and '.join(names)} from {ends[0]} to {ends[1]}, {len(index):,} rows."
