"""A real server and a real Chromium.

A test fails on any console error, page error, violation of the content security policy, or request to elsewhere.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = (1440, 800)
PROBE = re.compile(r"/\w+/_stcore/(health|host-config)$")  # opened at a page, Streamlit first asks below it: always 404


@dataclass(frozen=True)
class Server:
    url: str
    process: subprocess.Popen[bytes]
    log: Path
    ready_s: float  # from start to the first good answer


@dataclass
class Watch:
    """What went wrong in a page while a test looked at it."""

    faults: list[str] = field(default_factory=list)

    def on(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        page.on("request", lambda request: self._local(request.url))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not PROBE.search(message.location["url"]):
            self.faults.append(f"console: {message.text} ({message.location['url']})")

    def _local(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:http://127.0.0.1:")):
            self.faults.append(f"left this machine: {url}")


@contextmanager
def serving(script: Path, home: Path, health: str = "/readyz", options: Sequence[str] = ()) -> Iterator[Server]:
    """`streamlit run` on a free port with a store of its own, ended by its process id."""
    port = _free_port()
    log = home / "server.log"
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port), *options]
    environment = {**os.environ, "TWINCAST_HOME": str(home), "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with log.open("wb") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url + health, process, log)
            yield Server(url, process, log, time.perf_counter() - start)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.02)
    pytest.fail(f"the server did not start:\n{log.read_text()[-3000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The real server, one for all browser tests."""
    with serving(ROOT / "app.py", tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not installed.")
        pytest.skip("Chromium is not installed.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh session, 1440 px wide and light; what it sees go wrong fails the test at its end."""
    watch = Watch()
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light", accept_downloads=True)
    context.set_default_timeout(20_000)
    opened = context.new_page()
    watch.on(opened)
    yield opened
    context.close()
    assert not watch.faults, "\n".join(watch.faults)


def idle(page: Page) -> None:
    """Wait until the page's script has run to its end."""
    expect(page.locator(".stApp[data-test-script-state='notRunning']")).to_be_visible(timeout=20_000)
    expect(page.locator(".stSkeleton, [data-testid='stSkeleton']")).to_have_count(0)


def drawn(page: Page, key: str) -> None:
    """Wait until the chart with this key has its lines."""
    expect(page.locator(f".st-key-{key} .main-svg").first).to_be_visible(timeout=20_000)


def pictures(page: Page, folder: Path, name: str) -> None:
    """Pictures of the whole page, light and dark, wide and narrow."""
    folder.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        for width in WIDTHS:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(300)
            height = page.evaluate("Math.max(900, document.querySelector('.stMain').scrollHeight)")
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(500)
            page.screenshot(path=folder / f"{name}-{scheme}-{width}.png")
