"""The server. `streamlit run app.py` serves the pages on http://127.0.0.1:8501."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pages.parts import engine, errors, plotly_js
from pages.parts.headers import SecurityHeaders


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[dict[str, Any]]:
    """The supervisor and its workers live as long as the server."""
    await asyncio.to_thread(engine.supervisor)
    await asyncio.to_thread(engine.another_server)  # takes the folder's lock, by which other servers know of this one
    gc.collect()
    gc.freeze()  # what the imports left is never garbage: later collections need not look at it
    ready.set()
    try:
        yield {}
    finally:
        ready.clear()
        await asyncio.to_thread(engine.close)


ready = asyncio.Event()


async def readyz(request: Request) -> Response:
    """200 while the supervisor runs, 503 before and after, and when its thread has ended."""
    able = ready.is_set() and engine.alive()
    return JSONResponse({"ready": able}, status_code=200 if able else 503)


app = st.App(
    "pages/main.py",
    lifespan=lifespan,
    routes=[Route("/readyz", readyz), plotly_js.route()],
    middleware=[Middleware(SecurityHeaders)],
    on_script_error=errors.script_error,
)
