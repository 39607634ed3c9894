"""The server's start and size.

A fresh `streamlit run app.py` in an empty home folder, asked every 10 ms until it answers 200. Then a real Chromium
opens the first page, which is what loads the rest; the memory is read when its chart is drawn. The server's memory map
is searched for files of PyTorch, TensorFlow, Keras and scikit-learn; its workers' maps are searched in the same way, to
show that the search finds them where they are. The first page is opened at once, while the workers still import.
"""

import time

from playwright.sync_api import Browser

from benchmarks import processes, serving
from benchmarks.figure import Figure

HEAVY = ("torch", "tensorflow", "keras", "sklearn")


def measure(quick: bool) -> list[Figure]:
    health, ready, drawn, memory, own, in_server, in_workers = zip(*_starts(1 if quick else 5), strict=True)
    return [
        Figure("start to /_stcore/health answering 200", health, "s"),
        Figure("start to /readyz answering 200", ready, "s", limit=2),
        Figure("start to the first page's chart drawn", drawn, "s"),
        Figure("resident memory after the first page", memory, "MB", limit=200),
        Figure("of it the process's own, not pages of files", own, "MB"),
        Figure("files of torch, tensorflow, keras, sklearn in the server", in_server, limit=0),
        Figure("the same in its workers, as a check of the search", in_workers, limit=1, sense="at least"),
    ]


def _starts(repeats: int) -> list[tuple[float, ...]]:
    with serving.chromium() as browser:
        return [_start(browser) for _ in range(repeats)]


def _start(browser: Browser) -> tuple[float, ...]:
    """One start: seconds to health, readiness and chart; MB in all and its own; mapped files in server and workers."""
    with serving.home_folder() as home, serving.started(home) as server:
        health = _seconds_until(server, "/_stcore/health")
        ready = _seconds_until(server, "/readyz")
        page = serving.open_page(browser, server.url)
        serving.chart_drawn(page)
        drawn = time.perf_counter() - server.began
        processes.await_idle_workers(server.pid, processes.WORKERS)
        memory = processes.memory_mb(server.pid)
        own = processes.memory_mb(server.pid, "RssAnon")
        in_server = processes.mapped_files(server.pid, HEAVY)
        in_workers = sum(processes.mapped_files(worker.pid, HEAVY) for worker in processes.workers(server.pid))
        page.context.close()
    return health, ready, drawn, memory, own, in_server, in_workers


def _seconds_until(server: serving.Server, path: str) -> float:
    processes.until(lambda: serving.answers(server.url + path), 30, path, every=0.01)
    return time.perf_counter() - server.began
