"""A worker's heartbeat: each second it says that it lives and what it has used, and keeps its log within bounds."""

import threading
import time

from core.runs import logs, memory
from core.runs.channel import Channel

BEAT_S = 1.0
STANDARD_ERROR = 2  # where the log is


class Heart(threading.Thread):
    """Beats from before the imports to the end of the process."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(name="heart", daemon=True)
        self._channel = channel

    def run(self) -> None:
        while True:
            beat(self._channel)
            time.sleep(BEAT_S)


def beat(channel: Channel) -> None:
    """Once. Nothing that goes wrong here, such as memory that ran out, may end the heart."""
    try:
        logs.cut(STANDARD_ERROR)
        channel.send(beat={**memory.vitals(), "log": logs.current()})
    except Exception:  # the next beat may succeed
        pass
