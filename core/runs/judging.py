"""Scores of forecasts of the test windows, fold by fold: of the frameworks' fits and of simple forecasts alike."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.data.dataset import Split
from core.data.split import fold_splits
from core.data.windows import Origins
from core.errors import NotFound
from core.evaluation import baselines, metrics
from core.runs import baseline_files, forecasts
from core.runs.baseline_files import Made
from core.runs.schema import Baseline, Scores
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder


@dataclass(frozen=True)
class Judged:
    """What is said of one forecast; the names of a fit and of a baseline alike."""

    windows: int
    test: Scores
    test_by_target: dict[str, Scores]
    test_by_step: list[Scores]


class Judge:
    """Scores forecasts of a fold's test windows against what happened.

    The measure is the comparison's own training part for every fold, so that folds can be added up.
    """

    def __init__(self, folder: ComparisonFolder, spec: ComparisonSpec) -> None:
        self.folder, self.spec = folder, spec
        split = Split(*spec.plan.split)
        self.values = folder.values()[:, : len(spec.dataset.targets)]  # (T, K), mapped
        self.folds = fold_splits(split, spec.settings.folds)  # what each fold may learn from, and its test part
        self.origins = forecasts.origins_by_fold(spec)  # of each fold's test windows
        train = self.values[: split.train]
        self.mean, self.deviation = train.mean(axis=0), train.std(axis=0)
        self.seasonal_mae = metrics.seasonal_naive_mae(train, spec.dataset.season)

    def fit(self, framework: str, fit: str) -> Judged | None:
        """None for a fit that did not get as far as its forecasts. Raises StoreFailed."""
        try:
            arrays = forecasts.forecasts(self.folder.path, framework, fit)
        except NotFound:
            return None
        return self.score(arrays.forecast, arrays.origins)

    def baselines(self, fitted: Mapping[str, Made]) -> Iterator[Baseline]:
        """The simple methods' forecasts of the same windows, fold by fold; `fitted`: those that had to be."""
        season, horizon = self.spec.dataset.season, self.spec.settings.horizon
        for name in baselines.simple_names(season):
            for fold, origins in enumerate(self.origins):
                began = time.perf_counter()
                judged = self.score(Repeated(name, self.values, origins, horizon, season), origins)
                yield self._row(name, fold, judged, time.perf_counter() - began)
        for name in baselines.fitted_names():
            if name in fitted:
                yield from self._fitted(fitted[name])

    def _fitted(self, made: Made) -> Iterator[Baseline]:
        forecast = baseline_files.mapped(self.folder, made.name) if made.finished else None
        first = 0
        for fold, origins in enumerate(self.origins):
            judged = None if forecast is None else self.score(forecast[first : first + len(origins)], origins)
            seconds, note = (made.seconds[fold], made.notes[fold]) if made.finished else (0.0, made.why_not)
            yield self._row(made.name, fold, judged, seconds, note)
            first += len(origins)

    @staticmethod
    def _row(name: str, fold: int, judged: Judged | None, seconds: float, note: str | None = None) -> Baseline:
        label, told = baselines.METHODS[name].label, {"note": note, "seconds": seconds}
        if judged is None:
            return Baseline(name=name, label=label, fold=fold, status="not_finished", test=Scores(), **told)
        return Baseline(name=name, label=label, fold=fold, **told, **vars(judged))

    def score(self, forecast: Any, origins: Origins) -> Judged:
        """`forecast` is (N, H, K), or gives blocks of it when sliced."""
        actual = forecasts.actual(self.values, origins, self.spec.settings.horizon)
        last = self.values[origins - 1]
        table = metrics.scores(actual, forecast, last, self.mean, self.deviation, self.seasonal_mae)
        return Judged(
            windows=len(origins),
            test=Scores(**vars(table.overall)),
            test_by_target={
                name: Scores(**vars(each))
                for name, each in zip(self.spec.dataset.targets, table.by_target, strict=True)
            },
            test_by_step=[Scores(**vars(each)) for each in table.by_step],
        )


@dataclass(frozen=True)
class Repeated:
    """A baseline's forecasts, made block by block as they are scored: all at once may not fit into memory."""

    name: str
    values: npt.NDArray[np.float64]  # (T, K)
    origins: npt.NDArray[np.int64]  # (N,)
    horizon: int
    season: int

    def __getitem__(self, rows: slice) -> npt.NDArray[np.float64]:
        return baselines.forecast(self.name, self.values, self.origins[rows], self.horizon, self.season)
