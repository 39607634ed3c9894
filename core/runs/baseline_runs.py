"""Simple methods that are fitted: each within its time, in processes beside this one (core.runs.baseline_worker).

What was finished for an earlier evaluation of the comparison is taken as it is.
"""

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from core.errors import StoreFailed
from core.evaluation.baselines import METHODS
from core.runs import baseline_files
from core.runs.baseline_files import Made
from core.runs.channel import Channel, Message
from core.runs.process import REPOSITORY
from core.runs.pulse import group_seconds
from core.runs.store import ComparisonFolder

LIMIT_S = 20.0  # of a processor, for a method with all its folds and targets: a busy machine takes none of it away
TOTAL_S = 60.0  # on the clock, for all of them
LOOK_S = 0.1
LANES = (("ridge", "boosting"), ("theta", "ets", "arima"))  # side by side; a lane's process imports one library
COMMAND = (sys.executable, "-m", "core.runs.baseline_worker")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
STOPPED = "The comparison was stopped before it was fitted."
NO_TIME = "No time was left for it: all methods together have {:.0f} seconds."


@dataclass
class Watch:
    """Who wants to know how far it is, and may end it."""

    tell: Callable[[str], object] = lambda text: None
    stop: threading.Event = field(default_factory=threading.Event)


def make(folder: ComparisonFolder, watch: Watch) -> dict[str, Made]:
    """Every fitted method's forecasts of all test windows, into the comparison's folder, or why there are none."""
    run = Run(folder, watch)
    lanes = [threading.Thread(target=run.lane, args=(names,), daemon=True) for names in LANES]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    return run.made


class Run:
    """The methods of one comparison, under way in several lanes."""

    def __init__(self, folder: ComparisonFolder, watch: Watch) -> None:
        self.made: dict[str, Made] = {}
        self._folder, self._watch = folder, watch
        self._until = time.monotonic() + TOTAL_S
        self._now: list[str] = []  # under way

    def lane(self, names: Sequence[str]) -> None:
        """One after another, in a process that the first one starts."""
        fitter = Fitter(self._folder)
        try:
            for name in names:
                self._now.append(name)
                self._tell()
                self.made[name] = baseline_files.kept(self._folder, name) or self._fit(fitter, name)
                self._now.remove(name)
        finally:
            fitter.end()

    def _fit(self, fitter: "Fitter", name: str) -> Made:
        if self._watch.stop.is_set():
            return Made(name, STOPPED)
        if time.monotonic() >= self._until:
            return Made(name, NO_TIME.format(TOTAL_S))
        why = fitter.fit(name, self._until, self._watch.stop)
        if why:
            return Made(name, why)
        try:
            return baseline_files.told(self._folder, name)
        except StoreFailed as error:
            return Made(name, error.problems[0].sentence())

    def _tell(self) -> None:
        labels = " and ".join(METHODS[name].label for name in self._now)
        self._watch.tell(f"{labels} ({len(self.made)} of {sum(map(len, LANES))} fitted)")


class Fitter:
    """A worker process that fits; started when it is first asked, and again once it was ended."""

    def __init__(self, folder: ComparisonFolder) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.SimpleQueue[Message | None] = queue.SimpleQueue()

    def fit(self, name: str, until: float, stop: threading.Event) -> str:
        """Empty once its forecasts are saved; else why there are none. What takes longer is ended, at `until` at last.

        That is monotonic time.
        """
        try:
            channel = self._channel if self._process else self._start()
        except OSError as error:
            return f"The system could not start a process for it: {error.strerror}."
        began = self._seconds()
        channel.send(fit=name)
        while time.monotonic() < until and self._seconds() < began + LIMIT_S and not stop.is_set():
            try:
                answer = self._answers.get(timeout=LOOK_S)
            except queue.Empty:
                continue
            if answer is None:
                self.end()
                return "Its process ended before it was fitted."
            return str(answer.get("why", ""))
        self.end()
        if stop.is_set():
            return STOPPED
        late = time.monotonic() >= until
        return NO_TIME.format(TOTAL_S) if late else f"It was ended after {LIMIT_S:.0f} seconds of computing."

    def end(self) -> None:
        """Its process, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._reader.join()
            self._channel.close()
            self._process = None

    def _seconds(self) -> float:
        """Of a processor, that its process has used."""
        return group_seconds(self._process.pid) if self._process else 0.0

    def _start(self) -> Channel:
        """Raises OSError."""
        command = [*COMMAND, str(self._folder.path.resolve())]
        environment = {**os.environ, **ONE_THREAD}
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=REPOSITORY, env=environment
        )
        assert process.stdin and process.stdout
        self._process, self._answers = process, queue.SimpleQueue()
        self._channel = Channel(process.stdout, process.stdin)
        self._reader = threading.Thread(target=_read, args=(self._channel, self._answers), daemon=True)
        self._reader.start()
        return self._channel


def _read(channel: Channel, answers: "queue.SimpleQueue[Message | None]") -> None:
    while (message := channel.receive()) is not None:
        answers.put(message)
    answers.put(None)  # it has ended
