"""Whether plotly takes a figure."""

import json
import re
from typing import Any

import plotly.graph_objects as go

from core.figures.figure import DARK, LIGHT, Figure, resolve


def accepted(figure: Figure) -> go.Figure:
    """Plotly's own validation of every property, in both themes; and JSON without NaN."""
    json.dumps([figure.data, figure.layout], allow_nan=False)
    narrow = Figure(figure.data, _merged(figure), figure.description)
    _validated(resolve(figure, DARK))
    _validated(resolve(narrow, LIGHT))
    for trace in figure.data:
        assert re.fullmatch("[A-Za-z0-9_-]+", trace["uid"])  # plotly.js makes a CSS class of it
    return _validated(resolve(figure, LIGHT))


def _validated(content: dict[str, Any]) -> go.Figure:
    """plotly.js takes None among marker sizes for no marker; its Python half would refuse it."""
    for trace in content["data"]:
        sizes = trace.get("marker", {}).get("size")
        if isinstance(sizes, list):
            trace["marker"]["size"] = [size or 0 for size in sizes]
    return go.Figure(content)


def _merged(figure: Figure) -> dict[str, Any]:
    return {**figure.layout, **{key: {**figure.layout[key], **value} for key, value in figure.narrow.items()}}
