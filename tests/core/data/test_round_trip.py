"""What was written of a table, read again, is the same table; and a file's table survives being written and read."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.data.dataset import Table
from core.data.reader import read_table
from core.data.table_csv import write
from tests.core.data.ugly_case import Case, Truth, comma, number, rows, text
from tests.core.data.ugly_kinds import all_cases

LONG = [case for case in all_cases() if case.layout == "long"]
often = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def read_again(table: Table) -> Table:
    return read_table(write(table), "again.csv")


def assert_same(table: Table, again: Table) -> None:
    """Times, names and every bit of every number; how the file stood is not part of the table."""
    pd.testing.assert_frame_equal(again.frame, table.frame, check_names=False, check_freq=False, check_exact=True)
    assert again.frequency == table.frequency
    assert again.utc == table.utc
    assert again.missing == table.missing
    assert again.gaps == table.gaps
    assert again.duplicates == 0
    assert (again.id, again.ids) == (table.id, table.ids)
    if table.pairs is not None:
        pd.testing.assert_frame_equal(again.pairs, table.pairs, check_names=False, check_exact=True)


FREQUENCIES = ("s", "min", "15min", "h", "8h", "D", "B", "W-MON", "W-FRI", "MS", "ME", "QS-JAN", "YS-JAN", "250ms")
HOSTILE = (
    *("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "'quoted", "'=1", "''", "a,b", 'say "no"', "two\nlines"),
    *("<script>alert(1)</script>", "\u202etfel", "Größe", "日付", "x;y", "1.5", "2021", "NULL", "ü" * 300, "🚀", "|"),
)
names = st.lists(
    st.one_of(
        st.sampled_from(HOSTILE), st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)
    ),
    min_size=1,
    max_size=4,
    unique=True,
)
values = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(10**6), 10**6).map(float),
    st.floats(-1e4, 1e4).map(lambda value: round(value, 2)),
    st.just(float("nan")),
)


plain = st.one_of(st.floats(-1e7, 1e7), st.just(0.0), st.just(float("nan")))


@st.composite
def times(draw: st.DrawFn, count: int) -> pd.DatetimeIndex:
    """Evenly spaced ones, or events at odd moments."""
    start = draw(st.datetimes(pd.Timestamp("1951-01-01"), pd.Timestamp("2069-01-01")))
    if draw(st.booleans()):
        begin = pd.Timestamp(start).floor("D")
        return pd.date_range(begin, periods=count, freq=draw(st.sampled_from(FREQUENCIES)), unit="us")
    steps = np.random.default_rng(draw(st.integers(0, 999))).integers(1, 10**9, count)
    return pd.DatetimeIndex(pd.Timestamp(start) + pd.to_timedelta(np.cumsum(steps), unit="ms")).as_unit("us")


@st.composite
def columns(draw: st.DrawFn, count: int, special: st.SearchStrategy[float]) -> npt.NDArray[np.float64]:
    """A column that could be forecast, with a few special cells in it."""
    random = np.random.default_rng(draw(st.integers(0, 99)))
    column = (random.standard_normal(count) * 10.0 ** draw(st.integers(-4, 6))).round(draw(st.sampled_from([0, 2, 9])))
    column[: count // 2] += 3 * np.arange(count // 2)  # never all the same
    cells = draw(st.lists(special, max_size=6))
    column[random.choice(count, len(cells), replace=False)] = cells
    return column


@st.composite
def tables(draw: st.DrawFn) -> Table:
    count = draw(st.integers(20, 40))
    index = draw(times(count))
    frame = pd.DataFrame({name: draw(columns(count, values)) for name in draw(names)}, index=index)
    written = pd.Index([at.isoformat() for at in index], name="t")
    content = pd.DataFrame({"v": np.arange(count) % 7 + 0.5}, index=written).to_csv().encode()
    known = read_table(content, "times.csv")  # for its frequency and gaps
    return Table(
        frame=frame,
        sha256="",
        file="made",
        time=("t",),
        frequency=known.frequency,
        gaps=known.gaps,
        missing={name: int(missing) for name, missing in frame.isna().sum().items()},
    )


@pytest.mark.slow
@often
@given(tables())
def test_a_table_written_and_read_again_is_the_same(table: Table) -> None:
    assert_same(table, read_again(table))


@pytest.mark.parametrize("name", HOSTILE)
def test_the_reader_takes_away_exactly_the_mark_the_writer_put(name: str) -> None:
    frame = pd.DataFrame({name: np.arange(30) ** 1.5}, index=pd.date_range("2021-01-01", periods=30))
    written = write(Table(frame=frame, sha256="", file="x", time=("t",), frequency="D"))
    again = read_table(written, "x.csv")
    assert list(again.frame.columns) == [name]
    lines = written.decode("utf-8-sig").splitlines()
    assert not any(cell.lstrip('"').startswith(("=", "+", "@", "-", "\t")) for cell in lines[0].split(","))


@st.composite
def files(draw: st.DrawFn) -> tuple[str, Truth]:
    """A file as some locale writes it, and the series in it."""
    count = draw(st.integers(20, 60))
    freq, form = draw(st.sampled_from(FORMS))
    index = pd.date_range("2019-11-25", periods=count, freq=freq)
    pair = (draw(columns(count, plain)).round(2).tolist() for _ in range(2))
    known = Truth(index, dict(zip(("Wert", "Menge"), pair, strict=True)))
    sign = draw(st.sampled_from([".", ","]))
    group = draw(st.sampled_from(["", " ", "\u202f", "'", "." if sign == "," else ","]))
    before, after = draw(st.sampled_from([("", ""), ("€ ", ""), ("", " €"), ("", " kWh"), ("$", "")]))
    writer = comma if sign == "," else (lambda *parts: number(2, ".", *parts[1:]))
    delimiter = draw(st.sampled_from([",", ";", "\t", "|"]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    quote = draw(st.sampled_from(["needed", "all"]))
    return text(rows(known, form, writer(2, group, before, after)), delimiter, end, quote), known


FORMS = (
    *(("D", "%Y-%m-%d"), ("D", "%d.%m.%Y"), ("D", "%m/%d/%Y"), ("D", "%d/%m/%y"), ("D", "%d %b %Y"), ("B", "%Y%m%d")),
    *(("h", "%d.%m.%Y %H:%M"), ("h", "%m/%d/%Y %I:%M %p"), ("15min", "%Y-%m-%dT%H:%M:%SZ"), ("MS", "%b %Y")),
)


@pytest.mark.slow
@often
@given(files(), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))
def test_a_file_of_any_locale_reads_as_meant_and_survives_the_way_out_and_in(
    made: tuple[str, Truth], encoding: str
) -> None:
    written, known = made
    assume(encoding != "cp1252" or "\u202f" not in written)
    table = read_table(written.encode(encoding), "made.csv")
    assert table.frame.index.tolist() == known.index.tolist()
    for name, expected in known.columns.items():
        np.testing.assert_array_equal(table.frame[name], expected)
    assert_same(table, read_again(table))


@pytest.mark.parametrize("case", LONG, ids=[case.name for case in LONG])
def test_all_series_of_a_long_file_survive_the_way_out_and_in(case: Case) -> None:
    table = read_table(case.content, case.name, **case.asked)
    again = read_table(write(table), "again.csv", series=table.series)
    assert again.layout == "long"
    assert_same(table, again)


def test_the_names_of_series_come_back_as_they_were() -> None:
    written = {"=A1": "=A1", "''=A1": "'=A1", "'@x": "@x", "-B": "-B", "'plain": "'plain"}
    days = pd.date_range("2021-01-01", periods=25).strftime("%Y-%m-%d")
    lines = [f"{day},{name},{row + place}.5" for row, day in enumerate(days) for place, name in enumerate(written)]
    table = read_table("\n".join(["date,who,value", *lines]).encode(), "x.csv")
    assert table.ids == tuple(written.values())
    assert_same(table, read_again(table))
