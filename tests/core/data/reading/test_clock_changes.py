"""Nights in which local clocks were changed are named, and other holes and repetitions are not taken for them."""

import pandas as pd
import pytest

from core.data.dataset import Notice, Table
from core.data.reader import read_table


def read(times: pd.DatetimeIndex, form: str = "%Y-%m-%d %H:%M") -> Table:
    lines = [f"{time:{form}},{row % 37}.5" for row, time in enumerate(times)]
    return read_table("\n".join(["time,load", *lines]).encode(), "x.csv")


def local(start: str, end: str, step: str, zone: str) -> pd.DatetimeIndex:
    """What a clock on the wall showed."""
    return pd.date_range(start, end, freq=step, tz=zone).tz_localize(None)


def told(table: Table) -> dict[str, Notice]:
    return {notice.code: notice for notice in table.notices}


@pytest.mark.parametrize("step", ["h", "15min"])
@pytest.mark.parametrize(
    ("zone", "forward", "back"),
    [
        ("Europe/Berlin", "28 March 2021", "31 October 2021"),
        ("Europe/London", "28 March 2021", "31 October 2021"),
        ("Europe/Helsinki", "28 March 2021", "31 October 2021"),
        ("America/New_York", "14 March 2021", "7 November 2021"),
        ("Australia/Sydney", "3 October 2021", "4 April 2021"),
    ],
)
def test_both_changes_of_a_year_are_named_with_the_times_they_concern(
    zone: str, forward: str, back: str, step: str
) -> None:
    table = read(local("2021-03-01", "2021-11-20", step, zone))
    notices = told(table)
    assert notices["clock_change"].message == (
        f"The clock was set forward on {forward} (one hour is missing) and back on {back} (one hour stands twice), "
        "as local clocks are."
    )
    rows = {"h": 1, "15min": 4}[step]
    for code, day in (("gaps", forward), ("duplicate_times", back)):
        assert notices[code].count == len(notices[code].examples) == rows
        assert all(example.startswith(f"{day} 0") for example in notices[code].examples)


def test_rows_that_carry_the_end_of_their_hour_show_it_too() -> None:
    ends = pd.date_range("2021-03-20", "2021-04-20", freq="15min", tz="Europe/Berlin")
    ends = pd.DatetimeIndex(ends.tz_localize(None) + pd.Timedelta("15min"))
    assert "set forward on 28 March 2021 (one hour is missing), as" in told(read(ends))["clock_change"].message


def test_changes_of_several_years_are_said_in_one_sentence() -> None:
    table = read(local("2019-01-01", "2021-12-31", "h", "Europe/Berlin"))
    message = told(table)["clock_change"].message
    assert "forward on 31 March 2019, 29 March 2020 and 28 March 2021 (one hour is missing each time)" in message
    assert told(table)["clock_change"].count == 6


def test_other_holes_repetitions_steps_and_times_in_utc_are_no_clock_changes() -> None:
    hours = pd.date_range("2021-03-01", "2021-04-20", freq="h")
    night = pd.Timestamp("2021-03-28 02:00")
    for gone in (
        [night + pd.Timedelta("12h")],  # at noon
        [night, night + pd.Timedelta("1h")],  # two hours
        [night - pd.Timedelta("1D")],  # on a Saturday
        [night - pd.Timedelta("7D")],  # not the last Sunday, nor the second
    ):
        assert "clock_change" not in told(read(hours.difference(gone)))
    assert "clock_change" not in told(read(pd.date_range("2021-01-01", periods=200).delete([86])))
    assert "clock_change" not in told(read(hours.difference([night]), "%Y-%m-%dT%H:%MZ"))


def test_missing_times_are_shown_however_many_there_are() -> None:
    days = pd.date_range("2021-01-01", periods=400)
    few = told(read(days.delete([5, 6, 20]), "%Y-%m-%d"))["gaps"]
    assert few.examples == ("6 January 2021", "7 January 2021", "21 January 2021")
    many = told(read(days[:200].append(pd.DatetimeIndex(["2099-01-01"])), "%Y-%m-%d"))["gaps"]
    assert (many.count > 28_000, len(many.examples)) == (True, 50)
    months = pd.date_range("2010-01-01", periods=60, freq="MS").delete([7, 30])
    assert told(read(months, "%Y-%m"))["gaps"].examples == ("August 2010", "July 2012")
