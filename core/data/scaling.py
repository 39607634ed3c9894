"""Scaling to numbers a network learns from, fitted on the training rows alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

BLOCK = 1 << 16  # rows at a time: a million rows never stand in memory as float64 copies


@dataclass(frozen=True)
class Scaler:
    """scaled = (value − mean) / scale, column by column; for min-max `mean` is the minimum and `scale` the range."""

    mean: npt.NDArray[np.float64]  # (C,)
    scale: npt.NDArray[np.float64]  # (C,), 1 where a column is constant

    @classmethod
    def fit(cls, values: npt.NDArray[np.float64], kind: Literal["standard", "minmax", "none"]) -> "Scaler":
        """Learn mean and deviation (ddof 0), or minimum and range, of the training rows (T, C)."""
        if kind == "none":
            return cls(np.zeros(values.shape[1]), np.ones(values.shape[1]))
        from sklearn import preprocessing  # here: only workers scale, and the server stays small without it

        fitted = preprocessing.StandardScaler() if kind == "standard" else preprocessing.MinMaxScaler()
        for rows in _blocks(len(values)):
            fitted.partial_fit(values[rows])
        if kind == "standard":
            return cls(fitted.mean_, fitted.scale_)
        return cls(fitted.data_min_, np.where(fitted.data_range_ > 0, fitted.data_range_, 1.0))

    def transform(
        self, values: npt.NDArray[np.float64], out: npt.NDArray[np.float32] | None = None
    ) -> npt.NDArray[np.float32]:
        """Scaled values (T, C) as float32, rounded only after centring; written into `out` if given."""
        scaled = np.empty(values.shape, dtype=np.float32) if out is None else out
        for rows in _blocks(len(values)):
            scaled[rows] = (values[rows] - self.mean) / self.scale
        return scaled

    def inverse(self, scaled: npt.NDArray[np.floating], columns: slice = slice(None)) -> npt.NDArray[np.float64]:
        """Back to the data's own units: (..., C) of the columns given, as float64."""
        return np.asarray(scaled * self.scale[columns] + self.mean[columns], dtype=np.float64)


def _blocks(rows: int) -> Iterator[slice]:
    return (slice(start, start + BLOCK) for start in range(0, rows, BLOCK))
