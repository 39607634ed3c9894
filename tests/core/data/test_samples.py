"""The four built-in series, read like any uploaded file."""

from pathlib import Path

import pytest

from core.data.calendar import calendar_names
from core.data.dataset import Table
from core.data.frequency import suggest_windows
from core.data.samples import SAMPLES, load_sample, sample_path
from core.data.selection import describe, make_dataset
from core.data.split import make_split
from core.errors import NotFound

SENTENCES = {
    "retail": "293 rows, monthly, January 1992 to May 2016, forecasting y from its own past",
    "weather": "1,461 rows, daily, 1 January 2012 to 31 December 2015, "
    "forecasting temp_max from its own past, precipitation, temp_min and wind",
    "electricity": "17,520 rows, hourly, 1 January 2013 00:00 to 31 December 2014 23:00, "
    "forecasting load_kw from its own past",
    "stock": "3,270 rows, business days, 1 March 2000 to 1 March 2013, "
    "forecasting Close from its own past, Open, High, Low, Volume and Adj Close",
}
FACTS = {  # season, calendar inputs, windows
    "retail": (12, ("month",), (24, 12)),
    "weather": (7, ("weekday", "day_of_year"), (28, 7)),
    "electricity": (24, ("hour", "weekday"), (48, 24)),
    "stock": (5, ("weekday", "day_of_year"), (20, 5)),
}


@pytest.fixture(scope="module")
def tables() -> dict[str, Table]:
    return {key: load_sample(key) for key in SAMPLES}


def test_retail_sales_are_shown_first() -> None:
    assert list(SAMPLES) == ["retail", "weather", "electricity", "stock"]


@pytest.mark.parametrize("key", SENTENCES)
def test_each_sample_is_understood(tables: dict[str, Table], key: str) -> None:
    table = tables[key]
    assert table.target == SAMPLES[key].target
    assert not any(table.missing.values())
    assert not table.duplicates
    assert not {notice.code for notice in table.notices} - {"text_column", "mape_undefined"}
    dataset = make_dataset(table, [table.target])
    assert describe(dataset) == SENTENCES[key]
    train = make_split(dataset.rows, (0.7, 0.1, 0.2)).train
    names = calendar_names(dataset.index, dataset.frequency, train)
    assert (dataset.season, names, suggest_windows(dataset.rows, dataset.frequency)) == FACTS[key]


def test_every_sample_names_its_source_and_licence() -> None:
    for sample in SAMPLES.values():
        assert sample.title
        assert sample.source
        assert sample.licence
        assert sample.sentence.endswith(".")


def test_every_sample_is_known_by_its_bytes_and_found_from_the_repository(tables: dict[str, Table]) -> None:
    for key, table in tables.items():
        assert sample_path(table.sha256) == SAMPLES[key].path
        assert (Path(__file__).parents[3] / SAMPLES[key].path).is_file()
    assert sample_path("0" * 64) is None


def test_an_unknown_sample_is_refused_with_those_that_exist() -> None:
    with pytest.raises(NotFound, match="retail, weather, electricity, stock"):
        load_sample("moon")
