"""The rows as understood: a preview that people read, and all of them as a file."""

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from core.data import table_csv
from core.data.dataset import Dataset, Table
from core.data.spreadsheet import marked
from core.data.words import counted, listed, shortened
from pages.parts import errors

MOST_ROWS, MOST_CELLS = 1_000, 8_000  # in the preview
DIGITS = 6  # significant ones, of numbers that have no last decimal
MOST_DECIMALS = 4  # of numbers that were written down with as many
USUAL = 0.5  # share of a column's numbers that its decimals show in full; the others are means, or rare
HUGE, TINY = 1e15, 1e-6  # beyond these a number is shown with an exponent


def show(table: Table, dataset: Dataset | None = None) -> None:
    """`dataset` is what was made of the rows, where something could be."""
    st.subheader("The rows as understood")
    rows, columns = table.frame.shape
    columns += len(table.labels.columns)
    shown = min(rows, MOST_ROWS, max(MOST_CELLS // max(columns, 1), 50))
    _preview(table, shown)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(_words(table, dataset, shown), width="content")
        st.download_button(
            "All rows as understood (CSV)",
            data=partial(table_csv.write, table, whole=False),
            file_name="as-understood.csv",
            mime="text/csv",
            icon=":material/download:",
            key="download_table",
            on_click="ignore",
        )
    if len(table.labels.columns):
        names = errors.escape(listed([f"“{shortened(str(name))}”" for name in table.labels.columns]))
        st.caption(f":material/label: Text is shown beside the rows, and not learned from: {names}.")


def _preview(table: Table, shown: int) -> None:
    """As many rows as a person looks at; all columns of a wide table would be megabytes.

    The table's own button makes a CSV of it, with the columns' names and not with the titles above them: names and
    text are marked there, titles are not.
    """
    numbers, labels = table.frame.head(shown), table.labels.head(shown)
    time = ", ".join(table.time) or "row"
    drawn = numbers.rename_axis(marked(time)).rename(columns=lambda name: marked(str(name)))
    heads: dict[str, Any] = {"_index": _time_column(table.frame.index, time)}
    for name, values in numbers.items():
        form = number_format(values.to_numpy(dtype=np.float64))
        heads[marked(str(name))] = st.column_config.NumberColumn(str(name), format=form)
    if labels.index.equals(numbers.index):
        for name, texts in labels.items():
            drawn[marked(str(name))] = [None if pd.isna(text) else marked(str(text)) for text in texts]
            heads[marked(str(name))] = st.column_config.TextColumn(str(name))
    st.dataframe(drawn, height=300, placeholder="–", column_config=heads)


def _words(table: Table, dataset: Dataset | None, shown: int) -> str:
    """How many rows there are, and how many of them the headline counts."""
    rows, columns = table.frame.shape
    first = f"The first {shown:,} of " if shown < rows else ""
    words = f"{first}{rows:,} rows in the file as understood"
    if dataset is not None and dataset.rows != rows:
        words += f", {dataset.rows:,} used"
        ahead = len(dataset.future)
        words += f" and {ahead:,} that {'tells' if ahead == 1 else 'tell'} what is known in advance" if ahead else ""
    return f"{words}; {counted(columns, 'column')} of numbers."


def number_format(values: npt.NDArray[np.float64]) -> str | None:
    """Thousands set apart, and as many decimals as the numbers were written down with; or six digits in all."""
    values = np.abs(values[np.isfinite(values) & (values != 0)])
    if not len(values):
        return None
    usual = float(np.median(values))
    if values.max() >= HUGE or usual < TINY:
        return f"%.{DIGITS}g"
    return f"%,.{_decimals(values, usual)}f"


def _decimals(values: npt.NDArray[np.float64], usual: float) -> int:
    """So many that half of the numbers, positive ones, are shown in full; where a few have more, two are enough."""
    for decimals in range(MOST_DECIMALS + 1):
        full = np.isclose(values, np.round(values, decimals), rtol=1e-12, atol=0)
        if full.mean() >= USUAL:
            return decimals if full.all() else max(decimals, 2)
    return max(0, DIGITS - 1 - int(np.floor(np.log10(usual))))


def _time_column(index: pd.Index, name: str) -> Any:
    """Without a time of day where all rows are of midnight."""
    if not isinstance(index, pd.DatetimeIndex):
        return st.column_config.Column(name)
    days = bool((index.normalize() == index).all())
    form, width = ("YYYY-MM-DD", 110) if days else ("YYYY-MM-DD HH:mm:ss", 180)
    return st.column_config.DatetimeColumn(name, format=form, width=width)
