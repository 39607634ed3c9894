"""Scores of forecasts: in the data's own units, beside seasonal naive, and on scaled values."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

BLOCK = 1 << 18  # forecast values at a time: temporaries stay at a few MB, whatever the number of windows


@dataclass(frozen=True)
class Scores:
    """The test object of comparison.json; None where a score is not defined.

    All but the scaled ones are about one target: they are None over several.
    """

    mae: float | None  # in the target's units
    rmse: float | None  # in the target's units
    mase: float | None  # MAE / seasonal-naive MAE of the training part (Hyndman & Koehler 2006)
    smape: float | None  # 0 to 200 percent
    r2: float | None  # None for constant actual values
    direction: float | None  # share of steps, 0 to 1; None where nothing moves or the forecast claims no move
    scaled_mse: float | None
    scaled_mae: float | None


@dataclass(frozen=True)
class ScoreTable:
    overall: Scores
    by_target: tuple[Scores, ...]  # K, in the order of the targets
    by_step: tuple[Scores, ...]  # H, over all targets


def scores(
    actual: Floats, forecast: Floats, last: Floats, train_mean: Floats, train_std: Floats, seasonal_mae: Floats
) -> ScoreTable:
    """Score the forecasts of N windows, H steps and K targets, in the data's own units.

    `actual` and `forecast` are (N, H, K); `last` (N, K) is each window's last known value; `train_mean`, `train_std`
    (ddof 0; a constant column counts as 1) and `seasonal_mae` are (K,) of the training part. Averages run over windows,
    steps and targets alike. Direction compares the signs of the moves away from `last`; steps where the actual or the
    forecast value equals it are ties and left out. sMAPE of two zeros is 0.
    """
    sums = _sums(actual, forecast, last, train_mean)
    deviation = np.where(np.asarray(train_std) > 0, train_std, 1.0)
    steps, targets = actual.shape[1:]

    def score(step: slice, target: slice) -> Scores:
        return _scores(sums, step, target, deviation, np.asarray(seasonal_mae))

    everything = slice(None)
    return ScoreTable(
        overall=score(everything, everything),
        by_target=tuple(score(everything, slice(target, target + 1)) for target in range(targets)),
        by_step=tuple(score(slice(step, step + 1), everything) for step in range(steps)),
    )


def seasonal_naive_mae(train_values: Floats, season: int) -> npt.NDArray[np.float64]:
    """Mean absolute difference from the value one season before, (K,) of rows (T, K); NaN within one season."""
    if len(train_values) <= season:
        return np.full(train_values.shape[1], np.nan)
    return np.asarray(np.abs(train_values[season:] - train_values[:-season]).mean(axis=0), dtype=np.float64)


@dataclass(frozen=True)
class _Sums:
    """Sums over the windows, each (H, K); any average over steps and targets follows from them."""

    windows: int
    absolute: npt.NDArray[np.float64]  # |error|
    squared: npt.NDArray[np.float64]  # error²
    relative: npt.NDArray[np.float64]  # 200 |error| / (|actual| + |forecast|)
    right: npt.NDArray[np.float64]  # moves whose sign is right
    moves: npt.NDArray[np.float64]  # steps without a tie
    centred: npt.NDArray[np.float64]  # actual − training mean
    centred_squared: npt.NDArray[np.float64]


def _sums(actual: Floats, forecast: Floats, last: Floats, centre: Floats) -> _Sums:
    windows, steps, targets = actual.shape
    totals = np.zeros((7, steps, targets))
    block = max(1, BLOCK // (steps * targets))
    with np.errstate(invalid="ignore", over="ignore"):  # a diverged forecast has no score, and no warning
        for start in range(0, windows, block):
            rows = slice(start, start + block)
            totals += _block_sums(
                np.asarray(actual[rows], np.float64),
                np.asarray(forecast[rows], np.float64),
                np.asarray(last[rows], np.float64)[:, None],
                np.asarray(centre, np.float64),
            )
    return _Sums(windows, *totals)


def _block_sums(
    actual: npt.NDArray[np.float64],
    forecast: npt.NDArray[np.float64],
    last: npt.NDArray[np.float64],
    centre: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    error = np.abs(actual - forecast)
    size = np.abs(actual) + np.abs(forecast)
    relative = np.divide(200 * error, size, out=np.zeros_like(error), where=size != 0)
    moved, foretold = np.sign(actual - last), np.sign(forecast - last)
    claimed = (moved != 0) & (foretold != 0)
    centred = actual - centre
    terms = (error, error**2, relative, (moved == foretold) & claimed, claimed, centred, centred**2)
    return np.stack([term.sum(axis=0, dtype=np.float64) for term in terms])


def _scores(
    sums: _Sums,
    step: slice,
    target: slice,
    deviation: npt.NDArray[np.float64],
    seasonal_mae: npt.NDArray[np.float64],
) -> Scores:
    absolute, squared = sums.absolute[step, target], sums.squared[step, target]  # (h, k)
    count = sums.windows * absolute.size
    scaled_mse = _ratio((squared / deviation[target] ** 2).sum(), count)
    scaled_mae = _ratio((absolute / deviation[target]).sum(), count)
    if absolute.shape[1] > 1:
        return Scores(None, None, None, None, None, None, scaled_mse, scaled_mae)
    mae, mse = _ratio(absolute.sum(), count), _ratio(squared.sum(), count)
    return Scores(
        mae=mae,
        rmse=None if mse is None else math.sqrt(mse),
        mase=None if mae is None else _ratio(mae, seasonal_mae[target][0]),
        smape=_ratio(sums.relative[step, target].sum(), count),
        r2=_r2(sums, step, target, count),
        direction=_ratio(sums.right[step, target].sum(), sums.moves[step, target].sum()),
        scaled_mse=scaled_mse,
        scaled_mae=scaled_mae,
    )


def _r2(sums: _Sums, step: slice, target: slice, count: int) -> float | None:
    """1 − squared error / squared deviation of the actual values from their own mean."""
    about_centre = sums.centred_squared[step, target].sum()
    spread = about_centre - sums.centred[step, target].sum() ** 2 / max(count, 1)
    if spread <= 1e-12 * about_centre:  # rounding: the actual values do not vary
        return None
    lost = _ratio(sums.squared[step, target].sum(), spread)
    return None if lost is None else 1 - lost


def _ratio(above: float, below: float) -> float | None:
    """A finite quotient as a plain float, or None."""
    if not (math.isfinite(above) and math.isfinite(below) and below > 0):
        return None
    return float(above / below)
