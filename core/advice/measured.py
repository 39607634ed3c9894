"""What the person's own comparisons and tips, and this program's own source, say in the place of a claim."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.advice import code_lines
from core.errors import TwincastError
from core.frameworks.registry import NAMES
from core.runs import results
from core.runs import tips as measurements
from core.runs.schema import Comparison, Run
from core.runs.schema_verdict import RatioVerdict
from core.runs.store import Store

log = logging.getLogger(__name__)

LOOKED_AT = 12  # newest comparisons of both frameworks; older ones speak of other data and other settings
SAME_LENGTH = 0.1  # a difference of less than a tenth of the lines is none

FIGURES = {  # what a claim may be measured by, in words
    "accuracy_gap": "forecast errors",
    "beats_baseline": "against the best simple forecast",
    "epoch_ratio": "a steady epoch",
    "epoch_ratio_gpu": "a steady epoch on a graphics processor",
    "first_epoch_ratio": "the first epoch",
    "import_ratio": "importing the framework",
    "forecast_ratio": "one forecast",
    "memory_ratio": "peak memory",
    "code_lines": "lines of code",
    "tips.loader": "DataLoader workers and pinned memory",
    "tips.precision": "mixed precision",
    "tips.accumulate": "gradient accumulation",
    "tips.prefetch": "prefetching",
    "tips.devices": "several devices",
}
TIPS = {  # rows of a measurement of tips, by figure
    "tips.loader": ("workers", "pin_memory"),
    "tips.precision": ("precision",),
    "tips.accumulate": ("accumulate",),
    "tips.prefetch": ("prefetch",),
    "tips.devices": ("devices",),
}
TIP_OUTCOMES = {
    "faster": "faster",
    "slower": "slower",
    "no_gain": "no gain here",
    "cannot_tell": "too little to tell",
    "not_available": "not available here",
}
OUTCOMES = {"pytorch_better": "pytorch", "tensorflow_better": "tensorflow", "no_difference": "either"}
BETTER = {"pytorch": "PyTorch's are better", "tensorflow": "TensorFlow's are better", "either": "no difference"}


@dataclass(frozen=True)
class Measured:
    """A figure of the person's own."""

    figure: str  # a name of FIGURES
    words: str
    favours: str | None  # pytorch, tensorflow, either; None: measured, but not enough to tell
    rests_on: str  # what it was measured on, in words
    comparison: str | None = None  # id


Figures = Mapping[str, Measured]


def figures(store: Store) -> dict[str, Measured]:
    """The newest measurement of each figure, by name; what nobody has measured is left out."""
    found = {"code_lines": counted_lines()}
    for comparison in newest(store):
        for figure, read in READERS.items():
            if figure not in found and (measured := read(comparison)) is not None:
                found[figure] = measured
    return found | tips(measurements.latest(store))


def newest(store: Store) -> Iterator[Comparison]:
    """Finished comparisons of both frameworks, newest first; those that cannot be read are passed over."""
    both = [
        summary for summary in store.list() if summary.state == "finished" and set(NAMES) <= set(summary.frameworks)
    ]
    for summary in both[:LOOKED_AT]:
        try:
            comparison = results.load(store.open(summary.id).path)
        except TwincastError as error:
            log.info("Not looked at by the guide: %s", error)
            continue
        scored = {run.framework for run in comparison.runs if results.score_fits(run)}
        if scored >= set(NAMES):
            yield comparison.model_copy(update={"name": summary.name})


def counted_lines() -> Measured:
    """Lines of code of this program's twin files: all of them, and the plain training script alone."""
    twins = code_lines.twins()
    pytorch, tensorflow = sum(each.pytorch for each in twins), sum(each.tensorflow for each in twins)
    words = f"PyTorch {pytorch:,}, TensorFlow {tensorflow:,}"
    plain = next((each for each in twins if each.file == code_lines.PLAIN), None)
    if plain is not None:
        words += f"; the plain training script alone {plain.pytorch} and {plain.tensorflow}"
    return Measured("code_lines", words, _fewer(pytorch, tensorflow), "counted in this program")


def accuracy(comparison: Comparison) -> Measured | None:
    """The verdict on the errors; without one both errors, which no single training can decide between."""
    verdict = comparison.verdict.accuracy if comparison.verdict else None
    by_construction = verdict is not None and verdict.outcome in ("equal_by_construction", "not_applicable")
    if by_construction or _asked(comparison, "maths") == "matched":
        return None
    favours = OUTCOMES.get(verdict.outcome) if verdict else None
    runs = _runs(comparison)
    single = all(results.mean_score(runs[name], "mae") is not None for name in NAMES)
    score, unit = ("mae", "") if single else ("scaled_mae", " (scaled)")  # as Compare shows it
    errors = ", ".join(
        f"{results.label(name)} {results.digits(results.mean_score(runs[name], score))}" for name in NAMES
    )
    told = BETTER.get(favours or "", "too little to tell them apart")
    return _measured("accuracy_gap", f"{errors}{unit}; {told}", favours, comparison)


def baseline(comparison: Comparison) -> Measured | None:
    """Whether either framework beats the best simple forecast."""
    found = comparison.verdict.beats_baseline if comparison.verdict else None
    if found is None or found.against is None:
        return None
    who = " and ".join(results.label(name) for name in NAMES if getattr(found, name)) or "neither shown to be"
    return _measured("beats_baseline", f"{who} better than {results.BASELINE_WORDS[found.against]}", None, comparison)


@dataclass(frozen=True)
class Quantity:
    """A time or a size of both runs: where a run and where a verdict has it."""

    figure: str
    unit: str
    of_run: Callable[[Run], float | None]
    of_verdict: str
    gpu: bool | None = None  # None: on whatever it ran
    disturbed: str = "contended"  # of the timing: whether other work was in the way

    def read(self, comparison: Comparison) -> Measured | None:
        """By the verdict where there is one; else what both runs measured once each, which decides nothing."""
        if self.gpu is not None and _on_gpu(comparison) != self.gpu:
            return None
        verdict = _ratio_verdict(comparison, self.of_verdict)
        if verdict is not None and verdict.outcome == "not_measured" and verdict.note:  # other work was in the way
            return None
        if verdict is not None and verdict.pytorch and verdict.tensorflow:
            pair = {"pytorch": verdict.pytorch, "tensorflow": verdict.tensorflow}
            return self.measured(pair, verdict.n, OUTCOMES.get(verdict.outcome), comparison)
        runs = _runs(comparison)
        pair = {name: value for name in NAMES if (value := self.of_run(runs[name])) is not None}
        if len(pair) < len(NAMES) or any(getattr(run.timing, self.disturbed) for run in runs.values()):
            return None
        return self.measured(pair, 1, None, comparison)

    def measured(self, pair: Mapping[str, float], n: int, favours: str | None, comparison: Comparison) -> Measured:
        values = ", ".join(f"{results.label(name)} {_three(pair[name])} {self.unit}" for name in NAMES)
        how = f"{n} times each" if n > 1 else "once each, which decides nothing"
        return _measured(self.figure, f"{values}; measured {how}", favours, comparison)


QUANTITIES = (
    Quantity("epoch_ratio", "s", lambda run: run.timing.epoch_s, "epoch", gpu=False),
    Quantity("epoch_ratio_gpu", "s", lambda run: run.timing.epoch_s, "epoch", gpu=True),
    Quantity("first_epoch_ratio", "s", lambda run: run.timing.first_epoch_s, "first_epoch"),
    Quantity("import_ratio", "s", lambda run: run.timing.import_s, "import_", disturbed="import_contended"),
    Quantity("forecast_ratio", "ms", lambda run: run.timing.forecast_ms, "forecast"),
    Quantity("memory_ratio", "MB", lambda run: run.peak_memory_mb, "memory"),
)
READERS: dict[str, Callable[[Comparison], Measured | None]] = {
    "accuracy_gap": accuracy,
    "beats_baseline": baseline,
    **{quantity.figure: quantity.read for quantity in QUANTITIES},
}


def tips(report: measurements.Report | None) -> dict[str, Measured]:
    """What a measurement of tips says of those that guides give; nothing where there is none."""
    if report is None:
        return {}
    found = {figure: "; ".join(_tip_words(report, names)) for figure, names in TIPS.items()}
    return {figure: Measured(figure, words, None, f"Tips, {report.name}") for figure, words in found.items() if words}


def _tip_words(report: measurements.Report, names: Sequence[str]) -> Iterator[str]:
    """PyTorch, Pinned memory: no gain here."""
    for framework in report.frameworks.values():
        for row in framework.rows:
            if row.tip in names and row.outcome in TIP_OUTCOMES:
                what = "" if len(names) == 1 else f", {row.label}"  # a figure of one tip is called like it
                times = f" ({row.ratio:.2f} times as fast)" if row.ratio is not None else ""
                yield f"{framework.label}{what}: {TIP_OUTCOMES[row.outcome]}{times}"


def _fewer(pytorch: int, tensorflow: int) -> str:
    if abs(tensorflow / pytorch - 1) < SAME_LENGTH:
        return "either"
    return "pytorch" if pytorch < tensorflow else "tensorflow"


def _ratio_verdict(comparison: Comparison, name: str) -> RatioVerdict | None:
    verdict = comparison.verdict
    if verdict is None:
        return None
    found: RatioVerdict | None = verdict.memory if name == "memory" else getattr(verdict.speed, name, None)
    return found


def _measured(figure: str, words: str, favours: str | None, comparison: Comparison) -> Measured:
    model = str(_asked(comparison, "model") or "").upper()
    return Measured(figure, words, favours, ", ".join(filter(None, (comparison.name, model))), comparison.id)


def _three(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _runs(comparison: Comparison) -> dict[str, Run]:
    return {run.framework: run for run in comparison.runs}


def _asked(comparison: Comparison, setting: str) -> Any:
    return comparison.runs[0].settings.asked.get(setting) if comparison.runs else None


def _on_gpu(comparison: Comparison) -> bool:
    """Whether both ran on a graphics processor."""
    return all(str(run.settings.applied.get("device", "cpu")) != "cpu" for run in comparison.runs)
