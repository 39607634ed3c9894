"""Forecasts rolled over later rows by a model that was fitted once: what goes in, what comes out, what may go wrong."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.windows import Origins

Floats = npt.NDArray[np.float64]

LEAST_ROWS = 10  # before the test part: fewer tell nothing of a level, a slope and their noise


@dataclass(frozen=True)
class Series:
    """A series to forecast. The rows before `end` are there to fit; each origin is forecast from the rows before it."""

    values: Floats  # (T,)
    end: int
    origins: Origins  # (N,), ascending, none below `end`
    horizon: int
    season: int  # rows, 1 = none

    def tail(self, rows: int) -> "Series":
        """The same without what lies further back than `rows` before the end, and nothing behind the last origin."""
        first = max(0, self.end - rows)
        last = int(self.origins[-1]) if len(self.origins) else self.end
        return Series(self.values[first:last], self.end - first, self.origins - first, self.horizon, self.season)

    @property
    def known(self) -> Floats:
        """The rows to fit on."""
        return self.values[: self.end]


@dataclass(frozen=True)
class Rolled:
    """Forecasts of a series and what made them."""

    forecast: Floats  # (N, H)
    model: str  # as it is written: ETS(A,Ad,M)


class Unsuitable(Exception):
    """A method cannot be used on a series; the text is a sentence for people."""


@contextmanager
def quietly() -> Iterator[None]:
    """Optimisers warn of every step that they take back; what they come to is judged by its scores."""
    import statsmodels.tools.sm_exceptions  # noqa: F401  makes some warnings heard as it is imported: not below

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
