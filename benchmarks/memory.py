"""The memory of a run on a long series.

1,000,000 hourly rows of 8 columns, lookback 512, horizon 5, batch 128, calendar inputs as the defaults give them; the
worker holds every row from the first to the last. No run goes to its end, which would take hours: each is begun as it
is and stopped. "Begun": the default split (700,000 rows of training, 100,000 of validation, 200,000 of test), stopped
after 10 s of its first epoch; so neither validation nor scoring was reached. "Scored": 6,000 rows of training and
1,000 of validation for one epoch, then the forecasts of a whole test part of 200,000 rows are made and saved, then the
final fit trains on the windows of all million rows and is stopped after 10 s; with a tiny model only. The peak is the
worker's own VmHWM at its end, less the framework's own: that of a fresh worker that trained the same model, lookback,
batch and compilation for an epoch on 2,000 rows, so that what is left is owed to the length of the series. For
comparison: a worker that trained next to nothing (400 rows, 2 columns, lookback 20, batch 32, nothing compiled). The
evaluation, a process of its own that reads the saved forecasts in blocks, is not in these figures.
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
TINY, DEFAULT = 4, 64  # hidden size
LIMIT_MB = 300


def measure(quick: bool) -> list[Figure]:
    long = comparing.waves(50_000 if quick else ROWS, COLUMNS)
    seconds = 3 if quick else 10
    figures = []
    for name in NAMES:
        label = registry.find(name).label
        with comparing.warm(name) as engine:
            own = {hidden: peak_of_short(engine, long, name, hidden) for hidden in (TINY, DEFAULT)}
            peaks = {
                (TINY, "begun"): peak_of_begun(engine, long, name, TINY, seconds),
                (DEFAULT, "begun"): peak_of_begun(engine, long, name, DEFAULT, seconds),
                (TINY, "scored"): peak_of_scored(engine, long, name, TINY, seconds),
            }
            nothing = peak_of_nothing(engine, name)
        figures += [
            Figure(f"{label}, LSTM of {hidden}, {what}: above its own", [mb - own[hidden]], "MB", LIMIT_MB)
            for (hidden, what), mb in peaks.items()
        ]
        figures += [Figure(f"{label}, LSTM of {hidden}: its own", [mb], "MB") for hidden, mb in own.items()]
        figures.append(Figure(f"{label}, LSTM of {DEFAULT}: next to nothing", [nothing], "MB"))
    return figures


def peak_of_short(engine: Engine, long: Dataset, name: str, hidden: int) -> float:
    """MB of a worker that trained as for the long series, on one hardly longer than its lookback asks for."""
    settings = long_settings(name, hidden)
    compiled = name in engine.plan(long, settings).plan.compile
    return peak_of(engine, comparing.waves(2_000, COLUMNS), settings, compiled)


def peak_of_nothing(engine: Engine, name: str) -> float:
    """MB of a worker that trained next to nothing."""
    settings = Settings(frameworks=(name,), hidden=DEFAULT, lookback=20, epochs=1, batch_size=32, threads=1)
    return peak_of(engine, comparing.waves(400, 2), settings, compiled=False)


def peak_of(engine: Engine, dataset: Dataset, settings: Settings, compiled: bool) -> float:
    """MB of a worker that went to the end of one score fit."""
    folder = engine.start(dataset, settings, kinds=("score",), compiled=compiled)
    engine.finish(folder)
    engine.await_warm()
    return comparing.finished(folder.run(settings.frameworks[0])).peak_memory_mb


def peak_of_begun(engine: Engine, dataset: Dataset, name: str, hidden: int, seconds: float) -> float:
    """MB of a worker that trained for some seconds on the default training part."""
    return peak_until(engine, dataset, long_settings(name, hidden), kind="score", seconds=seconds)


def peak_of_scored(engine: Engine, dataset: Dataset, name: str, hidden: int, seconds: float) -> float:
    """MB of a worker that forecast every window of the default test part, then trained for some seconds on all rows."""
    split = (6_000, 1_000, dataset.rows // 5)
    settings = long_settings(name, hidden).model_copy(update={"split": split})
    return peak_until(engine, dataset, settings, kind="final", seconds=seconds)


def long_settings(name: str, hidden: int) -> Settings:
    return Settings(frameworks=(name,), hidden=hidden, lookback=LOOKBACK, epochs=1, batch_size=128, threads=1)


def peak_until(engine: Engine, dataset: Dataset, settings: Settings, kind: str, seconds: float) -> float:
    """MB of a worker that was stopped some seconds after a fit of this kind began."""
    (name,) = settings.frameworks
    folder = engine.start(dataset, settings)
    comparing.await_event(folder.run(name), lambda event: isinstance(event, FitStarted) and event.kind == kind, 300)
    time.sleep(seconds)
    engine.stop(folder)
    engine.await_warm()
    return comparing.finished(folder.run(name)).peak_memory_mb
