"""Many people watching one comparison while it trains.

A real server, whose two workers train the electricity sample at the same time with PyTorch and TensorFlow, one thread
each. 20 sessions, then 50, open the comparison on Train over websockets of their own, as a browser does, and ask for
its panel again once a second, each at a moment of its own; they read every answer and draw nothing. A tick is the time
from the scheduled second until the message that the script has run to its end: waiting for the server, the script and
the sending of all it draws, and what a tick that was late leaves to the next. Server, workers and the sessions' client
share the same cores. An error is a tick that does not end well, has no chart, or has an error box.
"""

import asyncio
import sys
import time
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks import processes, serving
from benchmarks.comparing import epochs
from benchmarks.figure import Figure
from core.runs.store import ComparisonFolder, Store

COMMAND = (sys.executable, "-m", "benchmarks.crowd_server")
LIMITS_MS = {20: 250, 50: 1000}  # of the 95th percentile, by sessions
SETTLE_S = 5.0  # after the last session has opened
GOOD = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


@dataclass
class Session:
    """One websocket; `ticks` in milliseconds."""

    socket: ClientConnection
    query: str
    fragment: str = ""
    interval: float = 1.0
    ticks: list[float] = field(default_factory=list)
    errors: int = 0

    async def open(self) -> None:
        """The whole page, as a browser asks for it at first; it tells which part to ask for each second."""
        await self._run(BackMsg())

    async def watch(self, begin: float, end: float) -> None:
        """Ask each second until `end`; what is asked after `begin` counts. Both are perf_counter's."""
        due = time.perf_counter() + self.interval
        while due < end:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            message = BackMsg()
            message.rerun_script.fragment_id = self.fragment
            message.rerun_script.is_auto_rerun = True
            await self._run(message)
            if due >= begin:
                self.ticks.append(1000 * (time.perf_counter() - due))
            due += self.interval

    async def _run(self, message: BackMsg) -> None:
        """Send, and read until the script has ended."""
        message.rerun_script.page_name = "train"
        message.rerun_script.query_string = self.query
        await self.socket.send(message.SerializeToString())
        charts = 0
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(await asyncio.wait_for(self.socket.recv(), 60))
            kind = answer.WhichOneof("type")
            if kind == "script_finished":
                self.errors += answer.script_finished not in GOOD or not charts
                return
            if kind == "auto_rerun":
                self.fragment, self.interval = answer.auto_rerun.fragment_id, answer.auto_rerun.interval
            elif kind == "delta":
                element = answer.delta.new_element.WhichOneof("type")
                charts += element == "bidi_component"
                self.errors += element in ("alert", "exception")


@dataclass(frozen=True)
class Watched:
    """One crowd: all its ticks in milliseconds, its errors, the server's share of a core, and epochs a second."""

    ticks: list[float]
    errors: int
    server: float
    epochs: dict[str, float]


def measure(quick: bool) -> list[Figure]:
    seconds = 6 if quick else 60
    figures = []
    with serving.home_folder() as home, serving.serving(home, COMMAND) as server:
        folder = _comparison(Store(home))
        processes.until(lambda: all(epochs(run) for run in folder.runs()), 120, "the first epochs")
        alone = _trained(folder, seconds)
        for count, limit in LIMITS_MS.items():
            watched = asyncio.run(_crowd(server, folder, count, seconds))
            figures += [
                Figure(f"{count} sessions: a tick", watched.ticks, "ms", limit, by="p95"),
                Figure(f"{count} sessions: errors", [watched.errors], limit=0),
                Figure(f"{count} sessions: the server's share of a core", [watched.server], "%"),
                *(
                    Figure(f"{count} sessions: {name}'s epochs a second, of those without a session", [rate], "%")
                    for name, rate in _shares(watched.epochs, alone).items()
                ),
            ]
    return figures


async def _crowd(server: serving.Server, folder: ComparisonFolder, count: int, seconds: float) -> Watched:
    """Open that many sessions one after the other, let them settle, watch, close them."""
    address = server.url.replace("http://", "ws://") + "/_stcore/stream"
    sockets = [
        await connect(address, subprotocols=["streamlit"], max_size=None, compression=None)  # type: ignore[list-item]
        for _ in range(count)
    ]
    sessions = [Session(socket, f"comparison={folder.id}") for socket in sockets]
    try:
        for session in sessions:
            await session.open()
        begin = time.perf_counter() + SETTLE_S
        watching = [
            asyncio.create_task(_later(position / count, session, begin, begin + seconds))
            for position, session in enumerate(sessions)
        ]
        await asyncio.sleep(SETTLE_S)
        used, rates = processes.cpu_seconds(server.pid), _counts(folder)
        await asyncio.sleep(seconds)
        used = (processes.cpu_seconds(server.pid) - used) / seconds
        rates = {name: (after - rates[name]) / seconds for name, after in _counts(folder).items()}
        await asyncio.gather(*watching)
    finally:
        for socket in sockets:
            await socket.close()
    ticks = [tick for session in sessions for tick in session.ticks]
    return Watched(ticks, sum(session.errors for session in sessions), used, rates)


async def _later(wait: float, session: Session, begin: float, end: float) -> None:
    """Sessions that came at different times ask at different moments of a second."""
    await asyncio.sleep(wait)
    await session.watch(begin, end)


def _trained(folder: ComparisonFolder, seconds: float) -> dict[str, float]:
    """Epochs a second of each framework while nobody watches."""
    before = _counts(folder)
    time.sleep(seconds)
    return {name: (after - before[name]) / seconds for name, after in _counts(folder).items()}


def _counts(folder: ComparisonFolder) -> dict[str, int]:
    return {run.framework: len(epochs(run)) for run in folder.runs()}


def _shares(watched: dict[str, float], alone: dict[str, float]) -> dict[str, float]:
    return {name: rate / alone[name] for name, rate in watched.items() if alone[name]}


def _comparison(store: Store) -> ComparisonFolder:
    return store.open(next(store.comparisons.iterdir()).name)
