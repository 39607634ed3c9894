"""Windows by position: an origin is the row of the first forecast step; nothing is ever copied per window.

A window with origin o sees rows [o - lookback, o) and forecasts rows [o, o + horizon).
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from core.data.dataset import Split
from core.data.split import fold_splits

Number = TypeVar("Number", bound=np.floating)
Origins = npt.NDArray[np.int64]


@dataclass(frozen=True)
class WindowParts:
    """Origins of the three parts; validation and test windows reach back one lookback into the part before."""

    train: Origins
    validation: Origins
    test: Origins


def window_parts(split: Split, lookback: int, horizon: int) -> WindowParts:
    """All windows, stride 1, whose forecast rows lie wholly inside one part; a fold's last ones may reach ahead."""
    return WindowParts(
        train=origins_between(lookback, split.train, horizon),
        validation=origins_between(max(lookback, split.validation_start), split.test_start, horizon),
        test=origins_between(max(lookback, split.test_start), split.end + min(split.ahead, horizon - 1), horizon),
    )


def fold_parts(split: Split, folds: int, lookback: int, horizon: int) -> tuple[WindowParts, ...]:
    """The windows of each fold, oldest first; their test origins together are those of `split` itself."""
    return tuple(window_parts(fold, lookback, horizon) for fold in fold_splits(split, folds))


def origins_between(start: int, end: int, horizon: int) -> Origins:
    """Origins o with start <= o and o + horizon <= end; empty when none fits."""
    return np.arange(start, max(start, end - horizon + 1), dtype=np.int64)


def gather(values: npt.NDArray[Number], origins: Origins, first: int, last: int) -> npt.NDArray[Number]:
    """Rows [o + first, o + last) of every origin: (N, last - first, C). For batches, not for whole parts."""
    rows: npt.NDArray[Number] = values[origins[:, None] + np.arange(first, last)]
    return rows
