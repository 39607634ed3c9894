"""forecasts.csv: every forecast of the test part, and of the future after the last row, one line a step.

`origin` is the time of the last row known when the forecast was made, `time` that of the forecast step; values are in
the data's own units. Times are ISO; rows of data without times have their numbers in the file, from 0. `lo80` to `hi95`
are the ends of the prediction intervals, empty where there is no band (core.runs.bands).

The file is written as it is made: every forecast is there however long the test part is, and the memory it takes is
that of one block of lines beside the texts of the test part's times.
"""

import csv
import io
from collections.abc import Container, Iterator, Mapping
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from core.data.frequency import future_index
from core.data.spreadsheet import marked
from core.data.table_csv import time_texts
from core.errors import NotFound
from core.runs import forecasts, results
from core.runs.band_files import ModelBands
from core.runs.spec import ComparisonSpec, FitSpec
from core.runs.store import ComparisonFolder

COLUMNS = (
    *("run", "framework", "fit", "seed", "target", "origin", "step", "time", "actual", "forecast"),
    *("lo80", "hi80", "lo95", "hi95"),
)
NO_INTERVALS = ",,,,\n"  # lo80, hi80, lo95, hi95
BySeed = Mapping[tuple[str, int], ModelBands]  # framework and seed
BLOCK = 1 << 16  # lines made at once: about 10 MB of text


def write(
    file: BinaryIO,
    folder: ComparisonFolder,
    spec: ComparisonSpec,
    without: Container[str] = (),
    bands: BySeed | None = None,
) -> None:
    """Write all of a comparison's forecasts, but not those of the frameworks `without`. Raises StoreFailed."""
    file.write((",".join(COLUMNS) + "\n").encode())
    for text in lines(folder, spec, without, bands):
        file.write(text.encode())


def lines(
    folder: ComparisonFolder, spec: ComparisonSpec, without: Container[str] = (), bands: BySeed | None = None
) -> Iterator[str]:
    """Blocks of lines: a run after the other, its fits, their targets, origins and steps."""
    times = _Times(folder, spec)
    for framework in (name for name in spec.settings.frameworks if name not in without):
        for fit in spec.plan.fits:
            prefix = f"{spec.id}-{framework},{framework},{fit.id},{fit.seed},"
            band = (bands or {}).get((framework, fit.seed))
            if fit.kind == "score":
                yield from _test_lines(folder, spec, framework, fit, prefix, times, band)
            elif fit.kind == "final":
                yield from _future_lines(folder, spec, framework, prefix, times, band)


def safe(name: str) -> str:
    """A name as a CSV cell: quoted where needed, and never a formula to a spreadsheet.

    To join this file with the data or with comparison.json, which have the name as it is, join by `safe(name)`, or take
    the mark off with `core.data.spreadsheet.unmarked`.
    """
    cell = io.StringIO()
    csv.writer(cell, lineterminator="").writerow([marked(name)])
    return cell.getvalue()


class _Times:
    """Texts of all times, (T + H,): the rows of the data and the steps after the last."""

    def __init__(self, folder: ComparisonFolder, spec: ComparisonSpec) -> None:
        self.rows = len(folder.values())
        self.first = max(0, spec.plan.split[0] + spec.plan.split[1] - 1)  # earlier rows are not forecast
        index = folder.index()
        later = future_index(index, spec.dataset.frequency, spec.settings.horizon)
        self._texts = time_texts(index[self.first :].append(later))

    def between(self, start: int, end: int) -> list[str]:
        """Texts of rows [start, end)."""
        return self._texts[start - self.first : end - self.first]


def _test_lines(
    folder: ComparisonFolder,
    spec: ComparisonSpec,
    framework: str,
    fit: FitSpec,
    prefix: str,
    times: _Times,
    band: ModelBands | None,
) -> Iterator[str]:
    try:
        arrays = results.forecasts(folder.path, framework, fit.id)
    except NotFound:
        return  # the fit was not reached
    values, block = folder.values(), max(1, BLOCK // arrays.horizon)
    before = forecasts.origins_by_fold(spec)[0][0]  # the first test window of all folds
    for target, name in enumerate(spec.dataset.targets):
        head = prefix + safe(name) + ","
        for start in range(0, len(arrays.origins), block):
            origins = arrays.origins[start : start + block]
            rows = slice(int(origins[0]), int(origins[-1]) + arrays.horizon)
            actual = [repr(value) for value in values[rows, target].tolist()]
            texts = times.between(rows.start - 1, rows.stop)  # one row earlier: the first origin's last known time
            forecast = arrays.forecast[start : start + block, :, target]
            limits = None if band is None else band.around(forecast, origins - before, target)
            yield _block(head, texts, actual, forecast, limits)


def _block(
    head: str,
    times: list[str],
    actual: list[str],
    forecast: npt.NDArray[np.floating],
    limits: npt.NDArray[np.float64] | None,
) -> str:
    """Lines of consecutive origins, from forecasts (N, H) and the limits (N, L, 2, H) of their bands.

    times[i] is the last known row of window i, times[i + 1] its first step.
    """
    ends = [[NO_INTERVALS] * forecast.shape[1]] * len(forecast) if limits is None else _limit_texts(limits)
    return "".join(
        f"{head}{times[window]},{step + 1},{times[window + step + 1]},{actual[window + step]},{value}{end}"
        for window, values in enumerate(_number_texts(forecast))
        for step, (value, end) in enumerate(zip(values, ends[window], strict=True))
    )


def _future_lines(
    folder: ComparisonFolder,
    spec: ComparisonSpec,
    framework: str,
    prefix: str,
    times: _Times,
    band: ModelBands | None,
) -> Iterator[str]:
    future = results.future(folder.path, framework)
    if future is None:
        return
    texts = times.between(times.rows - 1, times.rows + len(future.values))
    for target, name in enumerate(spec.dataset.targets):
        forecast, nothing = future.values[:, target], [""] * len(future.values)
        limits = None if band is None else band.ahead(forecast, target)
        yield _block(prefix + safe(name) + ",", texts, nothing, forecast[None], limits)


def _limit_texts(limits: npt.NDArray[np.float64]) -> list[list[str]]:
    """The rest of each line, (N, H), from (N, L, 2, H); what is not finite is left empty."""
    cells = limits.reshape(len(limits), -1, limits.shape[-1])
    with np.errstate(over="ignore"):
        short = cells.astype(np.float32)
    texts = np.where(np.isfinite(short), short.astype(str), "").tolist()
    return [["," + ",".join(step) + "\n" for step in zip(*window, strict=True)] for window in texts]


def _number_texts(values: npt.NDArray[np.floating]) -> list[list[str]]:
    """Shortest texts that read back as the same float32."""
    return np.asarray(values).astype(str).tolist()  # type: ignore[no-any-return]
