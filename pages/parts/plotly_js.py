"""plotly.min.js, served from the installed plotly package: 1.5 MB once a browser, nothing from elsewhere."""

import asyncio
import functools
import gzip
import hashlib
import importlib.util
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def serve(request: Request) -> Response:
    headers = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        content = await asyncio.to_thread(_gzipped)
        return Response(content, media_type="text/javascript", headers={**headers, "content-encoding": "gzip"})
    return Response(await asyncio.to_thread(file().read_bytes), media_type="text/javascript", headers=headers)


def route() -> Route:
    return Route(url(), serve)


@functools.cache
def url() -> str:
    """Named by its content, so that a browser may keep it for ever."""
    return f"/plotly/{hashlib.sha256(file().read_bytes()).hexdigest()[:16]}.min.js"


@functools.cache
def file() -> Path:
    """Found without importing plotly, whose Python half the server does not need."""
    spec = importlib.util.find_spec("plotly")
    assert spec is not None and spec.submodule_search_locations is not None
    return Path(next(iter(spec.submodule_search_locations))) / "package_data" / "plotly.min.js"


@functools.cache
def _gzipped() -> bytes:
    return gzip.compress(file().read_bytes(), compresslevel=9, mtime=0)
