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

from core.errors import Problem, StoreFailed, TwincastError
from core.runs.channel import Channel, Message

REPOSITORY = Path(__file__).resolve().parents[2]  # where `core` can be imported from
COMMAND = (sys.executable, "-m", "core.runs.worker")
# Without an answer to stop: SIGTERM. Electricity sample, TensorFlow, both cores busy: training notices within 0.1 s as
# a rule, within 1.0 s while it validates, and within 3.0 s while XLA compiles. Ended before, it would lose its scores.
ACKNOWLEDGE_S = 3.0
TERMINATE_S = 4.0  # SIGKILL
SCORE_S = 10.0  # a worker whose training has ended may take so long, from the stop on, to score what it has
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 300.0


class WorkerProcess:
    """One `python -m core.runs.worker NAME`.

    To be made by the supervisor's own thread: on Linux the kernel ends the worker when the thread that made it ends.
    `tell` is called from other threads with what the worker says, and at last with {"died": exit code}.
    Raises StoreFailed when its log cannot be written, TwincastError when the system starts no process.
    """

    def __init__(self, name: str, log: Path, tell: Callable[["WorkerProcess", Message], None]) -> None:
        self.name = name
        self.ready: Message | None = None
        self.stop_at: float | None = None  # when it was told to stop, monotonic
        self.stopping = False  # it has answered: its training has ended
        self.failed = False  # it has said why it cannot work
        self.killed = False  # by its supervisor
        self._terminated = False
        self._tell = tell
        self._process = _start(name, log)
        self.pid = self._process.pid
        assert self._process.stdin and self._process.stdout
        self._channel = Channel(self._process.stdout, self._process.stdin)
        self._reader = threading.Thread(target=self._read, name=f"{name}-reader", daemon=True)
        self._reader.start()
        threading.Thread(target=self._await_death, name=f"{name}-waiter", daemon=True).start()

    @property
    def importing(self) -> bool:
        return self.ready is None and not self.failed

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

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
        self.killed = True
        self._kill_group()

    def _kill_after(self, deadline: float, now: float) -> float:
        if now < deadline:
            return deadline
        self.kill()
        return now + 1.0

    def _kill_group(self) -> None:
        self._signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)

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
        self._kill_group()  # its children: they may hold the pipe open
        self._reader.join(1.0)
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                if pipe:
                    pipe.close()
            except OSError:  # unsent bytes to a dead process
                pass
        self._tell(self, {"died": code})


class Pauses:
    """When to try again what could not be started, or died: after 5 s, and after twice as long each further time."""

    def __init__(self) -> None:
        self._failures: dict[str, int] = {}
        self._due: dict[str, float] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._due

    def failed(self, name: str) -> None:
        failures = self._failures[name] = self._failures.get(name, 0) + 1
        pause = min(FIRST_PAUSE_S * 2.0 ** (failures - 1), LONGEST_PAUSE_S)
        self._due[name] = time.monotonic() + pause

    def clear(self, name: str) -> None:
        self._failures.pop(name, None)
        self._due.pop(name, None)

    def due(self, name: str) -> float:
        """The monotonic time from which on it may be tried."""
        return self._due.get(name, 0.0)


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


def _start(name: str, log: Path) -> "subprocess.Popen[bytes]":
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        errors = log.open("wb")
    except OSError as error:
        remedy = "Look at its permissions and free space, or set TWINCAST_HOME to another folder."
        what = f"The folder for results cannot be used: {error.strerror}"
        raise StoreFailed(what, str(log.parent.parent), remedy) from error
    with errors:
        try:
            return subprocess.Popen(
                [*COMMAND, name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=REPOSITORY,
                start_new_session=True,
            )
        except OSError as error:
            what = f"The system could not start another process: {error.strerror}"
            raise TwincastError(what, "", "Close other programs, and start again.") from error


def _signal_name(code: int) -> str:
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
