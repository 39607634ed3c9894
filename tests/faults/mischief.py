"""What else can go wrong: floods, an error in the supervisor, a clock set back, a frozen worker.

A worker sends its supervisor lines that mean nothing, or one without an end, or prints 120 MB. The supervisor's own
thread meets an error, once each in hearing a worker, in driving a comparison, in deciding what to do next; and it ends
altogether. The clock of worker and supervisor is set back by an hour while a comparison trains. A worker is frozen by
SIGSTOP; silence may last 3 s here instead of 30. Each time the comparison has to end as it should, the view has to say
what happened, and the next comparison has to finish. Nothing may hang: seconds are counted from the trouble to the
sentence.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil

from benchmarks import processes
from benchmarks.figure import Figure
from core.runs import pulse, supervisor
from core.runs.supervisor import Supervisor
from tests.faults import driving, witness
from tests.faults.driving import Driven, sentences, supervised, trains

SILENT_S = 3.0
SHORT = {"frameworks": ("pytorch",), "epochs": 3}
UNEXPECTED = "stopped by an unexpected error"


@dataclass(frozen=True)
class Outcome:
    seconds: float  # from the trouble to the sentence, or to the end
    wrong: str


def measure(quick: bool) -> list[Figure]:
    outcomes = {name: trial() for name, trial in TRIALS.items()}
    for name, outcome in outcomes.items():
        print(f"{name}: {outcome.wrong}" if outcome.wrong else "", end="\n" * bool(outcome.wrong))  # noqa: T201
    return [
        *(Figure(f"{name}: to the sentence, or the end", [each.seconds], "s") for name, each in outcomes.items()),
        Figure("trials", [len(outcomes)]),
        Figure("not as it should be", [sum(bool(each.wrong) for each in outcomes.values())], limit=0),
    ]


def flooded(does: str, sentence: str) -> Outcome:
    with supervised(TWINCAST_STUB_DOES=does) as driven:
        began = time.monotonic()
        return ended(driven, driven.submit(**SHORT), began, sentence, goes_on=False)


def printed() -> Outcome:
    """All of it goes to the log, of which the latest part is kept."""
    with supervised(TWINCAST_STUB_DOES="chatters") as driven:
        began = time.monotonic()
        outcome = ended(driven, driven.submit(**SHORT), began, "")
        logs = sum(path.stat().st_size for path in driven.store.root.rglob("*.log*"))
        return outcome if logs < 64 << 20 else Outcome(outcome.seconds, f"the logs have {logs >> 20} MB")


def erring(owner: Any, name: str) -> Outcome:
    """This method of the engine's raises, once, while a comparison trains."""
    with supervised() as driven:
        id = driven.submit(frameworks=("pytorch",), epochs=50)  # whose end is something to hear
        driven.until(id, trains, "the first epoch")
        with raising(owner, name, ZeroDivisionError("a detail for the log")) as raised:
            processes.until(lambda: raised, driving.PATIENCE_S, "the error", every=driving.LOOK_S)
            return ended(driven, id, time.monotonic(), UNEXPECTED)


def thread_ended() -> Outcome:
    """By something that nobody catches: nothing trains any more, and that is known."""
    with supervised() as driven:
        id = driven.submit(frameworks=("pytorch",))
        driven.until(id, trains, "the first epoch")
        worker, began = psutil.Process(driven.worker("pytorch")), time.monotonic()
        with raising(Supervisor, "_advance", SystemExit()):
            driven.supervisor.stop("nothing of this name")
            processes.until(lambda: not driven.supervisor.alive, 10, "the end of the thread", every=driving.LOOK_S)
        processes.until(lambda: not worker.is_running() or worker.status() == "zombie", 10, "the end of its worker")
        seconds = time.monotonic() - began
        driven.supervisor.view(id)
        return Outcome(seconds, "")


def clock_set_back() -> Outcome:
    with supervised(TWINCAST_STUB_CLOCK_S="0.5") as driven:
        real, began = time.time, time.monotonic()
        id = driven.submit(frameworks=("pytorch", "tensorflow"), epochs=100)
        driven.until(id, trains, "the first epoch")
        try:
            witness.turn_back()
            driven.until(id, lambda view: not view.ended and view.eta_s is not None, "an estimate")
            outcome = ended(driven, id, began, "")
        finally:
            time.time = real
        epochs = [len(run.fits[0].history) for run in driven.supervisor.view(id).runs.values()]
        return outcome if epochs == [100, 100] else Outcome(outcome.seconds, f"{epochs} epochs of 100")


def frozen() -> Outcome:
    before, pulse.SILENT_S = pulse.SILENT_S, SILENT_S
    try:
        with supervised() as driven:
            id = driven.submit(frameworks=("pytorch",))
            driven.until(id, trains, "the first epoch")
            began = time.monotonic()
            os.kill(driven.worker("pytorch"), signal.SIGSTOP)
            outcome = ended(driven, id, began, "stopped responding")
    finally:
        pulse.SILENT_S = before
    late = outcome.seconds > 2 * SILENT_S
    return Outcome(outcome.seconds, outcome.wrong or ("it took longer than twice the silence" if late else ""))


def ended(driven: Driven, id: str, began: float, sentence: str, goes_on: bool = True) -> Outcome:
    """How it ended: with this sentence, or finished where there is none; and whether the next one finishes."""
    view = driven.until(id, lambda view: sentences(view) or view.ended, "the sentence")
    seconds = time.monotonic() - began
    view = driven.ends(id)
    said = " ".join(sentences(view).values())
    wrong = "" if (sentence in said if sentence else view.state == "finished") else f"{view.state}: {said}"
    if goes_on and not wrong:
        after = driven.ends(driven.submit(**SHORT))
        wrong = "" if after.state == "finished" else f"the next one: {after.state}, {sentences(after)}"
    return Outcome(seconds, wrong)


@contextmanager
def raising(owner: Any, name: str, error: BaseException) -> Iterator[list[bool]]:
    """The method raises when it is called next, and not again; the list is not empty from then on."""
    raised: list[bool] = []
    real = getattr(owner, name)

    def method(*arguments: Any, **named: Any) -> Any:
        if raised:
            return real(*arguments, **named)
        raised.append(True)
        raise error

    setattr(owner, name, method)
    try:
        yield raised
    finally:
        setattr(owner, name, real)


TRIALS: dict[str, Callable[[], Outcome]] = {
    "lines that mean nothing": lambda: flooded("babbles", "masses of data"),
    "a line without an end": lambda: flooded("babbles_without_newline", "masses of data"),
    "120 MB printed": printed,
    "an error in hearing a worker": lambda: erring(supervisor.WorkerPool, "hear"),
    "an error in driving a comparison": lambda: erring(supervisor.Going, "advance"),
    "an error in deciding what to do": lambda: erring(Supervisor, "_advance"),
    "the supervisor's thread ends": thread_ended,
    "clocks set back by an hour": clock_set_back,
    "a frozen worker": frozen,
}
