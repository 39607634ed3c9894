"""What the step between rows is told: that there is none, what is missing from it, and what clocks did to it."""

import pandas as pd

from core.data.dataset import Notice
from core.data.frequency import first_missing, missing_times, missing_words
from core.data.reading.clock_changes import about_clock_changes
from core.data.repeats import is_repeat
from core.data.words import moments

MANY_GAPS = 0.05  # of all times: scattered, they reach into most windows of twenty rows


def about_step(
    index: pd.Index, frequency: str | None, repeated: pd.DataFrame | None, utc: bool
) -> tuple[int, list[Notice]]:
    """Times missing from a regular step; on business days they are holidays and nothing to report."""
    if not isinstance(index, pd.DatetimeIndex):
        return 0, []
    if frequency is None:
        return 0, [Notice("irregular", "The times are not evenly spaced: each row counts as one step.")]
    twice = index[:0] if repeated is None else repeated.index[is_repeat(repeated, None)].unique()
    clocks = [] if utc else about_clock_changes(index, twice, frequency)
    gaps = missing_times(index, frequency)
    if not gaps or frequency == "B":
        return gaps, clocks
    told = f"{missing_words(gaps, frequency)}; the rows on both sides count as neighbours."
    many = gaps >= MANY_GAPS * (gaps + len(index))
    examples = moments(first_missing(index, frequency), frequency)
    return gaps, [Notice("gaps", told, count=gaps, serious=many, examples=examples), *clocks]
