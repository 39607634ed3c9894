"""What is forecast from what, and how missing cells are filled."""

import numpy as np
import pandas as pd
import pytest

from core.data.dataset import Table
from core.data.selection import describe, make_dataset
from core.errors import BadFile, BadInput, BadSettings, NotFound


def table(frequency: str = "D", **columns: list[float]) -> Table:
    rows = len(next(iter(columns.values())))
    frame = pd.DataFrame(columns, dtype="float64")
    frame.index = pd.date_range("2021-01-01", periods=rows, freq=frequency)
    return Table(frame=frame, sha256="0" * 64, file="shop.csv", time="date", frequency=frequency)


def numbers(rows: int = 30, **cells: float) -> list[float]:
    values = [float(row) for row in range(rows)]
    for place, value in cells.items():
        values[int(place[1:])] = value
    return values


def test_targets_come_first_then_the_inputs() -> None:
    shop = table(a=numbers(), b=numbers(), c=numbers())
    everything = make_dataset(shop, ["b"])
    assert everything.columns == ("b", "a", "c")
    assert everything.inputs == ("a", "c")
    assert everything.values.flags.c_contiguous
    assert make_dataset(shop, ["c", "a", "c"], "none").columns == ("c", "a")
    assert make_dataset(shop, ["b"], ["c", "b", "c"]).columns == ("b", "c")
    assert everything.name == "shop"
    assert everything.season == 7


def test_a_missing_cell_takes_the_value_before_and_infinities_are_missing() -> None:
    dataset = make_dataset(table(a=numbers(r5=np.nan, r6=np.inf), b=numbers()), ["a"])
    assert dataset.values[4:8, 0].tolist() == [4, 4, 4, 7]
    told = {notice.code: notice.message for notice in dataset.notices}
    assert "2 missing values in “a”" in told["missing_values"]
    assert "1 infinite value in “a”" in told["infinite_values"]


def test_rows_before_and_after_the_target_are_left_out_not_made_up() -> None:
    target = numbers(40, r0=np.nan, r1=np.nan, r38=np.nan, r39=np.nan)
    dataset = make_dataset(table(a=target, b=numbers(40)), ["a"])
    assert dataset.rows == 36
    assert dataset.values[[0, -1], 0].tolist() == [2, 37]
    assert dataset.index[0] == pd.Timestamp("2021-01-03")
    assert {notice.code for notice in dataset.notices} == {"rows_before_start", "rows_after_end"}


def test_an_input_that_begins_late_takes_its_first_value() -> None:
    dataset = make_dataset(table(a=numbers(), b=numbers(r0=np.nan, r1=np.nan)), ["a"])
    assert dataset.values[:4, 1].tolist() == [2, 2, 2, 3]
    assert "2 rows before “b” begins" in dataset.notices[0].message


def test_the_table_itself_is_left_as_it_is() -> None:
    shop = table(a=numbers(r5=np.nan), b=numbers())
    make_dataset(shop, ["a"])
    assert np.isnan(shop.frame["a"].iloc[5])


@pytest.mark.parametrize(("targets", "inputs"), [(["z"], "all"), (["a"], ["z"])])
def test_unknown_columns_are_refused_with_those_that_exist(targets: list[str], inputs: list[str]) -> None:
    with pytest.raises(NotFound, match=r"called z.*a and b"):
        make_dataset(table(a=numbers(), b=numbers()), targets, inputs)


def test_nothing_to_forecast_is_refused() -> None:
    shop = table(a=numbers(), b=[np.nan] * 30, c=numbers(r0=np.nan)[:1] * 15 + numbers(15))
    for targets, kind in (([], BadSettings), (["b"], BadFile), (["c"], BadFile)):
        with pytest.raises(kind) as refusal:
            make_dataset(shop, targets)
        assert isinstance(refusal.value, BadInput)
        assert refusal.value.problems[0].remedy


def test_one_line_says_what_was_understood() -> None:
    assert describe(make_dataset(table("MS", y=numbers(293)), ["y"])) == (
        "293 rows, monthly, January 2021 to May 2045, forecasting y from its own past"
    )
    hourly = make_dataset(table("h", a=numbers(2000), b=numbers(2000), c=numbers(2000)), ["a", "b"])
    assert describe(hourly) == (
        "2,000 rows, hourly, 1 January 2021 00:00 to 25 March 2021 07:00, forecasting a and b from their own past and c"
    )
