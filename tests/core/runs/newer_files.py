"""CSV files of the small dataset's series, with rows that came later."""

from typing import Any

import numpy as np
import pandas as pd

from core.data.dataset import Dataset


def continued(dataset: Dataset, *later: float | None, **changes: Any) -> pd.DataFrame:
    """The rows of the dataset, and one more for each further value of its first target."""
    index: Any = dataset.index
    if isinstance(index, pd.DatetimeIndex):
        index = pd.date_range(index[0], periods=dataset.rows + len(later), freq="D")
    values = np.vstack([dataset.values, np.full((len(later), dataset.values.shape[1]), np.nan)])
    frame = pd.DataFrame(values, columns=list(dataset.columns))
    frame.loc[dataset.rows :, dataset.columns[0]] = [np.nan if value is None else value for value in later]
    if isinstance(index, pd.DatetimeIndex):
        frame.insert(0, "time", index)
    return frame.assign(**changes)


def csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()
