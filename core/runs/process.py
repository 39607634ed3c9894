"""A worker process as its supervisor holds it: started, spoken to, ended with all its children, its death explained."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.errors import NotFound, Problem, StoreFailed, TwincastError
from core.frameworks import registry
from core.runs import logs, memory
from core.runs.channel import Channel, Message
from core.runs.deaths import Death, problem_of_death
from core.runs.groups import GROUPS
from core.runs.pulse import Pulse

REPOSITORY = Path(__file__).resolve().parents[2]  # where `core` can be imported from
COMMAND = (sys.executable, "-m", "core.runs.worker")
# Without an answer to stop: SIGTERM. Electricity sample, TensorFlow, both cores busy: training notices within 0.1 s as
# a rule, within 1.0 s while it validates. Where XLA compiles (3.0 s) it is ended before it can; its weights are saved.
ACKNOWLEDGE_S = 1.8
TERMINATE_S = 2.2  # SIGKILL
SCORE_S = 10.0  # a worker whose training has ended may take so long, from the stop on, to score what it has
LEAVE_S = 5.0  # one that has said that it is done ends within milliseconds
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 300.0


class WorkerProcess:
    """One `python -m core.runs.worker NAME`, which leads a process group: its children end with it.

    To be made by the supervisor's own thread: on Linux the kernel ends the worker when the thread that made it ends.
    `tell` is called from other threads with what the worker says, heartbeats left out, and at last with
    {"died": exit code, "problem": why, in words for people}.
    Raises StoreFailed when its log cannot be written, TwincastError when the system starts no process.
    """

    def __init__(self, name: str, log: Path, tell: Callable[["WorkerProcess", Message], None]) -> None:
        self.name = name
        self.ready: Message | None = None
        self.stop_at: float | None = None  # when it was told to stop, monotonic
        self.stopping = False  # it has answered: its training has ended
        self.failed = False  # it has said why it cannot work
        self.killed = False  # by its supervisor, as somebody wished
        self._leave_at: float | None = None  # when it is ended should it still be there, monotonic
        self._ended = ""  # why it was ended though nobody wished it: silent, flooded
        self._terminated = False
        self._tell, self._log = tell, log
        self._process = _start(name, log)
        self.pid = self._process.pid
        self._dead = False
        self._group = threading.Lock()  # held by who signals: the group's number is its own until it is `_dead`
        GROUPS.add(self.pid)
        self.pulse = Pulse(self.pid)
        assert self._process.stdin and self._process.stdout
        self._channel = Channel(self._process.stdout, self._process.stdin, wait=False)
        self._reader = threading.Thread(target=self._read, name=f"{name}-reader", daemon=True)
        self._reader.start()
        threading.Thread(target=self._await_death, name=f"{name}-waiter", daemon=True).start()

    @property
    def importing(self) -> bool:
        return self.ready is None and not self.failed

    @property
    def alive(self) -> bool:
        return not self._dead

    def send(self, **message: Any) -> None:
        """Never waits. To a dead worker: nothing happens, its death is told anyway. One that does not read is ended."""
        self._channel.send(**message)
        if self._channel.full:
            self._end("silent")

    def stop(self) -> None:
        """Ask it to end with what it has; `enforce` sees to it."""
        if self.stop_at is None:
            self.stop_at = time.monotonic()
            self.send(stop=True)

    def leave(self) -> None:
        """It has said that it is done: from here on its death is no failure, and `enforce` sees to it."""
        if self._leave_at is None:
            self._leave_at = time.monotonic() + LEAVE_S

    def enforce(self) -> float | None:
        """End it once its time is up, or when it shows no sign of life; to be called every 5 s at least.

        Returns the monotonic time at which to look again, None when never.
        """
        if self._dead:
            return None
        GROUPS.ensure()
        now = time.monotonic()
        if self._leave_at is not None:
            return self._kill_after(self._leave_at, now)
        if self.pulse.is_silent():
            self._end("silent")
        again = now + self.pulse.every
        return again if self.stop_at is None else min(again, self._enforce_stop(self.stop_at, now))

    def kill(self) -> None:
        """The process and all its children, now."""
        self.killed = True
        self._kill_group()

    def _enforce_stop(self, stop_at: float, now: float) -> float:
        if self.stopping:
            return self._kill_after(stop_at + SCORE_S, now)
        if now >= stop_at + ACKNOWLEDGE_S and not self._terminated:
            self._terminated = True
            self._signal(signal.SIGTERM)
        if not self._terminated:
            return stop_at + ACKNOWLEDGE_S
        return self._kill_after(stop_at + TERMINATE_S, now)

    def _kill_after(self, deadline: float, now: float) -> float:
        if now < deadline:
            return deadline
        self.kill()
        return now + 1.0

    def _end(self, why: str) -> None:
        self._ended = self._ended or why
        self._kill_group()

    def _kill_group(self) -> None:
        self._signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)

    def _signal(self, number: int) -> None:
        with self._group:
            if self._dead:
                return
            try:
                if os.name == "posix":
                    os.killpg(self.pid, number)  # it leads its own session
                else:
                    self._process.terminate()
            except (ProcessLookupError, PermissionError):  # PermissionError: macOS, when only a zombie is left
                pass

    def _read(self) -> None:
        while (message := self._channel.receive()) is not None:
            if "beat" in message:
                self.pulse.heard(message["beat"])
            else:
                self._tell(self, message)
        if self._channel.flooded:
            self._end("flooded")

    def _await_death(self) -> None:
        if hasattr(os, "waitid"):  # leaves the number to the dead, so that the group can be killed safely
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        else:
            self._process.wait()
        self._kill_group()  # its children: they may hold the pipe open
        with self._group:
            self._dead = True
        GROUPS.remove(self.pid)
        code = self._process.wait()
        self._reader.join(1.0)
        self._close()
        self._tell(self, {"died": code, "problem": asdict(self._problem(code))})

    def _close(self) -> None:
        try:
            self._channel.close_sending()
            if self._process.stdout and not self._reader.is_alive():  # else somebody outside its group has the pipe
                self._process.stdout.close()
        except OSError:
            pass

    def _problem(self, code: int) -> Problem:
        tail = logs.close(Path(self.pulse.beat.get("log") or self._log), self.pid)
        ended = "asked" if self.killed or self._leave_at is not None else self._ended
        return problem_of_death(_label(self.name), Death(code, ended, self.pulse.beat, tail, memory.machine()))


class Pauses:
    """When to try again what could not be started, or died: after 5 s, and after twice as long each further time."""

    def __init__(self) -> None:
        self._failures: dict[str, int] = {}
        self._due: dict[str, float] = {}

    def later(self, name: str) -> None:
        """It has said why it cannot work: that may have been mended by then."""
        self._due[name] = time.monotonic() + LONGEST_PAUSE_S

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


def _label(name: str) -> str:
    try:
        return registry.find(name).label
    except NotFound:
        return f"The {name}"


def _start(name: str, log: Path) -> "subprocess.Popen[bytes]":
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        errors = os.open(log, logs.FLAGS | os.O_TRUNC, 0o644)
    except OSError as error:
        remedy = "Look at its permissions and free space, or set TWINCAST_HOME to another folder."
        what = f"The folder for results cannot be used: {error.strerror}"
        raise StoreFailed(what, str(log.parent.parent), remedy) from error
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
    finally:
        os.close(errors)
