"""Ends process groups when the process that started it is gone: a program of its own, apart from everything.

Its stdin says which groups live: "+123" and "-123", one a line. When that ends, in whichever way the other side died,
every group that lives is killed. It runs in a session of its own, so that whoever ends the server's group spares it.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterable


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # it ends with its stdin, never before
        signal.signal(number, signal.SIG_IGN)
    for group in living(sys.stdin.buffer):
        with contextlib.suppress(ProcessLookupError, PermissionError):  # PermissionError: macOS, only zombies are left
            os.killpg(group, signal.SIGKILL)


def living(lines: Iterable[bytes]) -> set[int]:
    """The groups that live when the lines end."""
    groups: set[int] = set()
    for line in lines:
        sign, group = line[:1], int(line[1:])
        if sign == b"+" and group > 1:  # 0 and 1 would be its own group, and everyone's
            groups.add(group)
        else:
            groups.discard(group)
    return groups


if __name__ == "__main__":
    main()
