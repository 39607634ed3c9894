"""Stopping, at random moments.

60 comparisons with a fake framework are stopped while their worker is imported, while they train, while a fit is
forecast (0.3 s) or all is scored (0.3 s), or while they wait behind another one; the moments are drawn from seeded
random numbers. Then 5 with PyTorch and 5 with TensorFlow on the retail sample, one thread, from the first moment of the
import on. The time runs from stop() until the supervisor's view says that the comparison has ended, scoring of what was
trained included; for the real frameworks until it says that the training has ended, and apart from that until the end.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.figure import Figure
from core.runs.following import ENDED
from core.runs.view import ComparisonView
from tests.faults.driving import Driven, Kept, in_lanes, lanes, pause, supervised, trains

STUBS, QUICK_STUBS, REAL, QUICK_REAL = 60, 10, 5, 2
LANES = 2  # supervisors at a time
STAGES = ("waiting", "importing", "training", "training", "forecasting", "scoring")
IMPORT_S, SCORE_S = 0.3, 0.3  # of the fakes
LONGEST_S = {"pytorch": 4.0, "tensorflow": 10.0}  # import, compilation and some epochs
LIMIT_S = 2.5


@dataclass(frozen=True)
class Stopped:
    """Seconds from stop(): `trained` until the training had ended, `ended` until all had."""

    stage: str
    trained: float
    ended: float
    state: str
    kept: Kept


def measure(quick: bool) -> list[Figure]:
    stubs = stop_stubs(QUICK_STUBS if quick else STUBS)
    figures = [
        Figure(
            f"stub, {stage}: stop to its end", [each.ended for each in stubs if each.stage == stage], "s", by="largest"
        )
        for stage in dict.fromkeys(STAGES)
        if any(each.stage == stage for each in stubs)
    ]
    figures += [
        Figure("stub: stop to its end", [each.ended for each in stubs], "s", LIMIT_S, by="largest"),
        *kept(stubs),
    ]
    for framework, label in (("pytorch", "PyTorch"), ("tensorflow", "TensorFlow")):
        real = stop_real(framework, QUICK_REAL if quick else REAL)
        trained = [each.trained for each in real]
        figures += [
            Figure(f"{label}: stop to the end of the training", trained, "s", LIMIT_S, by="largest"),
            Figure(f"{label}: stop to its end, scored", [each.ended for each in real], "s", by="largest"),
            *kept(real, label),
        ]
    return figures


def kept(stopped: Sequence[Stopped], name: str = "stub") -> list[Figure]:
    lost = [each.kept.lost + each.kept.torn + each.kept.unscored for each in stopped]
    return [
        Figure(f"{name}: not ended as stopped", [sum(each.state != "stopped" for each in stopped)], limit=0),
        Figure(f"{name}: epochs lost, torn lines, fits without forecasts", [sum(lost)], limit=0),
    ]


def stop_stubs(count: int, seed: int = 0) -> list[Stopped]:
    slow = {"TWINCAST_STUB_IMPORT_S": str(IMPORT_S), "TWINCAST_STUB_SCORE_S": str(SCORE_S)}
    with lanes(min(LANES, count), **slow) as several:
        return in_lanes(several, lambda driven, n: stop_stub(driven, random.Random(f"{seed}-{n}"), n), count)


def stop_stub(driven: Driven, chance: random.Random, n: int) -> Stopped:
    stage = STAGES[n % len(STAGES)]
    longest = {"importing": IMPORT_S, "forecasting": SCORE_S, "scoring": SCORE_S}.get(stage, 1.0)
    while True:
        epochs = chance.randrange(1, 6) if stage in ("forecasting", "scoring") else 10_000
        asked = {"frameworks": ("pytorch",), "hidden": chance.randrange(5, 30)}
        first = driven.submit(**asked, epochs=10_000) if stage == "waiting" else None
        id = driven.submit(**asked, epochs=epochs)
        await_stage(driven, first or id, stage)
        pause(chance.uniform(0, longest))
        stopped = stop(driven, id, stage)
        if first:
            driven.supervisor.stop(first)
            driven.ends(first)
        if stopped.state != "finished":  # else it was over before
            return stopped


def await_stage(driven: Driven, id: str, stage: str) -> None:
    if stage == "importing":
        driven.worker("pytorch")
    elif stage == "scoring":
        driven.until(id, lambda view: view.state == "evaluating", stage)
    elif stage == "forecasting":
        driven.until(id, lambda view: view.runs["pytorch"].state == "scoring", stage)
    else:
        driven.until(id, trains, stage)


def stop_real(framework: str, count: int) -> list[Stopped]:
    """The first of them finds the files of the framework not yet read."""
    chance, stopped = random.Random(framework), []
    with supervised("real") as driven:
        for n in range(count):
            id = driven.submit(frameworks=(framework,))
            driven.worker(framework)
            pause((n + chance.random()) / count * LONGEST_S[framework])
            stopped.append(stop(driven, id, "real"))
    return stopped


def stop(driven: Driven, id: str, stage: str) -> Stopped:
    began = time.monotonic()
    driven.supervisor.stop(id)
    driven.until(id, is_trained, "the end of the training")
    trained = time.monotonic() - began
    view = driven.until(id, lambda view: view.ended, "the end")
    return Stopped(stage, trained, time.monotonic() - began, view.state, driven.kept(id))


def is_trained(view: ComparisonView) -> bool:
    return view.ended or all(run.state in ("scoring", *ENDED) for run in view.runs.values())
