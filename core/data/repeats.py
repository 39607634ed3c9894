"""Rows of the same time, or of the same series and time: found, merged, and taken apart again."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.dataset import Table
from core.data.reading.long import is_total

Aggregate = Literal["mean", "sum", "last", "first", "min", "max"]


def is_repeat(frame: pd.DataFrame, id: str | None) -> npt.NDArray[np.bool_]:
    """(R,) whether a row has the time, and the series named in the column `id`, of a row before it."""
    return np.asarray(_keys(frame, id).duplicated())


def take_apart(frame: pd.DataFrame, id: str | None) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Sorted rows, those of the same time merged by their mean; and all rows of such times as they were, if any."""
    later = is_repeat(frame, id)
    if not later.any():
        return frame, None
    repeated = frame[np.asarray(_keys(frame, id).duplicated(keep=False))]
    return put_together(frame[~later], repeated, "mean", id), repeated


def put_together(frame: pd.DataFrame, repeated: pd.DataFrame, how: Aggregate, id: str | None) -> pd.DataFrame:
    """`frame`, each time once, with the rows of `repeated` merged anew; both are sorted by series and time."""
    keys = _keys(repeated, id)
    groups = repeated.drop(columns=[id] if id else []).set_axis(keys).groupby(level=list(range(keys.nlevels)))
    values = aggregated(groups, how)
    again = np.asarray(_keys(frame, id).isin(keys))
    columns = {}
    for name in frame.columns:
        columns[name] = frame[name].array.copy()
        if name != id:
            columns[name][again] = values[name].to_numpy()
    return pd.DataFrame(columns, index=frame.index)


def aggregated(groups: Any, how: Aggregate) -> pd.DataFrame:
    """The rows of each group, or of each step of a resampler, as one; a sum of nothing is missing, not 0."""
    merged: pd.DataFrame = groups.sum(min_count=1) if how == "sum" else groups.agg(how)
    return merged


def all_rows(table: Table) -> pd.DataFrame:
    """The rows of the series at hand as they stand in the file, sorted, times that repeat among them."""
    if table.repeated is None:
        return table.frame
    own = of_series(table.repeated, None if table.pairs is None else table.id, table.series)
    own = own[own.index.isin(table.frame.index)]
    rest = table.frame[~table.frame.index.isin(own.index)]
    return pd.concat([rest, own]).sort_index(kind="stable")


def of_series(repeated: pd.DataFrame, id: str | None, series: str | None) -> pd.DataFrame:
    """Those of the repeated rows that belong to one series, or all of them for a total, without its name."""
    if id is None:
        return repeated
    names = repeated[id]
    own = repeated if is_total(series, names.cat.categories) else repeated[names == series]
    return own.drop(columns=id)


def _keys(frame: pd.DataFrame, id: str | None) -> pd.Index:
    if id is None:
        return frame.index
    return pd.MultiIndex.from_arrays([frame[id].cat.codes, frame.index])
