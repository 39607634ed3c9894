"""What was filled is told as it was done: from the past, or along a line that knows the future."""

import numpy as np
import pytest

from core.data import repair
from core.data.dataset import Notice
from tests.core.data.made_table import made_table

NOISE = np.random.default_rng(0).normal(100, 5, size=100)
LATER = "a value after the gap was used: a forecast made inside the gap would not have known it"
LINE = f"along a straight line between the values on both sides ({LATER})"


def told(how: str, *empty: int, column: str = "y") -> list[Notice]:
    """Notices about the target “y” or the input “x” of daily rows, in which cells are missing."""
    columns = {"y": NOISE.copy(), "x": NOISE * 2}
    columns[column][list(empty)] = np.nan
    return [*repair.fill(made_table(columns), how).notices]  # type: ignore[arg-type]


@pytest.mark.parametrize(("column", "code"), [("y", "filled_target"), ("x", "filled")])
def test_cells_of_the_first_season_are_counted_as_lines_that_know_a_later_value(column: str, code: str) -> None:
    (notice,) = told("seasonal", 2, 3, 4, 50, column=column)
    assert (notice.code, notice.count) == (code, 4)
    assert f"filled in “{column}”: 1 with the value one season before and 3 {LINE}" in notice.message


def test_a_season_later_only_the_past_was_used() -> None:
    (notice,) = told("seasonal", 30, 31)
    ways = "with the value one season before; scores treat them as measured."
    assert notice.message == f"2 missing values were filled in “y” {ways}"


def test_all_in_the_first_season_are_no_seasonal_values_at_all() -> None:
    (notice,) = told("seasonal", 3)
    assert notice.message == f"1 missing value was filled in “y” {LINE}; scores treat it as measured."


def test_a_line_says_that_it_knew_what_came_later_and_the_last_value_does_not() -> None:
    assert told("interpolate", 30, column="x")[0].message == f"1 missing value was filled in “x” {LINE}."
    assert told("last", 30, column="x")[0].message == "1 missing value was filled in “x” with the last known value."


def test_beyond_twenty_inputs_both_ways_are_counted_together() -> None:
    columns = {"y": NOISE, **{f"x{n}": NOISE * n for n in range(1, 25)}}
    for name in list(columns)[1:]:
        columns[name][[3, 40]] = np.nan
    notices = repair.fill(made_table(columns), "seasonal").notices
    assert len(notices) == 21
    assert notices[-1].count == 8
    assert notices[-1].message.startswith("8 missing values in 4 more columns were filled: 4 with the value one season")
    assert notices[-1].message.endswith(f"and 4 {LINE}.")
