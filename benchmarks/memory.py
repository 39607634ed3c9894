"""The memory of a run on a long series.

1,000,000 hourly rows of 8 columns, lookback 512, batch 128, calendar inputs as the defaults give them. The worker holds
every row from the first to the last. To keep it short, the split gives 6,000 rows to training, 1,000 to validation and
1,000 to the test for one epoch of the scored fit; then the final fit trains on the windows of all million rows and is
stopped after 15 s. The peak is the worker's own VmHWM at its end, less that of a fresh worker of the same framework
that trained a tiny job (400 rows, 2 columns, lookback 20, batch 32, the same model). Once with a tiny model, which
leaves the cost of the data, and once with the default LSTM of 64.
"""

import time

from benchmarks import comparing
from benchmarks.comparing import Engine
from benchmarks.figure import Figure
from core.data.dataset import Dataset
from core.frameworks import registry
from core.frameworks.registry import NAMES
from core.runs.events import FitStarted
from core.runs.spec import Settings

ROWS, COLUMNS, LOOKBACK = 1_000_000, 8, 512
LIMIT_MB = 300


def measure(quick: bool) -> list[Figure]:
    long = comparing.waves(50_000 if quick else ROWS, COLUMNS)
    figures = []
    for name in NAMES:
        label = registry.find(name).label
        with comparing.warm(name) as engine:
            for hidden in (4, 64):
                own = peak_of_tiny(engine, name, hidden)
                peak = peak_of_long(engine, long, name, hidden, seconds=3 if quick else 15)
                figures += [
                    Figure(f"{label}, LSTM of {hidden}: above the framework's own", [peak - own], "MB", LIMIT_MB),
                    Figure(f"{label}, LSTM of {hidden}: the framework's own", [own], "MB"),
                ]
    return figures


def peak_of_tiny(engine: Engine, name: str, hidden: int) -> float:
    """MB of a worker that trained next to nothing."""
    settings = Settings(frameworks=(name,), hidden=hidden, lookback=20, epochs=1, batch_size=32, threads=1)
    folder = engine.start(comparing.waves(400, 2), settings, kinds=("score",))
    engine.finish(folder)
    engine.await_warm()
    return comparing.finished(folder.run(name)).peak_memory_mb


def peak_of_long(engine: Engine, dataset: Dataset, name: str, hidden: int, seconds: float) -> float:
    """MB of a worker that had every row in memory, scored a fit and began the final one."""
    settings = Settings(
        frameworks=(name,),
        hidden=hidden,
        lookback=LOOKBACK,
        epochs=1,
        batch_size=128,
        threads=1,
        split=(6_000, 1_000, 1_000),
    )
    folder = engine.start(dataset, settings)
    comparing.await_event(folder.run(name), lambda event: isinstance(event, FitStarted) and event.kind == "final", 300)
    time.sleep(seconds)
    engine.stop(folder)
    engine.await_warm()
    return comparing.finished(folder.run(name)).peak_memory_mb
