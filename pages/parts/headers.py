"""What every answer of the server tells the browser to refuse, and what the server itself does not tell.

The policy lets a page load from this server only. Each permission beyond that has its reason beside it; the browser
tests fail on any violation.
"""

import base64
import hashlib
import re
from pathlib import Path

import streamlit
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Style elements that scripts make, by the SHA-256 of their text.
STYLES = (
    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",  # empty, filled rule by rule (emotion, plotly)
    "38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o=",  # react-aria: how a touch on a button scrolls
    "ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o=",  # MapLibre's rules inside plotly.min.js 4.1
)


METRICS = "/_stcore/metrics"  # sessions, memory and caches of the server: nobody's business but its keeper's


class SecurityHeaders:
    """Adds the headers to every HTTP answer, and has no metrics to show; websocket messages pass untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.headers = [(name.encode(), value.encode()) for name, value in security_headers().items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                added = [header for header in self.headers if header[0] not in present]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["path"].rstrip("/").endswith(METRICS):
            await PlainTextResponse("Not found", 404)(scope, receive, send_with_headers)
        else:
            await self.app(scope, receive, send_with_headers)


def security_headers() -> dict[str, str]:
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy().items()),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
    }


def policy() -> dict[str, str]:
    """What a page may do, each permission with its reason; what is not named here, `default-src` refuses."""
    return {
        "default-src": "'none'",
        "script-src": f"'self' {_inline_scripts()} 'wasm-unsafe-eval'",  # Streamlit's own page; its Arrow decoder
        "style-src": "'self' " + " ".join(map(_hash, STYLES)),  # Streamlit's files; STYLES says whose each hash is
        "style-src-attr": "'none'",
        "img-src": "'self' data: blob:",  # icons of the server and of the widgets; a chart saved as PNG
        "font-src": "'self' data:",  # Inter from this server; fonts inside Streamlit's style sheets
        "connect-src": "'self'",  # the websocket that every page lives on, uploads, the health check
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",  # there is no form: a login is a plain link to the provider, which this leaves alone
    }


def _inline_scripts() -> str:
    """Hashes of the scripts written into Streamlit's index.html, whichever version is installed."""
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    return " ".join(_hash(base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()) for script in scripts)


def _hash(digest: str) -> str:
    return f"'sha256-{digest}'"
