"""100 comparisons in a row through one server.

A real `streamlit run app.py` in which the workers train fakes: a comparison of both frameworks, two epochs each, is
started, watched by a session that opens it on Train and looks at the history when it has ended, and the next one is
started as soon as the workers for it are warm. After 30 of them, and again after 100 more, the server is left alone
until its workers are warm; then its resident memory, its threads and its file descriptors are read. By then what it
keeps of comparisons that are watched (24 of them) is full.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import processes
from benchmarks.figure import Figure
from tests.faults.driving import PATIENCE_S
from tests.faults.serving import LOOK_S, Server, Visit, await_nothing_left

WARM_UP, RUNS, QUICK = 30, 100, 5
WORKERS = 3
SETTLE_S = 2.0


@dataclass(frozen=True)
class Size:
    """Of the server's process, while it waits."""

    resident_mb: float
    own_mb: float  # of it, not pages of files
    threads: int
    descriptors: int


def measure(quick: bool) -> list[Figure]:
    with served() as server:
        return figures(server, QUICK if quick else WARM_UP, QUICK if quick else RUNS)


@contextmanager
def served() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="twincast-faults-", ignore_cleanup_errors=True) as home:
        server = Server(Path(home), "stub")
        try:
            server.await_ready()
            yield server
        finally:
            server.process.terminate()
            server.process.wait(PATIENCE_S)
            await_nothing_left(Path(home), 1.5)


def figures(server: Server, warm_up: int, runs: int) -> list[Figure]:
    with server.visit() as visit:
        first = [run(server, visit) for _ in range(warm_up)]
        before = size(server)
        states = [run(server, visit) for _ in range(runs)]
        after = size(server)
    return [
        Figure("comparisons, after those that warmed it up", [runs]),
        Figure("of all, not finished", [sum(state != "finished" for state in (*first, *states))], limit=0),
        Figure("resident memory before", [before.resident_mb], "MB"),
        Figure("growth of resident memory", [after.resident_mb - before.resident_mb], "MB", limit=5),
        Figure("growth of its own, not pages of files", [after.own_mb - before.own_mb], "MB"),
        Figure("more threads", [after.threads - before.threads], limit=0),
        Figure("more file descriptors", [after.descriptors - before.descriptors], limit=0),
    ]


def run(server: Server, visit: Visit) -> str:
    """How it ended."""
    processes.until(lambda: len(server.workers()) == WORKERS, PATIENCE_S, "warm workers", every=LOOK_S)
    id = server.start(epochs=2, order="together")
    visit.said("train", f"comparison={id}")
    processes.until(lambda: server.view(id).ended, PATIENCE_S, "the end", every=LOOK_S)
    visit.said("train", f"comparison={id}")
    visit.said("history")
    return server.view(id).state


def size(server: Server) -> Size:
    processes.until(lambda: len(server.workers()) == WORKERS, PATIENCE_S, "warm workers")
    time.sleep(SETTLE_S)
    pid = server.process.pid
    process = psutil.Process(pid)
    resident, own = processes.memory_mb(pid), processes.memory_mb(pid, "RssAnon")
    return Size(resident, own, process.num_threads(), process.num_fds())
