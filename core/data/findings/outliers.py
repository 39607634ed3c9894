"""Single values far from both their neighbours in time and the same time a season before and after."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

FAR = 10.0  # robust deviations; Laplace noise reaches 9 in a million rows
FAR_OUT = 15.0  # times the range of the middle nine tenths: a run of 9999 is no neighbour to itself
FAR_OUT_LOG = 3.0  # the same of logarithms, for skewed columns
MOST = 0.05  # of the rows: what happens more often is how the series is
NOMINAL = 1.96  # standard deviations that hold 95 % of normal noise


def find_outliers(values: Floats, season: int) -> Rows:
    """Rows of a series (T,) in which missing cells are NaN; a usual daily, weekly or yearly peak is none.

    A value counts when it is far from the median of the five rows around it and from that of the same phase in the
    five seasons around it, both in its own units and, where all values are positive, in logarithms.
    """
    there = np.flatnonzero(np.isfinite(values))
    series = values[there]
    if len(series) < 10 or series.min() == series.max():
        return np.empty(0, dtype=np.int64)
    seasonal = season > 1 and len(series) == len(values) >= 5 * season
    far = _far_from(series, _median_around(series, 1)) | _far_out(series)
    found = far & _far_from(series, _median_around(series, season)) if seasonal and far.any() else far
    if found.sum() > MOST * len(series):
        found = np.zeros(len(series), dtype=bool)
    return np.asarray(there[found])


def _far_from(series: Floats, median: Floats) -> npt.NDArray[np.bool_]:
    """In its own units, and in logarithms too where all values are positive: there a long upper tail is usual."""
    far = _deviations(series, median) > FAR
    if far.any() and series.min() > 0:
        far &= _deviations(np.log(series), np.log(median)) > FAR
    return far


def _deviations(series: Floats, median: Floats) -> Floats:
    """Distances from the median in deviations that hold 95 % of them, and at least those of the middle half.

    Where nearly every row equals its median (sales now and then) the other rows are measured by one another.
    """
    distances = np.abs(series - median)
    scale = float(np.quantile(distances, 0.95)) / NOMINAL
    noise = 1e-12 * float(np.abs(series).max())
    if scale <= noise:
        others = distances[distances > noise]
        if not len(others):
            return np.zeros(len(series))
        usual = float(np.median(np.abs(series)))
        scale = max(float(np.median(others)), 1e-300) if usual == 0 else 0.01 * usual
    return distances / scale


def _far_out(series: Floats) -> npt.NDArray[np.bool_]:
    """Far from the whole of the series."""
    low, middle, high = np.quantile(series, [0.05, 0.5, 0.95])
    if high == low:
        return np.zeros(len(series), dtype=bool)
    found = np.abs(series - middle) > FAR_OUT * (high - low)
    if found.any() and low > 0 and series.min() > 0:
        logs = np.abs(np.log(series / middle))
        found &= logs > FAR_OUT_LOG * np.log(high / low)
    return np.asarray(found)


def _median_around(series: Floats, step: int) -> Floats:
    """Of five rows `step` apart, the row in the middle; near the ends of the five nearest ones of the same phase."""
    rows = np.arange(len(series))
    phase = rows % step
    last = phase + step * ((len(series) - 1 - phase) // step)
    start = np.clip(rows - 2 * step, phase, last - 4 * step)
    a, b, c, d, e = (series[start + k * step] for k in range(5))
    lower = np.maximum(np.minimum(a, b), np.minimum(c, d))
    upper = np.minimum(np.maximum(a, b), np.maximum(c, d))
    return np.maximum(np.minimum(lower, upper), np.minimum(np.maximum(lower, upper), e))
