"""From what the runs measured to the verdict: accuracy, the simple forecasts, time and memory."""

import math
import statistics
from collections.abc import Callable, Container, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from core.evaluation import ratio, significance
from core.evaluation.against_baseline import beats_baseline
from core.runs import extending, forecasts, headline, results
from core.runs.schema import Comparison, Run
from core.runs.schema_verdict import AccuracyVerdict, BeatsBaseline, RatioVerdict, SpeedVerdict, Verdict
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder

Floats = npt.NDArray[np.float64]

SAME_TIME = 0.05  # times and memory within this share of each other make no difference
DECIDED = ("pytorch_better", "tensorflow_better", "no_difference")
STOPPED = "It was stopped before its end, and whoever may stop when the figures please finds a winner by luck."
CONTENDED = "measured while other work kept the machine busy, so it is not compared"


@dataclass(frozen=True)
class Errors:
    """Scaled absolute errors (S, N) of each framework that finished a seed, and the fold of each test window (N,).

    A seed that was cut short has learned less than the others: it counts only where its run has no whole one, and one
    seed alone names no winner.
    """

    of: dict[str, Floats]
    fold_of: npt.NDArray[np.int64]

    @classmethod
    def read(
        cls, folder: ComparisonFolder, spec: ComparisonSpec, runs: Sequence[Run], without: Container[str]
    ) -> "Errors":
        """Raises StoreFailed."""
        found, fold_of = {}, np.empty(0, np.int64)
        cut = {run.framework: {fit.seed for fit in results.score_fits(run) if fit.stopped} for run in runs}
        for framework in spec.settings.frameworks:
            short = cut.get(framework, set())
            errors, fold_of = forecasts.window_errors(folder.path, spec, framework, without, short)
            if short and not len(errors):
                errors, fold_of = forecasts.window_errors(folder.path, spec, framework, without)
            if len(errors):
                found[framework] = errors
        return cls(found, fold_of)


def decide(
    folder: ComparisonFolder, spec: ComparisonSpec, comparison: Comparison, without: Container[str] = ()
) -> Verdict:
    """The verdict of a comparison that is scored already; `without`: frameworks that are set aside."""
    errors = Errors.read(folder, spec, comparison.runs, without)
    runs = {run.framework: run for run in comparison.runs if results.score_fits(run)}
    verdict = Verdict(
        headline="",
        beats_baseline=against_simple(folder, spec, comparison, errors),
        accuracy=accuracy(spec, errors, comparison.runs),
        speed=speed(runs) if len(runs) > 1 else None,
        memory=memory(runs) if len(runs) > 1 else None,
    )
    return verdict.model_copy(update={"headline": headline.headline(comparison, verdict)})


def accuracy(spec: ComparisonSpec, errors: Errors, runs: Sequence[Run]) -> AccuracyVerdict:
    """The frameworks' own race, see core.evaluation.significance."""
    found = significance.judge(
        errors.of.get("pytorch"),
        errors.of.get("tensorflow"),
        errors.fold_of,
        spec.settings.horizon,
        spec.settings.margin,
        significance.Looks(spec.looks),
        matched=spec.settings.maths == "matched",
    )
    told = {**asdict(found), "interval": list(found.interval) if found.interval else None}
    if found.outcome in DECIDED and any(run.status == "stopped" for run in runs):
        told |= {"outcome": "cannot_tell", "reason": STOPPED, "more_seeds": None, "more": "letting it go on would"}
    elif found.more_seeds is not None and found.more_seeds > (left := extending.left(spec)):
        added = f"at most {left} can be added" if left else "none can be added any more"
        told |= {"more_seeds": None, "more": f"about {found.more_seeds} more seeds would settle it, but {added}"}
    return AccuracyVerdict(**told)


def speed(runs: dict[str, Run]) -> SpeedVerdict:
    """From fits that the frameworks made in turn and that nothing else disturbed."""
    pytorch, tensorflow = runs["pytorch"], runs["tensorflow"]
    epoch = _interleaved(pytorch, tensorflow, "epoch_s")
    first = _once(pytorch, tensorflow, lambda run: run.timing.first_epoch_s, _first_contended)
    imports = _once(pytorch, tensorflow, lambda run: run.timing.import_s, lambda run: run.timing.import_contended)
    return SpeedVerdict(
        import_=imports,
        first_epoch=first,
        epoch=epoch,
        forecast=_interleaved(pytorch, tensorflow, "forecast_ms"),
        break_even_retrainings=break_even(imports, first, epoch, epochs_a_training(runs)),
    )


def _first_contended(run: Run) -> bool:
    """The first of the fits to compare holds the first epoch."""
    return bool(run.timing.contended) or any(fit.contended for fit in run.timing.interleaved[:1])


def memory(runs: dict[str, Run]) -> RatioVerdict:
    return _once(runs["pytorch"], runs["tensorflow"], lambda run: run.peak_memory_mb, lambda run: False)


def epochs_a_training(runs: dict[str, Run]) -> float:
    """As many as ran, in the middle: early stopping leaves some out."""
    return statistics.median([len(fit.history) for run in runs.values() for fit in results.score_fits(run)])


def break_even(imports: RatioVerdict, first: RatioVerdict, epoch: RatioVerdict, epochs: float) -> float | None:
    """Trainings of `epochs` epochs, in one process, after which the faster epoch has repaid the slower start.

    None where a start was not measured undisturbed.
    """
    if epoch.outcome not in BETTER.values() or epoch.pytorch is None or epoch.tensorflow is None:
        return None
    if "not_measured" in (imports.outcome, first.outcome):
        return None
    import_gap = (imports.tensorflow or 0) - (imports.pytorch or 0)
    first_gap = (first.tensorflow or 0) - (first.pytorch or 0) - (epoch.tensorflow - epoch.pytorch)
    saved = (epoch.pytorch - epoch.tensorflow) * epochs
    needed = (import_gap + first_gap) / saved
    return needed if needed > 0 else None


BETTER = {"less": "tensorflow_better", "more": "pytorch_better"}


def outcome(found: ratio.Ratio) -> str:
    """Which framework needs surely less, and enough less to matter."""
    if found.interval is None:
        return "one_measurement"
    low, high = found.interval
    if high <= 1 + SAME_TIME and low >= 1 / (1 + SAME_TIME):
        return "no_difference"
    if low > 1 and found.ratio >= 1 + SAME_TIME:
        return BETTER["more"]
    if high < 1 and found.ratio <= 1 / (1 + SAME_TIME):
        return BETTER["less"]
    return "cannot_tell"


def _interleaved(pytorch: Run, tensorflow: Run, what: str) -> RatioVerdict:
    """Of the fits that both made, leaving out those that other work disturbed in either."""
    others = {fit.fit: fit for fit in tensorflow.timing.interleaved}
    pairs = [(one, others[one.fit]) for one in pytorch.timing.interleaved if one.fit in others]
    known = [pair for pair in pairs if all(getattr(each, what) for each in pair)]
    quiet = [pair for pair in known if not any(each.contended for each in pair)]
    left = len(known) - len(quiet)
    note = f"{left} of {len(known)} pairs were {CONTENDED}" if left else ""
    return _row([(getattr(one, what), getattr(two, what)) for one, two in quiet], note)


def _once(
    pytorch: Run, tensorflow: Run, value: Callable[[Run], float | None], contended: Callable[[Run], bool | None]
) -> RatioVerdict:
    """What each run measures once."""
    one, other = value(pytorch), value(tensorflow)
    if not one or not other:
        return RatioVerdict(outcome="not_measured")
    if contended(pytorch) or contended(tensorflow):
        return RatioVerdict(outcome="not_measured", pytorch=one, tensorflow=other, note=CONTENDED)
    return _row([(one, other)], "")


def _row(pairs: Sequence[tuple[float, float]], note: str) -> RatioVerdict:
    """`pairs`: PyTorch's and TensorFlow's, measured next to each other."""
    found = ratio.ratio([pair[1] for pair in pairs], [pair[0] for pair in pairs])
    if found is None:
        return RatioVerdict(outcome="not_measured", note=note)
    return RatioVerdict(
        ratio=found.ratio,
        interval=list(found.interval) if found.interval else None,
        n=found.n,
        outcome=outcome(found),
        pytorch=statistics.median([pair[0] for pair in pairs]),
        tensorflow=statistics.median([pair[1] for pair in pairs]),
        note=note,
    )


def against_simple(
    folder: ComparisonFolder, spec: ComparisonSpec, comparison: Comparison, errors: Errors
) -> BeatsBaseline | None:
    """Each framework against the simple method that errs least. Raises StoreFailed."""
    simple = {each.name: forecasts.method_errors(folder, spec, each.name) for each in results.baselines(comparison)}
    settings, looks = spec.settings, significance.Looks(spec.looks)
    found = {
        name: beats_baseline(each, simple, errors.fold_of, settings.horizon, settings.margin, looks)
        for name, each in errors.of.items()
    }
    if not found or not simple:
        return None
    better = min(found.values(), key=lambda each: math.inf if each.gap is None else each.gap)
    return BeatsBaseline(
        **{name: {"better": True, "cannot_tell": None}.get(each.outcome, False) for name, each in found.items()},
        against=better.against,
        interval=list(better.interval) if better.interval else None,
        gaps={name: each.gap for name, each in found.items() if each.gap is not None},
        intervals={name: list(each.interval) for name, each in found.items() if each.interval},
        outcomes={name: each.outcome for name, each in found.items()},
    )
