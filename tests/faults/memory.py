"""A ladder of memory limits: whatever a run is allowed, it finishes, or says that its memory was not enough.

Both frameworks train an LSTM (hidden size 128, batch 1,024, lookback 48, matched maths: 3 fits) that takes several
hundred MB beside its framework, with TWINCAST_MEMORY_GB set to ever more, from less than the first step needs to
enough. A run is explained when it finished, or failed with the sentence about memory; hung when it had done neither
after four minutes.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks import comparing
from benchmarks.comparing import Engine
from benchmarks.figure import Figure
from benchmarks.serving import home_folder
from core.frameworks.registry import NAMES
from core.runs import memory
from core.runs.following import RunView
from core.runs.spec import Settings
from core.runs.store import Store
from core.runs.supervisor import Supervisor

LADDER_MB = (25, 50, 100, 150, 200, 300, 400, 600, 800, 1600)
QUICK_MB = (50, 200, 1600)
HUNG_S = 240.0  # TensorFlow waits ten seconds for each allocation that fails


def measure(quick: bool) -> list[Figure]:
    began = time.perf_counter()
    runs = [run for allowance in (QUICK_MB if quick else LADDER_MB) for run in climb(allowance)]
    seconds = (time.perf_counter() - began) / len(runs)
    finished = [run for run in runs if run.state == "finished"]
    return [
        Figure("memory ladder: runs", [len(runs)]),
        Figure("memory ladder: finished", [len(finished)], limit=0, sense="more than"),
        Figure("memory ladder: failed with the sentence about memory", [sum(map(is_explained, runs))]),
        Figure("memory ladder: unexplained", [len(unexplained(runs))], limit=0),
        Figure("memory ladder: hung", [sum(run.state != "finished" and run.error is None for run in runs)], limit=0),
        Figure("memory ladder: a run, import included", [seconds], "s"),
    ]


def climb(allowance_mb: int) -> list[RunView]:
    """How both frameworks' runs ended that were allowed so much."""
    settings = Settings(frameworks=NAMES, hidden=128, batch_size=1024, lookback=48, horizon=5, epochs=2, threads=1)
    with limited_engine(allowance_mb) as engine:
        folder = engine.start(comparing.waves(6_000, 8), settings)
        view = engine.supervisor.wait(folder.id, HUNG_S)
        return list(view.runs.values())


def is_explained(run: RunView) -> bool:
    return run.error is not None and "memory" in run.error.what


def unexplained(runs: Sequence[RunView]) -> list[str]:
    """What was said instead."""
    failed = [run for run in runs if run.error is not None and not is_explained(run)]
    return [f"{run.framework}: {run.error.sentence()}" for run in failed if run.error]


@contextmanager
def limited_engine(allowance_mb: int) -> Iterator[Engine]:
    """A supervisor in a folder of its own, whose workers may each take so much beside their framework."""
    before = os.environ.get(memory.VARIABLE)
    os.environ[memory.VARIABLE] = str(allowance_mb / 1024)
    try:
        with home_folder() as home:
            store = Store(home)
            supervisor = Supervisor(store, warm=())
            supervisor.start()
            try:
                yield Engine(supervisor, store, NAMES)
            finally:
                supervisor.close()
    finally:
        os.environ.pop(memory.VARIABLE)
        if before is not None:
            os.environ[memory.VARIABLE] = before
