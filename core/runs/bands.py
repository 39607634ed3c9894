"""Prediction intervals of a comparison, made from errors in test windows in the same way for every model.

A test window's band rests on windows that had happened before its forecast was made, that of the future on all of them.
Errors are in the data's own units, and the bands as far above as below; where the targets are learned as logarithms
they are ratios, so that a band grows with the forecast. See docs/verdict.md.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import NotFound
from core.evaluation import baselines, conformal
from core.runs import baseline_files, forecasts, results
from core.runs.band_files import ModelBands
from core.runs.schema import Comparison
from core.runs.schema_verdict import Interval
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
BySeed = Mapping[tuple[str, int], ModelBands]  # framework and seed

MEDIAN = 0.5
TINY = np.finfo(np.float32).tiny  # a forecast at or below zero is as good as infinitely wrong as a ratio
NOT_FINITE = "Too many of its forecasts are no finite numbers."


@dataclass(frozen=True)
class Residuals:
    """Errors of consecutive test windows, actual - forecast, made where they are asked for: see conformal.Errors."""

    read: Callable[[Rows], npt.NDArray[np.floating]]  # forecasts (n, H, K) of these windows
    actual: npt.NDArray[np.floating]  # (N, H, K)
    ratio: bool = False  # of the logarithms

    @property
    def shape(self) -> tuple[int, ...]:
        return self.actual.shape

    def __getitem__(self, windows: Rows, /) -> Floats:
        forecast, actual = (np.asarray(some, np.float64) for some in (self.read(windows), self.actual[windows]))
        if self.ratio:
            forecast, actual = np.log(np.maximum(forecast, TINY)), np.log(np.maximum(actual, TINY))
        return np.asarray(actual - forecast)


def make(folder: ComparisonFolder, spec: ComparisonSpec, without: Container[str] = ()) -> BySeed:
    """The bands of every framework and seed that has forecasts. Raises StoreFailed.

    None under the quantile loss, but for the median: such a line is itself an end of a range, not the middle of one.
    """
    if spec.settings.loss == "quantile" and spec.settings.quantile != MEDIAN:
        return {}
    found = {}
    for framework in (name for name in spec.settings.frameworks if name not in without):
        for seed in spec.settings.seeds:
            residuals = of_seed(folder, spec, framework, seed)
            if residuals is not None:
                found[framework, seed] = of_model(residuals)
    return found


def of_model(residuals: Residuals) -> ModelBands:
    """The bands of one model's test windows and of its future."""
    windows, horizon, targets = residuals.shape
    tested, ahead = conformal.backtest(residuals), conformal.promise(windows, horizon)
    future = np.full((len(conformal.LEVELS), horizon, targets), np.nan)
    if ahead.kind != "none":
        future = conformal.calibrated(residuals, windows)
    promises = (*tested.promises, ahead)
    return ModelBands(
        levels=np.array(conformal.LEVELS),
        starts=tested.starts,
        half_widths=np.concatenate([tested.half_widths, future[None]]),
        kinds=np.array([each.kind for each in promises]),
        reasons=np.array([each.reason for each in promises]),
        ratio=residuals.ratio,
    )


def shown(comparison: Comparison, bands: BySeed) -> dict[str, ModelBands]:
    """Those of the seed that is drawn, by framework: the first, which is also that of the training on all rows."""
    seeds = {run.framework: min(results.seed_fits(run), default=None) for run in comparison.runs}
    return {name: bands[name, seed] for name, seed in seeds.items() if seed is not None and (name, seed) in bands}


def intervals(folder: ComparisonFolder, spec: ComparisonSpec, comparison: Comparison) -> list[Interval]:
    """What the bands of each run and of the best simple forecast achieved; of the seed that is drawn.

    Raises StoreFailed.
    """
    found = []
    for run in comparison.runs:
        seed = min(results.seed_fits(run), default=None)
        residuals = None if seed is None else of_seed(folder, spec, run.framework, seed)
        if residuals is not None:
            found += _of_run(run.id, residuals, spec)
    best = results.best_baseline(comparison)
    return found if best is None else [*found, *achieved(best.name, of_method(folder, spec, best.name))]


def _of_run(name: str, residuals: Residuals, spec: ComparisonSpec) -> list[Interval]:
    quantile = spec.settings.quantile
    if spec.settings.loss == "quantile" and quantile != MEDIAN:
        return below(name, residuals, quantile)
    return achieved(name, residuals)


def achieved(name: str, residuals: Residuals) -> list[Interval]:
    """The coverage of a model's bands in its test windows, over all steps (0) and by step; or why there is none."""
    windows, horizon, _ = residuals.shape
    tested, last = conformal.backtest(residuals), conformal.promise(windows, horizon)
    reports = conformal.achieved(residuals, tested)
    finite = bool(np.isfinite(tested.half_widths).all())
    if not reports or not finite:
        why = NOT_FINITE if not finite else _no_band(windows, horizon)
        return [Interval(run=name, level=level, step=0, n=0, note=why) for level in conformal.LEVELS]
    promises, note = last.kind == "full", _note(tested, last, windows)
    return [_row(name, report, report.level if promises else None, note) for report in reports]


def below(name: str, residuals: Residuals, quantile: float) -> list[Interval]:
    """Under the quantile loss: how often what happened lay at or below the forecast."""
    windows = residuals.shape[0]
    judged = conformal.drawn(np.arange(windows), conformal.MOST_JUDGED)
    held = (residuals[judged] <= 0).mean(axis=2)
    note = f"Learned with the quantile loss: values at or below its line, which aims at {quantile:.0%} of them."
    return [_row(name, report, None, note) for report in conformal.shares(held, quantile, windows)]


def of_seed(folder: ComparisonFolder, spec: ComparisonSpec, framework: str, seed: int) -> Residuals | None:
    """Of the test windows of all folds, or of those up to the first that is missing; None when that is the first."""
    parts: list[npt.NDArray[np.floating]] = []
    for fit in (fit for fit in spec.plan.fits if fit.kind == "score" and fit.seed == seed):
        try:
            parts.append(forecasts.read_forecast(folder, framework, fit.id))
        except NotFound:
            break
    ratio = spec.settings.transform == "log"
    return Residuals(_joined(parts), _actual(folder, spec, sum(map(len, parts))), ratio) if parts else None


def of_method(folder: ComparisonFolder, spec: ComparisonSpec, name: str) -> Residuals:
    """Of a simple method that has forecast all test windows. Raises StoreFailed."""
    origins, settings = np.concatenate(forecasts.origins_by_fold(spec)), spec.settings
    values = folder.values()[:, : len(spec.dataset.targets)]

    def repeated(windows: Rows) -> npt.NDArray[np.floating]:
        return baselines.forecast(name, values, origins[windows], settings.horizon, spec.dataset.season)

    read = baseline_files.mapped(folder, name).__getitem__ if baselines.METHODS[name].fitted else repeated
    return Residuals(read, _actual(folder, spec, len(origins)), settings.transform == "log")


def _actual(folder: ComparisonFolder, spec: ComparisonSpec, windows: int) -> npt.NDArray[np.floating]:
    """What happened in the first test windows, (N, H, K), a view."""
    origins = np.concatenate(forecasts.origins_by_fold(spec))[:windows]
    return forecasts.actual(folder.values()[:, : len(spec.dataset.targets)], origins, spec.settings.horizon)


def _joined(parts: list[npt.NDArray[np.floating]]) -> Callable[[Rows], npt.NDArray[np.floating]]:
    """Reads windows, which are in order, from the forecasts of one fold after another."""
    starts = np.cumsum([0, *map(len, parts)])

    def read(windows: Rows) -> npt.NDArray[np.floating]:
        fold = np.searchsorted(starts, windows, side="right") - 1
        return np.concatenate([part[windows[fold == n] - starts[n]] for n, part in enumerate(parts)])

    return read


def _row(name: str, report: conformal.Coverage, promised: float | None, note: str | None) -> Interval:
    low, high = report.interval
    return Interval(
        run=name,
        level=report.level,
        step=report.step,
        promised=promised,
        coverage=report.coverage,
        low=low,
        high=high,
        n=report.n,
        note=note,
    )


def _no_band(windows: int, horizon: int) -> str:
    """The test part is over before its first band could be made."""
    needed = conformal.LEAST_WINDOWS + horizon
    return f"No band in the test part: its {windows} windows are too few, {needed} would give the last one a band."


def _note(tested: conformal.Bands, last: conformal.Promise, windows: int) -> str | None:
    if last.kind != "full":
        return last.reason
    block_of = tested.block_of(windows)
    early = sum(block >= 0 and tested.promises[block].kind != "full" for block in block_of.tolist())
    return f"Of these bands, the first {early:,} rest on fewer windows than the promise asks for." if early else None
