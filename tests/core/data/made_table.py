"""A Table out of arrays, as if a file had held them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from core.data.dataset import Table


def made_table(
    columns: Mapping[str, Any], frequency: str | None = "D", start: str = "2020-01-01", without: Any = ()
) -> Table:
    """Rows of the step from `start` on, those of the places `without` left out; numbered without a step."""
    frame = pd.DataFrame({name: np.asarray(values, dtype=np.float64) for name, values in columns.items()})
    if frequency is not None:
        frame.index = pd.date_range(start, periods=len(frame), freq=frequency)
    gone = list(without)
    rows = frame.drop(index=frame.index[gone])
    return Table(
        frame=rows,
        sha256="0" * 64,
        file="made.csv",
        time=("time",) if frequency else (),
        frequency=frequency,
        target=str(frame.columns[0]),
        gaps=len(gone),
    )
