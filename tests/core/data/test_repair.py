"""Repairs do what they say, count it, and leave the table they were given as it was."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.data import repair
from core.data.dataset import Notice, Table
from core.data.selection import make_dataset
from core.errors import BadSettings
from tests.core.data.made_table import made_table

RAMP = np.arange(100.0)


def told(table: Table, code: str) -> list[Notice]:
    return [notice for notice in table.notices if notice.code == code]


def events(count: int = 2000, minutes: float = 5) -> Table:
    noise = np.random.default_rng(0)
    seconds = np.cumsum(noise.exponential(60 * minutes, size=count))
    index = pd.Timestamp("2023-05-01") + pd.to_timedelta(np.round(seconds, 3), unit="s")
    table = made_table({"y": noise.normal(20, size=count)}, None)
    irregular = Notice("irregular", "The times are not evenly spaced.")
    return replace(table, frame=table.frame.set_axis(pd.DatetimeIndex(index)), notices=(irregular,))


@pytest.mark.parametrize(
    ("how", "first"), [("mean", 11.5), ("sum", 276.0), ("last", 23.0), ("first", 0.0), ("min", 0.0), ("max", 23.0)]
)
def test_hours_become_days(how: Any, first: float) -> None:
    table = made_table({"y": np.arange(96.0)}, "h")
    daily = repair.resample(table, "D", how)
    assert (daily.frequency, len(daily.frame), daily.gaps) == ("D", 4, 0)
    assert daily.frame["y"].iloc[0] == first
    (notice,) = told(daily, "resampled")
    assert notice.count == 96
    assert "96 rows became 4 rows (daily)" in notice.message
    assert "covered" not in notice.message
    assert len(table.frame) == 96


def test_irregular_events_get_a_step_in_which_most_bins_hold_a_row() -> None:
    table = events()
    step = repair.suggest_step(table)
    even = repair.resample(table, step)
    assert step == "10min"
    assert even.frequency == "10min"
    assert even.frame["y"].notna().mean() > 0.75
    assert not told(even, "irregular")
    make_dataset(even, ["y"])


@pytest.mark.parametrize(("minutes", "step"), [(1 / 600, "s"), (40, "h"), (700, "D"), (6000, "W-MON"), (20000, "MS")])
def test_the_suggested_step_follows_the_distance_of_events(minutes: float, step: str) -> None:
    assert repair.suggest_step(events(400, minutes)) == step


def test_empty_steps_stay_missing_even_in_a_sum_and_are_counted() -> None:
    table = made_table({"y": np.ones(240)}, "h", without=range(48, 96))
    daily = repair.resample(table, "D", "sum")
    assert daily.frame["y"].isna().tolist() == [False, False, True, True] + [False] * 6
    assert daily.missing == {"y": 2}
    assert "2 of them hold no row" in told(daily, "resampled")[0].message


def test_steps_covered_in_part_are_told() -> None:
    monthly = repair.resample(made_table({"y": np.ones(75)}, start="2020-01-17"), "MS", "sum")
    assert monthly.frame["y"].tolist() == [15, 29, 31]
    assert "the first is only partly covered" in told(monthly, "resampled")[0].message
    ends = repair.resample(made_table({"y": np.ones(75)}, start="2020-01-01"), "ME", "sum")
    assert ends.frame["y"].tolist() == [31, 29, 15]
    assert "the last is only partly covered" in told(ends, "resampled")[0].message


def test_weeks_begin_on_monday() -> None:
    weekly = repair.resample(made_table({"y": np.arange(70.0)}, start="2024-01-01"), "W", "first")
    assert weekly.frame["y"].tolist() == list(range(0, 70, 7))
    assert weekly.frequency == "W-MON"
    assert "covered" not in told(weekly, "resampled")[0].message


@pytest.mark.parametrize(("step", "said"), [("min", "shorter than"), ("fortnight", "not a step of time"), ("0h", "")])
def test_impossible_steps_are_refused(step: str, said: str) -> None:
    with pytest.raises(BadSettings) as refused:
        repair.resample(made_table({"y": RAMP}, "h"), step)
    assert said in refused.value.problems[0].what
    assert refused.value.problems[0].remedy


def test_rows_without_times_have_no_step() -> None:
    with pytest.raises(BadSettings):
        repair.resample(made_table({"y": RAMP}, None), "D")
    with pytest.raises(BadSettings):
        repair.suggest_step(made_table({"y": RAMP}, None))


def test_a_grid_many_times_the_file_is_refused_before_it_is_made() -> None:
    table = made_table({"y": np.ones(30)}, "s")
    late = table.frame.index[:-1].append(pd.DatetimeIndex(["2090-01-01"]))
    far = replace(table, frame=table.frame.set_axis(late))
    with pytest.raises(BadSettings, match="longer step"):
        repair.fill(far, "interpolate")
    with pytest.raises(BadSettings, match="longer step"):
        repair.resample(replace(far, frequency=None), "min")


def broken() -> Table:
    """Days 10 to 12 and 50 are no rows, days 70 to 72 hold no value, as the first three and last two of x."""
    y, x = RAMP.copy(), RAMP * 2
    y[70:73] = np.nan
    x[:3] = np.nan
    x[-2:] = np.nan
    table = made_table({"y": y, "x": x}, without=[10, 11, 12, 50])
    notices = (Notice("gaps", "4 days are missing; the rows on both sides count as neighbours."),)
    return replace(table, notices=notices)


def test_automatic_changes_nothing() -> None:
    table = broken()
    assert repair.fill(table, "auto") is table


@pytest.mark.parametrize(
    ("how", "gap", "hole"),
    [
        ("last", [9, 9, 9], [69, 69, 69]),
        ("interpolate", [10, 11, 12], [70, 71, 72]),
        ("seasonal", [3, 4, 5], [63, 64, 65]),
    ],
)
def test_gaps_become_rows_and_holes_are_filled(how: Any, gap: list[float], hole: list[float]) -> None:
    table = broken()
    whole = repair.fill(table, how)
    y, x = whole.frame["y"], whole.frame["x"]
    assert (len(whole.frame), whole.gaps, whole.missing) == (100, 0, {"y": 0, "x": 5})
    assert y.iloc[10:13].tolist() == gap
    assert y.iloc[70:73].tolist() == hole
    assert y.drop(y.index[[10, 11, 12, 50, 70, 71, 72]]).tolist() == [
        n for n in range(100) if n not in (10, 11, 12, 50, 70, 71, 72)
    ]
    assert x.isna().to_numpy().nonzero()[0].tolist() == [0, 1, 2, 98, 99]
    assert len(table.frame) == 96
    assert not told(whole, "gaps")


def test_what_was_filled_is_counted_and_a_filled_target_is_a_warning() -> None:
    whole = repair.fill(broken(), "interpolate", targets=["y"])
    (added,), (target,), (other,) = (told(whole, code) for code in ("added_rows", "filled_target", "filled"))
    assert (added.count, target.count, other.count) == (4, 7, 4)
    assert (target.column, other.column) == ("y", "x")
    assert target.warns and not other.warns
    assert target.message.endswith("scores treat them as measured.")
    assert added.message == "4 days were missing in the file and became rows."
    assert added.examples[0] == "11 January 2020"


def test_only_the_chosen_columns_are_filled() -> None:
    whole = repair.fill(broken(), "last", columns=["x"])
    assert whole.missing == {"y": 7, "x": 5}


def test_a_long_gap_repeats_the_season_before_it_and_the_first_season_is_a_line() -> None:
    y = np.tile([0.0, 1, 2, 3, 4, 5, 6], 10)
    y[[3, 4]] = np.nan
    y[30:50] = np.nan
    whole = repair.fill(made_table({"y": y}), "seasonal")
    assert whole.frame["y"].tolist() == np.tile([0.0, 1, 2, 3, 4, 5, 6], 10).tolist()


def test_interpolation_goes_by_time_not_by_row() -> None:
    table = made_table({"y": [0.0, np.nan, 10.0]}, None)
    uneven = pd.DatetimeIndex(["2020-01-01", "2020-01-02", "2020-01-11"])
    filled = repair.fill(replace(table, frame=table.frame.set_axis(uneven)), "interpolate")
    assert filled.frame["y"].tolist() == [0, 1, 10]


def test_numbered_rows_are_filled_without_a_season() -> None:
    y = RAMP.copy()
    y[5] = np.nan
    filled = repair.fill(made_table({"y": y}, None), "seasonal")
    assert filled.frame["y"].tolist() == RAMP.tolist()
    assert "straight line" in told(filled, "filled_target")[0].message


def test_holidays_become_rows_only_when_asked() -> None:
    y = RAMP.copy()
    y[30] = np.nan
    table = made_table({"y": y}, "B", without=[10])
    assert len(repair.fill(table, "last").frame) == 99
    assert len(repair.fill(table, "last", business_days=True).frame) == 100
    assert repair.fill(table, "last").missing == {"y": 0}


def test_months_are_filled_on_the_calendar() -> None:
    whole = repair.fill(made_table({"y": RAMP}, "MS", without=[1, 2]), "last")
    assert whole.frame.index[1:3].tolist() == [pd.Timestamp("2020-02-01"), pd.Timestamp("2020-03-01")]
    assert whole.frame["y"].iloc[1] == 0


def test_rows_without_a_target_are_left_out_but_not_those_after_its_end() -> None:
    y = RAMP.copy()
    y[[20, 21]] = np.nan
    y[95:] = np.nan  # the future, of which x is known
    table = made_table({"y": y, "x": RAMP})
    kept = repair.fill(table, "leave_out", targets=["y"])
    assert len(kept.frame) == 98
    assert kept.gaps == 2
    (notice,) = told(kept, "left_out")
    assert notice.count == 2
    assert notice.examples == ("21 January 2020", "22 January 2020")


def test_nothing_missing_nothing_told() -> None:
    table = made_table({"y": RAMP})
    for how in ("leave_out", "last", "interpolate", "seasonal"):
        assert repair.fill(table, how).notices == ()  # type: ignore[arg-type]


def test_labels_stay_beside_their_rows() -> None:
    table = broken()
    labelled = replace(table, labels=pd.DataFrame({"shop": "north"}, index=table.frame.index))
    assert repair.fill(labelled, "last").labels.index.equals(repair.fill(labelled, "last").frame.index)
    assert len(repair.resample(labelled, "W").labels) == len(repair.resample(labelled, "W").frame)
