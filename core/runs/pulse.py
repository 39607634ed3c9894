"""Signs of life: a worker's heartbeat, and what its supervisor makes of it."""

import contextlib
import time
from typing import Any

import psutil

SILENT_S = 30.0  # without a beat and without work: longer than any of these takes to answer while it lives
WORK_S = 0.1  # of processor time, by the worker or its children: a compilation that keeps the beats from coming


class Pulse:
    """Whether a worker lives, told by its beats, and while these do not come, by its processor time.

    `heard` is called by the thread that reads, everything else by the supervisor's, every `every` seconds. Where it
    comes much later than that, this process or the whole machine slept: it starts counting anew.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.beat: dict[str, Any] = {}  # the last one
        self._sign = self._looked = time.monotonic()
        self._cpu: float | None = None  # what it had used when the beats began to be missed

    @property
    def every(self) -> float:
        return SILENT_S / 6

    def heard(self, beat: dict[str, Any]) -> None:
        self.beat, self._cpu, self._sign = beat, None, time.monotonic()

    def is_silent(self) -> bool:
        now = time.monotonic()
        slept, self._looked = now - self._looked > SILENT_S / 3, now
        if slept:
            self._cpu, self._sign = None, now
        if now - self._sign < SILENT_S / 10:
            return False
        before = self._cpu  # once: a beat that comes meanwhile resets it
        used = group_seconds(self.pid)
        if before is None:
            self._cpu = used
            return False
        if used - before >= WORK_S and not is_stopped(self.pid):
            self._cpu, self._sign = used, now
        return now - self._sign >= SILENT_S


def is_stopped(pid: int) -> bool:
    """Whether the process itself is held up (SIGSTOP): what its children do is then no sign of its life."""
    with contextlib.suppress(psutil.Error):
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    return False


def group_seconds(pid: int) -> float:
    """Processor time of a process and its descendants, ended ones included."""
    seconds = 0.0
    with contextlib.suppress(psutil.Error):  # it ended in between
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                seconds += sum(each.cpu_times()[:4])
    return seconds
