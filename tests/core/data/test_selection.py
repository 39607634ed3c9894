"""What is forecast from what, and how missing cells are filled."""

import numpy as np
import pandas as pd
import pytest

from core.data.calendar import calendar_columns, calendar_names
from core.data.dataset import Table
from core.data.frequency import future_index
from core.data.reader import read_table
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
    assert told["filled_target"] == (
        "2 missing values in “a” were filled with the last known value; scores treat them as measured."
    )
    assert "1 infinite value in “a”" in told["infinite_values"]


def test_a_filled_target_warns_and_a_filled_input_only_informs() -> None:
    notices = make_dataset(table(a=numbers(r5=np.nan), b=numbers(r7=np.nan)), ["a"]).notices
    assert {notice.code: notice.warns for notice in notices} == {"filled_target": True, "filled": False}
    assert "1 missing value in “a” was filled" in notices[0].message
    assert "scores" not in notices[1].message


def test_with_several_targets_no_end_and_no_beginning_is_made_up() -> None:
    """b has values in rows 5 to 59 of 100: only they are there to learn from and to be scored on."""
    late = [np.nan] * 5 + numbers(55) + [np.nan] * 40
    dataset = make_dataset(table(a=numbers(100), b=late, c=numbers(100)), ["a", "b"])
    assert dataset.rows == 55
    assert dataset.values[[0, -1], 0].tolist() == [5, 59]
    assert dataset.values[:, 1].tolist() == numbers(55)
    assert dataset.index[-1] == pd.Timestamp("2021-03-01")
    assert [notice.message for notice in dataset.notices] == [
        "5 rows at the start left out: “b” has not begun there.",
        "40 rows at the end left out: “b” has no values there.",
    ]
    assert make_dataset(table(a=numbers(100), b=late), ["a"]).rows == 100  # an input that ends is filled, and told


@pytest.mark.parametrize("rows", [10, 60])
def test_targets_that_hardly_meet_are_refused(rows: int) -> None:
    early, late = numbers(50) + [np.nan] * 50, [np.nan] * (40 if rows == 10 else 60) + numbers(rows)[:40]
    late += [0.0] * (100 - len(late))
    with pytest.raises(BadFile, match=r"Only (10|0) rows hold values of every target.*choose another"):
        make_dataset(table(a=early, b=late), ["a", "b"])


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


def test_long_names_and_many_of_them_stay_one_line() -> None:
    long = "a" * 500
    wide = make_dataset(table(**{long: numbers()}, **{f"c{n}": numbers() for n in range(17)}), [long])
    assert describe(wide).endswith(f"forecasting {'a' * 39}… from its own past, c0, c1, c2, c3, c4 and 12 more")
    many = make_dataset(table(**{f"c{n}": numbers() for n in range(18)}), [f"c{n}" for n in range(18)])
    assert describe(many).endswith("forecasting c0, c1, c2, c3, c4, c5 and 12 more from their own past")
    with pytest.raises(NotFound) as refusal:
        make_dataset(table(**{long: numbers(), **{f"c{n}": numbers() for n in range(400)}}), ["z" * 3000])
    assert len(str(refusal.value)) < 250
    gap = make_dataset(table(**{long: numbers(r3=np.nan)}), [long])
    assert len(gap.notices[0].message) < 150


@pytest.mark.parametrize("first", ["1500-01-01", "1650-01-01"])
def test_years_long_ago_and_far_ahead_are_dates_like_any_other(first: str) -> None:
    start = int(first[:4])
    lines = [f"{year:04d}-01-01,{year}" for year in range(start, start + 500)]
    read = read_table("\n".join(["time,y", *lines]).encode(), "kings.csv")
    dataset = make_dataset(read, ["y"])
    assert describe(dataset) == f"500 rows, yearly, {start} to {start + 499}, forecasting y from its own past"
    assert list(future_index(dataset.index, dataset.frequency, 2).year) == [start + 500, start + 501]
    assert calendar_names(dataset.index, dataset.frequency, 350) == ()
    columns = calendar_columns(dataset.index, ("weekday", "month"))
    assert np.unique(columns[:, :2].round(3), axis=0).shape == (7, 2)  # new year falls on every weekday
    assert not columns[:, 2].any()
