"""A worker process as its supervisor holds it: started, spoken to, ended with all its children, its death explained."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.errors import Problem
from core.runs.channel import Channel, Message

REPOSITORY = Path(__file__).resolve().parents[2]  # where `core` can be imported from
COMMAND = (sys.executable, "-m", "core.runs.worker")
ACKNOWLEDGE_S = 1.0  # without an answer to stop: SIGTERM
TERMINATE_S = 2.0  # SIGKILL
SCORE_S = 20.0  # a worker that answered may take so long to score what it has


class WorkerProcess:
    """One `python -m core.runs.worker NAME`.

    To be made by the supervisor's own thread: on Linux the kernel ends the worker when the thread that made it ends.
    `tell` is called from other threads with what the worker says, and at last with {"died": exit code}.
    """

    def __init__(self, name: str, log: Path, tell: Callable[["WorkerProcess", Message], None]) -> None:
        self.name = name
        self.ready: Message | None = None
        self.stop_at: float | None = None  # when it was told to stop, monotonic
        self.stopping = False  # it has answered
        self._terminated = False
        self._tell = tell
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [*COMMAND, name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=REPOSITORY,
                start_new_session=True,
            )
        self.pid = self._process.pid
        assert self._process.stdin and self._process.stdout
        self._channel = Channel(self._process.stdout, self._process.stdin)
        self._reader = threading.Thread(target=self._read, name=f"{name}-reader", daemon=True)
        self._reader.start()
        threading.Thread(target=self._await_death, name=f"{name}-waiter", daemon=True).start()

    def send(self, **message: Any) -> None:
        """To a dead worker: nothing happens, its death is told anyway."""
        self._channel.send(**message)

    def stop(self) -> None:
        """Ask it to end with what it has; `enforce` sees to it."""
        if self.stop_at is None:
            self.stop_at = time.monotonic()
            self.send(stop=True)

    def enforce(self) -> float | None:
        """End it once its time is up. Returns the monotonic time at which to look again, None when never."""
        if self.stop_at is None:
            return None
        now = time.monotonic()
        if self.stopping:
            return self._kill_after(self.stop_at + SCORE_S, now)
        if now >= self.stop_at + ACKNOWLEDGE_S and not self._terminated:
            self._terminated = True
            self._signal(signal.SIGTERM)
        if not self._terminated:
            return self.stop_at + ACKNOWLEDGE_S
        return self._kill_after(self.stop_at + TERMINATE_S, now)

    def kill(self) -> None:
        """The process and all its children, now."""
        self._signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)

    def _kill_after(self, deadline: float, now: float) -> float:
        if now < deadline:
            return deadline
        self.kill()
        return now + 1.0

    def _signal(self, number: int) -> None:
        try:
            if os.name == "posix":
                os.killpg(self.pid, number)  # it leads its own session
            else:
                self._process.terminate()
        except (ProcessLookupError, PermissionError):  # PermissionError: macOS, when only a zombie is left
            pass

    def _read(self) -> None:
        while (message := self._channel.receive()) is not None:
            self._tell(self, message)

    def _await_death(self) -> None:
        code = self._process.wait()
        self.kill()  # its children: they may hold the pipe open
        self._reader.join(1.0)
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                if pipe:
                    pipe.close()
            except OSError:  # unsent bytes to a dead process
                pass
        self._tell(self, {"died": code})


def death(label: str, code: int) -> Problem:
    """Why a worker ended that had not been told to, in a sentence of its own."""
    if code in (-9, 137):
        remedy = "Choose a smaller hidden size, batch size or lookback, or close other programs, and start again."
        return Problem(f"{label} was ended by the system, most likely because memory ran out", "", remedy)
    if code in (-15, -2, -1):
        return Problem(f"{label} was ended from outside", _signal_name(code), "Start again.")
    if code < 0:
        remedy = "Start again; if it happens again, the log of the run, worker.log, has the details."
        return Problem(f"{label} crashed", _signal_name(code), remedy)
    remedy = "Start again; the log of the run, worker.log, has the details."
    return Problem(f"{label} ended without a result", f"exit code {code}", remedy)


def _signal_name(code: int) -> str:
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
