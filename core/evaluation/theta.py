"""The Theta method: half a straight line, half exponential smoothing (Assimakopoulos & Nikolopoulos, 2000).

statsmodels tests for a season, takes it out and fits both halves; they are rolled on with the line's slope, the rate of
smoothing and the season fixed.
"""

from dataclasses import dataclass

import numpy as np

from core.data.windows import Origins
from core.evaluation.rolling import Floats, Rolled, Series, Unsuitable, quietly

TAIL = 5_000  # rows to fit on


@dataclass(frozen=True)
class Lines:
    """The fitted halves. Without a season `seasonal` holds one value that changes nothing."""

    slope: float
    alpha: float
    seasonal: Floats  # (m,), of the first row fitted on and those after it
    multiplies: bool


def roll(series: Series) -> Rolled:
    """Raises Unsuitable."""
    part = series.tail(TAIL)
    try:
        with quietly():
            lines = fit(part.known, part.season)
    except (ValueError, np.linalg.LinAlgError) as error:
        raise Unsuitable("The Theta method could not be fitted to this series.") from error
    season = f", season of {len(lines.seasonal)}" if len(lines.seasonal) > 1 else ""
    return Rolled(ahead(lines, part), f"Theta{season}")


def fit(known: Floats, season: int) -> Lines:
    from statsmodels.tsa.forecasting.theta import ThetaModel

    seasonal = season > 1 and len(known) >= 2 * season
    model = ThetaModel(known, period=season if seasonal else 1, deseasonalize=seasonal)
    result = model.fit()
    slope, alpha = (float(value) for value in result.params)
    multiplies = str(model.method).startswith("mul")
    found = np.asarray(result._seasonal, np.float64)  # has no public name
    return Lines(slope, alpha, found if len(found) else np.full(1, float(multiplies)), multiplies)


def ahead(lines: Lines, part: Series) -> Floats:
    """Forecasts (N, H) at the origins of `part`."""
    rows, period = np.arange(len(part.values)), len(lines.seasonal)
    season = lines.seasonal[rows % period]
    level = _smoothed(part.values / season if lines.multiplies else part.values - season, lines.alpha)
    steps, before = np.arange(part.horizon), part.origins[:, None]
    line = lines.slope * (steps + _reach(lines.alpha, before))
    bare = line / 2 + level[before]
    coming = lines.seasonal[(before + steps) % period]
    return np.asarray(bare * coming if lines.multiplies else bare + coming)


def _smoothed(values: Floats, alpha: float) -> Floats:
    """The level before each row and after the last one, (n + 1,), beginning with the first value."""
    from scipy.signal import lfilter

    level, _ = lfilter([alpha], [1.0, alpha - 1.0], values, zi=[(1 - alpha) * values[0]])
    return np.concatenate((values[:1], level))


def _reach(alpha: float, rows: Origins) -> Floats:
    """How many rows smoothing lags behind the line after so many rows."""
    return np.asarray((1 - (1 - alpha) ** rows) / alpha if alpha > 0 else np.zeros(rows.shape))
