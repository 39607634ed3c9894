"""What pages and the command line read of a finished comparison: scores, forecasts, and what may be said about them."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.dataset import Split
from core.data.frequency import future_index
from core.data.windows import window_parts
from core.errors import NotFound
from core.evaluation import baselines
from core.frameworks import registry
from core.runs.files import damaged
from core.runs.schema import Baseline, Comparison, Fit, Run
from core.runs.store import ComparisonFolder

MARGIN = 0.02  # a difference of errors below 2% is not called better

OF_THE_MOMENT = ("memory_limit_gb",)  # from what was free when the run began: no difference of settings

BASELINE_LABELS = {"naive": "naive forecast", "seasonal_naive": "seasonal naive forecast"}
BASELINE_WORDS = {"naive": "repeating the last value", "seasonal_naive": "repeating the last season"}


@dataclass(frozen=True)
class ForecastArrays:
    """Forecasts of N windows in the data's units, beside what happened. Views and mapped files: nothing is copied."""

    index: pd.DatetimeIndex | pd.RangeIndex  # (T,) times of all rows
    origins: npt.NDArray[np.int64]  # (N,) row of the first step of each forecast
    actual: npt.NDArray[np.floating]  # (N, H, K)
    forecast: npt.NDArray[np.floating]  # (N, H, K)

    @property
    def horizon(self) -> int:
        return int(self.forecast.shape[1])

    def times(self, window: int) -> pd.Index:
        """(H,) times of one window's steps."""
        return self.index[self.origins[window] : self.origins[window] + self.horizon]


@dataclass(frozen=True)
class FixedStep:
    """The forecasts made a fixed number of steps ahead, as one line."""

    times: pd.Index  # (N,)
    actual: npt.NDArray[np.floating]  # (N, K)
    forecast: npt.NDArray[np.floating]  # (N, K)


@dataclass(frozen=True)
class Future:
    """The forecast of what follows the last row."""

    times: pd.Index  # (H,)
    values: npt.NDArray[np.floating]  # (H, K)


@dataclass(frozen=True)
class Standing:
    """How a run's error stands to the best simple forecast's: `gap` is run / baseline - 1, of the scaled MAE."""

    run: str
    framework: str
    baseline: str
    gap: float

    @property
    def beats(self) -> bool:
        return self.gap < -MARGIN


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


def forecasts(folder: Path, framework: str, fit: str) -> ForecastArrays:
    """One fit's forecasts of all test windows. Raises NotFound, StoreFailed."""
    comparison = ComparisonFolder(folder)
    spec = comparison.spec()
    horizon, targets = spec.settings.horizon, len(spec.dataset.targets)
    forecast = _read_forecast(comparison, framework, fit)
    origins = window_parts(Split(*spec.plan.split), spec.settings.lookback, horizon).test[: len(forecast)]
    values = comparison.values()[:, :targets]
    return ForecastArrays(comparison.index(), origins, actual(values, origins, horizon), forecast)


def actual(values: npt.NDArray[np.floating], origins: npt.NDArray[np.int64], horizon: int) -> npt.NDArray[np.floating]:
    """What happened after consecutive origins: (N, H, K), a view into `values` (T, K)."""
    windows = np.lib.stride_tricks.sliding_window_view(values, horizon, axis=0)  # (T - H + 1, K, H)
    first = int(origins[0]) if len(origins) else 0
    return windows[first : first + len(origins)].transpose(0, 2, 1)


def baseline_forecasts(folder: Path, name: str, origins: npt.NDArray[np.int64]) -> npt.NDArray[np.floating]:
    """A simple forecast (N, H, K) at the given origins, in the data's units."""
    comparison = ComparisonFolder(folder)
    spec = comparison.spec()
    values = comparison.values()[:, : len(spec.dataset.targets)]
    return baselines.forecast(name, values, origins, spec.settings.horizon, spec.dataset.season)


def future(folder: Path, framework: str) -> Future | None:
    """The final fit's forecast after the last row; None when that fit was not made."""
    comparison = ComparisonFolder(folder)
    try:
        forecast = _read_forecast(comparison, framework, "final")
    except NotFound:
        return None
    spec = comparison.spec()
    times = future_index(comparison.index(), spec.dataset.frequency, spec.settings.horizon)
    return Future(times, forecast[-1])


def consecutive(arrays: ForecastArrays) -> ForecastArrays:
    """Full-horizon forecasts that do not overlap, the last ending where the test part ends."""
    chosen = slice(None, None, -arrays.horizon)
    return ForecastArrays(
        arrays.index,
        arrays.origins[chosen][::-1],
        arrays.actual[chosen][::-1],
        arrays.forecast[chosen][::-1],
    )


def fixed_step(arrays: ForecastArrays, step: int) -> FixedStep:
    """All forecasts made `step` steps ahead, from 1 to the horizon."""
    times = arrays.index[arrays.origins + step - 1]
    return FixedStep(times, arrays.actual[:, step - 1], arrays.forecast[:, step - 1])


def standings(comparison: Comparison) -> list[Standing]:
    """Each scored run against the best simple forecast; the mean over its seeds."""
    best = best_baseline(comparison)
    if best is None or not best.test.scaled_mae:
        return []
    return [
        Standing(run.id, run.framework, best.name, error / best.test.scaled_mae - 1)
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


def mean_score(run: Run, score: str) -> float | None:
    """The mean of a score over a run's seeds; None when there is none."""
    values = _seed_scores(run, score)
    return float(np.mean(values)) if values else None


def _seed_scores(run: Run, score: str) -> list[float]:
    """A score of each seed that has it."""
    return [value for fit in score_fits(run) if (value := getattr(fit.test, score)) is not None]


def best_baseline(comparison: Comparison) -> Baseline | None:
    """The simple forecast with the smallest scaled MAE."""
    scored = [baseline for baseline in comparison.baselines if baseline.test.scaled_mae is not None]
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


def _read_forecast(comparison: ComparisonFolder, framework: str, fit: str) -> npt.NDArray[np.floating]:
    run = comparison.run(framework)
    if not run.has(fit, "forecast.npy"):
        raise NotFound(f"{label(framework)} has no forecasts from the fit {fit}", comparison.id, "Choose another fit.")
    path = run.checked(fit, "forecast.npy")
    with damaged(path):
        forecast: npt.NDArray[np.floating] = np.load(path, mmap_mode="r", allow_pickle=False)
    return forecast


def _loss_sentence(standing: Standing, nothing_beats: bool) -> str:
    name, baseline = label(standing.framework), BASELINE_LABELS.get(standing.baseline, standing.baseline)
    if standing.gap > 0:
        text = f"{name}'s error is {_percent(standing.gap)} larger than the {baseline}'s"
    else:
        text = f"{name}'s error is within {_percent(MARGIN)} of the {baseline}'s, which is no gain"
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
    values = _seed_scores(run, score)
    return f" ({digits(min(values))} to {digits(max(values))} over {len(values)} seeds)" if len(values) > 1 else ""


def _caution(scored: Sequence[Run]) -> str:
    if len(scored) < 2:
        return ""
    once = [run for run in scored if len(score_fits(run)) == 1]
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
