"""A server with one page of charts, to watch charts alone: same headers, routes and look as the real one."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from pages.parts import errors, plotly_js
from pages.parts.headers import SecurityHeaders
from pages.parts.theme import STATIC

app = st.App(
    Path(__file__).with_name("charts.py"),
    routes=[plotly_js.route(), Mount("/app/static", StaticFiles(directory=STATIC))],
    middleware=[Middleware(SecurityHeaders)],
    on_script_error=errors.script_error,
)
