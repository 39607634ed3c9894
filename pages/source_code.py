"""Source code: what really ran in both frameworks, side by side by concept, and scripts of it that stand alone."""

import streamlit as st

from core.codegen import bundle
from core.errors import NotFound, StoreFailed
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder
from pages.parts import code_scripts, code_side_by_side, engine, errors, session


def page() -> None:
    st.title("Source code")
    watched = session.comparison()
    if watched is None:
        st.write("The code of a comparison stands here, side by side. Nothing has been trained yet in this window.")
        ways_on()
        return
    try:
        folder = engine.store().open(watched)
        spec, reason = folder.spec(), bundle.reason_against(folder)
    except (NotFound, StoreFailed) as error:
        errors.show(error)
        ways_on()
        return
    show(spec, folder, reason)


def ways_on() -> None:
    with st.container(horizontal=True):
        st.page_link("train.py", label="Train", icon=":material/play_arrow:")
        st.page_link("history.py", label="Earlier comparisons", icon=":material/history:")


def show(spec: ComparisonSpec, folder: ComparisonFolder, reason: str | None) -> None:
    st.markdown(f"Of the comparison **{errors.escape(spec.name)}**: its model and its settings, in both frameworks.")
    st.subheader("What ran, side by side")
    code_side_by_side.show(spec)
    st.subheader("Scripts that stand alone")
    code_scripts.show(spec, folder, reason)


page()
