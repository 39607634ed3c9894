"""Key differences to remember, as the same tiny program twice, and how long the same program is in both."""

import streamlit as st

from core.advice import code_lines
from core.advice.claims import claim
from core.advice.differences import Difference, differences
from core.advice.measured import Figures
from core.frameworks.registry import NAMES
from core.runs.results import label
from pages.parts import guide_claims

WIDTH = 470  # px of one example; below each other where there is less for two


def show(figures: Figures) -> None:
    st.markdown("##### What differs in the code?")
    for each in differences():
        with st.expander(each.title, expanded=each is differences()[0]):
            difference(each)
    st.markdown("##### How long is it?")
    counted()
    st.markdown("##### What do guides say of it?")
    guide_claims.table(figures, "code", first="Claim")
    guide_claims.sources("code", "differences")


def difference(each: Difference) -> None:
    st.markdown(each.words)
    about = claim(each.claim)
    st.caption(f"Guides say: {about.guide} Today: {about.today}")
    side_by_side = st.container(horizontal=True)
    for name in NAMES:
        with side_by_side.container(width=WIDTH):
            st.markdown(f"**{guide_claims.SAY[name]}**")
            st.code(getattr(each, name).strip(), language="python")


def counted() -> None:
    st.markdown(
        "This program does the same in both frameworks, file by file. Counted are lines of code: "
        "no empty ones, no comments, no descriptions."
    )
    twins = code_lines.twins()
    rows = [{"file": each.file, label("pytorch"): each.pytorch, label("tensorflow"): each.tensorflow} for each in twins]
    rows.append({"file": "all", **{label(name): sum(getattr(each, name) for each in twins) for name in NAMES}})
    st.dataframe(rows, hide_index=True, width="content", height="content")
