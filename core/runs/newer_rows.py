"""What has happened since a comparison was made: a newer file of the same series, and its rows after the last one."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.dataset import Table
from core.data.frequency import Index, counted_steps, future_index, median_step, step_words
from core.data.reading.kinds import UPLOAD_LIMIT
from core.data.words import counted, listed, moment
from core.errors import BadInput, NotFound
from core.runs.files import damaged, read_json, write_json
from core.runs.rereading import reread
from core.runs.spec import ComparisonSpec, DatasetSpec
from core.runs.store import ComparisonFolder

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

KEPT = "newer_rows.json"
NEAR = 0.25  # of a step: a month's row may stand on a near day, and one in UTC an hour off
SAME_STEP = (0.75, 1.34)  # of the usual distance between rows: months and gaps make it uneven
ROUNDING = 1e-6  # of a value, such as a mean of the same rows in another order


@dataclass(frozen=True)
class NewerRows:
    """What a newer file tells of the steps that were forecast."""

    file: str  # its name, for display only
    file_sha256: str
    values: Floats  # (H, K) in the data's own units; NaN: not known
    compared: int  # earlier values of the targets that the file holds too
    revised: int  # those of them that are not what was trained on
    elsewhere: int  # rows that stand between the steps forecast
    beyond: int  # rows behind the last step forecast
    in_order: bool  # the rows have no regular step: the first one counts as the first step, and so on

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """(H, K)"""
        return np.isfinite(self.values)


def read(path: Path, content: bytes, file: str, limit: int = UPLOAD_LIMIT) -> NewerRows:
    """The rows of a newer file after the last one of the comparison in this folder; it is read as its own file was.

    `limit`: bytes. Raises BadInput where it is another series, holds nothing newer, or cannot be read; StoreFailed.
    """
    folder = ComparisonFolder(path)
    spec, index = folder.spec(), folder.index()
    table = reread(spec.command, content, file, limit)
    values = _targets(table, spec.dataset)
    _refuse_other_times(table, spec.dataset, index)
    trained = np.asarray(folder.values()[:, : values.shape[1]])
    compared, revised = _against_trained(table, values, trained, index)
    newer = np.asarray(table.frame.index > index[-1])
    there = newer & np.isfinite(values).any(axis=1)
    times, steps = table.frame.index[there], future_index(index, spec.dataset.frequency, spec.settings.horizon)
    in_order = isinstance(index, pd.DatetimeIndex) and spec.dataset.frequency is None
    row_of = _in_order(times, steps) if in_order else _by_time(times, steps, index)
    if (row_of < 0).all():
        raise _nothing_new(table, spec, index, newer, times, steps)
    left = np.setdiff1d(np.arange(len(times)), row_of)
    beyond = len(left) if in_order else int((times[left] > steps[-1]).sum())
    return NewerRows(
        file=table.file,
        file_sha256=table.sha256,
        values=np.where(row_of[:, None] >= 0, values[there][row_of], np.nan),
        compared=compared,
        revised=revised,
        elsewhere=len(left) - beyond,
        beyond=beyond,
        in_order=in_order,
    )


def keep(path: Path, newer: NewerRows) -> None:
    """For everyone who looks at the comparison, in place of what was kept before. Raises StoreFailed."""
    values = [[None if np.isnan(cell) else float(cell) for cell in row] for row in newer.values]
    write_json(path / KEPT, {**asdict(newer), "values": values})


def kept(path: Path) -> NewerRows | None:
    """What was last kept, if anything was. Raises StoreFailed."""
    if not (path / KEPT).is_file():
        return None
    content = read_json(path / KEPT)
    with damaged(path / KEPT):
        return NewerRows(**{**content, "values": np.array(content["values"], dtype=np.float64)})


def _targets(table: Table, data: DatasetSpec) -> Floats:
    """(T, K); cells that are missing or infinite as NaN."""
    missing = [name for name in data.targets if name not in table.frame]
    if missing:
        what = f"The file has no column of numbers called {listed(missing)}, which the comparison forecasts"
        there = listed([str(name) for name in table.frame.columns])
        raise NotFound(what, table.file, f"It has {there}: upload a newer file of the same series.")
    values = table.frame[list(data.targets)].to_numpy(dtype=np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _refuse_other_times(table: Table, data: DatasetSpec, index: Index) -> None:
    """Rows with times where the comparison's had none, or the other way round, or at another step."""
    times = table.frame.index
    if isinstance(times, pd.DatetimeIndex) != isinstance(index, pd.DatetimeIndex):
        ours, theirs = ("times", "none") if isinstance(index, pd.DatetimeIndex) else ("no times", "some")
        what = f"The rows that were trained on have {ours}, those of this file have {theirs}"
        raise BadInput(what, table.file, "Upload a newer file in the form of the earlier one.")
    if not isinstance(times, pd.DatetimeIndex) or not isinstance(index, pd.DatetimeIndex):
        return
    ratio = median_step(times) / median_step(index)
    if not SAME_STEP[0] <= ratio <= SAME_STEP[1]:
        theirs, ours = step_words(table.frequency), step_words(data.frequency)
        what = f"The rows of this file come at another step ({theirs}) than those that were trained on ({ours})"
        raise BadInput(what, table.file, "Upload a newer file in the form of the earlier one.")


def _against_trained(table: Table, values: Floats, trained: Floats, index: Index) -> tuple[int, int]:
    """How many values were trained on and are in the file too, and how many of them differ."""
    row_of = table.frame.index.get_indexer(index)
    there, then = values[row_of[row_of >= 0]], trained[row_of >= 0]
    both = np.isfinite(there)
    same = np.isclose(there, then, rtol=ROUNDING, atol=ROUNDING**2 * float(np.abs(trained).max()))
    compared, revised = int(both.sum()), int((both & ~same).sum())
    if not compared:
        what = "The file holds none of the rows that were trained on, so that it may be of any series"
        raise BadInput(what, table.file, "Upload the earlier rows and the new ones in one file.")
    if 2 * revised > compared:
        what = f"{revised:,} of the {counted(compared, 'value')} in the time that was trained on differ"
        remedy = "This is another series, or it was revised as a whole: then compare anew on the new file."
        raise BadInput(what, table.file, remedy)
    return compared, revised


def _in_order(times: pd.Index, steps: pd.Index) -> Rows:
    """The row of each step (H,), -1 where there is none: the first row for the first step."""
    rows = np.arange(len(steps))
    return np.where(rows < len(times), rows, -1)


def _by_time(times: pd.Index, steps: pd.Index, index: Index) -> Rows:
    """The same by the time of each row, or by its number."""
    if not isinstance(index, pd.DatetimeIndex):
        return np.asarray(times.get_indexer(steps), dtype=np.int64)
    rows = times.get_indexer(steps, method="nearest", tolerance=NEAR * median_step(index))
    return np.asarray(rows, dtype=np.int64)


def _nothing_new(
    table: Table, spec: ComparisonSpec, index: Index, newer: npt.NDArray[np.bool_], times: pd.Index, steps: pd.Index
) -> BadInput:
    """Why no value is known of the steps that were forecast."""
    frequency, again = spec.dataset.frequency, "Upload it again once there are newer rows."
    last, end = moment(index[-1], frequency), moment(table.frame.index[-1], frequency)
    if not newer.any():
        same = "just as what was trained on" if end == last else f"what was trained on ends with {last}"
        return BadInput(f"The file holds nothing newer: it ends with {end}, {same}", table.file, again)
    if not len(times):
        return BadInput(f"The rows after {last} hold no value of {listed(spec.dataset.targets)}", table.file, again)
    first, until = moment(steps[0], frequency), moment(steps[-1], frequency)
    what = f"The file holds {counted(len(times), 'row')} after {last}, from {moment(times[0], frequency)} on, and none"
    what += f" at a time that was forecast: from {first} to {until} ({counted_steps(len(steps), frequency)})"
    return BadInput(what, table.file, "Upload the file with those rows in it.")
