"""Real servers that can be killed, spoken to, and searched for what they leave behind."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from benchmarks import processes, serving
from core.runs.store import Store
from core.runs.view import ComparisonReader, ComparisonView
from tests.faults.asked import appear
from tests.faults.driving import PATIENCE_S, WITNESS

LOOK_S = 0.01


class Server:
    """`streamlit run app.py` in the folder `home`, with workers of a kind (tests/faults/witness.py)."""

    def __init__(self, home: Path, kind: str, **environment: str) -> None:
        self.home, self.witness = home, home / WITNESS
        port = serving._free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.began = time.monotonic()
        with (home / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.server", kind, "--server.port", str(port)],
                cwd=serving.ROOT,
                env={**os.environ, "TWINCAST_HOME": str(home), "TWINCAST_WITNESS": str(self.witness), **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def await_ready(self) -> float:
        """Seconds from its start until it says so."""
        processes.until(self.is_ready, PATIENCE_S, "the server", every=LOOK_S)
        return time.monotonic() - self.began

    def is_ready(self) -> bool:
        return serving.answers(self.url + "/readyz")

    def workers(self) -> list[int]:
        return [pid for pid, line in left(self.home).items() if "tests.faults.witness" in line]

    def start(self, kinds: Sequence[str] = ("score",), session: str = "", **settings: Any) -> str:
        """A comparison under its supervisor; the id, once it waits or trains."""
        name = f"{time.time_ns()}.json"
        appear(self.home / "wishes" / name, json.dumps({"settings": settings, "kinds": kinds, "session": session}))
        granted = self.home / "granted" / name
        processes.until(granted.exists, PATIENCE_S, "the comparison to be taken", every=LOOK_S)
        return granted.read_text()

    def view(self, id: str) -> ComparisonView:
        """From the folder alone, as any other process sees it."""
        return ComparisonReader(Store(self.home).open(id)).view(None)

    @contextmanager
    def visit(self) -> Iterator["Visit"]:
        address = self.url.replace("http://", "ws://") + "/_stcore/stream"
        with connect(address, subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[list-item]
            yield Visit(socket)

    def end(self, number: int) -> float:
        """Seconds from the signal to its death."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(PATIENCE_S)
        return time.monotonic() - began


class Visit:
    """A session over a websocket of its own, as a browser's; it draws nothing."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    def said(self, page: str, query: str = "") -> str:
        """All texts of a page, the marks of escaped names taken out."""
        message = BackMsg()
        message.rerun_script.page_name, message.rerun_script.query_string = page, query
        self._socket.send(message.SerializeToString())
        texts: list[str] = []
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(self._socket.recv(60))
            if answer.WhichOneof("type") == "script_finished":
                return "\n".join(texts).replace("\\", "").replace("\u2060", "").replace("**", "")
            element = answer.delta.new_element
            texts += [element.markdown.body, element.alert.body, element.heading.body]


def left(home: Path) -> dict[int, str]:
    """Every process that was started with this home folder, zombies apart: its number and its command line."""
    mark, found = f"TWINCAST_HOME={home}\0".encode(), {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (folder / "environ").read_bytes() + b"\0":
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def await_nothing_left(home: Path, seconds: float) -> tuple[float, dict[int, str]]:
    """How long it took, and what was there still after so many seconds; that is ended then."""
    began = time.monotonic()
    while there := left(home):
        if time.monotonic() - began > seconds:
            for pid in there:
                with suppress(psutil.Error):
                    psutil.Process(pid).kill()
            break
        time.sleep(LOOK_S)
    return time.monotonic() - began, there
