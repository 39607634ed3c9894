"""The live view at one refresh a second.

A real server with a comparison under way, watched by real Chromium sessions on the Train page: two frameworks, some 200
epochs each, a new one every half second. The workers replay a journal instead of training, so that the machine has
cores to spare. The server's processor time (user and system, from /proc) without a session is taken off, and the rest
divided by the sessions. Refreshes are counted as the ends of scripts that each browser is told of.
"""

import sys
from dataclasses import dataclass

from playwright.sync_api import Browser, Page

from benchmarks import processes, serving
from benchmarks.figure import Figure
from benchmarks.page_rerun import HOOK

COMMAND = (sys.executable, "-m", "benchmarks.replay_server")
LIMIT = 0.03  # of a core, a session
COUNT = "window.refreshes = 0; window.addEventListener('script-finished', () => window.refreshes++);"


@dataclass(frozen=True)
class Watched:
    """One stretch of watching: the share of a core the server used, and refreshes a second of each session."""

    share: float
    refreshes: list[float]


def measure(quick: bool) -> list[Figure]:
    seconds, repeats, crowd = (6, 1, 2) if quick else (15, 3, 5)
    with serving.home_folder() as home, serving.serving(home, COMMAND) as server, serving.chromium() as browser:
        idle = serving.open_page(browser, "about:blank", wait=False)  # only to wait with
        address = f"{server.url}/train?comparison={_comparison(server)}"
        alone, one, many = [], [], []
        for _ in range(repeats):
            alone.append(watch(server, [idle], seconds))
            one.append(crowd_of(1, browser, address, server, seconds))
            many.append(crowd_of(crowd, browser, address, server, seconds))
        idle.context.close()
    nobody = sorted(each.share for each in alone)[len(alone) // 2]
    return [
        Figure("server with a run and no session, share of a core", [each.share for each in alone], "%"),
        Figure("a session, of 1", [each.share - nobody for each in one], "%", LIMIT),
        Figure(f"a session, of {crowd}", [(each.share - nobody) / crowd for each in many], "%", LIMIT),
        Figure(
            "refreshes a second, each session",
            [rate for each in (*one, *many) for rate in each.refreshes],
            limit=0.9,
            sense="at least",
        ),
    ]


def crowd_of(count: int, browser: Browser, address: str, server: serving.Server, seconds: float) -> Watched:
    """Open that many sessions, let them settle, watch, close them."""
    pages = [serving.open_page(browser, address, script=HOOK + COUNT, wait=False) for _ in range(count)]
    for page in pages:
        serving.chart_drawn(page)
    pages[0].wait_for_timeout(3000)
    watched = watch(server, pages, seconds)
    for page in pages:
        page.context.close()
    return watched


def watch(server: serving.Server, pages: list[Page], seconds: float) -> Watched:
    used, counted = processes.cpu_seconds(server.pid), [_refreshes(page) for page in pages]
    pages[0].wait_for_timeout(1000 * seconds)
    share = (processes.cpu_seconds(server.pid) - used) / seconds
    return Watched(share, [(_refreshes(page) - before) / seconds for page, before in zip(pages, counted, strict=True)])


def _refreshes(page: Page) -> int:
    return int(page.evaluate("window.refreshes || 0"))


def _comparison(server: serving.Server) -> str:
    return next((server.home / "comparisons").iterdir()).name
