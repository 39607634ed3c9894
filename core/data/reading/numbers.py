"""Numbers as people and programs write them, from text to float64."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core.data.dataset import Notice

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Numbers:
    """One column of text read as numbers. (R,) each."""

    values: npt.NDArray[np.float64]  # NaN where nothing is, and where `unread` or `infinite`
    unread: Bools  # holds something that is no number and no spelling of “missing”
    infinite: Bools
    spelled_missing: int = 0  # cells such as “n/a”, “-”, “#N/V”
    unit: str | None = None  # the currency, percent sign or unit that stood beside the numbers: "€", "%", "kWh"

    @property
    def filled(self) -> int:
        """Cells that hold anything but a spelling of “missing”."""
        return int(np.isfinite(self.values).sum() + self.unread.sum() + self.infinite.sum())


@dataclass(frozen=True)
class DecimalSign:
    sign: str  # "." or ","
    notices: tuple[Notice, ...] = ()  # ambiguous_numbers, when it stays a guess


def decimal_sign(columns: Sequence[pa.StringArray], delimiter: str, asked: str | None = None) -> DecimalSign:
    """The decimal sign of the whole file, by all its cells."""
    raise NotImplementedError


def read_numbers(cells: pa.StringArray, decimal: str) -> Numbers:
    """Read one column; a thousands sign is recognised beside the decimal sign."""
    raise NotImplementedError
