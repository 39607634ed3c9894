"""The history of a series: one row a column on a common time axis, validation and test part shaded lightly."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from core.data.dataset import Dataset, Split
from core.figures.figure import (
    POINTS,
    Figure,
    Json,
    Time,
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

Moment = Time | float | np.datetime64 | datetime  # a pandas Timestamp is a datetime
Window = tuple[Moment, Moment]
Mark = tuple[Moment, str]
Floats = npt.NDArray[np.floating]

DENSE = 1_500  # points of a line from which on a thinner one shows more
FEWEST = 800  # points a column, however many columns there are
MARGIN = 0.1  # of a window is drawn beyond it on either side
GAPS = 500  # the widest ones are shown
NARROWEST = 1_000  # parts of the width; a gap smaller than one of them is not seen
NOT_TIMED = (None, "B")  # steps without gaps between rows: none at all, and holidays


def figure(dataset: Dataset, split: Split | None = None) -> Figure:
    """The target columns of a dataset over time."""
    columns = {name: dataset.values[:, position] for position, name in enumerate(dataset.targets)}
    return history(np.asarray(dataset.index), columns, split, frequency=dataset.frequency)


def history(
    index: Times,
    columns: Mapping[str, Floats],
    split: Split | None = None,
    *,
    frequency: str | None = None,
    window: Window | None = None,
    marks: Sequence[Mark] = (),
) -> Figure:
    """Each column (T,) in a row of its own, with its own scale; zooming one in time zooms all.

    4,000 points are drawn for all columns together; a longer series is thinned so that its line looks the same. A line
    stops where cells are missing, and where times are missing from the step of `frequency`. With a `window` of two
    times (or row numbers) only what lies in it and a little beyond is drawn, the finer. `marks` are vertical lines.
    """
    rows = len(columns)
    clock = np.asarray(index)
    seen = _seen(clock, window)
    step = _step(clock, frequency)
    limit = max(POINTS // max(rows, 1), FEWEST)
    data = [
        _line(clock[seen], name, np.asarray(values)[seen], row, limit, step)
        for row, (name, values) in enumerate(columns.items(), start=1)
    ]
    parts = [] if split is None else _parts(clock, split, rows)
    return Figure(
        data=tuple(data),
        layout=layout(
            margin={"l": 8, "r": 8, "t": 28, "b": 8},
            showlegend=False,
            **_axes(list(columns), rows),
            shapes=[*parts, *_marks(clock[seen], marks)],
        ),
        description=_describe(clock, list(columns)),
    )


def _line(index: npt.NDArray[Any], name: str, values: Floats, row: int, limit: int, step: Any) -> Json:
    x, y = _points(index, values, limit, step)
    return {
        "type": "scatter",
        **_mode(y),
        "x": x,
        "y": y,
        "name": plain(name),
        "uid": f"column{row}",
        "line": {"color": "@text", "width": 1.4 if len(y) < DENSE else 0.9},
        "hovertemplate": f"%{{y:{number_format(y)}}}",
        "xaxis": "x",
        "yaxis": "y" if row == 1 else f"y{row}",
    }


def _points(
    index: npt.NDArray[Any], values: Floats, limit: int, step: Any
) -> tuple[list[Time | None], list[float | None]]:
    """Times and values to draw, with None between those that no line joins."""
    there = np.flatnonzero(np.isfinite(values))
    places = thin(values[there], limit)
    kept = there[places]
    parted = np.diff(there) > 1
    if step is not None:
        parted |= np.diff(index[there]) > step
    parted_before = np.concatenate([[0], np.cumsum(parted)])
    gaps = np.diff(parted_before[places]) > 0 if len(places) else np.zeros(0, dtype=bool)
    x: list[Time | None] = [*times(index[kept])]
    y = numbers(values[kept])
    for place in _widest(index[kept], gaps, thinned=len(kept) < len(there))[::-1]:
        x.insert(place + 1, None)
        y.insert(place + 1, None)
    return x, y


def _widest(drawn: npt.NDArray[Any], gaps: npt.NDArray[np.bool_], thinned: bool) -> list[int]:
    """The gaps to show; of very many the widest, and on a thinned line those that can be seen at all."""
    widths = np.diff(drawn)
    if thinned:
        gaps = gaps & (widths > (drawn[-1] - drawn[0]) / NARROWEST)
    places = np.flatnonzero(gaps)
    widest = places[np.argsort(widths[places], kind="stable")[::-1][:GAPS]]
    return sorted(widest.tolist())


def _mode(y: list[float | None]) -> Json:
    """A line; a value between two gaps is a dot, as there is nothing to join it with."""
    around = [None, *y, None]
    alone = [around[n] is None and around[n + 2] is None and value is not None for n, value in enumerate(y)]
    if not any(alone):
        return {"mode": "lines"}
    sizes = [4 if dot else None for dot in alone]
    return {"mode": "lines+markers", "marker": {"color": "@text", "size": sizes, "line": {"width": 0}}}


def _seen(index: npt.NDArray[Any], window: Window | None) -> slice:
    """The rows in the window and a little beyond."""
    if window is None or not len(index):
        return slice(None)
    first, last = (_moment(end, index) for end in window)
    begin, end = int(np.searchsorted(index, first)), int(np.searchsorted(index, last, side="right"))
    beyond = max(int(MARGIN * (end - begin)), 2)
    return slice(max(begin - beyond, 0), max(end + beyond, 0))


def _moment(time: Moment, index: npt.NDArray[Any]) -> Any:
    """As the index counts: a time, or a row's number."""
    if index.dtype.kind == "M":
        return np.asarray(time).astype("datetime64[us]")[()]
    return np.float64(time)  # type: ignore[arg-type]  # rows without times are asked for by their number


def _step(index: npt.NDArray[Any], frequency: str | None) -> Any:
    """Rows further apart have a gap between them; None where there is none to tell."""
    if frequency in NOT_TIMED or index.dtype.kind != "M" or len(index) < 3:
        return None
    return np.median(np.diff(index).astype("timedelta64[us]").astype(np.int64)) * 1.5 * np.timedelta64(1, "us")


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


def _parts(index: npt.NDArray[Any], split: Split, rows: int) -> list[Json]:
    """Light bands behind validation and test part; the names stand over the uppermost row only."""
    start, test, end = times(index[[split.validation_start, split.test_start, split.end - 1]])
    return [
        shade(first, last, colour, name if row == 1 else "", yref=f"y{row if row > 1 else ''} domain")
        for row in range(1, rows + 1)
        for first, last, colour, name in (
            (start, test, "@grey/0.09", "validation"),
            (test, end, "@accent/0.10", "test"),
        )
    ]


LABELS_APART = 0.12  # of the width; a mark nearer to a named one goes without a name


def _marks(index: npt.NDArray[Any], marks: Sequence[Mark]) -> list[Json]:
    """Dashed lines over the whole height; those outside would widen the axis and are left out."""
    if not len(index):
        return []
    drawn: list[Json] = []
    named = -1.0
    places = sorted(((_moment(time, index), text) for time, text in marks), key=lambda mark: mark[0])
    for place, text in places:
        if not index[0] <= place <= index[-1]:
            continue
        share = float((place - index[0]) / (index[-1] - index[0])) if index[-1] > index[0] else 0.0
        shown = share >= named + LABELS_APART
        named = share if shown else named
        drawn.append(_mark(times(np.asarray([place]).astype(index.dtype))[0], text if shown else "", share))
    return drawn


def _mark(time: Time, text: str, share: float) -> Json:
    label = {
        "text": plain(text),
        "textposition": "end",
        "textangle": 0,
        "xanchor": "right" if share > 0.8 else "left",
        "yanchor": "top",
        "font": {"size": 12, "color": "@muted"},
    }
    line = {"color": "@muted", "width": 1, "dash": "dot"}
    return {
        "type": "line",
        **{"x0": time, "x1": time, "y0": 0, "y1": 1, "yref": "paper"},
        "line": line,
        "label": label,
    }


def _describe(index: npt.NDArray[Any], names: list[str]) -> str:
    if not len(index):
        return "An empty series."
    ends = times(index[[0, -1]])
    return f"{' and '.join(names)} from {ends[0]} to {ends[1]}, {len(index):,} rows."
