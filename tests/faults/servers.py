"""Servers killed at random moments, and started again.

A real `streamlit run app.py` is killed 60 times, by SIGTERM and SIGKILL in turns, the moments drawn from seeded random
numbers. 50 times its workers train fakes, in which a data loader (a `sleep`) or three processes of multiprocessing run
as well, with one comparison under way and often one that waits: while they are imported, trained, forecast, scored, or
had ended. Five times its workers import the real PyTorch and TensorFlow, five times PyTorch trains while its own
DataLoader reads with two processes. From the server's death on, every process whose environment names its home folder
is looked for: the workers, their children, and the small one that ends them. Then a new server starts in the same
folder. What it finds is right when each comparison that had not ended is written down as interrupted, or is being
scored as such, all others are as they were, and /readyz answers; the time runs from the new server's start. Every epoch
that the trainers had reported must be there. Forecasts are there once they can be read; those are the new server's
work, too, and take a worker's import.
"""

import random
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import processes
from benchmarks.figure import Figure
from core.runs.following import ENDED
from core.runs.store import Store
from tests.faults import driving, serving
from tests.faults.driving import Kept, pause
from tests.faults.serving import Server

STUBS, QUICK_STUBS, REAL, QUICK_REAL = 50, 5, 5, 1
A_HOME = 10  # kills in the same folder: its history grows
LEFT_S, RIGHT_S = 1.5, 2.0
IMPORT_S, SCORE_S = 0.3, 0.3  # of the fakes
STAGES = ("importing", "training", "training", "training", "scoring", "ended")


@dataclass(frozen=True)
class Killed:
    """What came of one kill; seconds, and what was not right."""

    stage: str
    number: signal.Signals
    processes: int  # at the kill
    dying: float  # from the signal to the server's death
    gone: float  # from there until nothing was left
    left: dict[int, str]  # processes after LEFT_S
    ready: float  # the new server, from its start
    right: float
    wrong: str
    kept: Sequence[Kept]
    scored: float | None  # from the new server's start until the forecasts could be read; None: nothing to forecast


def measure(quick: bool) -> list[Figure]:
    killed = {
        "stub": [*kill_stubs(QUICK_STUBS if quick else STUBS)],
        "real imports": [*kill_importing(QUICK_REAL if quick else REAL)],
        "real data loading": [*kill_loading(QUICK_REAL if quick else REAL)],
    }
    for each in (each for several in killed.values() for each in several if each.left or each.wrong):
        print(f"{each.stage}, {each.number.name}: {each.left} {each.wrong}")  # noqa: T201
    return [figure for name, several in killed.items() for figure in figures(name, several)]


def figures(name: str, killed: Sequence[Killed]) -> list[Figure]:
    kept = [kept for each in killed for kept in each.kept]
    terminated = [each.dying for each in killed if each.number == signal.SIGTERM]
    scored = [each.scored for each in killed if each.scored is not None]
    right = [each.right for each in killed]
    return [
        Figure(f"{name}: kills", [len(killed)]),
        Figure(f"{name}: processes at the kill", [each.processes for each in killed]),
        *([Figure(f"{name}: SIGTERM to the server's death", terminated, "s", by="largest")] if terminated else []),
        Figure(f"{name}: processes left after {LEFT_S} s", [sum(len(each.left) for each in killed)], limit=0),
        Figure(f"{name}: death to nothing left", [each.gone for each in killed], "s", LEFT_S, by="largest"),
        Figure(f"{name}: state not right", [sum(bool(each.wrong) for each in killed)], limit=0),
        Figure(f"{name}: start to ready", [each.ready for each in killed], "s", by="largest"),
        Figure(f"{name}: start to ready and the state right", right, "s", RIGHT_S, by="largest"),
        Figure(f"{name}: epochs reported", [sum(each.told for each in kept)]),
        Figure(f"{name}: epochs lost, torn lines", [sum(each.lost + each.torn for each in kept)], limit=0),
        Figure(f"{name}: fits with weights and no forecasts", [sum(each.unscored for each in kept)], limit=0),
        *([Figure(f"{name}: start to the forecasts so far", scored, "s", by="largest")] if scored else []),
    ]


def kill_stubs(count: int, seed: int = 0) -> Iterator[Killed]:
    slow = {"TWINCAST_STUB_IMPORT_S": str(IMPORT_S), "TWINCAST_STUB_SCORE_S": str(SCORE_S)}
    for first in range(0, count, A_HOME):
        with tempfile.TemporaryDirectory(prefix="twincast-faults-", ignore_cleanup_errors=True) as home:
            chain = Chain(Path(home), "stub", TWINCAST_STUB_DOES="child", **slow)
            for n in range(first, min(first + A_HOME, count)):
                yield kill_stub(chain, random.Random(f"{seed}-{n}"), n)
            chain.close()


def kill_stub(chain: "Chain", chance: random.Random, n: int) -> Killed:
    stage, does = chance.choice(STAGES), chance.choice(("child", "pools"))
    short = stage in ("scoring", "ended")
    server = chain.server_with(TWINCAST_STUB_DOES=does)
    asked = {"hidden": chance.randrange(5, 30), "epochs": chance.randrange(2, 6) if short else 10_000}
    ids = [server.start(order="together", **asked)]
    if chance.random() < 0.5:
        ids.append(server.start(session="another", epochs=20))
    if stage == "training":
        await_epochs(server, ids[0])
    elif short:
        states = ("evaluating", "finished") if stage == "scoring" else ENDED
        processes.until(lambda: server.view(ids[0]).state in states, driving.PATIENCE_S, stage)
    pause(chance.uniform(0, 1.0 if stage == "training" else 0.5))
    return chain.kill(stage, (signal.SIGTERM, signal.SIGKILL)[n % 2])


def kill_importing(count: int) -> Iterator[Killed]:
    """While a server that has just started imports both frameworks, one after the other."""
    chance = random.Random("importing")
    with tempfile.TemporaryDirectory(prefix="twincast-faults-", ignore_cleanup_errors=True) as home:
        chain = Chain(Path(home), "real")
        for n in range(count):
            server = chain.server_with()
            processes.until(lambda server=server: server.workers(), driving.PATIENCE_S, "a worker")
            pause(chance.uniform(0.2, 6.0))
            if n % 2:
                server.start()
            yield chain.kill("importing", (signal.SIGKILL, signal.SIGTERM)[n % 2])
        chain.close()


def kill_loading(count: int) -> Iterator[Killed]:
    chance = random.Random("loading")
    with tempfile.TemporaryDirectory(prefix="twincast-faults-", ignore_cleanup_errors=True) as home:
        chain = Chain(Path(home), "loading")
        for n in range(count):
            server = chain.server_with()
            await_epochs(server, server.start(frameworks=["pytorch"]))
            pause(chance.uniform(0.1, 1.0))
            yield chain.kill("data loading", (signal.SIGKILL, signal.SIGTERM)[n % 2])
        chain.close()


def await_epochs(server: Server, id: str) -> None:
    def trained() -> bool:
        runs = server.view(id).runs.values()
        return any(fit.history for run in runs for fit in run.fits)

    processes.until(trained, driving.PATIENCE_S, "the first epoch")


class Chain:
    """One server after the other in the same folder."""

    def __init__(self, home: Path, kind: str, **environment: str) -> None:
        self.home, self.store, self.kind, self.environment = home, Store(home), kind, environment
        self.server = Server(home, kind, **environment)
        self.server.await_ready()

    def server_with(self, **environment: str) -> Server:
        """The one that runs; a later one's workers have these variables."""
        self.environment |= environment
        return self.server

    def kill(self, stage: str, number: signal.Signals) -> Killed:
        """The running server; the next one is looked at until all that was left is scored."""
        there = len(serving.left(self.home))
        dying = self.server.end(number)
        gone, left = serving.await_nothing_left(self.home, LEFT_S)
        before = self.states()
        self.server = Server(self.home, self.kind, **self.environment)
        wrong, right, ready = self.await_right(before)
        scored = self.await_scored()
        kept = [driving.kept(self.store, id, self.server.witness) for id, state in before.items() if state not in ENDED]
        return Killed(stage, number, there, dying, gone, left, ready, right, wrong, kept, scored)

    def states(self) -> dict[str, str]:
        """As they are written down."""
        return {path.parent.name: self.store.open(path.parent.name).state().state for path in self._written()}

    def await_right(self, before: dict[str, str]) -> tuple[str, float, float]:
        """What stays wrong, and the seconds until all was right, and ready."""
        ready = None
        while True:
            wrong = "; ".join(self._wrong(before))
            if ready is None and self.server.is_ready():
                ready = time.monotonic() - self.server.began
            now = time.monotonic() - self.server.began
            if (ready is not None and not wrong) or now > driving.PATIENCE_S:
                return wrong, now, ready or now
            time.sleep(serving.LOOK_S)

    def await_scored(self) -> float | None:
        """Until each comparison that learned something has its scores; None where there is nothing."""
        learned = [path.parents[4] for path in self.store.comparisons.glob("*/runs/*/fits/*/weights.safetensors")]
        if all((path / "comparison.json").is_file() for path in learned):
            return None
        told = lambda: all(self._is_scored(path) for path in learned)  # noqa: E731
        processes.until(told, driving.PATIENCE_S, "the forecasts so far")
        return time.monotonic() - self.server.began

    def close(self) -> None:
        self.server.end(signal.SIGTERM)
        serving.await_nothing_left(self.home, LEFT_S)

    def _is_scored(self, path: Path) -> bool:
        return (path / "comparison.json").is_file() and self.store.open(path.name).state().state in ENDED

    def _wrong(self, before: dict[str, str]) -> Iterator[str]:
        """A comparison with an end is one that was interrupted or had ended, also while it is being scored."""
        for id, earlier in before.items():
            state = self.store.open(id).state()
            if earlier in ENDED and state.state != earlier:
                yield f"{id} was {earlier} and is {state.state}"
            if state.ended_at is None or state.state == "queued":
                yield f"{id} was {earlier} and is {state.state}, without an end"

    def _written(self) -> list[Path]:
        return sorted(self.store.comparisons.glob("[0-9]*/state.json"))
