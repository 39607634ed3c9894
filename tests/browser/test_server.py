"""The real server: ready, small, and strict about what a page may load."""

import gzip
import subprocess
import sys
import urllib.request

import pytest

from tests.browser.conftest import ROOT, Server

pytestmark = pytest.mark.browser


def test_importing_the_server_loads_no_framework() -> None:
    heavy = "{'torch', 'tensorflow', 'keras', 'sklearn'}"
    code = f"import app, sys; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_ready_says_so(server: Server) -> None:
    with urllib.request.urlopen(server.url + "/readyz") as answer:
        assert (answer.status, answer.read()) == (200, b'{"ready":true}')


def test_every_answer_carries_the_security_headers(server: Server) -> None:
    for path in ("/", "/readyz", "/_stcore/health", "/app/static/icon.svg"):
        with urllib.request.urlopen(server.url + path) as answer:
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "http" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"


def test_plotly_is_sent_small_and_kept_for_ever(server: Server) -> None:
    from pages.parts import plotly_js

    request = urllib.request.Request(server.url + plotly_js.url(), headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        body = answer.read()
        assert "immutable" in answer.headers["cache-control"]
    assert len(body) < 1_600_000
    assert gzip.decompress(body) == plotly_js.file().read_bytes()
    with urllib.request.urlopen(server.url + plotly_js.url()) as answer:
        assert answer.read() == plotly_js.file().read_bytes()
