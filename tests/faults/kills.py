"""Workers killed at random moments.

A comparison of one framework is submitted to a real supervisor, and its worker is killed: 200 times one with a fake
framework (an epoch takes 5 to 30 ms), seven of ten by SIGKILL, the others by SIGSEGV or SIGTERM, while it imports,
trains, forecasts, or while the evaluation scores; all of it is drawn from seeded random numbers. Then 10 times
PyTorch and 10 times TensorFlow on the retail sample, one thread, while they import or train. After each epoch, when
what notes it has returned, the trainer's worker writes a line to a file of its own: each of these epochs must be in
the run's journal (lost), each line of the journal an event (torn). The sentence must be the one for this death; its
time runs from the kill until the supervisor's view has it, which a page shows at its next tick, a second later at the
latest. Where weights had been saved, Compare must have forecasts, made by a fresh worker (missing).
"""

import os
import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.figure import Figure
from core.runs.view import ComparisonView
from tests.faults.driving import TICK_S, Driven, Kept, in_lanes, lanes, pause, sentences, supervised

STUBS, QUICK_STUBS, REAL, QUICK_REAL = 200, 15, 10, 2
LANES = 3  # supervisors at a time: the fakes sleep most of the time
IMPORT_S, SCORE_S = 0.3, 0.3  # of the fakes
LONGEST_S = {"pytorch": 2.0, "tensorflow": 5.0}  # an import, or the compilation and some epochs
SENTENCES = {
    signal.SIGKILL: "killed from outside",
    signal.SIGSEGV: "crashed",
    signal.SIGTERM: "ended from outside",
}


@dataclass(frozen=True)
class Killed:
    """`seconds` from the kill to its sentence in the view; `wrong` is what was said instead."""

    stage: str
    seconds: float
    wrong: str
    kept: Kept


def measure(quick: bool) -> list[Figure]:
    killed = {"stub": kill_stubs(QUICK_STUBS if quick else STUBS)}
    for framework, label in (("pytorch", "PyTorch"), ("tensorflow", "TensorFlow")):
        killed[label] = kill_real(framework, QUICK_REAL if quick else REAL)
    for each in (each for several in killed.values() for each in several if each.wrong):
        print(f"{each.stage}: {each.wrong}")  # noqa: T201
    return [figure for name, several in killed.items() for figure in figures(name, several)]


def figures(name: str, killed: Sequence[Killed]) -> list[Figure]:
    seconds = [each.seconds for each in killed]
    return [
        Figure(f"{name}: kills", [len(killed)]),
        Figure(f"{name}: epochs reported", [sum(each.kept.told for each in killed)]),
        Figure(f"{name}: epochs lost", [sum(each.kept.lost for each in killed)], limit=0),
        Figure(f"{name}: torn lines", [sum(each.kept.torn for each in killed)], limit=0),
        Figure(f"{name}: another sentence, or none", [sum(bool(each.wrong) for each in killed)], limit=0),
        Figure(f"{name}: kill to the sentence in the view", seconds, "s", by="largest"),
        Figure(f"{name}: on the page at the latest", [each + TICK_S for each in seconds], "s", 2, by="largest"),
        Figure(f"{name}: fits with weights and no forecasts", [sum(each.kept.unscored for each in killed)], limit=0),
    ]


def kill_stubs(count: int, seed: int = 0) -> list[Killed]:
    slow = {"TWINCAST_STUB_IMPORT_S": str(IMPORT_S), "TWINCAST_STUB_SCORE_S": str(SCORE_S)}
    with lanes(min(LANES, count), **slow) as several:
        return in_lanes(several, lambda driven, n: kill_stub(driven, random.Random(f"{seed}-{n}")), count)


def kill_stub(driven: Driven, chance: random.Random) -> Killed:
    """Of ten: two while it imports, five while it trains, two while it forecasts, one while all is scored."""
    stage = chance.choice(["importing"] * 2 + ["training"] * 5 + ["forecasting"] * 2 + ["scoring"])
    number = chance.choice([signal.SIGKILL] * 7 + [signal.SIGSEGV] * 2 + [signal.SIGTERM])
    framework = chance.choice(("pytorch", "tensorflow"))
    longest = {"importing": IMPORT_S, "training": 1.0}.get(stage, SCORE_S)
    killed = None
    while killed is None:
        epochs = chance.randrange(1, 6) if stage in ("forecasting", "scoring") else 10_000
        id = driven.submit(frameworks=(framework,), hidden=chance.randrange(5, 30), epochs=epochs)
        await_stage(driven, id, framework, stage)
        pause(chance.uniform(0, longest))
        killed = kill(driven, id, framework, stage, number)
    return killed


def kill_real(framework: str, count: int) -> list[Killed]:
    """Of three: one while it imports, two while it trains."""
    chance, killed = random.Random(framework), []
    with supervised("real") as driven:
        while len(killed) < count:
            stage = ("training", "importing", "training")[len(killed) % 3]
            id = driven.submit(frameworks=(framework,))
            await_stage(driven, id, framework, stage)
            pause(chance.uniform(0, LONGEST_S[framework]))
            found = kill(driven, id, framework, stage, signal.SIGKILL)
            killed += [found] if found else []
    return killed


def await_stage(driven: Driven, id: str, framework: str, stage: str) -> None:
    states = {"training": "training", "forecasting": "scoring"}
    if stage == "importing":
        driven.worker(framework)
    elif stage == "scoring":
        driven.until(id, lambda view: view.state == "evaluating", stage)
    else:
        driven.until(id, lambda view: view.runs[framework].state == states[stage], stage)


def kill(driven: Driven, id: str, framework: str, stage: str, number: signal.Signals) -> Killed | None:
    """None where its work was done before."""
    about = "" if stage == "scoring" else framework  # the comparison, or this framework's run
    began = time.monotonic()
    for pid in driven.held("evaluation" if stage == "scoring" else framework)[:1]:
        os.kill(pid, number)  # its number stays its own until its supervisor has heard of its death
    view = driven.until(id, lambda view: about in sentences(view) or view.ended, "the sentence")
    seconds = time.monotonic() - began
    view = driven.ends(id)
    if view.state == "finished" and not sentences(view):
        return None
    return Killed(stage, seconds, wrong_sentence(view, about, number), driven.kept(id))


def wrong_sentence(view: ComparisonView, about: str, number: signal.Signals) -> str:
    """What was said instead."""
    said = sentences(view).get(about, "")
    return "" if SENTENCES[number] in said else f"{number.name}: {said or f'nothing, it is {view.state}'}"
