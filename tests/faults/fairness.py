"""User B's one run beside user A's five.

Session A has a comparison of five fits under way, one after the other; at a random moment session B submits one of a
single fit. Counted are A's fits that end between B's asking and the beginning of B's: the one that was under way may,
no other. And that no fit of the one ever overlaps a fit of the other. 10 times with fakes (A's fits take 0.3 s), once
for real: A has PyTorch train the retail sample with five seeds, B TensorFlow with one.
"""

import random
import time
from dataclasses import dataclass
from typing import Any

from benchmarks import comparing
from benchmarks.figure import Figure
from core.runs.events import FitDone, FitStarted
from core.runs.store import Store
from tests.faults.driving import Driven, pause, supervised, trains

STUBS, QUICK_STUBS = 10, 3
SEEDS = (0, 1, 2, 3, 4)


@dataclass(frozen=True)
class Shared:
    between: int  # fits of A that ended before B's began
    overlaps: int
    waited: float  # seconds until B's fit began
    finished: bool  # both, in the end


def measure(quick: bool) -> list[Figure]:
    stubs = share_stubs(QUICK_STUBS if quick else STUBS)
    real = [] if quick else [share_real()]
    return [figure for name, shared in (("stub", stubs), ("real", real)) if shared for figure in figures(name, shared)]


def figures(name: str, shared: list[Shared]) -> list[Figure]:
    return [
        Figure(f"{name}: fits of A's before B's", [each.between for each in shared], limit=1, by="largest"),
        Figure(f"{name}: fits at the same time", [sum(each.overlaps for each in shared)], limit=0),
        Figure(f"{name}: B waited", [each.waited for each in shared], "s", by="largest"),
        Figure(f"{name}: one of the two did not finish", [sum(not each.finished for each in shared)], limit=0),
    ]


def share_stubs(count: int, seed: int = 0) -> list[Shared]:
    chance = random.Random(seed)
    with supervised() as driven:
        return [
            share(driven, {"epochs": 15, "hidden": 20}, {"epochs": 10}, chance.uniform(0, 0.9)) for _ in range(count)
        ]


def share_real() -> Shared:
    with supervised("real") as driven:
        return share(driven, {"epochs": 100}, {"epochs": 20}, 0.5)


def share(driven: Driven, many: dict[str, Any], one: dict[str, Any], after: float) -> Shared:
    five = driven.submit(session="a", frameworks=("pytorch",), seeds=SEEDS, **many)
    driven.until(five, trains, "A's first fit")
    pause(after)
    single = driven.submit(session="b", frameworks=("tensorflow",), **one)
    asked = time.time()
    states = {driven.ends(id).state for id in (single, five)}
    theirs, (mine,) = fits(driven.store, five), fits(driven.store, single)
    return Shared(
        between=sum(asked < end <= mine[0] for _, end in theirs),
        overlaps=sum(begin < mine[1] and mine[0] < end for begin, end in theirs),
        waited=mine[0] - asked,
        finished=states == {"finished"},
    )


def fits(store: Store, id: str) -> list[tuple[float, float]]:
    """When each fit of a comparison of one framework began and ended."""
    (run,) = store.open(id).runs()
    events = comparing.events(run)
    began = [event.at for event in events if isinstance(event, FitStarted)]
    ended = [event.at for event in events if isinstance(event, FitDone)]
    return list(zip(began, ended, strict=True))
