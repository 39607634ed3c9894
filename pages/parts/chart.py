"""Every chart of the pages: a figure of core.figures, drawn in the browser by plotly.js and refreshed in place.

`st.plotly_chart` remounts when its data changes and loses zoom and hidden lines; this component keeps both. Its files
are served as files, not passed as strings, so that the content security policy needs no `blob:`.
"""

import functools
import math
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

from core.figures.figure import DARK, LIGHT, Figure
from pages.parts import plotly_js, session

NAME = "twincast.chart"


def chart(
    figure: Figure, key: str, height: int = 380, narrow_height: int | None = None, zooms: str | None = None
) -> None:
    """Draw a figure `height` px high over the whole width. The same key next time redraws it in place.

    `narrow_height` is its height where there is little width and its panels stand below each other. With `zooms`, the
    name of what is drawn, the page or fragment runs again when the period in view has changed; `zoomed` tells which.
    """
    changes = {} if zooms is None else {"on_zoom_change": _nothing}
    _component()(
        key=key,
        **changes,
        data={
            "zooms": zooms,
            "data": figure.data,
            "layout": figure.layout,
            "narrow": figure.narrow,
            "description": figure.description,
            "palette": {"light": LIGHT, "dark": DARK},
            "plotly": plotly_js.url(),
            "height": height,
            "narrowHeight": narrow_height or height,
        },
        height="content",
    )


def zoomed(key: str, zooms: str) -> tuple[Any, Any] | None:
    """First and last time (or row number) in view of the chart with this key; None while all of it is.

    What a browser says is checked: times are in UTC without a zone, and a view of something else does not count.
    """
    said = (session.get(key) or {}).get("zoom")
    if not isinstance(said, dict) or said.get("of") != zooms:
        return None
    try:
        first, last = (_moment(end) for end in said["range"])
        return (first, last) if first < last else None
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _moment(end: object) -> Any:
    if isinstance(end, str):
        moment = np.datetime64(end, "us")
        if np.isnat(moment):
            raise ValueError(end)
        return moment
    if isinstance(end, int | float) and math.isfinite(end):
        return end
    raise TypeError(end)


def _nothing() -> None:
    """What is to be done is done by the run that follows."""


def _component() -> Any:
    """The component of the runtime at hand; a test has one of its own."""
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(NAME) is None:
        package, name = NAME.split(".")
        manifest = ComponentManifest(package, "1", [ComponentConfig(name, "chart_files")])
        manager.register_from_manifest(manifest, Path(__file__).parent)
    return _mount()


@functools.cache
def _mount() -> Any:
    return st.components.v2.component(
        NAME,
        html='<div class="twincast-chart" role="img"></div>',
        css="chart.css",
        js="chart.js",
        isolate_styles=False,  # in a shadow root plotly's drag zoom does nothing
    )
