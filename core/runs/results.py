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
