"""How long a comparison will take: a small cost model, corrected by what this installation has measured."""

import functools
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.data.dataset import Split
from core.data.prepare import columns_beside
from core.errors import TwincastError
from core.frameworks.catalogue import find, multiplications
from core.hardware import busy, cores
from core.runs import results
from core.runs.planning import expected_epochs, steps_an_epoch, training_rows
from core.runs.spec import CERTIFICATE_BATCHES, SHORT_EPOCHS, ComparisonSpec, FitSpec, Settings
from core.runs.store import ComparisonFolder, Store
from core.runs.translation import shape

LATEST = 5  # finished comparisons that correct the model

# Measured on one thread of a 2-core x86 machine (LSTM 64, 10 inputs, lookback 20, batch 32: 18 GFLOP and 250 steps
# an epoch in 0.3 s; at hidden 256 and batch 128 both frameworks reach the 90 GFLOP/s of a plain matrix product).
FLOPS_A_THREAD = 70e9  # a second
FORWARD_AND_BACKWARD = 3  # times the operations of a forward pass
SECONDS_A_STEP = 0.0003  # whatever the size of the batch
SECONDS_A_ROW_OF_LOOKBACK = 6e-6  # a step and layer: the recurrence is walked row by row
VALIDATION = 1.1  # the validation part is forecast after each epoch
IMPORT_SECONDS = {"pytorch": 1.8, "tensorflow": 4.5}  # of a worker that is not warm
RUN_SECONDS = 0.3  # preparing the data, saving
FIT_SECONDS = 0.1  # the same of each fit, and its forecasts
TRACE_SECONDS = {"tensorflow": 1.5}  # to build its graphs, once for each kind of maths
COMPILE_SECONDS = {"tensorflow": 2.0, "pytorch": 12.0}  # with XLA; with torch.compile, and g++
PLAIN = {"pytorch": 1.15, "tensorflow": 1.4}  # times the seconds of a tuned fit that is not compiled
PARTS = {"pytorch": 1.2, "tensorflow": 7.0}  # times those of one device, about: parts of a processor wait for another
SCORING_SECONDS = 1.0  # forecasts, scores and files at the end
FITTED_SECONDS, FITTED_AT_MOST = 3.0, 60.0  # simple methods that are fitted: their imports; all of them with them
FITTED_EACH = 1.0  # for each fold and target
SLOWEST_CORRECTION, QUICKEST_CORRECTION = 10.0, 0.1


@dataclass(frozen=True)
class Measured:
    """A comparison that was finished here, with the seconds that each framework's run took.

    Nothing but the other framework disturbed them, and that one only in a race.
    """

    spec: ComparisonSpec
    seconds: Mapping[str, float]

    @property
    def race(self) -> bool:
        return is_race(self.spec)


@dataclass(frozen=True)
class Estimate:
    """Seconds from its turn to the forecasts, and those of each framework's run."""

    seconds: float
    by_framework: Mapping[str, float]
    sentence: str


def estimate_seconds(
    spec: ComparisonSpec, history: Sequence[Measured] = (), warm: bool = True, before: Sequence[float] = ()
) -> Estimate:
    """What a comparison will take here; `history` corrects the model by the median of measured to modelled time.

    `before` holds the seconds of each comparison that is ahead of it: the sentence includes them.
    """
    corrected = {name: correction(name, history, is_race(spec)) for name in spec.settings.frameworks}
    by_framework = {
        name: run_seconds(spec, name) * factor + (0 if warm else IMPORT_SECONDS.get(name, 0))
        for name, factor in corrected.items()
    }
    timed = {name: _timed_seconds(spec, name) * factor for name, factor in corrected.items()}
    raced = [seconds - timed[name] for name, seconds in by_framework.items()]
    seconds = _in_order(spec, raced) + sum(timed.values()) + scoring_seconds(spec)
    basis = "from what ran here before" if history else "a first guess, nothing has run here undisturbed yet"
    wait = f", the wait for {len(before)} training{'s' if len(before) > 1 else ''} before it included" if before else ""
    return Estimate(seconds, by_framework, f"About {in_words(seconds + sum(before))}{wait} ({basis}).")


def scoring_seconds(spec: ComparisonSpec) -> float:
    """What comes after the frameworks' last fit."""
    if spec.settings.baselines == "simple":
        return SCORING_SECONDS
    fits = spec.settings.folds * len(spec.dataset.targets)
    return SCORING_SECONDS + min(FITTED_AT_MOST, FITTED_SECONDS + FITTED_EACH * fits)


def history(store: Store, latest: int = LATEST) -> tuple[Measured, ...]:
    """The latest finished comparisons of this installation, newest first."""
    folders = sorted(store.comparisons.glob("*/comparison.json"), reverse=True)
    found = (_measured(path.parent) for path in folders[: 2 * latest])  # stopped and failed ones do not count
    return tuple(measured for measured in found if measured is not None)[:latest]


@functools.lru_cache(maxsize=64)
def _measured(folder: Path) -> Measured | None:
    """None where no run was finished while other programs left the machine alone, or nothing can be read."""
    try:
        spec, comparison = ComparisonFolder(folder).spec(), results.load(folder)
    except TwincastError:
        return None
    loads = comparison.machine.load_before, comparison.machine.load_during
    if any(busy(load, spec.plan.cores) for load in loads):
        return None
    seconds = {
        run.framework: run.timing.total_s
        for run in comparison.runs
        if run.status == "finished" and run.timing.total_s is not None
    }
    return Measured(spec, seconds) if seconds else None


def run_seconds(spec: ComparisonSpec, framework: str, certificate: bool = True) -> float:
    """The model alone: one framework's run with all of its fits, its import left out.

    Without `certificate` it is what a run measures of itself as `total_s`.
    """
    planned = [fit for fit in spec.plan.fits if certificate or fit.kind != "certificate"]
    fits = _fits_seconds(spec, framework, planned)
    models = len({fit.maths for fit in planned})  # built once for each kind of maths
    compiling = COMPILE_SECONDS.get(framework, 0.0) if framework in spec.plan.compile else 0.0
    return fits + RUN_SECONDS + models * TRACE_SECONDS.get(framework, 0.0) + compiling


def correction(framework: str, history: Sequence[Measured], race: bool = False) -> float:
    """Median of measured / modelled seconds of the framework's earlier runs; 1 without any.

    Runs of a race tell of races alone; those of frameworks in turn tell of both where no race was run.
    """
    known = [measured for measured in history if framework in measured.seconds]
    alike = [measured for measured in known if measured.race == race]
    ratios = [
        measured.seconds[framework] / run_seconds(measured.spec, framework, certificate=False)
        for measured in alike or [measured for measured in known if not measured.race]
    ]
    if not ratios:
        return 1.0
    return min(SLOWEST_CORRECTION, max(QUICKEST_CORRECTION, statistics.median(ratios)))


def step_seconds(settings: Settings, inputs: int, targets: int, threads: int) -> float:
    """One optimiser step: floating point operations at the machine's rate, and what a step costs at any size."""
    flops = FORWARD_AND_BACKWARD * settings.batch_size * forward_flops(settings, inputs, targets)
    walked = SECONDS_A_ROW_OF_LOOKBACK * settings.lookback * settings.layers if _is_recurrent(settings) else 0.0
    walked *= 2 if settings.bidirectional else 1
    return SECONDS_A_STEP + walked + flops / (FLOPS_A_THREAD * threads)


def forward_flops(settings: Settings, inputs: int, targets: int) -> float:
    """Floating point operations of one window's forward pass, two for each multiplication and addition."""
    return 2 * multiplications(shape(settings, inputs, 0, targets, "none", season=1))


def in_words(seconds: float) -> str:
    """5 seconds, 40 seconds, 3 minutes, 2 hours: no digit that an estimate could not know."""
    if seconds < 10:
        return f"{max(1, round(seconds))} second{'s' if round(seconds) > 1 else ''}"
    if seconds < 90:
        return f"{round(seconds / 5) * 5} seconds"
    if seconds < 5400:
        return f"{round(seconds / 60)} minutes"
    return f"{round(seconds / 3600)} hours"


def is_race(spec: ComparisonSpec) -> bool:
    return len(spec.settings.frameworks) > 1 and spec.settings.order == "together"


def _fits_seconds(spec: ComparisonSpec, framework: str, fits: Sequence[FitSpec]) -> float:
    slower = PLAIN.get(framework, 1.0) if spec.settings.loads else 1.0
    slower *= PARTS.get(framework, 1.0) if spec.plan.cores > spec.plan.threads else 1.0
    return slower * sum(FIT_SECONDS + _fit_seconds(spec, fit) for fit in fits)


def _timed_seconds(spec: ComparisonSpec, framework: str) -> float:
    """Of those fits of a race that the frameworks train one after the other."""
    return _fits_seconds(spec, framework, [fit for fit in spec.plan.fits if fit.kind == "timed"])


def _fit_seconds(spec: ComparisonSpec, fit: FitSpec) -> float:
    settings = spec.settings
    known = len(spec.dataset.known)
    inputs = len(spec.dataset.columns) + columns_beside(spec.plan.calendar, settings.holidays, known)
    step = step_seconds(settings, inputs, len(spec.dataset.targets), spec.plan.cores)
    steps = steps_an_epoch(settings, training_rows(settings, Split(*spec.plan.split), fit))
    if fit.kind == "certificate":
        return SHORT_EPOCHS[fit.kind] * min(CERTIFICATE_BATCHES, steps) * step * 2
    return expected_epochs(settings, fit) * steps * step * (1.0 if fit.kind == "final" else VALIDATION)


def _in_order(spec: ComparisonSpec, seconds: list[float]) -> float:
    """In turn they add up; together they take as long as the slower one, while there is a core for each."""
    if not is_race(spec):
        return sum(seconds)
    return max(max(seconds), sum(seconds) * spec.plan.cores / cores())


def _is_recurrent(settings: Settings) -> bool:
    """Only a model that walks from row to row can do so in both directions."""
    return find(settings.model).uses("bidirectional")
