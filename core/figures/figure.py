"""What every chart is made of: the figure itself, its colours by name, its axes, and numbers made small enough to send.

Colours are names (`@pytorch`, `@text`, `@grey/0.2` with an opacity) that whoever draws turns into those of a light or
dark theme: `resolve` here, pages/parts/chart_files/chart.js in a browser.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from tsdownsample import MinMaxLTTBDownsampler

from core.data.words import visible

Json = dict[str, Any]
Numbers = Sequence[float | None] | npt.NDArray[np.floating]
Time = str | int
Times = Sequence[Time] | Sequence[str] | Sequence[int] | npt.NDArray[np.datetime64] | npt.NDArray[np.int64]


@dataclass(frozen=True)
class Figure:
    """Traces and layout in plotly's JSON, and one sentence for those who cannot see them.

    `narrow` replaces parts of the layout where there is less than 640 px of width. A trace's `uid` keeps its identity
    from one refresh to the next; plotly.js makes a CSS class of it, so it is made of letters, digits, - and _ alone.
    """

    data: tuple[Json, ...]
    layout: Json
    description: str
    narrow: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Look:
    """How a framework is told apart: by colour, and by marker for eyes that see the two colours alike."""

    colour: str
    marker: str


LOOKS = {"pytorch": Look("@pytorch", "circle"), "tensorflow": Look("@tensorflow", "square")}

LIGHT = {
    "pytorch": "#d1495b",
    "tensorflow": "#1f6fb2",
    "text": "#17212b",
    "muted": "#5d6a77",
    "grey": "#7d8996",
    "line": "#e6eaee",
    "background": "#ffffff",
    "accent": "#0b6e6e",
}
DARK = {
    "pytorch": "#ff8a94",
    "tensorflow": "#6cb4ee",
    "text": "#e6ebf0",
    "muted": "#9aa7b4",
    "grey": "#8593a1",
    "line": "#25303b",
    "background": "#10161d",
    "accent": "#4fc3b8",
}

CLEAR = "rgba(0,0,0,0)"
LABEL = 40  # letters of a name on a chart
POINTS = 4_000  # more than a screen has columns


def look(framework: str) -> Look:
    """The look of a framework; one without a look of its own gets the page's accent and diamonds."""
    return LOOKS.get(framework, Look("@accent", "diamond"))


def marker(framework: str, sizes: Sequence[int | None], hollow: bool = False) -> Json:
    """The framework's own marker, one size a point (None: no marker there; 0 would shrink it in the legend)."""
    own = look(framework)
    fill = "@background" if hollow else own.colour
    edge = {"color": own.colour, "width": 1.5 if hollow else 0}
    return {"symbol": own.marker, "color": fill, "opacity": 1, "size": list(sizes), "line": edge}


def layout(**changes: Any) -> Json:
    """What all charts share: no frame, no background, a quiet legend above, one hover box for all lines."""
    return {
        "autosize": True,
        "margin": {"l": 8, "r": 8, "t": 44, "b": 8},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "font": {"size": 13, "color": "@text"},
        "showlegend": True,
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1,
            "yanchor": "bottom",
        },
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "@background", "bordercolor": "@line", "font": {"size": 13, "color": "@text"}},
        "modebar": {"bgcolor": CLEAR, "color": "@grey", "activecolor": "@accent"},
        "dragmode": "zoom",
        "uirevision": "kept",
        **changes,
    }


def axis(**changes: Any) -> Json:
    return {
        "gridcolor": "@line",
        "gridwidth": 1,
        "zeroline": False,
        "showline": False,
        "automargin": True,
        "ticklabelstandoff": 6,
        "tickfont": {"size": 12, "color": "@muted"},
        "title": {"font": {"size": 12, "color": "@muted"}, "standoff": 8},
        "exponentformat": "none",
        **changes,
    }


def plain(text: str) -> str:
    """A name from the data as plotly.js takes it: no tags such as <a href=…>, and not longer than a label can be."""
    text = visible(text if len(text) <= LABEL else text[: LABEL - 1] + "…")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def titled(text: str) -> Json:
    """An axis title in the axes' own quiet style."""
    return {"text": plain(text), "font": {"size": 12, "color": "@muted"}, "standoff": 8}


def shade(start: Any, end: Any, colour: str, name: str = "", **changes: Any) -> Json:
    """A band over the whole height between two times, named in its upper left corner."""
    return {
        "type": "rect",
        "x0": start,
        "x1": end,
        "y0": 0,
        "y1": 1,
        "yref": "y domain",
        "layer": "below",
        "line": {"width": 0},
        "fillcolor": colour,
        "label": {"text": name, "textposition": "top left", "font": {"size": 12, "color": "@muted"}},
        **changes,
    }


def note(text: str, **changes: Any) -> Json:
    """Words on the chart itself, without an arrow."""
    where = {"x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "showarrow": False}
    return {"text": text, "font": {"size": 13, "color": "@muted"}, **where, **changes}


def numbers(values: Iterable[float | None], digits: int = 7) -> list[float | None]:
    """Rounded to significant digits, whole numbers without a point; what is not finite becomes None (a gap)."""
    return [None if value is None or not math.isfinite(value) else _short(float(value), digits) for value in values]


def times(values: Times) -> list[Time]:
    """ISO times without the parts that are zero everywhere; row numbers stay numbers."""
    array = np.asarray(values)
    if array.dtype.kind in "iu":
        return [int(value) for value in array]
    if array.dtype.kind != "M":
        return [str(value) for value in array]
    if (array.astype("datetime64[D]") == array).all():
        array = array.astype("datetime64[D]")
    else:
        array = array.astype("datetime64[s]" if (array.astype("datetime64[s]") == array).all() else "datetime64[ms]")
    return [str(text) for text in np.datetime_as_string(array)]


def number_format(values: Iterable[float | None]) -> str:
    """A d3 format with about five significant digits at the size of the largest value, thousands set apart."""
    sizes = [abs(value) for value in values if value is not None and math.isfinite(value)]
    largest = max(sizes, default=0.0)
    decimals = 4 - math.floor(math.log10(largest)) if largest > 0 else 0
    return f",.{min(max(decimals, 0), 8)}f"


def thin(values: npt.NDArray[np.floating], limit: int = POINTS) -> npt.NDArray[np.int64]:
    """Rows to draw, in order: those whose line looks like that of all (MinMaxLTTB, https://arxiv.org/abs/2305.00332).

    The first and the last row are among them; of rows without a value no other is.
    """
    rows = len(values)
    if rows <= limit:
        return np.arange(rows, dtype=np.int64)
    there = np.flatnonzero(np.isfinite(values))
    if len(there) > limit - 2:
        drawn = np.ascontiguousarray(values[there], dtype=np.float64)
        there = there[MinMaxLTTBDownsampler().downsample(drawn, n_out=limit - 2).astype(np.int64)]
    return np.unique(np.concatenate([[0], there, [rows - 1]])).astype(np.int64)


def resolve(figure: Figure, colours: Mapping[str, str]) -> Json:
    """The figure as plotly takes it, colour names replaced by those of `colours` (LIGHT or DARK)."""
    resolved: Json = _resolve({"data": list(figure.data), "layout": figure.layout}, colours)
    return resolved


def _resolve(value: Any, colours: Mapping[str, str], key: str = "") -> Any:
    """Names stand for colours where a colour is expected, nowhere else: a column may be called "@text"."""
    if isinstance(value, dict):
        return {name: _resolve(item, colours, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_resolve(item, colours, key) for item in value]
    if isinstance(value, str) and key.endswith("color") and (match := re.fullmatch(r"@([a-z]+)(?:/([\d.]+))?", value)):
        colour = colours[match[1]]
        return colour if match[2] is None else _with_opacity(colour, match[2])
    return value


def _with_opacity(colour: str, opacity: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def _short(value: float, digits: int) -> float:
    short = float(f"{value:.{digits}g}")
    return int(short) if short.is_integer() else short
