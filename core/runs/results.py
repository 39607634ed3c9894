"""What pages and the command line read of a finished comparison: scores, forecasts, and what may be said about them."""

import functools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import NotFound
from core.evaluation.baselines import METHODS
from core.frameworks import registry
from core.runs import pooling
from core.runs.files import damaged
from core.runs.forecasts import (  # what was forecast is read here, too
    FixedStep,
    ForecastArrays,
    Future,
    actual,
    baseline_forecasts,
    consecutive,
    fixed_step,
    forecasts,
    future,
    seed_forecasts,
    window_errors,
)
from core.runs.schema import Baseline, Comparison, Fit, Run, Scores
from core.runs.spec import Settings
from core.runs.store import ComparisonFolder

__all__ = [
    "FixedStep",
    "ForecastArrays",
    "Future",
    "actual",
    "baseline_forecasts",
    "consecutive",
    "fixed_step",
    "forecasts",
    "future",
    "seed_forecasts",
    "window_errors",
]

MARGIN = Settings().margin  # of what was compared before there was such a setting

OF_THE_MOMENT = ("memory_limit_gb",)  # from what was free when the run began: no difference of settings

BASELINE_LABELS = {name: method.noun for name, method in METHODS.items()}
BASELINE_WORDS = {name: method.words for name, method in METHODS.items()}


@dataclass(frozen=True)
class Standing:
    """How a run's error stands to the best simple forecast's: `gap` is run / baseline - 1, of the scaled MAE."""

    run: str
    framework: str
    baseline: str
    gap: float
    margin: float  # a smaller gap is no gain

    @property
    def beats(self) -> bool:
        return self.gap < -self.margin


@dataclass(frozen=True)
class Loss:
    """A run that does not beat the best simple forecast, and the sentence that says so."""

    run: str
    baseline: str
    sentence: str


@dataclass(frozen=True)
class Difference:
    """A setting that was in force differently in two runs; values by framework, None where it does not exist."""

    setting: str
    values: dict[str, Any]


def load(folder: Path) -> Comparison:
    """The comparison as it was written. Raises StoreFailed, and NotFound while there are no results yet."""
    comparison = ComparisonFolder(folder)
    if not comparison.has("comparison.json"):
        raise NotFound("This comparison has no results yet", folder.name, "Wait until it has ended.")
    content = comparison.read("comparison.json")
    with damaged(folder / "comparison.json"):
        return Comparison.model_validate_json(content)


def verified_bytes(folder: Path, name: str) -> bytes:
    """A result to take away (comparison.json, forecasts.csv), as it was written. Raises NotFound, StoreFailed."""
    comparison = ComparisonFolder(folder)
    if not comparison.has(name):
        raise NotFound(f"This comparison has no {name} yet", folder.name, "Wait until it has ended.")
    return comparison.read(name)


def verified(folder: Path, name: str) -> Path:
    """The same as a file to copy, however large it is. Raises NotFound, StoreFailed."""
    comparison = ComparisonFolder(folder)
    if not comparison.has(name):
        raise NotFound(f"This comparison has no {name} yet", folder.name, "Wait until it has ended.")
    return comparison.checked(name)


def standings(comparison: Comparison) -> list[Standing]:
    """Each scored run against the best simple forecast; the mean over its seeds, each over all folds."""
    best = best_baseline(comparison)
    if best is None or not best.test.scaled_mae:
        return []
    return [
        Standing(run.id, run.framework, best.name, error / best.test.scaled_mae - 1, margin(comparison))
        for run in comparison.runs
        if (error := mean_score(run, "scaled_mae")) is not None
    ]


def losses_to_baseline(comparison: Comparison) -> list[Loss]:
    """The runs that do not beat the best simple forecast by more than the margin, each with its sentence."""
    found = standings(comparison)
    nothing_beats = not any(standing.beats for standing in found)
    return [
        Loss(standing.run, standing.baseline, _loss_sentence(standing, nothing_beats))
        for standing in found
        if not standing.beats
    ]


def headline(comparison: Comparison) -> str:
    """What was measured, in two or three sentences. No framework is named the better one: that takes repeated fits."""
    scored = [run for run in comparison.runs if mean_score(run, "scaled_mae") is not None]
    if not scored:
        return "No run got as far as a forecast."
    parts = (_stopped(comparison), _against_baseline(comparison), _errors(comparison, scored), _caution(scored))
    return " ".join(part for part in parts if part)


def settings_differences(comparison: Comparison) -> list[Difference]:
    """Settings as applied that are not the same in all runs."""
    applied = {
        run.framework: {"parameters": run.parameters} | run.settings.applied
        for run in comparison.runs
        if run.settings.applied
    }
    names = list(dict.fromkeys(name for settings in applied.values() for name in settings if name not in OF_THE_MOMENT))
    rows = [
        Difference(name, {framework: settings.get(name) for framework, settings in applied.items()}) for name in names
    ]
    return [row for row in rows if not _all_same(list(row.values.values()))]


def score_fits(run: Run) -> list[Fit]:
    """The fits of a run that were judged on the test part."""
    return [fit for fit in run.fits if fit.test is not None and not fit.final]


def seed_fits(run: Run) -> dict[int, list[Fit]]:
    """The judged fits by seed, fold after fold.

    Where a run ended early, only the seeds that got furthest: no two of different folds are to be averaged.
    """
    by_seed: dict[int, list[Fit]] = {}
    for fit in score_fits(run):
        by_seed.setdefault(fit.seed, []).append(fit)
    furthest = max(map(len, by_seed.values()), default=0)
    return {seed: fits for seed, fits in by_seed.items() if len(fits) == furthest}


def seed_scores(run: Run, target: str | None = None) -> list[Scores]:
    """Each seed's scores over all test windows, of one target or over all."""
    folds = seed_fits(run).values()
    if target is None:
        return [pooling.of_folds(fits) for fits in folds]
    return [pooling.of_folds_by_target(fits)[target] for fits in folds]


def mean_score(run: Run, score: str) -> float | None:
    """The mean of a score over a run's seeds; None when there is none."""
    values = _seed_values(run, score)
    return statistics.fmean(values) if values else None


def _seed_values(run: Run, score: str) -> list[float]:
    """A score of each seed that has it."""
    return [value for scores in seed_scores(run) if (value := getattr(scores, score)) is not None]


def baselines(comparison: Comparison) -> list[Baseline]:
    """The simple forecasts over the test windows of all folds, without those that did not get through all."""
    by_name: dict[str, list[Baseline]] = {}
    for baseline in comparison.baselines:
        if baseline.status == "finished":
            by_name.setdefault(baseline.name, []).append(baseline)
    folds = max(map(len, by_name.values()), default=0)
    return [_over_folds(each) for each in by_name.values() if len(each) == folds]


def unfinished_baselines(comparison: Comparison) -> list[Baseline]:
    """One for each simple method that was not finished."""
    left = [baseline for baseline in comparison.baselines if baseline.status != "finished"]
    return list({baseline.name: baseline for baseline in left}.values())


def method_label(baseline: Baseline) -> str:
    """As it stands in a table; an early version wrote none."""
    known = METHODS.get(baseline.name)
    return baseline.label or (known.label if known else baseline.name)


def _over_folds(folds: Sequence[Baseline]) -> Baseline:
    return folds[0].model_copy(
        update={
            "windows": sum(fold.windows or 0 for fold in folds) or None,
            "test": pooling.of_folds(folds),
            "test_by_target": pooling.of_folds_by_target(folds),
            "test_by_step": pooling.of_folds_by_step(folds),
            "seconds": sum(fold.seconds for fold in folds),
        }
    )


def margin(comparison: Comparison) -> float:
    """The gap that matters, as the person set it."""
    asked = (run.settings.asked.get("margin") for run in comparison.runs)
    return next((float(each) for each in asked if each is not None), MARGIN)


def best_baseline(comparison: Comparison) -> Baseline | None:
    """The simple forecast with the smallest scaled MAE."""
    scored = [baseline for baseline in baselines(comparison) if baseline.test.scaled_mae is not None]
    return min(scored, key=lambda baseline: baseline.test.scaled_mae or 0.0, default=None)


@functools.cache
def label(framework: str) -> str:
    """The framework's name as people write it."""
    return registry.find(framework).label


def _all_same(values: Sequence[Any]) -> bool:
    """Numbers count as the same when they differ by no more than float32 rounds."""
    first = values[0]
    if all(isinstance(value, float) for value in values):
        return all(math.isclose(value, first, rel_tol=1e-6) for value in values)
    return all(value == first for value in values)


def _loss_sentence(standing: Standing, nothing_beats: bool) -> str:
    name, baseline = label(standing.framework), BASELINE_LABELS.get(standing.baseline, standing.baseline)
    if standing.gap > 0:
        text = f"{name}'s error is {_percent(standing.gap)} larger than the {baseline}'s"
    else:
        text = f"{name}'s error is within {_percent(standing.margin)} of the {baseline}'s, which is no gain"
    if nothing_beats:
        text += f": on this series nothing here beats {BASELINE_WORDS.get(standing.baseline, 'it')}"
    return text + "."


def _against_baseline(comparison: Comparison) -> str:
    found = standings(comparison)
    if not found:
        return ""
    baseline = found[0].baseline
    name = BASELINE_LABELS.get(baseline, baseline)
    better = [standing for standing in found if standing.beats]
    if not better:
        return f"On this series nothing here beats {BASELINE_WORDS.get(baseline, name)}."
    text = f"{_listed([f'{label(each.framework)} by {_percent(-each.gap)}' for each in better])}"
    sentence = f"Better than {BASELINE_WORDS.get(baseline, name)}, the best simple forecast: {text}"
    others = [label(each.framework) for each in found if not each.beats]
    return f"{sentence}; not {_listed(others)}." if others else f"{sentence}."


def _stopped(comparison: Comparison) -> str:
    early = [label(run.framework) for run in comparison.runs if run.status == "stopped"]
    return f"Stopped early ({_listed(early)}): these are interim figures." if early else ""


def _errors(comparison: Comparison, scored: Sequence[Run]) -> str:
    """Errors in the target's own units; scaled ones when there are several targets."""
    score = "mae" if len(comparison.data.targets) == 1 else "scaled_mae"
    what = comparison.data.targets[0] if score == "mae" else "all columns, in standard deviations"
    best = best_baseline(comparison)
    parts = [f"{label(run.framework)} {digits(mean_score(run, score))}{_spread(run, score)}" for run in scored]
    if best is not None:
        parts.append(f"{BASELINE_LABELS.get(best.name, best.name)} {digits(getattr(best.test, score))}")
    return f"Mean absolute error of {what}: {', '.join(parts)}."


def _spread(run: Run, score: str) -> str:
    """From the best to the worst seed, where there are several: how much is luck."""
    values = _seed_values(run, score)
    return f" ({digits(min(values))} to {digits(max(values))} over {len(values)} seeds)" if len(values) > 1 else ""


def _caution(scored: Sequence[Run]) -> str:
    if len(scored) < 2:
        return ""
    once = [run for run in scored if len(seed_fits(run)) == 1]
    if len(once) == len(scored):
        why = "one training each cannot tell skill from luck"
    elif once:
        why = f"{_listed([label(run.framework) for run in once])} was trained once, which cannot tell skill from luck"
    else:
        why = "the seeds' spread is not judged yet"
    return f"Which framework is better is left open: {why}. Speed is listed below, not judged."


def rounded(value: float | None) -> float | None:
    """A number to show: four significant digits, and every digit before the point."""
    if value is None or value == 0:
        return value
    return round(value, max(0, 3 - math.floor(math.log10(abs(value)))))


def digits(value: float | None) -> str:
    """Four significant digits, with thousands marked."""
    if value is None:
        return "-"
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 100 else f"{value:.2f}" if size >= 10 else f"{value:.4g}"


def _percent(share: float) -> str:
    return f"{share:.1%}" if abs(share) < 0.0995 and round(share * 100, 1) % 1 else f"{share:.0%}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])} and {words[-1]}"
