"""How an epoch grows with windows, lookback and parameters.

One LSTM layer on 10 inputs, horizon 5, Adam, tuned, one thread. "Rows": hidden 16, lookback 20, batch 128, from 1,000
to 1,000,000 windows. "Lookback": hidden 64, batch 32, 2,000 windows. "Parameters": lookback 20, batch 128, 2,000
windows, hidden 16 to 512. A growth is how many times as long an epoch takes over how many times as much there is to do;
1 is linear growth, less than 1 means that small work does not fill the processor yet. All works of a series take turns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.figure import Figure
from benchmarks.performance import rivals
from benchmarks.performance.training import LABELS
from benchmarks.performance.work import Work

LIMIT = 1.1  # of linear growth


@dataclass(frozen=True)
class Series:
    works: tuple[Work, ...]
    amount: Callable[[Work], int]  # of what an epoch should grow with
    text: str  # of an amount


SERIES = (
    Series(
        tuple(Work(hidden=16, batch=128, windows=windows) for windows in (1_000, 10_000, 100_000, 1_000_000)),
        lambda work: work.windows,
        "{:,} windows",
    ),
    Series(
        tuple(Work(windows=2_000, lookback=lookback) for lookback in (16, 64, 256, 1_024)),
        lambda work: work.lookback,
        "lookback {:,}",
    ),
    Series(
        tuple(Work(windows=2_000, batch=128, hidden=hidden) for hidden in (16, 64, 256, 512)),
        lambda work: work.parameters,
        "{:,} parameters",
    ),
)


def measure(quick: bool) -> list[Figure]:
    return [
        figure
        for name, label in LABELS.items()
        for series in SERIES
        for figure in grown(name, label, series, rounds=1 if quick else 3, works=3 if quick else 4)
    ]


def grown(name: str, label: str, series: Series, rounds: int, works: int) -> list[Figure]:
    """An epoch of each work, and the growth from each to the next."""
    chosen = {series.text.format(series.amount(work)): work for work in series.works[:works]}
    found = rivals.raced({text: rivals.ours(name, work) for text, work in chosen.items()}, rounds)
    epochs = [Figure(f"{label}, {text}: an epoch", values, "s") for text, values in found.items()]
    growths = []
    for (before, smaller), (after, larger) in pairwise(chosen.items()):
        more = series.amount(larger) / series.amount(smaller)
        values = [ratio / more for ratio in rivals.ratios(found[after], found[before])]
        growths.append(Figure(f"{label}, {before} to {after}: growth", values, "×", LIMIT))
    return [*epochs, *growths]
