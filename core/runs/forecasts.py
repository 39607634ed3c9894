"""The forecasts that a comparison's fits left, window by window, beside what happened."""

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.dataset import Split
from core.data.frequency import future_index
from core.data.windows import Origins, fold_parts
from core.errors import NotFound
from core.evaluation import baselines
from core.frameworks import registry
from core.runs import baseline_files
from core.runs.files import damaged
from core.runs.spec import ComparisonSpec, FitSpec, RunSpec
from core.runs.store import ComparisonFolder

Floats = npt.NDArray[np.float64]

BLOCK = 1 << 18  # forecast values at a time


@dataclass(frozen=True)
class ForecastArrays:
    """Forecasts of N consecutive windows in the data's units, beside what happened; views and mapped files."""

    index: pd.DatetimeIndex | pd.RangeIndex  # (T,) times of all rows
    origins: Origins  # (N,) row of the first step of each forecast
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


def origins_by_fold(spec: ComparisonSpec) -> tuple[Origins, ...]:
    """Of each fold's test windows; one after another they are all test windows."""
    settings = spec.settings
    parts = fold_parts(Split(*spec.plan.split), settings.folds, settings.lookback, settings.horizon)
    return tuple(part.test for part in parts)


def forecasts(folder: Path, framework: str, fit: str) -> ForecastArrays:
    """One fit's forecasts of its fold's test windows. Raises NotFound, StoreFailed."""
    comparison = ComparisonFolder(folder)
    spec = comparison.spec()
    forecast = read_forecast(comparison, framework, fit)
    fold = next((each.fold for each in spec.plan.fits if each.id == fit), 0)
    return _beside_actual(comparison, spec, origins_by_fold(spec)[fold][: len(forecast)], forecast)


def seed_forecasts(folder: Path, framework: str, seed: int) -> ForecastArrays:
    """A seed's forecasts of all folds' test windows, or of those up to the first fold that is missing.

    Raises NotFound when there is none, StoreFailed.
    """
    comparison = ComparisonFolder(folder)
    spec = comparison.spec()
    fits = [fit for fit in spec.plan.fits if fit.kind == "score" and fit.seed == seed]
    found = [read_forecast(comparison, framework, fits[0].id)]
    for fit in fits[1:]:
        try:
            found.append(read_forecast(comparison, framework, fit.id))
        except NotFound:
            break
    forecast = found[0] if len(found) == 1 else np.concatenate(found)
    return _beside_actual(comparison, spec, np.concatenate(origins_by_fold(spec))[: len(forecast)], forecast)


def window_errors(
    folder: Path, spec: ComparisonSpec, framework: str, without: Container[str] = (), cut: Container[int] = ()
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """How far each test window's forecast was off: errors (S, N), and the fold of each window (N,).

    Absolute errors, scaled by the deviation of the comparison's training part, averaged over steps and targets. One
    row for each seed that has forecast all folds and is not in `cut`, in the seeds' order; none where `framework` is in
    `without`. Raises StoreFailed.
    """
    origins = origins_by_fold(spec)
    fold_of = np.repeat(np.arange(len(origins)), [len(each) for each in origins])
    rows = [] if framework in without else [*_seed_errors(ComparisonFolder(folder), spec, framework, cut)]
    return np.array(rows).reshape(-1, len(fold_of)), fold_of


def fit_errors(comparison: ComparisonFolder, spec: ComparisonSpec | RunSpec, framework: str, fit: FitSpec) -> Floats:
    """The same of one fit's windows, (N,). Raises NotFound, StoreFailed."""
    arrays = forecasts(comparison.path, framework, fit.id)
    return _scaled_errors(comparison, spec, arrays.actual, lambda rows: arrays.forecast[rows])


def method_errors(comparison: ComparisonFolder, spec: ComparisonSpec, name: str) -> Floats:
    """The same of a simple method that has forecast all test windows, (N,). Raises StoreFailed."""
    origins, horizon = np.concatenate(origins_by_fold(spec)), spec.settings.horizon
    values = comparison.values()[:, : len(spec.dataset.targets)]
    if baselines.METHODS[name].fitted:
        made = baseline_files.mapped(comparison, name)
        return _scaled_errors(comparison, spec, actual(values, origins, horizon), lambda rows: made[rows])

    def repeated(rows: slice) -> npt.NDArray[np.floating]:
        return baselines.forecast(name, values, origins[rows], horizon, spec.dataset.season)

    return _scaled_errors(comparison, spec, actual(values, origins, horizon), repeated)


def _scaled_errors(
    comparison: ComparisonFolder,
    spec: ComparisonSpec | RunSpec,
    actual: npt.NDArray[np.floating],
    forecast: Callable[[slice], npt.NDArray[np.floating]],
) -> Floats:
    """Mean absolute error of each window (N,), in deviations of the training part; made block by block."""
    train = comparison.values()[: spec.plan.split[0], : len(spec.dataset.targets)]
    deviation = np.where(train.std(axis=0) > 0, train.std(axis=0), 1.0)
    errors, windows = np.empty(len(actual)), max(1, BLOCK // int(np.prod(actual.shape[1:])))
    with np.errstate(invalid="ignore", over="ignore"):  # a diverged forecast
        for start in range(0, len(errors), windows):
            rows = slice(start, start + windows)
            error = np.abs(forecast(rows).astype(np.float64) - actual[rows]) / deviation
            errors[rows] = error.mean(axis=(1, 2))
    return errors


def _seed_errors(
    comparison: ComparisonFolder, spec: ComparisonSpec, framework: str, cut: Container[int]
) -> Iterator[Floats]:
    for seed in (seed for seed in spec.settings.seeds if seed not in cut):
        fits = [fit for fit in spec.plan.fits if fit.kind == "score" and fit.seed == seed]
        try:
            yield np.concatenate([fit_errors(comparison, spec, framework, fit) for fit in fits])
        except NotFound:  # it was stopped before
            continue


def actual(values: npt.NDArray[np.floating], origins: Origins, horizon: int) -> npt.NDArray[np.floating]:
    """What happened after consecutive origins: (N, H, K), a view into `values` (T, K)."""
    windows = np.lib.stride_tricks.sliding_window_view(values, horizon, axis=0)  # (T - H + 1, K, H)
    first = int(origins[0]) if len(origins) else 0
    return windows[first : first + len(origins)].transpose(0, 2, 1)


def baseline_forecasts(folder: Path, name: str, origins: Origins) -> npt.NDArray[np.floating]:
    """A simple method's forecasts (N, H, K) at consecutive test origins, in the data's units.

    Raises NotFound where it was not finished, StoreFailed.
    """
    comparison = ComparisonFolder(folder)
    spec = comparison.spec()
    if baselines.METHODS[name].fitted:
        first = int(origins[0] - origins_by_fold(spec)[0][0]) if len(origins) else 0
        return baseline_files.read(comparison, name)[first : first + len(origins)]
    values = comparison.values()[:, : len(spec.dataset.targets)]
    return baselines.forecast(name, values, origins, spec.settings.horizon, spec.dataset.season)


def future(folder: Path, framework: str) -> Future | None:
    """The final fit's forecast after the last row; None when that fit was not made."""
    comparison = ComparisonFolder(folder)
    try:
        forecast = read_forecast(comparison, framework, "final")
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


def read_forecast(comparison: ComparisonFolder, framework: str, fit: str) -> npt.NDArray[np.floating]:
    """What a fit forecast (N, H, K), mapped. Raises NotFound, StoreFailed."""
    run = comparison.run(framework)
    if not run.has(fit, "forecast.npy"):
        what = f"{registry.find(framework).label} has no forecasts from the fit {fit}"
        raise NotFound(what, comparison.id, "Choose another fit.")
    path = run.checked(fit, "forecast.npy")
    with damaged(path):
        forecast: npt.NDArray[np.floating] = np.load(path, mmap_mode="r", allow_pickle=False)
    return forecast


def _beside_actual(
    comparison: ComparisonFolder, spec: ComparisonSpec, origins: Origins, forecast: npt.NDArray[np.floating]
) -> ForecastArrays:
    values = comparison.values()[:, : len(spec.dataset.targets)]
    return ForecastArrays(comparison.index(), origins, actual(values, origins, spec.settings.horizon), forecast)
