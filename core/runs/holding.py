"""The sign of life of a comparison: a locked file in its folder. The system lets go of it when the holder dies.

Whoever drives a comparison holds its lock; another process that finds it free knows that nobody does any more. The
installation has two of its own: `machine.lock` is held while any worker imports or trains, `server.lock` by its server.
A lock counts only as long as its file is the one at its path: a folder that is deleted takes its lock along.
"""

import os
import sys
import threading
import time
from pathlib import Path

from core.errors import StoreFailed
from core.runs.files import make_folder, refused, sync_folder

ATTEMPTS, PAUSE_S = 50, 0.02  # somebody who only looks has the lock for microseconds
GLANCES, GLANCE_S = 3, 0.001

_held: dict[Path, int] = {}  # this process's own locks: file descriptors, which its children do not inherit
_guard = threading.Lock()


def hold(path: Path) -> None:
    """Take the lock until `release`, or this process's end. Raises StoreFailed, also when another process has it."""
    for _ in range(ATTEMPTS):
        if _take(path):
            return
        time.sleep(PAUSE_S)
    raise StoreFailed("Another process has this comparison in its hands", str(path), "Wait until it has ended.")


def try_hold(path: Path) -> bool:
    """Take the lock if it is free, without waiting; True also where this process has it. Raises StoreFailed.

    Not to be shared between threads: the second one to ask is told that its process has it.
    """
    for _ in range(GLANCES):
        if _take(path):
            return True
        time.sleep(GLANCE_S)
    return False


def release(path: Path) -> None:
    """Nothing happens to a lock that this process does not hold."""
    with _guard:
        file = _held.pop(path, None)
    if file is not None:
        os.close(file)  # which unlocks it


def holds(path: Path) -> bool:
    """Whether this process has the lock."""
    return path in _held


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


def is_held_elsewhere(path: Path) -> bool:
    """Whether another process holds the lock: one question, as a thread of this process may take it between two."""
    with _guard:
        return path not in _held and is_held(path)


def move(folder: Path, to: Path, name: str) -> None:
    """Rename a folder together with the lock `name` in it that this process holds. Raises OSError."""
    old, new = folder / name, to / name
    with _guard:
        if sys.platform == "win32":  # a folder with an open file in it cannot be renamed there
            os.close(_held.pop(old))
        folder.rename(to)
        if sys.platform != "win32":
            _held[new] = _held.pop(old)
    if sys.platform == "win32":
        hold(new)
    sync_folder(to.parent)


def _take(path: Path) -> bool:
    """Whether this process has the lock now. Raises StoreFailed when its file cannot be made."""
    with _guard, refused(path):
        if path in _held and _is_at(_held[path], path):
            return True
        if path in _held:  # its folder was deleted
            os.close(_held.pop(path))
        make_folder(path.parent)
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if _locks(file) and _is_at(file, path):
            _held[path] = file
            return True
        os.close(file)
        return False


def _is_at(file: int, path: Path) -> bool:
    """Whether the open file is still the one at this path: another process may have deleted it before it was locked."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


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
