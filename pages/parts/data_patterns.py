"""What repeats in the series, and the windows of the training that follow from it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from core.data import patterns
from core.data.dataset import Dataset, Table
from core.data.patterns import Suggestion
from core.data.words import shortened
from core.figures import patterns as figures
from core.figures.figure import Figure
from pages.parts import errors, prefill, session, source
from pages.parts.chart import chart

HEIGHT = 230
PANEL = 190  # of a profile, where they stand below each other


def show(table: Table, dataset: Dataset) -> None:
    target = dataset.targets[0]
    found = _found(source.fingerprint(), target, table)
    st.subheader("What repeats?")
    if len(dataset.targets) > 1:
        st.caption(errors.escape(f"In “{shortened(target)}”."))
    if found.panels:
        chart(found.profile, key="profile", height=HEIGHT, narrow_height=PANEL * found.panels)
    row = st.container(horizontal=True, vertical_alignment="center", gap="large")
    with row.container(width="stretch"):
        chart(found.correlation, key="correlation", height=HEIGHT)
    with row.container(width=380, border=True, key="suggestion"):
        _suggest(dataset, found.suggestion)


def suggested(table: Table, target: str) -> Suggestion:
    return _found(source.fingerprint(), target, table).suggestion


def _suggest(dataset: Dataset, suggestion: Suggestion) -> None:
    season = f"A season is **{suggestion.season:,}** rows. " if suggestion.season > 1 else ""
    st.markdown(
        f"{season}Suggested for the training: look back **{suggestion.lookback:,}** rows, "
        f"forecast **{suggestion.horizon:,}** ahead."
    )
    st.caption(" ".join(map(errors.escape, suggestion.reasons)))
    used = _in_use(dataset, suggestion)
    st.button(
        "In use" if used else "Use these",
        key="use_suggestion",
        icon=":material/check:",
        disabled=used,
        on_click=prefill.use_windows,
        args=(dataset, suggestion.lookback, suggestion.horizon),
        help="Sets look back and forecast ahead on the page Train.",
    )


def _in_use(dataset: Dataset, suggestion: Suggestion) -> bool:
    settings = session.settings()
    return prefill.is_for(dataset) and (settings.get("lookback"), settings.get("horizon")) == (
        suggestion.lookback,
        suggestion.horizon,
    )


@dataclass(frozen=True)
class Found:
    profile: Figure
    panels: int
    correlation: Figure
    suggestion: Suggestion


@st.cache_resource(max_entries=16, show_spinner="Looking for what repeats…")
def _found(mark: tuple[Any, ...], target: str, _table: Table) -> Found:
    suggestion = patterns.suggest(_table, target)
    values = _table.frame[target].to_numpy(dtype=np.float64)
    lags = min(max(2 * suggestion.season, 48), len(values) // 2)
    profiles = patterns.profiles(_table, target)
    correlation = figures.correlation(patterns.autocorrelation(values, lags), suggestion.season)
    return Found(figures.profile(profiles), len(profiles), correlation, suggestion)
