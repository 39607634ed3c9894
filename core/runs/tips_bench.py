"""Where tips are tried: one process with its framework and the person's data, here or at the other end of a pipe.

A process has one number of threads and one set of devices from its first operation on; what changes those is tried in
a process of its own, while this one waits.
"""

import json
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from core.errors import TwincastError
from core.frameworks.base import Epoch, Framework, Hardware, ModelSpec, Trainer, TrainingData, TrainingSpec
from core.runs.deaths import problem_of
from core.runs.store import RunFolder

REPOSITORY = Path(__file__).resolve().parents[2]
LEAVE_S = 2.0  # for a process whose stdin has ended


@dataclass(frozen=True)
class Slice:
    """Some epochs of one fit: the first, which warms up, and those behind it."""

    warm_up_s: float
    seconds: float  # of the other epochs
    losses: tuple[float, ...]  # of all


class Workbench(Protocol):
    """Trainers by name, each of one model and way of training."""

    def prepare(self, name: str, training: TrainingSpec, windows: int, limit_s: float) -> dict[str, Any] | None:
        """Build a trainer and train it for an epoch of so many windows; returns the settings in force.

        None where it was stopped, or took too long. Raises TwincastError where it is impossible.
        """

    def train(self, name: str, windows: int, epochs: int, limit_s: float, order: int = 0) -> Slice | None:
        """One fit from its start: a first epoch, and `epochs` more. None where it was stopped, or took too long.

        It begins with the same weights each time; `order` draws the order of the windows. Raises TwincastError.
        """

    def close(self) -> None: ...


class Bench:
    """In this process."""

    def __init__(self, framework: Framework, model: ModelSpec, data: TrainingData, stop: Callable[[], bool]) -> None:
        self.framework, self.model, self.stop = framework, model, stop
        self.data = replace(data, validation=data.validation[:0])  # what is timed is training alone
        self.trainers: dict[str, Trainer] = {}

    def prepare(self, name: str, training: TrainingSpec, windows: int, limit_s: float) -> dict[str, Any] | None:
        audience = Audience(self.stop, limit_s)
        with explained():
            trainer = self.framework.build(self.model, training)
            trainer.start(0)
            trainer.train(self.some(windows), 1, None, 0, audience)
        self.trainers[name] = trainer
        return dict(trainer.applied) if audience.epochs else None

    def train(self, name: str, windows: int, epochs: int, limit_s: float, order: int = 0) -> Slice | None:
        trainer, audience = self.trainers[name], Audience(self.stop, limit_s)
        with explained():
            trainer.start(0)
            trainer.train(self.some(windows), 1 + epochs, None, order, audience)
        if len(audience.epochs) <= epochs:
            return None
        seconds = [each.seconds for each in audience.epochs]
        return Slice(seconds[0], sum(seconds[1:]), tuple(each.train_loss for each in audience.epochs))

    def some(self, windows: int) -> TrainingData:
        return replace(self.data, train=self.data.train[:windows])

    def close(self) -> None:
        self.trainers.clear()


class Audience:
    """Keeps the epochs, and ends the fit when it is stopped or its time is up."""

    def __init__(self, stop: Callable[[], bool], limit_s: float = float("inf")) -> None:
        self.stop, self.end = stop, time.perf_counter() + limit_s
        self.epochs: list[Epoch] = []

    def on_progress(self, epoch: int, share: float, windows_per_second: float) -> None:
        pass

    def on_epoch(self, epoch: Epoch, best: bool) -> None:
        self.epochs.append(epoch)

    def should_stop(self) -> bool:
        return self.stop() or time.perf_counter() >= self.end


@contextmanager
def explained() -> Iterator[None]:
    """Whatever a framework raises becomes a sentence for people; its traceback goes to the log."""
    try:
        yield
    except TwincastError:
        raise
    except Exception as error:
        traceback.print_exc()
        problem = problem_of(error)
        raise TwincastError(problem.what, problem.where, problem.remedy) from error


class RemoteBench:
    """In a process of its own, which ends with this one: it belongs to the same process group, and reads a pipe.

    Raises TwincastError when it cannot be started, or dies.
    """

    def __init__(self, folder: RunFolder, hardware: Hardware) -> None:
        command = [sys.executable, "-m", "core.runs.tips_process", folder.framework]
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=REPOSITORY, text=True
            )
        except OSError as error:
            raise TwincastError(f"The system could not start another process: {error.strerror}") from error
        try:
            self._ask(open=str(folder.path), hardware=asdict(hardware))
        except BaseException:
            self.close()
            raise

    def prepare(self, name: str, training: TrainingSpec, windows: int, limit_s: float) -> dict[str, Any] | None:
        answer: dict[str, Any] | None = self._ask(
            prepare=name, training=asdict(training), windows=windows, limit_s=limit_s
        )
        return answer

    def train(self, name: str, windows: int, epochs: int, limit_s: float, order: int = 0) -> Slice | None:
        answer = self._ask(train=name, windows=windows, epochs=epochs, limit_s=limit_s, order=order)
        return None if answer is None else Slice(**{**answer, "losses": tuple(answer["losses"])})

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        with suppress(OSError):  # it may be gone, with what it was sent last still unread
            self._process.stdin.close()
        try:
            self._process.wait(LEAVE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _ask(self, **order: Any) -> Any:
        """Waits for the answer. Whoever stops this worker ends the other one too, should it not answer in time."""
        assert self._process.stdin and self._process.stdout
        try:
            self._process.stdin.write(json.dumps({"run": order}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:
            line = ""
        if not line:
            raise TwincastError("The process for it ended without an answer", "", "The log of the run has the details.")
        answer = json.loads(line)
        if "failed" in answer:
            raise TwincastError(**answer["failed"])
        return answer["done"]
