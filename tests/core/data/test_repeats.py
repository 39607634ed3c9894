"""Several rows of one time: none is lost to a sum over days, and a person says how they become one row."""

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

from core import cli
from core.data import repair, table_csv
from core.data.dataset import TOTAL, Notice, Table
from core.data.reader import read_table
from core.data.repeats import Aggregate
from core.errors import BadSettings

EVERY_WAY = get_args(Aggregate)
DAYS = pd.date_range("2022-01-01", periods=60)
NOISE = np.random.default_rng(0)
PLACES = np.sort(NOISE.integers(0, len(DAYS), 200))  # bookings: several on most days, none on others
AMOUNTS = NOISE.integers(-500, 500, 200) / 4.0
AMOUNTS[[3, 7, 8]] = np.nan
BOOKINGS = pd.Series(AMOUNTS, index=DAYS[PLACES])
SHOPS = np.array(["north", "south"])[np.arange(200) % 2]


def csv(rows: pd.DataFrame) -> bytes:
    return rows.to_csv(index=False, date_format="%Y-%m-%d").encode()


def bookings(newest_first: bool = False) -> Table:
    rows = pd.DataFrame({"day": BOOKINGS.index, "amount": AMOUNTS})
    return read_table(csv(rows[::-1] if newest_first else rows), "bookings.csv")


def shop_rows() -> pd.DataFrame:
    """Two shops with a row a day, and 5 rows more of days that are there."""
    every = pd.DataFrame({"day": np.repeat(DAYS, 2), "shop": np.tile(["north", "south"], 60)})
    more = every.iloc[np.sort(np.random.default_rng(1).integers(0, 120, 5))]
    rows = pd.concat([every, more]).sort_values("day", kind="stable").reset_index(drop=True)
    return rows.assign(sales=np.random.default_rng(2).integers(1, 99, len(rows)) / 4.0)


def shops(series: str = "north") -> Table:
    return read_table(csv(shop_rows()), "shops.csv", series=series)


def told(table: Table) -> Notice:
    (notice,) = [notice for notice in table.notices if notice.code == "duplicate_times"]
    return notice


def by(groups: Any, how: str) -> Any:
    return groups.sum(min_count=1) if how == "sum" else groups.agg(how)


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("how", EVERY_WAY)
@pytest.mark.parametrize("step", ["D", "W", "MS"])
def test_a_longer_step_takes_every_row_of_the_file(step: str, how: Any, newest_first: bool) -> None:
    expected = by(
        BOOKINGS.resample("W-MON", closed="left", label="left") if step == "W" else BOOKINGS.resample(step), how
    )
    table = bookings(newest_first)
    resampled = repair.resample(table, step, how)
    np.testing.assert_allclose(resampled.frame["amount"], expected, rtol=1e-12)
    assert resampled.missing == {"amount": int(expected.isna().sum())}
    rows = next(notice for notice in resampled.notices if notice.code == "resampled")
    assert rows.message.startswith("200 rows became ") and rows.count == 200
    assert told(resampled).message == f"{table.duplicates} rows repeated a time: each row counts in its step."


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("how", EVERY_WAY)
def test_rows_of_one_time_become_one_as_chosen(how: Any, newest_first: bool) -> None:
    table = bookings(newest_first)
    merged = repair.merge(table, how)
    expected = by(BOOKINGS.groupby(level=0), how)
    np.testing.assert_allclose(merged.frame["amount"], expected, rtol=1e-12)
    assert merged.missing == {"amount": int(expected.isna().sum())}
    assert (merged.gaps, merged.frequency, merged.duplicates) == (table.gaps, table.frequency, table.duplicates)
    assert table.frame.equals(bookings(newest_first).frame), "the table given stays as it was"
    again = read_table(table_csv.write(merged), "again.csv")
    pd.testing.assert_frame_equal(again.frame, merged.frame, check_names=False, check_freq=False)


def test_what_was_merged_is_said_in_the_place_of_the_mean() -> None:
    table = bookings()
    count = 200 - BOOKINGS.index.nunique()
    assert told(table).message.startswith(f"{count} rows repeat a time that was there already: rows of the same time")
    first = BOOKINGS.index[BOOKINGS.index.duplicated()][0]
    assert told(table).examples[0] == f"{first.day} January 2022" and len(told(table).examples) == 50
    added = repair.merge(table, "sum")
    assert told(added).message == f"{count} rows repeated a time: added up."
    assert (told(added).count, told(added).examples) == (count, told(table).examples)
    once = read_table(csv(pd.DataFrame({"day": [*DAYS, DAYS[5]], "amount": np.arange(61) / 2})), "x.csv")
    assert told(repair.merge(once, "last")).message == "1 row repeated a time: the last one was kept."


def test_merged_rows_are_what_is_resampled_then() -> None:
    days = repair.resample(repair.merge(bookings(), "last"), "MS", "sum")
    expected = BOOKINGS.groupby(level=0).last().resample("MS").sum(min_count=1)
    np.testing.assert_allclose(days.frame["amount"], expected)


def test_nothing_repeats_nothing_changes_and_an_unknown_way_is_refused() -> None:
    table = read_table(csv(pd.DataFrame({"day": DAYS, "amount": AMOUNTS[:60]})), "x.csv")
    assert repair.merge(table, "sum") is table and table.repeated is None
    with pytest.raises(BadSettings, match="median"):
        repair.merge(table, "median")  # type: ignore[arg-type]


@pytest.mark.parametrize("how", EVERY_WAY)
@pytest.mark.parametrize("series", ["south", TOTAL])
def test_the_series_of_a_long_file_and_their_total_are_merged_each_by_itself(series: str, how: Any) -> None:
    table = shops(series)
    assert table.duplicates == 5
    own = by(shop_rows().groupby(["shop", "day"])["sales"], how)
    merged = repair.merge(table, how)
    expected = own.groupby(level="day").sum() if series == TOTAL else own[series]
    np.testing.assert_allclose(merged.frame["sales"], expected, rtol=1e-12)
    assert merged.pairs is not None
    np.testing.assert_allclose(merged.pairs["sales"], own, rtol=1e-12)
    again = read_table(table_csv.write(merged), "again.csv", series="south")
    assert again.pairs is not None and again.duplicates == 0
    np.testing.assert_array_equal(again.pairs["sales"], merged.pairs["sales"])


@pytest.mark.parametrize("series", ["north", TOTAL])
def test_the_sum_over_months_holds_all_rows_of_a_series_and_of_the_total(series: str) -> None:
    monthly = repair.resample(shops(series), "MS", "sum")
    rows = shop_rows()
    rows = rows if series == TOTAL else rows[rows["shop"] == series]
    np.testing.assert_allclose(monthly.frame["sales"], rows.set_index("day")["sales"].resample("MS").sum())


def test_the_rows_that_repeat_are_shown_with_their_series() -> None:
    rows = shop_rows()
    again = rows[rows.duplicated(["shop", "day"])].sort_values(["shop", "day"], kind="stable").iloc[0]
    assert told(shops()).examples[0] == f"{again['shop']}: {again['day'].day} {again['day']:%B %Y}"


def test_after_rows_were_left_out_the_others_are_still_all_summed() -> None:
    kept = repair.fill(bookings(), "leave_out")
    monthly = repair.resample(kept, "MS", "sum")
    np.testing.assert_allclose(monthly.frame["amount"], BOOKINGS.resample("MS").sum())


def test_one_series_is_written_alone_and_all_where_none_was_chosen(tmp_path: Path) -> None:
    table = shops("south")
    alone = read_table(table_csv.write(table, whole=False), "south.csv")
    assert alone.pairs is None and list(alone.frame.columns) == ["sales"]
    np.testing.assert_array_equal(alone.frame["sales"], table.frame["sales"])
    (tmp_path / "shops.csv").write_bytes(csv(shop_rows()))
    for options, rows in ((["--series", "south"], 60), (["--series", TOTAL], 60), ([], 120)):
        assert cli.main(["read", str(tmp_path / "shops.csv"), "--csv", str(tmp_path / "out.csv"), *options]) == 0
        written = (tmp_path / "out.csv").read_text().splitlines()
        assert (len(written) - 1, "shop" in written[0]) == (rows, not options)


def test_the_command_line_merges_before_it_resamples_and_repeats_itself(tmp_path: Path) -> None:
    path = tmp_path / "bookings.csv"
    path.write_bytes(csv(pd.DataFrame({"day": BOOKINGS.index, "amount": AMOUNTS})))
    base = ["compare", str(path), "--out", str(tmp_path), "--target", "amount"]
    options = cli.parse([*base, "--merge", "max", "--resample", "W:sum"])
    table = cli.repaired(cli.read_file(options), options)
    expected = repair.resample(repair.merge(bookings(), "max"), "W", "sum")
    pd.testing.assert_frame_equal(table.frame, expected.frame)
    assert cli.reading_words(options) == {"merge": "max", "resample": "W:sum"}
    wrong = cli.parse([*base, "--merge", "median"])
    with pytest.raises(BadSettings, match="--merge does not know “median”"):
        cli.repaired(cli.read_file(wrong), wrong)
