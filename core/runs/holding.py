"""The sign of life of a comparison: a locked file in its folder. The system lets go of it when the holder dies.

Whoever drives a comparison holds its lock; another process that finds it free knows that nobody does any more.
"""

import os
import sys
import threading
import time
from pathlib import Path

from core.errors import StoreFailed
from core.runs.files import refused

ATTEMPTS, PAUSE_S = 50, 0.02  # somebody who only looks has the lock for microseconds

_held: dict[Path, int] = {}  # this process's own locks: file descriptors, which its children do not inherit
_guard = threading.Lock()


def hold(path: Path) -> None:
    """Take the lock until `release`, or this process's end. Raises StoreFailed, also when another process has it."""
    with _guard, refused(path):
        if path in _held:
            return
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        for _ in range(ATTEMPTS):
            if _locks(file):
                _held[path] = file
                return
            time.sleep(PAUSE_S)
        os.close(file)
    raise StoreFailed("Another process has this comparison in its hands", str(path), "Wait until it has ended.")


def release(path: Path) -> None:
    """Nothing happens to a lock that this process does not hold."""
    with _guard:
        file = _held.pop(path, None)
    if file is not None:
        os.close(file)  # which unlocks it


def is_held(path: Path) -> bool:
    """Whether this process or any other holds the lock."""
    if path in _held:
        return True
    try:
        file = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    except OSError:  # nobody ever held it
        return False
    try:
        return not _locks(file, shared=True)
    finally:
        os.close(file)


if sys.platform == "win32":
    import msvcrt

    def _locks(file: int, shared: bool = False) -> bool:
        """`shared` does not exist here: two that look at the same moment may take each other for the holder."""
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _locks(file: int, shared: bool = False) -> bool:
        """Whether the lock was free; `shared` is enough to find out, and hinders nobody else who looks."""
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
