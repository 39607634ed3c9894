"""How supervisor and worker talk: one JSON object a line, over the worker's own stdin and stdout.

To the worker:  {"run": folder, "asked_at": t}  {"go": fit}  {"stop": true}
From it:        {"ready": {version, devices, import_s}}  {"failed": {what, where, remedy, missing}}
                {"wants": fit}  {"done": fit}  {"stopping": true}  {"ended": status, "error": problem or null}

"stopping": what was told to stop has ended its training, and is keeping and scoring what it has.
A heartbeat would be one more line from the worker.
"""

import json
import threading
from typing import IO, Any

Message = dict[str, Any]


class Channel:
    """One side's two ends. Any thread may send; one thread receives."""

    def __init__(self, receiving: IO[bytes], sending: IO[bytes]) -> None:
        self._receiving = receiving
        self._sending = sending
        self._lock = threading.Lock()

    def send(self, **message: Any) -> bool:
        """False when the other side is gone."""
        try:
            with self._lock:
                self._sending.write(json.dumps(message).encode() + b"\n")
                self._sending.flush()
        except (OSError, ValueError):  # ValueError: the file was closed
            return False
        return True

    def receive(self) -> Message | None:
        """The next message; None at the end. Lines that are no message are passed over."""
        try:
            for line in self._receiving:
                try:
                    message = json.loads(line)
                except ValueError:
                    continue
                if isinstance(message, dict):
                    return message
        except (OSError, ValueError):
            pass
        return None
