"""What a comparison forecast after its last row, against what has happened since: recent error beside the promised one.

The promise is what the same model's forecasts of the test part missed by over the same steps. See docs/verdict.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.frequency import future_index
from core.errors import BadInput, NotFound
from core.evaluation import baselines
from core.runs import band_files, results
from core.runs.band_files import ModelBands
from core.runs.forecasts import BLOCK, origins_by_fold
from core.runs.judging import Repeated
from core.runs.newer_rows import NewerRows
from core.runs.schema import Run
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder

Floats = npt.NDArray[np.float64]


class Forecasts(Protocol):
    """Of N windows, (n, H, K) when sliced."""

    def __getitem__(self, windows: slice, /) -> npt.NDArray[np.floating]: ...


@dataclass(frozen=True)
class Score:
    """How a model's forecast has done so far."""

    target: str | None  # None: all of several together, in standard deviations of the training part
    known: int  # values that have happened
    recent: float  # mean absolute error over them
    promised: float | None  # the same of its test windows, over the same steps; None: a forecast was not finite
    worse: float | None  # share of its test windows, of all seeds, that missed by more
    tested: int  # test windows of a seed
    within: dict[float, int]  # values inside the prediction interval, by its level; empty: there is none


@dataclass(frozen=True)
class Model:
    """A framework's training on all rows, or a simple method."""

    name: str
    label: str
    simple: bool
    forecast: Floats  # (H, K)
    limits: Floats  # (L, 2, H, K) of its prediction intervals; L may be 0
    uncertain: bool  # whether these promise less than their levels
    scores: tuple[Score, ...]  # of each target with a known value; with several targets, then of all


@dataclass(frozen=True)
class Aftermath:
    """Every forecast beside what happened."""

    newer: NewerRows
    targets: tuple[str, ...]
    frequency: str | None
    times: pd.Index  # (H,) that were forecast
    models: tuple[Model, ...]  # frameworks first


def has_forecast(path: Path) -> bool:
    """Whether any framework has forecast what follows the last row. Raises StoreFailed."""
    return any(results.future(path, name) for name in ComparisonFolder(path).spec().settings.frameworks)


def judge(path: Path, newer: NewerRows) -> Aftermath:
    """Raises BadInput when nothing after the last row was forecast, StoreFailed."""
    folder = ComparisonFolder(path)
    spec, measure = folder.spec(), _Measure(folder, newer)
    networks = [_framework(folder, run, measure) for run in results.load(path).runs]
    if not any(networks):
        what = "Nothing was forecast after the last row: its training on all rows did not end"
        raise BadInput(what, spec.name, "Run it again to its end.")
    simple = [_simple(name, spec, measure) for name in baselines.simple_names(spec.dataset.season)]
    return Aftermath(
        newer=newer,
        targets=spec.dataset.targets,
        frequency=spec.dataset.frequency,
        times=future_index(folder.index(), spec.dataset.frequency, spec.settings.horizon),
        models=(*(model for model in networks if model), *simple),
    )


def _framework(folder: ComparisonFolder, run: Run, measure: "_Measure") -> Model | None:
    """None where it has no forecast of the future, or one that diverged."""
    future, seeds = results.future(folder.path, run.framework), results.seed_fits(run)
    if future is None or not np.isfinite(future.values).all():
        return None
    tested = [results.seed_forecasts(folder.path, run.framework, seed) for seed in seeds]
    errors = [measure.errors(each.actual, each.forecast) for each in tested]
    bands = _bands(folder, run.framework)
    forecast = np.asarray(future.values, np.float64)
    limits = _limits(bands, forecast)
    return Model(
        name=run.framework,
        label=results.label(run.framework),
        simple=False,
        forecast=forecast,
        limits=limits,
        uncertain=bands is not None and bool(bands.kinds[-1] != "full"),
        scores=measure.scores(forecast, errors, [] if bands is None else bands.levels.tolist(), limits),
    )


def _simple(name: str, spec: ComparisonSpec, measure: "_Measure") -> Model:
    """A method that is arithmetic on the known rows."""
    origins, horizon, season = np.concatenate(origins_by_fold(spec)), spec.settings.horizon, spec.dataset.season
    values, nothing = measure.values, np.empty((0, 2, horizon, len(spec.dataset.targets)))
    forecast = baselines.forecast(name, values, np.array([len(values)]), horizon, season)[0]
    tested = Repeated(name, values, origins, horizon, season)
    errors = [measure.errors(results.actual(values, origins, horizon), tested)]
    scores = measure.scores(forecast, errors, [], nothing)
    return Model(name, baselines.METHODS[name].label, True, forecast, nothing, False, scores)


class _Measure:
    """Mean errors over the cells (H, K) that have happened: of each target, and of several together."""

    def __init__(self, folder: ComparisonFolder, newer: NewerRows) -> None:
        spec = folder.spec()
        self.values = folder.values()[:, : len(spec.dataset.targets)]  # (T, K), mapped
        self.newer, self._known = newer, newer.known
        self._parts = list(self._weighed(spec))
        self._weights = np.stack([weights for _, weights in self._parts])  # (P, H, K), each adding up to a mean

    def _weighed(self, spec: ComparisonSpec) -> Iterator[tuple[str | None, Floats]]:
        """Targets of which a value is known, then all of them."""
        for place, name in enumerate(spec.dataset.targets):
            weights = np.zeros(self._known.shape)
            weights[:, place] = self._known[:, place]
            if weights.any():
                yield name, weights / weights.sum()
        if len(spec.dataset.targets) > 1:
            deviation = self.values[: spec.plan.split[0]].std(axis=0)
            yield None, self._known / np.where(deviation > 0, deviation, 1.0) / self._known.sum()

    def errors(self, actual: npt.NDArray[np.floating], forecast: Forecasts) -> Floats:
        """(N, P) of test windows (N, H, K)."""
        found, block = np.empty((len(actual), len(self._parts))), max(1, BLOCK // int(np.prod(actual.shape[1:])))
        with np.errstate(invalid="ignore", over="ignore"):  # a diverged forecast
            for start in range(0, len(actual), block):
                rows = slice(start, start + block)
                error = np.abs(forecast[rows].astype(np.float64) - actual[rows])
                found[rows] = np.einsum("nhk,phk->np", error, self._weights)
        return found

    def scores(self, forecast: Floats, tested: list[Floats], levels: list[float], limits: Floats) -> tuple[Score, ...]:
        """Of a forecast (H, K) with its limits (L, 2, H, K), beside the errors of its test windows."""
        error = np.where(self._known, np.abs(forecast - self.newer.values), 0.0)
        inside = (limits[:, 0] <= self.newer.values) & (self.newer.values <= limits[:, 1])  # (L, H, K)
        windows = np.concatenate(tested) if tested else np.empty((0, len(self._parts)))
        return tuple(
            Score(
                target=target,
                known=int((weights > 0).sum()),
                recent=(recent := float((error * weights).sum())),
                promised=float(then.mean()) if len(then) and np.isfinite(then).all() else None,
                worse=float((then > recent).mean()) if len(then) else None,
                tested=len(tested[0]) if tested else 0,
                within={level: int(inside[n][weights > 0].sum()) for n, level in enumerate(levels)},
            )
            for (target, weights), then in zip(self._parts, windows.T, strict=True)
        )


def _bands(folder: ComparisonFolder, framework: str) -> ModelBands | None:
    """None where there is no prediction interval of the future."""
    try:
        bands = band_files.read(folder, framework)
    except NotFound:
        return None
    return bands if np.isfinite(bands.half_widths[-1]).any() else None


def _limits(bands: ModelBands | None, forecast: Floats) -> Floats:
    """(L, 2, H, K)"""
    if bands is None:
        return np.empty((0, 2, *forecast.shape))
    return np.stack([bands.ahead(forecast[:, place], place)[0] for place in range(forecast.shape[1])], axis=-1)
