"""Process groups that end with this process, however it ends: killed, crashed, or in the ordinary way."""

import atexit
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

log = logging.getLogger(__name__)

REAPER = Path(__file__).with_name("reaper.py")
CLOSE_S = 2.0  # for the reaper to end


class Groups:
    """Thread-safe. The reaper, one small process, starts with the first group, and again should it have died.

    Windows has no process groups: there nothing happens.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._living: set[int] = set()
        self._reaper: subprocess.Popen[bytes] | None = None

    def add(self, group: int) -> None:
        """From here on it ends with this process."""
        with self._lock:
            self._living.add(group)
            self._tell(f"+{group}\n")

    def remove(self, group: int) -> None:
        """To be called while its number cannot have gone to another process yet."""
        with self._lock:
            self._living.discard(group)
            self._tell(f"-{group}\n")

    def ensure(self) -> None:
        """Costs next to nothing while the reaper lives; another one is started where it has died."""
        with self._lock:
            if self._living and (self._reaper is None or self._reaper.poll() is not None):
                self._start()

    def close(self) -> None:
        """Ends the groups that still live."""
        with self._lock:
            reaper, self._reaper = self._reaper, None
            self._living.clear()
        if reaper and reaper.stdin:
            reaper.stdin.close()
            try:
                reaper.wait(CLOSE_S)
            except subprocess.TimeoutExpired:
                reaper.kill()

    def _tell(self, line: str) -> None:
        if not self._write(line):
            self._start()

    def _write(self, line: str) -> bool:
        try:
            return bool(self._reaper and self._reaper.stdin and os.write(self._reaper.stdin.fileno(), line.encode()))
        except OSError:  # it has died, or does not read
            return False

    def _start(self) -> None:
        """A fresh reaper that knows every group that lives."""
        if os.name != "posix":
            return
        if self._reaper and self._reaper.stdin:
            self._reaper.kill()  # its groups stay
            self._reaper.wait()
            self._reaper.stdin.close()
            self._reaper = None
        try:
            self._reaper = _reaper()
        except OSError as error:  # workers still notice the end of their stdin
            log.warning("the process that ends workers could not be started: %s", error)
            return
        for group in self._living:
            self._write(f"+{group}\n")


def _reaper() -> "subprocess.Popen[bytes]":
    reaper = subprocess.Popen(
        [sys.executable, "-I", "-S", str(REAPER)],  # nothing but the interpreter: 8 MB, 15 ms
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    assert reaper.stdin
    os.set_blocking(reaper.stdin.fileno(), False)
    return reaper


GROUPS = Groups()  # one reaper a process
atexit.register(GROUPS.close)
