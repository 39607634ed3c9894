"""Calendar inputs: where they are warranted, and what they say."""

import numpy as np
import pandas as pd
import pytest

from core.data.calendar import NAMES, calendar_columns, calendar_names
from core.errors import BadSettings


@pytest.mark.parametrize(
    ("frequency", "rows", "names"),
    [
        ("MS", 205, ("month",)),
        ("MS", 24, ("month",)),
        ("MS", 23, ()),
        ("QS", 40, ("month",)),
        ("YS", 40, ()),
        ("W-SUN", 200, ("day_of_year",)),
        ("D", 1023, ("weekday", "day_of_year")),
        ("D", 400, ("weekday",)),
        ("D", 20, ()),
        ("B", 300, ("weekday",)),
        ("h", 12264, ("hour", "weekday")),
        ("h", 24 * 730, ("hour", "weekday", "day_of_year")),
        ("15min", 96 * 4, ("hour",)),
    ],
)
def test_calendar_inputs_need_a_fine_step_and_enough_training_rows(
    frequency: str, rows: int, names: tuple[str, ...]
) -> None:
    index = pd.date_range("2010-01-01", periods=2 * rows, freq=frequency)
    assert calendar_names(index, frequency, rows) == names


def test_rows_without_a_step_get_none() -> None:
    assert calendar_names(pd.RangeIndex(5000), None, 4000) == ()
    assert calendar_columns(pd.RangeIndex(5000), ()).shape == (5000, 0)


def test_each_name_is_a_point_on_the_unit_circle_that_comes_round() -> None:
    index = pd.date_range("2020-01-01", periods=24 * 366 * 2, freq="h")
    columns = calendar_columns(index, NAMES)
    assert columns.shape == (len(index), 8)
    assert columns.dtype == np.float32
    np.testing.assert_allclose(columns[:, 0::2] ** 2 + columns[:, 1::2] ** 2, 1, atol=1e-6)
    np.testing.assert_allclose(columns[6, :2], [1, 0], atol=1e-6)  # six in the morning: a quarter of the day
    np.testing.assert_array_equal(columns[0, :2], columns[24, :2])
    np.testing.assert_array_equal(columns[0, 2:4], columns[7 * 24, 2:4])
    december, january, july = (columns[index.get_loc(f"2020-{month}-01 00:00"), 4:6] for month in ("12", "01", "07"))
    assert np.linalg.norm(december - january) < np.linalg.norm(december - july)
    end, start = columns[index.get_loc("2020-12-31 00:00"), 6:8], columns[index.get_loc("2021-01-01 00:00"), 6:8]
    assert np.linalg.norm(end - start) < 0.02


def test_calendar_inputs_that_cannot_be_are_refused() -> None:
    for index, names in ((pd.RangeIndex(5), ["month"]), (pd.date_range("2020", periods=5), ["moon"])):
        with pytest.raises(BadSettings) as refusal:
            calendar_columns(index, names)
        assert refusal.value.problems[0].remedy
