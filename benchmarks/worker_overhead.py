"""An epoch through the worker beside the same loop in a bare script.

One LSTM layer of 64 on 10 inputs, lookback 20, horizon 5, batch 32, 8,000 training windows an epoch, one thread. The
worker runs it under the supervisor and journals it; the bare script runs the same trainer on the same data in a fresh
process with a listener that only notes the time. An epoch is the time from the end of one to the end of the next, first
one left out, so that journal and saved weights count. Worker and bare script alternate, and so does who goes first; the
ratio is taken within each pair.
"""

import statistics
from itertools import pairwise

from benchmarks import comparing
from benchmarks.bare import run_bare
from benchmarks.comparing import Engine
from benchmarks.figure import Figure
from core.data.dataset import Dataset
from core.frameworks import registry
from core.frameworks.registry import NAMES
from core.runs.spec import Settings
from core.runs.store import ComparisonFolder

WINDOWS, LOOKBACK, HORIZON = 8_000, 20, 5
TRAIN = WINDOWS + LOOKBACK + HORIZON - 1  # rows
VALIDATION, TEST = 200, 200  # rows


def measure(quick: bool) -> list[Figure]:
    dataset = comparing.waves(TRAIN + VALIDATION + TEST, columns=10)
    figures = []
    for name in NAMES:
        pairs = measured_pairs(name, dataset, pairs=1 if quick else 4, epochs=6 if quick else 13)
        worker, bare = zip(*pairs, strict=True)
        label = registry.find(name).label
        figures += [
            Figure(f"{label}: epoch through the worker", worker, "s"),
            Figure(f"{label}: epoch in a bare script", bare, "s"),
            Figure(f"{label}: ratio", [of_worker / of_bare for of_worker, of_bare in pairs], "×", limit=1.05),
        ]
    return figures


def measured_pairs(name: str, dataset: Dataset, pairs: int, epochs: int) -> list[tuple[float, float]]:
    """Mean seconds of an epoch, through the worker and bare."""
    settings = reference_settings(name, epochs)
    found = []
    with comparing.warm(name) as engine:
        folder, _ = through_worker(engine, dataset, settings)  # not measured: the bare script reads its folder
        for pair in range(pairs):
            if pair % 2 == 0:
                _, worker = through_worker(engine, dataset, settings)
                bare = mean_epoch(run_bare(folder.run(name)).at)
            else:
                bare = mean_epoch(run_bare(folder.run(name)).at)
                _, worker = through_worker(engine, dataset, settings)
            found.append((worker, bare))
    return found


def through_worker(engine: Engine, dataset: Dataset, settings: Settings) -> tuple[ComparisonFolder, float]:
    """One score fit by the warm worker, and its seconds an epoch; afterwards the next worker is warm."""
    folder = engine.start(dataset, settings, kinds=("score",))
    engine.finish(folder)
    engine.await_warm()
    return folder, mean_epoch([epoch.at for epoch in comparing.epochs(folder.run(settings.frameworks[0]))])


def mean_epoch(at: list[float]) -> float:
    """Seconds an epoch, from the ends of all."""
    return statistics.fmean(after - before for before, after in pairwise(at))


def reference_settings(name: str, epochs: int) -> Settings:
    return Settings(
        frameworks=(name,),
        lookback=LOOKBACK,
        horizon=HORIZON,
        epochs=epochs,
        calendar="none",
        reference="last",
        threads=1,
        split=(TRAIN, VALIDATION, TEST),
    )
