"""The series as a line. A long one arrives thinned; where it is zoomed, finer points follow."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.data.dataset import Dataset
from core.data.quality import Mark
from core.figures import series
from core.figures.figure import POINTS, Figure
from pages.parts import chart, source

HEIGHT, ROW = 360, 120  # px: of one column or of a few, and at least for each of several
MOST = 8  # columns drawn
KEY = "series"


def show(dataset: Dataset, marks: Sequence[Mark] = ()) -> None:
    """A fragment of its own where there is more to see than is drawn at first."""
    of = hashlib.sha256(repr((source.fingerprint(), dataset.targets)).encode()).hexdigest()[:16]
    if dataset.rows <= POINTS:
        _draw(dataset, of, None, marks)
    else:
        st.fragment(_refining)(dataset, of, marks)
    if len(dataset.targets) > MOST:
        st.caption(f"The first {MOST} of {len(dataset.targets):,} columns.")


def _refining(dataset: Dataset, of: str, marks: Sequence[Mark]) -> None:
    window = chart.zoomed(KEY, of)
    if window is not None and isinstance(window[0], np.datetime64) != isinstance(dataset.index, pd.DatetimeIndex):
        window = None
    _draw(dataset, of, window, marks, zooms=of)


def _draw(
    dataset: Dataset, of: str, window: tuple[Any, Any] | None, marks: Sequence[Mark], zooms: str | None = None
) -> None:
    figure = _figure(of, window, dataset, marks)
    shown = replace(figure, layout={**figure.layout, "uirevision": of})  # another series is not zoomed as this one was
    chart.chart(shown, key=KEY, height=max(HEIGHT, ROW * len(dataset.targets[:MOST])), zooms=zooms)


@st.cache_resource(max_entries=16, show_spinner=False)
def _figure(of: str, window: tuple[Any, Any] | None, _dataset: Dataset, _marks: Sequence[Mark]) -> Figure:
    columns = {name: _dataset.values[:, place] for place, name in enumerate(_dataset.targets[:MOST])}
    index = np.asarray(_dataset.index)
    return series.history(index, columns, frequency=_dataset.frequency, window=window, marks=_marks)
