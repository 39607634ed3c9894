"""What becomes of a file: read as meant, told what was done, or refused in plain words."""

import io
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.dataset import TOTAL, Table
from core.data.reader import MINIMUM_ROWS, read_table
from core.errors import BadFile, NotFound

DAYS = [f"{day:%Y-%m-%d}" for day in pd.date_range("2021-01-01", periods=40)]


def csv(lines: list[str], header: str = "date,value") -> bytes:
    return "\n".join([header, *lines, ""]).encode()


def daily(rows: int = 40) -> list[str]:
    return [f"{day},{number}.5" for number, day in enumerate(DAYS[:rows])]


def codes(table: Table) -> set[str]:
    return {notice.code for notice in table.notices}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiter_byte_order_mark_and_line_ends_make_no_difference(delimiter: str, start: bytes, end: str) -> None:
    text = end.join(["date,value", *daily(), ""]).replace(",", delimiter)
    table = read_table(start + text.encode(), "x.csv")
    assert table.delimiter == delimiter
    assert table.encoding == ("utf-8-sig" if start else "utf-8")
    assert list(table.frame.columns) == ["value"]
    assert table.time == ("date",)
    assert table.frame["value"].tolist() == [number + 0.5 for number in range(40)]
    assert table.frequency == "D"
    assert not table.notices


@pytest.mark.parametrize("form", ["%Y/%m/%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S.%f"])
def test_iso_times_in_all_their_spellings(form: str) -> None:
    times = pd.date_range("2012-01-01", periods=30)
    table = read_table(csv([f"{time:{form}},1" for time in times]), "x.csv")
    assert table.frame.index.tolist() == times.tolist()


def test_numbers_are_read_to_the_last_bit_and_as_float64() -> None:
    numbers = np.random.default_rng(0).normal(size=40) * 10.0 ** np.arange(-20, 20)
    table = read_table(csv([f"{day},{number!r}" for day, number in zip(DAYS, numbers.tolist(), strict=True)]), "x.csv")
    assert table.frame["value"].dtype == np.float64
    assert table.frame["value"].tolist() == numbers.tolist()


def test_decimal_comma_when_asked_for() -> None:
    table = read_table(csv([f"{day};{n},25" for n, day in enumerate(DAYS)], "date;value"), "x.csv", decimal=",")
    assert table.frame["value"].iloc[7] == 7.25
    assert table.decimal == ","


def test_the_time_column_need_not_be_first_and_can_be_chosen() -> None:
    lines = [f"{n}.5,a,{day},{day[:4]}-{day[5:7]}-{day[8:]} 12:00" for n, day in enumerate(DAYS)]
    content = csv(lines, "value,label,from,to")
    assert read_table(content, "x.csv").time == ("from",)
    chosen = read_table(content, "x.csv", time="to")
    assert chosen.time == ("to",)
    assert chosen.frame.index[0] == pd.Timestamp("2021-01-01 12:00")
    assert set(chosen.dropped) == {"label", "from"}


def test_rows_without_times_are_numbered_and_it_is_said() -> None:
    table = read_table(b"DAX,SMI\n" + b"498.7,77.2\n551.7,77.1\n" * 20, "x.csv")
    assert isinstance(table.frame.index, pd.RangeIndex)
    assert (table.time, table.frequency, table.layout) == ((), None, "index")
    assert codes(table) == {"no_dates"}


def test_unsorted_rows_are_sorted_and_repeated_times_merged_by_their_mean() -> None:
    lines = daily()
    table = read_table(csv([*reversed(lines), f"{DAYS[3]},100.5"]), "x.csv")
    assert table.frame.index.is_monotonic_increasing
    assert len(table.frame) == 40
    assert table.duplicates == 1
    assert table.frame["value"].iloc[3] == (3.5 + 100.5) / 2
    assert codes(table) == {"unsorted", "duplicate_times"}


def test_missing_times_are_counted_but_weekends_and_holidays_are_nothing_to_report() -> None:
    holes = read_table(csv([line for n, line in enumerate(daily()) if n not in (5, 6, 7, 20)]), "x.csv")
    assert (holes.frequency, holes.gaps) == ("D", 4)
    assert codes(holes) == {"gaps"}
    hole = read_table(csv([line for n, line in enumerate(daily()) if n != 20]), "x.csv")
    assert codes(hole) == {"gaps"}
    assert [notice.message for notice in (*holes.notices, *hole.notices)] == [
        "4 days are missing; the rows on both sides count as neighbours.",
        "1 day is missing; the rows on both sides count as neighbours.",
    ]
    days = pd.date_range("2021-01-01", periods=30, freq="2D")
    every_other = [f"{day:%Y-%m-%d},{n + 1}" for n, day in enumerate(days) if n != 9]
    (notice,) = read_table(csv(every_other), "x.csv").notices
    assert notice.message.startswith("1 time is missing from the step (every 2 days); ")
    business = [f"{day:%Y-%m-%d},1" for n, day in enumerate(pd.bdate_range("2021-01-04", periods=60)) if n != 30]
    table = read_table(csv(business), "x.csv")
    assert (table.frequency, table.gaps) == ("B", 1)
    assert not table.notices


def test_what_puts_the_scores_in_doubt_is_a_warning() -> None:
    """One day of forty that is missing, or a wrong order, is only told."""
    few = read_table(csv([line for n, line in enumerate(reversed(daily())) if n != 20]), "x.csv")
    assert {notice.code: notice.warns for notice in few.notices} == {"unsorted": False, "gaps": False}
    many = read_table(csv([*daily()[:4], f"{DAYS[3]},1", *daily()[8:]]), "x.csv")
    assert {notice.code: notice.warns for notice in many.notices} == {"duplicate_times": True, "gaps": True}
    days = np.random.default_rng(0).integers(1, 9, 40).cumsum()
    jumps = read_table(csv([f"{np.datetime64('2021-01-01') + day},1" for day in days.tolist()]), "x.csv")
    assert [notice.code for notice in jumps.notices if notice.warns] == ["irregular"]


def test_irregular_times_are_read_and_told() -> None:
    times = pd.Timestamp("2021-01-01") + pd.to_timedelta(np.random.default_rng(0).integers(1, 900, 50).cumsum(), "s")
    table = read_table(csv([f"{time},1" for time in times]), "x.csv")
    assert table.frequency is None
    assert codes(table) == {"irregular"}


def test_offsets_become_utc_across_a_clock_change() -> None:
    times = pd.date_range("2021-03-27 20:00", periods=30, freq="h", tz="Europe/Berlin")  # +01:00, then +02:00
    table = read_table(csv([f"{time.isoformat()},1" for time in times]), "x.csv")
    assert table.frame.index[0] == pd.Timestamp("2021-03-27 19:00")
    assert table.frame.index.tz is None
    assert (table.frequency, table.gaps) == ("h", 0)
    assert codes(table) == {"timezone", "mixed_offsets"}
    assert table.utc


def test_one_offset_all_along_becomes_utc_too() -> None:
    table = read_table(csv([f"{day}T12:00+02:00,1" for day in DAYS]), "x.csv")
    assert table.frame.index[0] == pd.Timestamp("2021-01-01 10:00")


def test_text_and_empty_columns_are_left_out_and_named() -> None:
    table = read_table(csv([f"{day},3,rain," for day in DAYS], "date,value,weather,nothing"), "x.csv")
    assert list(table.frame.columns) == ["value"]
    assert table.dropped == ("weather", "nothing")
    assert codes(table) == {"text_column", "empty_column"}


def test_single_unreadable_cells_are_missing_and_told_with_their_line() -> None:
    lines = daily()
    lines[4] = f"{DAYS[4]},spilled"
    lines[9] = f"{DAYS[9]},"
    table = read_table(csv(lines), "x.csv")
    assert table.missing == {"value": 2}
    unread, missing = table.notices
    assert (unread.code, unread.examples) == ("unread_cells", ("line 6: spilled",))
    assert (missing.code, missing.count) == ("missing_values", 2)


def test_short_lines_end_in_missing_cells_and_delimiters_at_line_ends_are_no_column() -> None:
    lines = [f"{day},{n % 7},{n % 5}," for n, day in enumerate(DAYS)]
    lines[3] = f"{DAYS[3]},1"
    table = read_table(csv(lines, "date,a,b"), "x.csv")
    assert list(table.frame.columns) == ["a", "b"]
    assert table.missing == {"a": 0, "b": 1}
    ragged = next(notice for notice in table.notices if notice.code == "ragged_rows")
    assert (ragged.count, ragged.examples) == (1, ("line 5: 2021-01-04,1",))


def test_nameless_and_repeated_columns_get_names_of_their_own() -> None:
    table = read_table(csv([f"{n % 7},{day},{n % 3},{n % 2}" for n, day in enumerate(DAYS)], ",date,a,a"), "x.csv")
    assert list(table.frame.columns) == ["column 1", "a", "a (2)"]


def test_what_says_nothing_about_the_future_is_no_choice_and_told() -> None:
    """The number of a row, a second clock, and a value that never changes."""
    hours = pd.date_range("2021-01-01", periods=40, freq="h")
    lines = [f"{n},{time},{time.value // 10**6},{n * n % 11},2" for n, time in enumerate(hours) if n != 7]
    table = read_table(csv(lines, "row,time,closed,load,version"), "x.csv")
    assert list(table.frame.columns) == ["load"]
    assert table.dropped == ("row", "closed", "version")
    assert {"counter_column", "constant_column"} <= codes(table)
    alone = read_table(csv([f"{day},{n}" for n, day in enumerate(DAYS)]), "x.csv")
    assert list(alone.frame.columns) == ["value"], "better a dull column than none"


def long(rows: int = 40) -> bytes:
    """Two shops day by day; the second opens ten days later."""
    lines = [f"{day},north,{n}" for n, day in enumerate(DAYS[:rows])]
    lines += [f"{day},=south,{n * n}" for n, day in enumerate(DAYS[:rows]) if n >= 10]
    return csv(sorted(lines), "date,shop,sales")


def test_of_several_series_in_one_file_one_is_chosen_or_their_total() -> None:
    first = read_table(long(), "x.csv")
    assert (first.layout, first.id, first.ids, first.series) == ("long", "shop", ("north", "=south"), "north")
    assert first.frame["sales"].tolist() == list(range(40)) and first.duplicates == 0
    assert first.pairs is not None and len(first.pairs) == 70
    second = read_table(long(), "x.csv", series="=south")
    assert second.frame["sales"].tolist() == [n * n for n in range(10, 40)]
    total = read_table(long(), "x.csv", series=TOTAL)
    assert total.frame["sales"].tolist() == [n + n * n for n in range(10, 40)], "only where both have a row"
    (told,) = [notice.message for notice in total.notices if notice.code == "several_series"]
    assert "10 times at which one of them has no row" in told
    with pytest.raises(NotFound, match=r"“west”.*“north”, “=south”"):
        read_table(long(), "x.csv", series="west")


@pytest.mark.parametrize(
    "ids", [("10-01", "10-02", "11-01"), ("#1", "#2"), ("0-17", "18-64", "65+"), ("0.5", "1.0", "2.5"), ("-10", "-20")]
)
def test_whatever_recurs_at_every_time_names_a_series(ids: tuple[str, ...]) -> None:
    lines = [f"{day},{id},{(n * 7 + len(id)) % 31}.5" for n, day in enumerate(DAYS) for id in ids]
    table = read_table(csv(lines, "date,band,y"), "x.csv")
    assert (table.layout, table.ids, list(table.frame.columns), table.duplicates) == ("long", ids, ["y"], 0)


def test_series_that_overlap_for_a_while_are_not_averaged() -> None:
    lines = [f"{day},S1,{n % 7}" for n, day in enumerate(DAYS[:25])] + [
        f"{day},S2,{n % 5}" for n, day in enumerate(DAYS[20:])
    ]
    table = read_table(csv(lines, "date,sensor,y"), "x.csv")
    assert (table.ids, len(table.frame)) == (("S1", "S2"), 25)


def test_series_one_after_the_other_are_told() -> None:
    lines = [f"{day},{'S1' if n < 20 else 'S2'},{n % 7}" for n, day in enumerate(DAYS)]
    table = read_table(csv(lines, "date,sensor,y"), "x.csv")
    assert table.layout == "wide" and "joined_series" in codes(table)


def test_a_name_on_the_first_row_of_its_block_is_that_of_the_block() -> None:
    lines = [f"{day},{region if n == 0 else ''},{n % 7}" for region in ("N", "S") for n, day in enumerate(DAYS)]
    assert read_table(csv(lines, "date,region,y"), "x.csv").ids == ("N", "S")


def test_bookings_of_a_day_are_no_series() -> None:
    random = np.random.default_rng(1)
    days, kinds = random.choice(DAYS, 90), random.choice(["rent", "salary", "card", "cash", "power"], 90)
    lines = [f"{day},{kind},{n % 13}.5" for n, (day, kind) in enumerate(zip(days, kinds, strict=True))]
    assert read_table(csv(lines, "date,text,amount"), "x.csv").layout == "wide"


def test_many_columns_of_text_take_no_time() -> None:
    """Every combination of them would take minutes."""
    random = np.random.default_rng(1)
    rows = random.choice(["a", "b"], (400, 120))
    lines = [f"{DAYS[n // 10]},{','.join(row)},{n % 97}" for n, row in enumerate(rows)]
    started = time.process_time()
    read_table(csv(lines, "date," + ",".join(f"c{n}" for n in range(120)) + ",y"), "x.csv")
    assert time.process_time() - started < 2


def test_a_series_of_a_file_of_one_is_refused() -> None:
    with pytest.raises(NotFound, match="does not hold several"):
        read_table(csv(daily()), "x.csv", series="a")


def test_a_chosen_series_may_be_too_short() -> None:
    lines = [f"{day},a,1" for day in DAYS] + [f"{day},b,1" for day in DAYS[:12]] + [f"{day},c,2" for day in DAYS]
    with pytest.raises(BadFile, match="12 rows of “b”"):
        read_table(csv(lines, "date,shop,sales"), "x.csv", series="b")


@pytest.mark.parametrize(
    ("columns", "target"),
    [
        (["Open", "High", "Low", "Close", "Volume"], "Close"),
        (["close", "volume"], "close"),
        (["rain", "y"], "y"),
        (["rain", "sun"], "rain"),
    ],
)
def test_the_column_one_would_forecast_is_preselected(columns: list[str], target: str) -> None:
    lines = [day + f",{n * n % 7}" * len(columns) for n, day in enumerate(DAYS)]
    content = csv(lines, ",".join(["date", *columns]))
    assert read_table(content, "x.csv").target == target


REFUSED = {
    "empty": (b"", "empty"),
    "blank lines": (b"\n\n \r\n", "empty"),
    "only a mark": (b"\xef\xbb\xbf", "empty"),
    "header only": (b"date,value\n", "header"),
    "one row": (csv(daily(1)), "1 row"),
    "twelve rows": (csv(daily(12)), "12 rows"),
    "no numbers": (csv([f"{day},rain" for day in DAYS]), "numbers"),
    "picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "picture"),
    "workbook": (b"PK\x03\x04\x14\x00\x06\x00", "Excel"),
    "NUL": (csv(daily()).replace(b"7.5", b"\x00.5"), "line 9"),
    "one column of text": (csv([f"{day}/3" for day in DAYS], "date/value"), "numbers"),
    "web page": (b"\n<!DOCTYPE html><html>", "web page"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_one_plain_sentence_and_a_remedy(name: str) -> None:
    content, said = REFUSED[name]
    with pytest.raises(BadFile) as refusal:
        read_table(content, "x.csv")
    (problem,) = refusal.value.problems
    assert said in str(refusal.value)
    assert problem.what
    assert problem.remedy.endswith(".")
    for word in ("pandas", "DataFrame", "dtype", "Error", "tokeniz", "NaN", "codec", "None", "Unnamed", "parse"):
        assert word not in str(refusal.value)
    assert refusal.value.exit_code == 2


def test_the_number_of_rows_needed_is_said() -> None:
    with pytest.raises(BadFile, match=str(MINIMUM_ROWS)):
        read_table(csv(daily(MINIMUM_ROWS - 1)), "x.csv")
    assert len(read_table(csv(daily(MINIMUM_ROWS)), "x.csv").frame) == MINIMUM_ROWS


def test_a_time_column_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(BadFile, match=r"“when”.*“date”, “value”"):
        read_table(csv(daily()), "x.csv", time="when")


def test_rows_without_a_time_are_left_out_and_shown_with_their_line() -> None:
    table = read_table(b"\n" + csv(["", *daily(), "Total,780", "31.02.2021,5"]), "x.csv")
    skipped = next(notice for notice in table.notices if notice.code == "skipped_lines")
    assert len(table.frame) == 40 and skipped.count == 2
    assert skipped.examples == ("line 44: Total,780", "line 45: 31.02.2021,5")


def test_a_mark_before_a_formula_is_taken_away_once() -> None:
    table = read_table(csv([f"{day},{n},'@x" for n, day in enumerate(DAYS)], "date,'=cmd|' /C calc'!A0,''+a"), "x.csv")
    assert list(table.frame.columns) == ["=cmd|' /C calc'!A0"]
    assert list(table.labels["'+a"].unique()) == ["@x"]


def test_the_name_is_never_opened() -> None:
    table = read_table(csv(daily()), "/etc/passwd")
    assert table.file == "/etc/passwd"
    assert len(table.frame) == 40


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        read_table(content, "x.csv")
    except BadFile as refusal:
        assert refusal.problems[0].remedy


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.none(), min_size=25, max_size=60),
    st.sampled_from([",", ";", "\t"]),
    st.randoms(use_true_random=False),
)
def test_what_was_written_is_what_is_read(numbers: list[float | None], delimiter: str, random: object) -> None:
    numbers[:2] = [0.5, 1.0]  # neither empty nor constant
    written = pd.DataFrame({"v": pd.Series(numbers, dtype="float64"), "w": np.arange(len(numbers)) % 3.0}).set_axis(
        pd.date_range("1999-12-31 23:00", periods=len(numbers), freq="h", name="when")
    )
    shuffled = written.sample(frac=1, random_state=getattr(random, "randint", lambda a, b: 0)(0, 10_000))
    content = io.BytesIO()
    shuffled.to_csv(content, sep=delimiter)
    read = read_table(content.getvalue(), "x.csv").frame
    np.testing.assert_array_equal(read.to_numpy(), written.to_numpy())
    assert read.index.tolist() == written.index.tolist()
