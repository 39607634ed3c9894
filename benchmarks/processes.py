"""What /proc says of a process: memory, processor time, mapped libraries. Memory in MB, times in seconds."""

import os
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

WORKERS = 3  # of a server: two frameworks and the evaluation
TICKS = os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int, name: str = "VmRSS") -> float:
    """VmRSS is resident now, VmHWM its highest; RssAnon the process's own part, RssFile what others may share."""
    found = re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    if found is None:
        raise ValueError(f"/proc/{pid}/status has no {name}")
    return int(found[1]) / 1024


def cpu_seconds(pid: int) -> float:
    """User and system time of all its threads, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def mapped_files(pid: int, packages: Sequence[str]) -> int:
    """How many different files below a folder of one of these Python packages it has mapped."""
    pattern = re.compile(rf"/site-packages/({'|'.join(packages)})/")
    paths = {line.split(maxsplit=5)[-1] for line in Path(f"/proc/{pid}/maps").read_text().splitlines()}
    return sum(1 for path in paths if pattern.search(path))


def workers(pid: int) -> list[psutil.Process]:
    """The worker processes of a server or supervisor, zombies left out."""
    found = []
    for child in psutil.Process(pid).children():
        try:
            if child.status() != psutil.STATUS_ZOMBIE and "core.runs.worker" in child.cmdline():
                found.append(child)
        except psutil.Error:  # it ended in between
            continue
    return found


def await_idle_workers(pid: int, count: int, seconds: float = 90) -> None:
    """Wait until there are `count` workers and none has used the processor for half a second: all have imported."""
    until(lambda: len(workers(pid)) == count and not _active(pid), seconds, f"{count} idle workers")


def until(condition: Callable[[], object], seconds: float, what: str, every: float = 0.05) -> None:
    """Raises TimeoutError when it does not come true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(every)


def _active(pid: int) -> bool:
    before = {worker.pid: _used(worker) for worker in workers(pid)}
    time.sleep(0.5)
    after = {worker.pid: _used(worker) for worker in workers(pid)}
    return before.keys() != after.keys() or sum(after.values()) - sum(before.values()) > 0.02


def _used(process: psutil.Process) -> float:
    try:
        return cpu_seconds(process.pid)
    except OSError:  # it ended in between
        return 0.0
