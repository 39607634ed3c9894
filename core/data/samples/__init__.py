"""The four built-in series; the first is what a newcomer sees."""

import hashlib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from core.data.dataset import Table
from core.data.reader import read_table
from core.errors import NotFound


@dataclass(frozen=True)
class Sample:
    key: str
    title: str
    file: str
    sentence: str  # what it is and what to expect of it
    source: str
    licence: str
    target: str

    @property
    def path(self) -> str:
        """Its file, relative to the repository: what a command line run there can read."""
        return f"core/data/samples/{self.file}"


SAMPLES: dict[str, Sample] = {
    sample.key: sample
    for sample in (
        Sample(
            key="retail",
            title="US retail sales",
            file="us_retail_sales_monthly.csv",
            sentence="Monthly sales with a trend and a strong December: a network learns them within seconds.",
            source="US Census Bureau, retail and food services sales, million dollars; file from Prophet's examples",
            licence="Public domain; file under the MIT licence",
            target="y",
        ),
        Sample(
            key="weather",
            title="Seattle weather",
            file="seattle_weather_daily.csv",
            sentence="Daily temperature, rain and wind over four years: the season is easy, the next days are not.",
            source="NOAA, by vega-datasets",
            licence="Public domain; file under the MIT licence",
            target="temp_max",
        ),
        Sample(
            key="electricity",
            title="Electricity load",
            file="electricity_load_hourly.csv",
            sentence="Hourly load of 321 clients over two years: days repeat, and a network beats repeating them.",
            source="Monash Time Series Forecasting Archive, electricity hourly, from UCI "
            "ElectricityLoadDiagrams20112014; mean of the clients, 2013 and 2014, rounded to 0.1, columns renamed",
            licence="CC BY 4.0",
            target="load_kw",
        ),
        Sample(
            key="stock",
            title="IBM share price",
            file="stock_ibm_daily.csv",
            sentence="Thirteen years of daily prices: the honest case, in which nothing beats the last value.",
            source="Quandl WIKI Prices, by bokeh-sampledata",
            licence="Public domain",
            target="Close",
        ),
    )
}


def load_sample(key: str) -> Table:
    """Read a sample like any uploaded file. Raises NotFound for an unknown key."""
    if key not in SAMPLES:
        raise NotFound(f"There is no sample “{key}”", "sample", f"The samples are {', '.join(SAMPLES)}.")
    return replace(read_table(_content(SAMPLES[key]), SAMPLES[key].file), target=SAMPLES[key].target)


def sample_path(sha256: str) -> str | None:
    """The `path` of the sample whose bytes have this hash, as a Dataset keeps it; None for any other file."""
    return _paths().get(sha256)


@cache
def _paths() -> dict[str, str]:
    return {hashlib.sha256(_content(sample)).hexdigest(): sample.path for sample in SAMPLES.values()}


def _content(sample: Sample) -> bytes:
    return (Path(__file__).parent / sample.file).read_bytes()
