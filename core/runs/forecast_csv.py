"""forecasts.csv: every forecast of the test part, and of the future after the last row, one line a step.

`origin` is the time of the last row known when the forecast was made, `time` that of the forecast step; values are in
the data's own units. Times are ISO; rows of data without times have their numbers in the file, from 0.

The file is written as it is made: every forecast is there however long the test part is, and the memory it takes is
that of one block of lines beside the texts of the test part's times.
"""

import csv
import io
from collections.abc import Container, Iterator
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from core.data.frequency import future_index
from core.data.spreadsheet import marked
from core.data.table_csv import time_texts
from core.errors import NotFound
from core.runs import results
from core.runs.spec import ComparisonSpec, FitSpec
from core.runs.store import ComparisonFolder

COLUMNS = (
    *("run", "framework", "fit", "seed", "target", "origin", "step", "time", "actual", "forecast"),
    *("lo80", "hi80", "lo95", "hi95"),
)
NO_INTERVALS = ",,,,\n"  # lo80, hi80, lo95, hi95
BLOCK = 1 << 16  # lines made at once: about 10 MB of text


def write(file: BinaryIO, folder: ComparisonFolder, spec: ComparisonSpec, without: Container[str] = ()) -> None:
    """Write all of a comparison's forecasts, but not those of the frameworks `without`. Raises StoreFailed."""
    file.write((",".join(COLUMNS) + "\n").encode())
    for text in lines(folder, spec, without):
        file.write(text.encode())


def lines(folder: ComparisonFolder, spec: ComparisonSpec, without: Container[str] = ()) -> Iterator[str]:
    """Blocks of lines: a run after the other, its fits, their targets, origins and steps."""
    times = _Times(folder, spec)
    for framework in (name for name in spec.settings.frameworks if name not in without):
        for fit in spec.plan.fits:
            prefix = f"{spec.id}-{framework},{framework},{fit.id},{fit.seed},"
            if fit.kind == "score":
                yield from _test_lines(folder, spec, framework, fit, prefix, times)
            elif fit.kind == "final":
                yield from _future_lines(folder, spec, framework, prefix, times)


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
    folder: ComparisonFolder, spec: ComparisonSpec, framework: str, fit: FitSpec, prefix: str, times: _Times
) -> Iterator[str]:
    try:
        arrays = results.forecasts(folder.path, framework, fit.id)
    except NotFound:
        return  # the fit was not reached
    values, block = folder.values(), max(1, BLOCK // arrays.horizon)
    for target, name in enumerate(spec.dataset.targets):
        head = prefix + safe(name) + ","
        for start in range(0, len(arrays.origins), block):
            origins = arrays.origins[start : start + block]
            rows = slice(int(origins[0]), int(origins[-1]) + arrays.horizon)
            actual = [repr(value) for value in values[rows, target].tolist()]
            texts = times.between(rows.start - 1, rows.stop)  # one row earlier: the first origin's last known time
            yield _block(head, texts, actual, _number_texts(arrays.forecast[start : start + block, :, target]))


def _block(head: str, times: list[str], actual: list[str], forecast: list[list[str]]) -> str:
    """Lines of consecutive origins; times[i] is the last known row of window i, times[i + 1] its first step."""
    return "".join(
        f"{head}{times[window]},{step + 1},{times[window + step + 1]},{actual[window + step]},{value}{NO_INTERVALS}"
        for window, values in enumerate(forecast)
        for step, value in enumerate(values)
    )


def _future_lines(
    folder: ComparisonFolder, spec: ComparisonSpec, framework: str, prefix: str, times: _Times
) -> Iterator[str]:
    future = results.future(folder.path, framework)
    if future is None:
        return
    texts = times.between(times.rows - 1, times.rows + len(future.values))
    for target, name in enumerate(spec.dataset.targets):
        head, nothing = prefix + safe(name) + ",", [""] * len(future.values)
        yield _block(head, texts, nothing, _number_texts(future.values[None, :, target]))


def _number_texts(values: npt.NDArray[np.floating]) -> list[list[str]]:
    """Shortest texts that read back as the same float32."""
    return np.asarray(values).astype(str).tolist()  # type: ignore[no-any-return]
