"""The real server in a folder of its own, and a real Chromium that looks at it."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.processes import until

ROOT = Path(__file__).parents[1]
STREAMLIT = (sys.executable, "-m", "streamlit", "run", "app.py")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class Server:
    url: str
    pid: int
    home: Path
    began: float  # perf_counter at its start


@contextmanager
def home_folder() -> Iterator[Path]:
    """A temporary TWINCAST_HOME."""
    with tempfile.TemporaryDirectory(prefix="twincast-bench-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def started(home: Path, command: Sequence[str] = STREAMLIT) -> Iterator[Server]:
    """A server that may not answer yet, on a free port; ended by its process id."""
    port = _free_port()
    with (home / "server.log").open("wb") as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            [*command, "--server.port", str(port)],
            cwd=ROOT,
            env={**os.environ, "TWINCAST_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            yield Server(f"http://127.0.0.1:{port}", process.pid, home, began)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def serving(home: Path, command: Sequence[str] = STREAMLIT) -> Iterator[Server]:
    """A server that is ready."""
    with started(home, command) as server:
        until(lambda: answers(server.url + "/readyz"), 30, "the server")
        yield server


def answers(url: str) -> bool:
    """Whether a GET gets 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    path = shutil.which("chromium")
    if path is None:
        raise FileNotFoundError("Chromium is not installed. Run: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


def open_page(browser: Browser, url: str, script: str = "", wait: bool = True) -> Page:
    """A new session at `url`; `script` is JavaScript to run before the page loads. Waits for the page's own script."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.add_init_script(script)
    page.set_default_timeout(30_000)
    page.goto(url)
    if wait:
        idle(page)
    return page


def idle(page: Page) -> None:
    """Wait until the page's script has run to its end and nothing is about to appear."""
    expect(page.locator(".stApp[data-test-script-state='notRunning']")).to_be_visible(timeout=30_000)
    expect(page.locator(".stSkeleton, [data-testid='stSkeleton']")).to_have_count(0, timeout=30_000)


def chart_drawn(page: Page) -> None:
    """Wait until the first chart shows its lines."""
    expect(page.locator(".twincast-chart .main-svg").first).to_be_visible(timeout=30_000)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
