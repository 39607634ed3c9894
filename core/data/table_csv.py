"""A table as CSV, as it was understood; nothing in it is a formula to a spreadsheet."""

from typing import Any

import numpy as np
import pandas as pd

from core.data.dataset import Table
from core.data.spreadsheet import marked


def write(table: Table, whole: bool = True) -> bytes:
    """UTF-8: time, [the series,] values; reading it again gives the same table. Numbers are written as they are.

    Of a file of several series all are written, or with `whole=False` the one at hand alone, without its name.
    """
    pairs = table.pairs if whole else None
    frame = table.frame if pairs is None else pairs
    columns: dict[str, object] = {}
    if isinstance(frame.index, pd.DatetimeIndex):
        columns[marked(time_name(table))] = _utc_texts(frame.index) if table.utc else time_texts(frame.index)
    for name, values in frame.items():
        if name == table.id and pairs is not None:
            columns[marked(str(name))] = [marked(str(id)) for id in values]
        else:
            columns[marked(str(name))] = _whole(values)
    written = pd.DataFrame(columns)
    alone = len(written.columns) == 1  # an empty line would be no row
    return written.to_csv(index=False, na_rep="NaN" if alone else "", lineterminator="\n").encode()


def time_name(table: Table) -> str:
    """What the column of times is called: its own name where it is one column, and not that of a column of values."""
    taken = {str(name) for name in table.frame.columns} | {table.id}
    name = table.time[0] if len(table.time) == 1 else "time"
    while name in taken:
        name += "_"
    return name


def _whole(values: "pd.Series[float]") -> "pd.Series[Any]":
    """Whole numbers without “.0”, as far as float64 holds each of them."""
    numbers = values.dropna().to_numpy()
    whole = len(numbers) and (np.abs(numbers) < 2**53).all() and (numbers == np.round(numbers)).all()
    return values.reset_index(drop=True).astype("Int64") if whole else values.reset_index(drop=True)


def time_texts(index: pd.Index) -> list[str]:
    """ISO times, as short as all of them allow: days, seconds, or finer; numbers of rows as they are."""
    if not isinstance(index, pd.DatetimeIndex):
        return [str(row) for row in index]
    times = index.to_numpy().astype("datetime64[us]")  # not nanoseconds: those know no year before 1678
    unit = next((unit for unit in ("D", "s") if (times == times.astype(f"datetime64[{unit}]")).all()), "us")
    return np.datetime_as_string(times.astype(f"datetime64[{unit}]")).tolist()  # type: ignore[no-any-return]


def _utc_texts(index: pd.DatetimeIndex) -> list[str]:
    times = index.to_numpy().astype("datetime64[us]")
    return np.char.add(np.datetime_as_string(times), "Z").tolist()  # type: ignore[no-any-return]
