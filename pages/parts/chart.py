"""Every chart of the pages: a figure of core.figures, drawn in the browser by plotly.js and refreshed in place.

`st.plotly_chart` remounts when its data changes and loses zoom and hidden lines; this component keeps both. Its files
are served as files, not passed as strings, so that the content security policy needs no `blob:`.
"""

import functools
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

from core.figures.figure import DARK, LIGHT, Figure
from pages.parts import plotly_js

NAME = "twincast.chart"


def chart(figure: Figure, key: str, height: int = 380, narrow_height: int | None = None) -> None:
    """Draw a figure `height` px high over the whole width. The same key next time redraws it in place.

    `narrow_height` is its height where there is little width and its panels stand below each other.
    """
    _component()(
        key=key,
        data={
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
