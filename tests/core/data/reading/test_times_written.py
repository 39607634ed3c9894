"""Ways of writing times: whatever people and programs write is read as they meant it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.reading.grid import Grid
from core.data.reading.times import Times, find_times

DAYS = pd.date_range("2020-12-10", periods=70)
HOURS = pd.date_range("2021-02-27 22:00", periods=60, freq="h")
MONTHS = pd.date_range("2019-03-01", periods=60, freq="MS")
QUARTERS = pd.date_range("2015-01-01", periods=40, freq="QS")
WEEKS = pd.date_range("2018-01-01", periods=160, freq="W-MON")  # 2020 has a week 53


def read(cells: Sequence[str], name: str = "x", decimal: str = ".") -> Times:
    times = find_times(grid(**{name: cells, "value": noise(len(cells))}), decimal=decimal)
    assert times is not None
    assert times.columns == (name,)
    return times


def grid(**columns: Sequence[str]) -> Grid:
    cells = tuple(pa.array([str(cell) for cell in column], pa.string()) for column in columns.values())
    return Grid(tuple(columns), cells, "utf-8", ",", 1, line=lambda row: row + 2)


def noise(rows: int) -> list[str]:
    return [f"{value:.2f}" for value in np.random.default_rng(0).normal(500, 20, rows)]


def assert_read(cells: Sequence[str], meant: pd.DatetimeIndex, name: str = "x", decimal: str = ".") -> Times:
    times = read(cells, name, decimal)
    assert times.values.tolist() == meant.to_numpy().astype("datetime64[us]").tolist()
    return times


WRITTEN: dict[str, pd.DatetimeIndex] = {
    **dict.fromkeys(
        ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%Y", "%m/%d/%Y", "%d-%m-%y", "%y-%m-%d"), DAYS
    ),
    **dict.fromkeys(("%d. %m. %Y", "%d / %m / %Y", "%d.%m.%Y.", "%a %d/%m/%Y", "%Y-%j", "%Y年%m月%d日"), DAYS),
    **dict.fromkeys(("%d-%b-%Y", "%d%b%Y", "%B %d, %Y", "%A, %B %d, %Y", "%a %b %d %Y", "%Y-%b-%d"), DAYS),
    **dict.fromkeys(
        ("%Y-%m-%d %H:%M", "%Y-%m-%d %H", "%Y%m%dT%H%M%S", "%Y%m%d%H%M", "%Y%m%d%H", "%Y%m%d %H:%M"), HOURS
    ),
    **dict.fromkeys(("%m/%d/%Y %I:%M %p", "%d/%m/%Y %H.%M", "%d.%m.%Y, %H:%M Uhr", "%d/%m/%Y %Hh%M"), HOURS),
    **dict.fromkeys(("%a, %d %b %Y %H:%M:%S", "%a %b %d %H:%M:%S %Y", "%d/%b/%Y:%H:%M:%S", "%Y-%m-%d_%H-%M-%S"), HOURS),
    **dict.fromkeys(("%Y-%m", "%YM%m", "%m/%Y", "%m.%Y", "%Y.%m", "%Y%m", "%b-%y", "%b %Y", "%Y %B", "%b'%y"), MONTHS),
}


@pytest.mark.parametrize("form", WRITTEN)
def test_times_are_read_as_written(form: str) -> None:
    assert_read([time.strftime(form) for time in WRITTEN[form]], WRITTEN[form])


def quarter(form: str) -> Callable[[pd.Timestamp], str]:
    roman = ("I", "II", "III", "IV")
    return lambda time: form.format(q=time.quarter, y=time.year, s=f"{time.year % 100:02}", r=roman[time.quarter - 1])


@pytest.mark.parametrize(
    "form",
    [
        "{y}Q{q}",
        "{y}-Q{q}",
        "Q{q} {y}",
        "{q}. Quartal {y}",
        "T{q} {y}",
        "{q}Q{s}",
        "{q}er trimestre {y}",
        "{r} kw. {y}",
    ],
)
def test_quarters(form: str) -> None:
    assert assert_read([quarter(form)(time) for time in QUARTERS], QUARTERS).form == "quarters"


@pytest.mark.parametrize(
    "form",
    ["{y}-W{w:02}", "{y}W{w:02}", "{y}-W{w:02}-1", "KW {w:02}/{y}", "Week {w} {y}", "S{w:02}-{y}", "{w}. KW {y}"],
)
def test_iso_weeks_begin_on_monday_also_week_53(form: str) -> None:
    cells = [form.format(y=time.isocalendar().year, w=time.isocalendar().week) for time in WEEKS]
    assert assert_read(cells, WEEKS).form == "ISO weeks"


def test_a_week_53_where_the_year_has_52_is_no_time() -> None:
    times = read(["2020-W52", "2020-W53", "2021-W01", "2021-W52", "2021-W53", "2022-W01"])
    assert np.flatnonzero(np.isnat(times.values)).tolist() == [4]


def test_one_impossible_week_does_not_hide_what_the_others_are() -> None:
    cells = [f"KW {time.isocalendar().week}/{time.isocalendar().year}" for time in WEEKS]
    times = read([*cells[:-1], "KW 77/2021"])
    assert times.values[:-1].tolist() == WEEKS[:-1].to_numpy().astype("datetime64[us]").tolist()
    assert [notice.code for notice in times.notices] == ["impossible_dates"]


def test_a_letter_that_means_weeks_or_half_years_is_decided_by_all_rows() -> None:
    halves = pd.date_range("2005-01-01", periods=30, freq="6MS")
    assert_read([f"S{1 + (time.month > 6)} {time.year}" for time in halves], halves)
    assert_read([f"{time.year}H{1 + (time.month > 6)}" for time in halves], halves)


LANGUAGES = {
    "German": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "Austrian": "Jän. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
    "French": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "Spanish": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "Italian": "gen feb mar apr mag giu lug ago set ott nov dic",
    "Portuguese": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "Dutch": "jan feb mrt apr mei jun jul aug sep okt nov dec",
    "Polish": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "Swedish": "januari februari mars april maj juni juli augusti september oktober november december",
    "Danish": "januar februar marts april maj juni juli august september oktober november december",
    "Norwegian": "jan feb mar apr mai jun jul aug sep okt nov des",
    "Czech": "ledna února března dubna května června července srpna září října listopadu prosince",
    "Hungarian": "január február március április május június július augusztus szeptember október november december",
    "Romanian": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "Croatian": "siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna listopada studenoga prosinca",
    "Croatian, short": "sij velj ožu tra svi lip srp kol ruj lis stu pro",
    "Finnish": "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta "
    "lokakuuta marraskuuta joulukuuta",
    "Finnish, short": "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",
    "Turkish": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
    "Russian": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "Ukrainian": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "Greek": "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου Νοεμβρίου "
    "Δεκεμβρίου",
    "without accents": "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_month_names(language: str) -> None:
    names = LANGUAGES[language].split()
    assert_read([f"{names[time.month - 1]} {time.year}" for time in MONTHS], MONTHS)
    assert_read([f"{names[time.month - 1].upper()}-{time:%y}" for time in MONTHS], MONTHS)
    year = pd.date_range("2020-01-01", periods=366)
    assert_read([f"{time.day}. {names[time.month - 1]} {time.year}" for time in year], year)
    assert_read([f"{time.day} de {names[time.month - 1]} de {time.year}" for time in year], year)


def test_hungarian_dates_begin_with_the_year() -> None:
    names = LANGUAGES["Hungarian"].split()
    assert_read([f"{day.year}. {names[day.month - 1]} {day.day}." for day in DAYS], DAYS)


def test_times_of_a_web_servers_log_stand_in_brackets() -> None:
    times = assert_read([f"[{time:%d/%b/%Y:%H:%M:%S} +0000]" for time in HOURS], HOURS)
    assert times.utc
    assert_read([f"[{time:%Y-%m-%d %H:%M:%S}]" for time in HOURS], HOURS)


def test_words_that_are_no_months_are_no_times() -> None:
    cells = [f"{word} 12" for word in ("Mean", "Max", "Store") for _ in range(20)]
    assert find_times(grid(x=cells, value=noise(60))) is None


def test_days_without_a_year_are_not_januaries_of_many_years() -> None:
    days = pd.date_range("2021-01-01", periods=365)
    assert find_times(grid(x=[f"{day:%b %d}" for day in days], value=noise(365))) is None


BERLIN = pd.date_range("2021-03-27", periods=72, freq="h", tz="Europe/Berlin")
AUTUMN = pd.date_range("2021-10-30 20:00", periods=72, freq="h", tz="Europe/Berlin")


@pytest.mark.parametrize(
    "write",
    [
        lambda time: time.isoformat(),
        lambda time: f"{time:%Y-%m-%d %H:%M:%S%z}",
        lambda time: f"{time:%Y-%m-%dT%H:%M:%S%z}"[:-2],
        lambda time: f"{time.isoformat()}[Europe/Berlin]",
        lambda time: f"{time:%d.%m.%Y %H:%M} {time.tzname()}",
        lambda time: f"{time:%a %b %d %Y %H:%M:%S GMT%z} (Central European Standard Time)",
    ],
)
def test_changing_offsets_become_utc_and_are_told(write: Callable[[pd.Timestamp], str]) -> None:
    for local in (BERLIN, AUTUMN):
        times = assert_read([write(time) for time in local], local.tz_convert("UTC").tz_localize(None))
        assert times.utc
        assert [notice.code for notice in times.notices] == ["timezone", "mixed_offsets"]


@pytest.mark.parametrize(
    "form", ["%Y-%m-%d %H:%M Europe/Berlin", "%d.%m.%Y %H:%M (CET/CEST)", "%Y-%m-%d %H:%M [Europe/Berlin]"]
)
def test_names_of_zones_also_where_an_hour_comes_twice(form: str) -> None:
    for local in (BERLIN, AUTUMN):
        assert_read([time.strftime(form) for time in local], local.tz_convert("UTC").tz_localize(None))


def test_one_offset_is_told_once() -> None:
    times = assert_read([f"{time.isoformat()}+02:00" for time in HOURS], HOURS - pd.Timedelta(hours=2))
    assert [notice.code for notice in times.notices] == ["timezone"]


@pytest.mark.parametrize(("unit", "size"), [("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)])
def test_seconds_since_1970(unit: str, size: int) -> None:
    cells = [str(int(time.timestamp()) * size) for time in HOURS]
    assert_read(cells, HOURS)
    assert_read([*cells, "Total"], HOURS.append(pd.DatetimeIndex([pd.NaT])), "time")


def test_seconds_with_decimals() -> None:
    times = pd.date_range("2021-03-01 10:00:00.125", periods=60, freq="1250ms")
    assert_read([f"{time.timestamp():.3f}" for time in times], times)
    assert_read([f"{time.timestamp():.1f}" for time in HOURS], HOURS)


def serials(times: pd.DatetimeIndex) -> list[float]:
    return [(time - pd.Timestamp("1899-12-30")) / pd.Timedelta(days=1) for time in times]


def test_spreadsheet_days_and_their_rounded_fractions() -> None:
    for cells, meant in (
        ([f"{day:.0f}" for day in serials(DAYS)], DAYS),
        ([repr(day) for day in serials(HOURS)], HOURS),
        ([f"{day:.5f}" for day in serials(HOURS)], HOURS),
        ([f"{day:.4f}" for day in serials(HOURS)], HOURS),
    ):
        times = assert_read(cells, meant, "Date")
        assert [notice.code for notice in times.notices] == ["excel_serial"]
    assert_read([f"{day:.6f}".replace(".", ",") for day in serials(HOURS)], HOURS, "Datum", ",")


@pytest.mark.parametrize("digits", [2, 3, 5, 11])
def test_decimal_years_are_months(digits: int) -> None:
    assert_read([f"{time.year + (time.month - 1) / 12:.{digits}f}" for time in MONTHS], MONTHS, "time")
    if digits > 2:
        assert_read([f"{time.year + (time.month - 0.5) / 12:.{digits}f}" for time in MONTHS], MONTHS, "time")


def test_years_are_read_where_they_are_years() -> None:
    years = pd.date_range("1960-01-01", periods=50, freq="YS")
    assert_read([str(time.year) for time in years], years)
    assert_read([f"FY{time.year}" for time in years], years)


def test_24_oclock_is_midnight_and_cells_of_two_forms_are_both_read() -> None:
    hours = pd.date_range("2021-03-01 01:00", periods=60, freq="h")
    yesterday = hours - pd.Timedelta(days=1)
    cells = [f"{a:%Y-%m-%d %H:%M}" if a.hour else f"{b:%Y-%m-%d} 24:00" for a, b in zip(hours, yesterday, strict=True)]
    assert_read(cells, hours)
    assert_read([f"{a:%d.%m.%Y %H:%M}" if a.hour else f"{a:%d.%m.%Y}" for a in HOURS], HOURS)


def test_spans_count_from_their_beginning() -> None:
    hour = pd.Timedelta(hours=1)
    assert_read([f"{time:%d.%m.%Y %H:%M} - {time + hour:%d.%m.%Y %H:%M}" for time in HOURS], HOURS)
    assert_read([f"{time:%Y-%m-%dT%H:%MZ}/{time + hour:%Y-%m-%dT%H:%MZ}" for time in HOURS], HOURS)


@pytest.mark.parametrize("noon", [("AM", "PM"), ("a.m.", "p.m."), ("a. m.", "p. m."), ("am", "pm")])
def test_twelve_hour_clocks(noon: tuple[str, str]) -> None:
    cells = [
        f"{time.month}/{time.day}/{time.year} {(time.hour - 1) % 12 + 1}:00 {noon[time.hour > 11]}" for time in HOURS
    ]
    assert_read(cells, HOURS)


moments = st.datetimes(datetime(1600, 1, 1), datetime(2199, 12, 31))
UNAMBIGUOUS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%d %B %Y",
    "%b %d, %Y",
    "%Y-%m",
    "%d-%b-%Y %H:%M:%S.%f",
    "%G-W%V-%u",
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(moments, min_size=2, max_size=30, unique_by=lambda time: (time.year, time.month)),
    st.sampled_from(UNAMBIGUOUS),
)
def test_any_dates_in_any_form_are_read_back(times: list[datetime], form: str) -> None:
    reading = read([time.strftime(form) for time in times], "date")
    assert reading.values.tolist() == [datetime.strptime(time.strftime(form), form) for time in times]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(moments, min_size=2, max_size=30, unique=True),
    st.sampled_from(["T", " "]),
    st.sampled_from([None, UTC, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=8))]),
)
def test_whatever_isoformat_writes_is_read_back(times: list[datetime], between: str, zone: timezone | None) -> None:
    reading = read([time.replace(tzinfo=zone).isoformat(between) for time in times])
    shift = zone.utcoffset(None) if zone else timedelta()
    assert reading.values.tolist() == [time - (shift or timedelta()) for time in times]
    assert reading.utc == (zone is not None)
