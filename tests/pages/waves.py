"""A small series to compare forecasts of."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.data.dataset import Dataset


def make_waves(
    targets: Sequence[str] = ("wave",), columns: Sequence[str] = ("wave", "other"), times: bool = True
) -> Dataset:
    """300 days of two columns."""
    days = np.arange(300)
    values = np.stack([np.sin(days / 7) * 10 + 50, np.cos(days / 7) * 4], axis=1)
    index = pd.date_range("2020-01-01", periods=300, freq="D", unit="ns") if times else pd.RangeIndex(300)
    frequency, season = ("D", 7) if times else (None, 1)
    return Dataset("Waves", "waves.csv", "00" * 32, index, values, tuple(columns), tuple(targets), frequency, season)
