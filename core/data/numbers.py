"""The columns of numbers among the cells, as float64; what is no number is counted and named."""

import re

import numpy as np
import pandas as pd

from core.data.cells import Cells
from core.data.dataset import Notice
from core.errors import BadFile

NEARLY_ALL = 0.9  # of the filled cells are numbers: then the column is numeric, and the others count as missing
SAMPLE = 200  # cells
DECIMAL_COMMA = re.compile(r"\s*[-+]?\d+,\d+\s*")


def read_numbers(cells: Cells, time: str | None) -> tuple[pd.DataFrame, tuple[str, ...], list[Notice]]:
    """Numeric columns, names of the columns left out (text, or empty), and what to tell about both.

    Raises BadFile when no column holds numbers, or when one holds numbers with a decimal comma.
    """
    numbers: dict[str, pd.Series[float]] = {}
    text: list[str] = []
    empty: list[str] = []
    notices: list[Notice] = []
    for name, column in cells.frame.drop(columns=[] if time is None else [time]).items():
        values = pd.to_numeric(column, errors="coerce").astype("float64")
        unread = (column.notna() & values.isna()).to_numpy()
        if not column.notna().any():
            empty.append(str(name))
        elif unread.sum() > (1 - NEARLY_ALL) * column.notna().sum():
            _refuse_decimal_comma(cells, str(name))
            text.append(str(name))
        else:
            numbers[str(name)] = values
            notices += [_unread(cells, str(name), unread)] if unread.any() else []
    if text:
        notices.append(Notice("text_column", f"Left out because of text in place of numbers: {_listed(text)}."))
    if empty:
        notices.append(Notice("empty_column", f"Left out because nothing is in it: {_listed(empty)}."))
    if not numbers:
        raise BadFile("No column holds numbers", remedy="Upload a CSV with at least one column of numbers to forecast.")
    return pd.DataFrame(numbers), (*text, *empty), notices


def _refuse_decimal_comma(cells: Cells, name: str) -> None:
    filled = cells.frame[name].dropna().astype(str).head(SAMPLE)
    commas = [cell for cell in filled if DECIMAL_COMMA.fullmatch(cell)]
    if cells.decimal != "," and len(commas) * 2 >= len(filled):
        row = int(filled.index[filled == commas[0]][0])
        raise BadFile(
            f"The numbers in “{name}” are written with a decimal comma: “{commas[0].strip()}”",
            f"line {cells.line(row)}",
            "Save the file with decimal points, as in 12.5.",
        )


def _unread(cells: Cells, name: str, unread: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Notice:
    row = int(np.flatnonzero(unread)[0])
    first = f"“{cells.frame[name].iloc[row]}”, line {cells.line(row)}"
    count = int(unread.sum())
    if count == 1:
        return Notice("unread_cells", f"One cell of “{name}” is no number ({first}) and counts as missing.")
    return Notice("unread_cells", f"{count:,} cells of “{name}” are no numbers (first: {first}) and count as missing.")


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(f"“{name}”" for name in names[:8]) + more
