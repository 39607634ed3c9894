"""A rerun of a page.

A widget of each page is clicked 50 times, with a finished comparison of the retail sample in the home folder: the
sample on Data (another series is read and drawn), the framework on Train (settings are checked and planned anew), the
layout on Compare (all forecasts are drawn anew). Three clocks, each to the 95th percentile. Over the websocket: from
the request a click sends until the message that the script has run to its end, from the real server to a client that
draws nothing. In Chromium: from the click until that message is handled, and until the frame after it, with Chromium's
own work on the same cores. Script alone: page and click under Streamlit's AppTest, without server or browser.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks import comparing, page_socket, processes, serving
from benchmarks.figure import Figure
from benchmarks.page_subjects import SUBJECTS, Subject, alternate
from core.runs.presets import PRESETS
from core.runs.store import Store
from core.runs.supervisor import Supervisor

LIMIT_MS = 60

# Before the page loads: note each message of the server that says that a script has run to its end.
# A ForwardMsg is a protobuf message; field 6 is script_finished (streamlit/proto/ForwardMsg.proto).
HOOK = """
window.WebSocket = class extends window.WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener('message', event => {
      if (finished(new Uint8Array(event.data))) window.dispatchEvent(new Event('script-finished'));
    });
  }
};
function finished(bytes) {
  let at = 0;
  const number = () => { let n = 0, shift = 1, byte; do { byte = bytes[at++]; n += (byte & 127) * shift; shift *= 128; }
                         while (byte > 127); return n; };
  while (at < bytes.length) {
    const key = number();
    if (key === 6 * 8) return true;
    const value = number();
    if (key % 8 === 2) at += value;  // a length: pass over what it counts
  }
  return false;
}
"""

# Click, and resolve with the milliseconds to the end of the script and to the frame drawn after it.
CLICK = """element => new Promise((resolve, reject) => {
  const began = performance.now();
  window.addEventListener('script-finished', () => {
    const ended = performance.now() - began;
    requestAnimationFrame(() => setTimeout(() => resolve([ended, performance.now() - began])));
  }, {once: true});
  setTimeout(() => reject(new Error('the page did not run again within 10 s')), 10000);
  element.click();
})"""


def measure(quick: bool) -> list[Figure]:
    clicks = 6 if quick else 50
    with serving.home_folder() as home:
        comparison = finished_comparison(home)
        with serving.serving(home) as server, serving.chromium() as browser:
            processes.await_idle_workers(server.pid, processes.WORKERS)
            served = [page_socket.reruns(server.url, subject, comparison, clicks) for subject in SUBJECTS]
            seen = [in_browser(browser, server.url, subject, comparison, clicks) for subject in SUBJECTS]
        alone = script_alone(home, comparison, clicks)
    figures = []
    for subject, answered, clicked, script in zip(SUBJECTS, served, seen, alone, strict=True):
        ended, drawn = zip(*clicked, strict=True)
        figures += [
            Figure(f"{subject.page}: script alone", script, "ms", LIMIT_MS, by="p95"),
            Figure(f"{subject.page}: over the websocket", answered, "ms", LIMIT_MS, by="p95"),
            Figure(f"{subject.page}: in Chromium", ended, "ms", LIMIT_MS, by="p95"),
            Figure(f"{subject.page}: in Chromium, to the next frame", drawn, "ms", by="p95"),
        ]
    return figures


def finished_comparison(home: Path) -> str:
    """Both frameworks on the retail sample, by the Demo preset; its id."""
    dataset = comparing.sample("retail")
    supervisor = Supervisor(Store(home), warm=())
    supervisor.start()
    try:
        engine = comparing.Engine(supervisor, supervisor.store, ())
        folder = engine.start(dataset, PRESETS["demo"].settings(dataset))
        engine.finish(folder)
    finally:
        supervisor.close()
    return folder.id


def in_browser(browser: Browser, url: str, subject: Subject, comparison: str, clicks: int) -> list[tuple[float, float]]:
    """Milliseconds from each click to the end of the script, and to the frame after it."""
    query = f"?comparison={comparison}" if subject.path == "compare" else ""
    page = serving.open_page(browser, f"{url}/{subject.path}{query}", script=HOOK)
    try:
        return alternate(clicks, lambda side: _click(page, subject.key, subject.places[side]))
    finally:
        page.context.close()


def _click(page: Page, key: str, place: int) -> tuple[float, float]:
    button = page.locator(f".st-key-{key} button[role=radio]").nth(place)
    ended, drawn = button.evaluate(CLICK)
    page.wait_for_timeout(300)  # all is drawn before the next click
    return ended, drawn


def script_alone(home: Path, comparison: str, clicks: int) -> list[list[float]]:
    """The same from page_script, a process like the server's."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.page_script", comparison, str(clicks)],
        cwd=serving.ROOT,
        env={**os.environ, "TWINCAST_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])
