"""The real server: ready, small, and strict about what a page may load."""

import gzip
import http.client
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, Server, serving

pytestmark = pytest.mark.browser


def test_importing_the_server_loads_no_framework() -> None:
    heavy = "{'torch', 'tensorflow', 'keras', 'sklearn', 'statsmodels'}"
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


def test_the_servers_own_figures_are_closed(server: Server) -> None:
    for path in ("/_stcore/metrics", "/_stcore/metrics/", "/train/_stcore/metrics"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(server.url + path)
        assert refused.value.code == 404
        assert b"session" not in refused.value.read()
        assert refused.value.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", 101), ("evil.example", 403)])
def test_only_pages_from_this_address_get_a_session(server: Server, host: str, status: int) -> None:
    """A page elsewhere may have a name that was made to point here (DNS rebinding)."""
    port = urlsplit(server.url).port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Host": f"{host}:{port}", "Connection": "Upgrade", "Upgrade": "websocket"}
    headers |= {"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
    connection.request("GET", "/_stcore/stream", headers={**headers, "Sec-WebSocket-Protocol": "streamlit"})
    assert connection.getresponse().status == status
    connection.close()


def test_two_servers_on_one_folder_say_so_until_one_ends(page: Page, tmp_path: Path) -> None:
    line = page.get_by_text("Another Twincast server works on the same folder.")
    with serving(ROOT / "app.py", tmp_path) as first:
        with serving(ROOT / "app.py", tmp_path) as second:
            page.goto(second.url + "/history")
            expect(line).to_be_visible()
            page.goto(first.url)
            expect(page.get_by_text("Which series do you want to forecast?")).to_be_visible()
            expect(line).to_have_count(0)
        page.goto("about:blank")
