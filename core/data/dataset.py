"""The series to forecast, ready for windows: `Table` is a file as understood, `Dataset` what was chosen from it."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd


@dataclass(frozen=True)
class Notice:
    """Something the reader did or noticed that the person should know. `code` is stable, `message` is read."""

    code: str
    message: str
    column: str | None = None  # the one it is about, where it is about one
    count: int = 0  # of cells, rows or lines that were dropped, merged or filled
    serious: bool = False  # the scores themselves are in doubt
    examples: tuple[str, ...] = ()  # the first `EXAMPLES` of them, as they stand in the file: "line 12: Total;1.234"

    @property
    def warns(self) -> bool:
        """Whether it puts the scores themselves in doubt, rather than only telling what was understood."""
        return self.serious or self.code in WARNINGS


EXAMPLES = 50
WARNINGS = frozenset({"filled_target", "duplicate_times", "irregular", "no_values"})
TOTAL = "total"  # of all series of a long file, as `Table.series`


@dataclass(frozen=True)
class Table:
    """A file as understood: one row a time, sorted, each time once, numeric columns only.

    `frame` has a DatetimeIndex (or a RangeIndex when the file has no time column) and float64 columns;
    missing cells are NaN here and are filled when a Dataset is made.
    """

    frame: pd.DataFrame
    sha256: str  # of the file's bytes
    file: str  # its name as uploaded, for display only
    time: tuple[str, ...]  # the column of times, or those that together make one; () when rows are numbered
    frequency: str | None  # pandas alias; None when irregular or without times
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: str = "."
    layout: str = "wide"  # wide: a row a time; long: a row a series and time; transposed; index: without times
    form: str | None = None  # how the times are written, in words
    utc: bool = False  # times carried an offset and are in UTC
    day_first: bool | None = None  # how day and month were read where their order mattered
    units: dict[str, str] = field(default_factory=dict)  # by column: "€", "MW", "%"
    id: str | None = None  # long layout: the column that names the series
    ids: tuple[str, ...] = ()  # the series in the file
    series: str | None = None  # the one in `frame`; TOTAL for the sum of all
    pairs: pd.DataFrame | None = None  # long layout: every series, the id column first, sorted by series and time
    repeated: pd.DataFrame | None = None  # all rows of the times that repeat, unmerged; else like `pairs`
    target: str | None = None  # the column to preselect
    dropped: tuple[str, ...] = ()  # columns that cannot be forecast (text)
    labels: pd.DataFrame = field(default_factory=pd.DataFrame)  # columns of text, row by row beside `frame`
    missing: dict[str, int] = field(default_factory=dict)  # cells without a number, by column
    duplicates: int = 0
    gaps: int = 0
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class Dataset:
    """What is forecast from what. Columns of `values`: the targets first, then the other inputs."""

    name: str
    file: str
    sha256: str
    index: pd.DatetimeIndex | pd.RangeIndex  # (T,)
    values: npt.NDArray[np.float64]  # (T, C), no NaN; float64: scaling to float32 happens after centring
    columns: tuple[str, ...]  # C names, targets first
    targets: tuple[str, ...]  # K names, the first K of columns
    frequency: str | None
    season: int  # rows in one season: 12 for months, 24 for hours, 7 for days, 5 for business days; 1 = none
    notices: tuple[Notice, ...] = ()
    known: tuple[str, ...] = ()  # the inputs that are known in advance
    future: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))  # (F, known) after the last row

    @property
    def inputs(self) -> tuple[str, ...]:
        """Columns that inform the forecast without being forecast themselves."""
        return self.columns[len(self.targets) :]

    @property
    def rows(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class Split:
    """Chronological parts in rows: `train` first, then `validation`, then `test`. A rest behind them stays unused."""

    train: int
    validation: int
    test: int
    ahead: int = 0  # rows behind the test part that its last forecasts may reach into: the later folds' of a backtest

    @property
    def validation_start(self) -> int:
        return self.train

    @property
    def test_start(self) -> int:
        return self.train + self.validation

    @property
    def end(self) -> int:
        return self.train + self.validation + self.test
