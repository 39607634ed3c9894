"""Guide: which framework, from a few answers; then what guides claim, what is true today, and your own figures."""

import streamlit as st

from core.advice import measured
from core.advice.claims import checked
from core.advice.measured import Measured
from pages.parts import engine, guide_answer, guide_claims, guide_code

TABS = ("When which", "Feature by feature", "Speed", "What for", "Code", "Where to start")


def page() -> None:
    st.title("Guide")
    figures = own_figures()
    guide_answer.show(figures)
    st.subheader("What guides say, and what is true")
    st.caption(
        "Claims of older guides, held against their sources on "
        f"{checked():%d %B %Y}. Where you have measured it, your own figure stands beside them."
    )
    when, features, speed, uses, code, start = st.tabs(TABS)
    with when:
        guide_claims.when_which(figures)
    with features:
        guide_claims.features(figures)
    with speed:
        guide_claims.speed(figures)
    with uses:
        guide_claims.uses(figures)
    with code:
        guide_code.show(figures)
    with start:
        guide_claims.start(figures)


def own_figures() -> dict[str, Measured]:
    """Read again once there is another comparison, and now and then."""
    kept = (*engine.store().list(), *engine.store().list(tips=True))
    return _figures(tuple((summary.id, summary.name, summary.state) for summary in kept))


@st.cache_data(max_entries=4, ttl=60, show_spinner=False)
def _figures(marks: tuple[tuple[str, ...], ...]) -> dict[str, Measured]:
    return measured.figures(engine.store())


page()
