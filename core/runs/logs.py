"""A worker's log, kept within bounds: what floods it loses its middle."""

import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path

LIMIT = 10 << 20  # bytes
HEAD, TAIL = 1 << 20, 64 << 10  # what is kept of a log that has become longer
FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT  # appending: a log that was cut grows on from its new end
_current = ""


def log_to(path: Path) -> None:
    """From here on, what this process and its children print goes to that file.

    Below what earlier processes of the same run have written, with a heading. Raises OSError.
    """
    global _current
    flush()
    with suppress(OSError):
        cut(2)  # the earlier one, to which nobody looks any more
    log = os.open(path, FLAGS, 0o644)
    with suppress(OSError):
        if os.fstat(log).st_size:
            os.write(log, _heading(os.getpid()))
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    _current = str(path)


def flush() -> None:
    """What was printed so far; a full disk, on which the log is, keeps nobody from going on."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()


def add_traceback() -> None:
    """Of the error at hand; without it where the log takes nothing any more."""
    with suppress(OSError):
        traceback.print_exc()


def current() -> str:
    """The file of the latest `log_to`; empty before it."""
    return _current


def cut(log: int) -> None:
    """Shorten an open log beyond LIMIT to its beginning, a line that says so, and its end."""
    size = os.fstat(log).st_size
    if size <= LIMIT:
        return
    tail = _tail(log)
    os.ftruncate(log, HEAD)
    os.write(log, f"\n[{(size - HEAD - TAIL) >> 20} MB were left out here: the log had become too long]\n".encode())
    os.write(log, tail)


def close(path: Path, pid: int) -> str:
    """Cut the log of a process that has ended; returns its own last lines, nothing where it cannot be read."""
    try:
        log = os.open(path, os.O_RDWR | os.O_APPEND)
    except OSError:
        return ""
    try:
        own = _tail(log).rpartition(_heading(pid))[2]  # all of it where the heading is further up, or there is none
        cut(log)
        return own.decode(errors="replace")
    except OSError:
        return ""
    finally:
        os.close(log)


def _tail(log: int) -> bytes:
    os.lseek(log, -min(TAIL, os.fstat(log).st_size), os.SEEK_END)
    return os.read(log, TAIL)


def _heading(pid: int) -> bytes:
    """Of a process that writes below an earlier one: that one's errors are not its own."""
    return f"\n[process {pid} writes from here on]\n".encode()
