"""How supervisor and worker talk: one JSON object a line, over the worker's own stdin and stdout.

To the worker:  {"run": folder, "warm": true}  {"run": folder, "rescue": true}  {"go": fit}  {"stop": true}
From it:        {"ready": {version, devices, import_s}}  {"failed": {what, where, remedy, missing}}
                {"wants": fit}  {"done": fit}  {"scoring": what}
                {"stopping": true}  {"ended": status, "error": problem or null}
                {"beat": {cpu_s, memory_mb, peak_mb, ...}}, each second, from before its import to its end

"stopping": what was told to stop has ended its training, and is keeping and scoring what it has.
Beats end in core.runs.process; the supervisor never sees them.
"""

import json
import os
import threading
from typing import IO, Any

Message = dict[str, Any]

LINE = 1 << 20  # bytes: no message is longer
JUNK = 16 << 20  # bytes that are no message, from which on the other side is not listened to any more


class Channel:
    """One side's two ends. Any thread may send; one thread receives.

    `wait`: whether to wait for a reader who is behind. Without it `send` fails then, and the channel is `full`.
    """

    def __init__(self, receiving: IO[bytes], sending: IO[bytes], wait: bool = True) -> None:
        self.full = False  # the other side did not read what it was sent: nothing arrives any more
        self.flooded = False  # the other side sent masses that are no message
        self._receiving = receiving
        self._sending = sending
        self._lock = threading.Lock()
        self._junk = 0
        if not wait and os.name == "posix":
            os.set_blocking(sending.fileno(), False)

    def send(self, **message: Any) -> bool:
        """False when the other side is gone, or does not read."""
        line = json.dumps(message).encode() + b"\n"
        try:
            with self._lock:
                while line:
                    line = line[os.write(self._sending.fileno(), line) :]
        except BlockingIOError:
            self.full = True
            return False
        except (OSError, ValueError):  # ValueError: the file was closed
            return False
        return True

    def receive(self) -> Message | None:
        """The next message; None at the end, or when flooded. What is no message is passed over."""
        try:
            while line := self._receiving.readline(LINE):
                message = _parsed(line)
                if isinstance(message, dict):
                    return message
                self._junk += len(line)
                if self._junk > JUNK:
                    self.flooded = True
                    return None
        except (OSError, ValueError):
            pass
        return None

    def close_sending(self) -> None:
        with self._lock:
            self._sending.close()

    def close(self) -> None:
        """Both ends; to be called when nobody receives any more."""
        self.close_sending()
        self._receiving.close()


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
