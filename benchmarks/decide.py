"""The Decide preset on the IBM sample, from Start to the verdict.

Five seeds on three folds with both frameworks (LSTM 64, lookback 20, at most 20 epochs or until nothing improves), the
final fits, the timed ones in turn, the certificate, the simple methods and the scores: the real supervisor with warm
workers. The time runs from Start (plan, save, hand over) until comparison.json with its verdict is written; a page
shows it at its next refresh, within a second. Parts are read from the workers' journals: the race is the scored and the
final fits, which both frameworks train at the same time. Processor seconds are a worker's own, from its start of the
work to its last moment: unlike the time they hardly depend on what else the machine does.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import psutil

from benchmarks import comparing
from benchmarks.comparing import Engine
from benchmarks.figure import Figure
from core.data.samples import SAMPLES
from core.frameworks.registry import NAMES
from core.runs import results
from core.runs.events import FitDone, FitStarted
from core.runs.pool import EVALUATION
from core.runs.presets import PRESETS
from core.runs.spec import Settings
from core.runs.store import ComparisonFolder

SAMPLE, LIMIT_S = "stock", 45
LEAST_EPOCHS = 15  # that a fit may take, unless nothing improves before
LOOK_S = 0.1
PARTS = {"first epochs, timed": ("timed0",), "race": ("seed", "final"), "timed fits, in turn": ("timed",)}


@dataclass(frozen=True)
class Run:
    """One repeat; all in seconds."""

    whole: float
    processor: dict[str, float]  # by worker
    parts: dict[str, float]


def measure(quick: bool) -> list[Figure]:
    dataset = comparing.sample(SAMPLE)
    settings = PRESETS["decide"].settings(dataset)
    with comparing.warm(*NAMES) as engine:
        runs = [compared(engine, settings) for _ in range(1 if quick else 3)]
    return list(figures(settings, runs))


def figures(settings: Settings, runs: list[Run]) -> Iterator[Figure]:
    title = SAMPLES[SAMPLE].title
    yield Figure(f"{title}: Start to verdict", [run.whole for run in runs], "s", LIMIT_S)
    yield Figure("Epochs that a fit may take", [settings.epochs], "", LEAST_EPOCHS, "at least")
    for part in runs[0].parts:
        yield Figure(f"Of it: {part}", [run.parts[part] for run in runs], "s")
    for name in (*NAMES, EVALUATION):
        label = results.label(name) if name in NAMES else "the evaluation, its helpers left out"
        yield Figure(f"Processor time of {label}", [run.processor[name] for run in runs], "s")


def compared(engine: Engine, settings: Settings) -> Run:
    engine.await_warm()
    workers = {each.cmdline()[-1]: each for each in psutil.Process().children() if each.cmdline()[-2:-1] == [WORKER]}
    before = {name: seconds(worker) for name, worker in workers.items()}
    began, after = comparing.now(), dict(before)
    folder = engine.start(comparing.sample(SAMPLE), settings)
    while not engine.supervisor.wait(folder.id, LOOK_S).ended:
        after |= {name: seconds(worker) or after[name] for name, worker in workers.items()}
    engine.finish(folder)
    ended = comparing.now()
    if results.load(folder.path).verdict is None:
        raise RuntimeError("the comparison ended without a verdict")
    processor = {name: after[name] - before[name] for name in workers}
    return Run(ended - began, processor, parts(folder, ended))


WORKER = "core.runs.worker"


def seconds(worker: psutil.Process) -> float:
    """Processor time so far; 0 when it has ended."""
    try:
        return float(sum(worker.cpu_times()[:2]))
    except psutil.Error:
        return 0.0


def parts(folder: ComparisonFolder, ended: float) -> dict[str, float]:
    """How long each part took, from the first fit of it to the end of its last, whichever framework's."""
    events = [event for run in folder.runs() for event in comparing.events(run)]
    fits = [(event.fit, event.at) for event in events if isinstance(event, FitStarted | FitDone)]
    found, left = {}, dict.fromkeys(fit for fit, _ in fits)
    for part, names in PARTS.items():
        these = [fit for fit in left if fit.startswith(names)]
        times = [at for fit, at in fits if fit in these]
        found[part] = max(times) - min(times)
        left = {fit: None for fit in left if fit not in these}
    return found | {"certificate, simple methods, scores": ended - max(at for fit, at in fits if fit != "certificate")}
