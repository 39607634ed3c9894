"""A rerun of a page.

A widget of each page is clicked 50 times, with a finished comparison of the retail sample in the home folder: the
sample on Data (another series is read and drawn), the framework on Train (settings are checked and planned anew), the
layout on Compare (all forecasts are drawn anew). Two clocks. In the browser: from the click to the end of the script
(Streamlit's own mark, notRunning), with the transport, the server, and Chromium's drawing on the same cores. Script
alone: the same page and the same click under Streamlit's AppTest in a process of its own, without browser or server.
The target is held against both.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks import comparing, processes, serving
from benchmarks.figure import Figure
from core.runs.presets import PRESETS
from core.runs.store import Store
from core.runs.supervisor import Supervisor

LIMIT_MS = 60
WORKERS = 3  # two frameworks and the evaluation

# In the page: click, and resolve with the milliseconds until its script has run.
CLICK = """element => new Promise(resolve => {
  const app = document.querySelector('.stApp');
  let ran = false;
  const began = performance.now();
  new MutationObserver((_, observer) => {
    if (app.dataset.testScriptState !== 'notRunning') { ran = true; return; }
    if (ran) { observer.disconnect(); resolve(performance.now() - began); }
  }).observe(app, {attributes: true, attributeFilter: ['data-test-script-state']});
  element.click();
})"""


@dataclass(frozen=True)
class Subject:
    """A page and the two options of one of its widgets, by `key` and by what they are called and hold."""

    page: str
    path: str
    key: str
    labels: tuple[str, str]  # as the browser shows them
    values: tuple[str, str]  # as the script holds them


SUBJECTS = (
    Subject("Data", "", "sample", ("IBM share price", "US retail sales"), ("stock", "retail")),
    Subject("Train", "train", "frameworks", ("PyTorch", "Both"), ("pytorch", "both")),
    Subject("Compare", "compare", "layout", ("Laid over", "Side by side"), ("over", "beside")),
)


def measure(quick: bool) -> list[Figure]:
    clicks = 6 if quick else 50
    with serving.home_folder() as home:
        comparison = finished_comparison(home)
        with serving.serving(home) as server, serving.chromium() as browser:
            processes.await_idle_workers(server.pid, WORKERS)
            seen = [in_browser(browser, server.url, subject, comparison, clicks) for subject in SUBJECTS]
        alone = script_alone(home, comparison, clicks)
    return [
        figure
        for subject, browser_ms, script_ms in zip(SUBJECTS, seen, alone, strict=True)
        for figure in (
            Figure(f"{subject.page}, in the browser", browser_ms, "ms", LIMIT_MS, by="p95"),
            Figure(f"{subject.page}, script alone", script_ms, "ms", LIMIT_MS, by="p95"),
        )
    ]


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


def in_browser(browser: Browser, url: str, subject: Subject, comparison: str, clicks: int) -> list[float]:
    """Milliseconds from each click to the end of the script; two clicks before that do not count."""
    query = f"?comparison={comparison}" if subject.path == "compare" else ""
    page = serving.open_page(browser, f"{url}/{subject.path}{query}")
    try:
        return alternate(clicks, lambda side: _click(page, subject.key, subject.labels[side]))
    finally:
        page.context.close()


def _click(page: Page, key: str, label: str) -> float:
    button = page.locator(f".st-key-{key} button", has_text=label).first
    milliseconds = float(button.evaluate(CLICK))
    serving.idle(page)
    page.wait_for_timeout(100)  # what it drew is on screen before the next click
    return milliseconds


def alternate(clicks: int, click: Callable[[int], float]) -> list[float]:
    return [click(number % 2) for number in range(clicks + 2)][2:]


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
