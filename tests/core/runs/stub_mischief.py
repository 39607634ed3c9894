"""What real frameworks do at their worst, each by its name (TWINCAST_STUB_DOES, several joined by commas)."""

import ctypes
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.runs import heart, logs, worker


def child(orders: worker.Orders) -> None:
    """A data loader: a process of the worker's own, which hears nothing."""
    subprocess.Popen(["sleep", "1000"])


def busy_child(orders: worker.Orders) -> None:
    """A process of the worker's own that works without end."""
    subprocess.Popen([sys.executable, "-ISc", "while True: pass"])


def ends(orders: worker.Orders) -> None:
    """Says that it is done."""
    orders.channel.send(ended="finished", error=None)


def stuck(orders: worker.Orders) -> None:
    """Waits in C code and keeps the interpreter's lock: no thread of it runs any more."""
    ctypes.PyDLL(None).sleep(1000)


def compiles(orders: worker.Orders) -> None:
    """Works in C code for three seconds or more and keeps the interpreter's lock."""
    quickest = min(seconds_of(2_000_000) for _ in range(5))
    seconds_of(int(2_000_000 * 3 / quickest))


def seconds_of(additions: int) -> float:
    began = time.perf_counter()
    sum(itertools.repeat(1, additions))
    return time.perf_counter() - began


def aborts(orders: worker.Orders) -> None:
    os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'\n")
    os.abort()


def crashes(orders: worker.Orders) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def crashes_late(orders: worker.Orders) -> None:
    """Once its log was cut."""
    while os.fstat(2).st_size > logs.LIMIT:
        time.sleep(0.01)
    crashes(orders)


def chatters(orders: worker.Orders) -> None:
    """Little enough to stay in Python's buffer until the end."""
    sys.stdout.write("a word\n")


def prints(orders: worker.Orders) -> None:
    """120 MB, and once its log is short again, 12 MB more and a last line; then it dies."""
    os.write(1, b"the first line\n")
    for megabytes in (120, 12):
        for _ in range(megabytes):
            os.write(1, b"too much\n" * (1 << 17))
        while megabytes == 120 and os.fstat(1).st_size > logs.LIMIT:
            time.sleep(0.01)
    os.write(2, b"the last line\n")
    os.kill(os.getpid(), signal.SIGKILL)


def babbles(orders: worker.Orders) -> None:
    """Sends its supervisor lines that mean nothing, without end."""
    while True:
        os.write(sending(orders), b"x" * 99 + b"\n")


def babbles_without_newline(orders: worker.Orders) -> None:
    while True:
        os.write(sending(orders), b"x" * 4096)


def sending(orders: worker.Orders) -> int:
    channel: Any = orders.channel
    return int(channel._sending.fileno())


MISCHIEF: dict[str, Callable[[worker.Orders], None]] = {
    mischief.__name__: mischief
    for mischief in (
        child,
        busy_child,
        ends,
        stuck,
        compiles,
        aborts,
        chatters,
        crashes,
        crashes_late,
        prints,
        babbles,
        babbles_without_newline,
    )
}


def logs_to(path: Path, orders: worker.Orders) -> None:
    """As when a run begins."""
    logs.log_to(path)
    heart.beat(orders.channel)


def play(names: str, orders: worker.Orders) -> None:
    for name in names.split(","):
        if name.startswith("logs_to:"):
            logs_to(Path(name.removeprefix("logs_to:")), orders)
        elif name:
            MISCHIEF[name](orders)
