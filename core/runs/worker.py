"""One framework in a process of its own: `python -m core.runs.worker FRAMEWORK`, for one run, then it ends.

FRAMEWORK is a framework's name, or `evaluation`. It imports, says that it is ready, and waits for the run. Its
stdin belongs to the supervisor: when that ends, this process and its children end, whatever they are doing.
Here is what concerns the process; training is in core.runs.fitting.
"""

import ctypes
import faulthandler
import os
import queue
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import FrameworkMissing, Problem, StoreFailed
from core.runs import logs, memory
from core.runs.channel import Channel, Message
from core.runs.deaths import problem_of
from core.runs.heart import Heart, beat

if TYPE_CHECKING:
    from core.runs.files import Journal

EVALUATION = "evaluation"
NICE = 5  # the server, which answers people, goes first


def main(name: str) -> None:
    orders = Orders(own_channel(), trained=name == EVALUATION)
    orders.start()  # before the heavy imports, which take seconds in which the supervisor may die
    die_with_supervisor()
    if os.name == "posix":
        os.nice(NICE)
    memory.end_first()
    Heart(orders.channel).start()
    faulthandler.enable()  # where a crash happened, for the log
    try:
        evaluate(orders) if name == EVALUATION else train(name, orders)
    except FrameworkMissing as error:
        missing = error.__cause__ is None  # else: installed, and failing at import
        orders.channel.send(failed={**asdict(error.problems[0]), "missing": missing})
        logs.add_traceback()
    except BaseException as error:
        orders.channel.send(failed={**asdict(problem_of(error)), "missing": False})
        logs.add_traceback()
    logs.flush()
    os._exit(0)  # a framework's own teardown takes up to a second and has nothing to save


class Orders(threading.Thread):
    """Hears the supervisor; when it is gone, ends this process and its children.

    A stop is answered only once training has ended: who does not notice it gets no time to score either.
    """

    def __init__(self, channel: Channel, trained: bool = False) -> None:
        super().__init__(daemon=True)
        self.channel = channel
        self.stop = threading.Event()
        self._trained = threading.Event()  # what goes on is no training: a fit's scoring, or the evaluation
        if trained:
            self._trained.set()
        self._runs: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._turns: queue.SimpleQueue[str] = queue.SimpleQueue()

    def run(self) -> None:
        while (message := self.channel.receive()) is not None:
            if "run" in message:
                self._runs.put(message)
            elif "go" in message:
                self._turns.put(message["go"])
            elif "stop" in message:
                self.stop.set()
                self._turns.put("")
                if self._trained.is_set():
                    self.channel.send(stopping=True)
        end_group()

    def next_run(self) -> Message:
        return self._runs.get()

    def await_turn(self, fit: str) -> None:
        """Blocks until this worker may train `fit`, or is to stop."""
        self.channel.send(wants=fit)
        while not self.stop.is_set() and self._turns.get() != fit:
            pass

    def trained(self) -> None:
        """A fit's training has ended, by itself or by the stop; what was trained is to be kept and scored."""
        self._trained.set()
        if self.stop.is_set():
            self.channel.send(stopping=True)

    def end_turn(self, fit: str) -> None:
        self._trained.clear()
        self.channel.send(done=fit)


def train(name: str, orders: Orders) -> None:
    from core.frameworks import registry

    began = time.perf_counter()
    framework = registry.load(name)
    import_s = time.perf_counter() - began

    from core.runs import fitting, tips_run
    from core.runs.files import Journal, refused
    from core.runs.scratch import scratch
    from core.runs.store import RunFolder

    description = framework.describe()
    orders.channel.send(ready={**asdict(description), "import_s": import_s})
    order = orders.next_run()
    folder = RunFolder(Path(order["run"]))
    imported = fitting.Imported(import_s, bool(order.get("warm")), description.version, order.get("import_load"))
    journal: Journal | None = None
    try:
        with refused(folder.log):
            logs.log_to(folder.log)
        journal = Journal(folder.events)
        memory.limit(folder.spec().plan.device)
        beat(orders.channel)  # where the log is, and the limit
        with scratch(folder.path):
            if folder.spec().plan.tips_s is not None:
                status = tips_run.TipsRun(folder, framework, journal, orders, imported).go()
            else:
                run = fitting.Run(folder, framework, journal, orders, imported)
                status = run.rescue() if order.get("rescue") else run.go()
        orders.channel.send(ended=status, error=None)
    except BaseException as error:
        memory.lift()
        tell_failure(orders, problem_of(error), None if order.get("rescue") else journal)


def tell_failure(orders: Orders, problem: Problem, journal: "Journal | None") -> None:
    """To the journal and to the supervisor, which writes it down where this process cannot; then to the log.

    Without a journal it could not be opened, or how the run ended has been written long ago.
    """
    from core.runs.events import Failed

    if journal:
        with suppress(StoreFailed):
            journal.write(Failed(**asdict(problem)))
    orders.channel.send(ended="failed", error=asdict(problem))
    logs.add_traceback()


def evaluate(orders: Orders) -> None:
    from core.runs.baseline_runs import Watch
    from core.runs.evaluate import evaluate as evaluate_comparison
    from core.runs.files import refused
    from core.runs.store import ComparisonFolder

    orders.channel.send(ready={"name": EVALUATION, "label": "Evaluation", "version": "", "devices": []})
    folder = ComparisonFolder(Path(orders.next_run()["run"]))
    log = folder.path / "evaluation.log"
    with refused(log):
        logs.log_to(log)
    beat(orders.channel)  # where the log is
    if folder.spec().plan.tips_s is None:  # else its journals hold all there is
        evaluate_comparison(folder, Watch(lambda text: orders.channel.send(scoring=text), orders.stop))
    orders.channel.send(ended="finished", error=None)


def own_channel() -> Channel:
    """The pipes under private numbers: what a library prints, or a child reads, cannot touch them."""
    receiving, sending = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)  # stderr is the log that the supervisor gave
    return Channel(os.fdopen(receiving, "rb"), os.fdopen(sending, "wb"))


def end_group() -> None:
    """This process and its children; only itself where the group is someone else's (started by hand)."""
    if os.name == "posix" and os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


def die_with_supervisor() -> None:
    """Linux: the kernel kills this process when the thread that started it ends, even while it holds the GIL."""
    if sys.platform != "linux":
        return
    supervisor = os.getppid()
    set_parent_death_signal = 1  # PR_SET_PDEATHSIG in linux/prctl.h
    prctl: Any = ctypes.CDLL(None, use_errno=True).prctl
    prctl(set_parent_death_signal, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != supervisor:  # it died in between
        end_group()


if __name__ == "__main__":
    main(sys.argv[1])
