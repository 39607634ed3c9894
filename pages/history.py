"""History: every comparison of this installation, to reopen, rename, delete or run again."""

from collections.abc import Callable
from datetime import datetime

import streamlit as st

from core.errors import TwincastError
from core.runs.results import label
from core.runs.store import Summary
from pages.parts import engine, errors, live, session

PAGE_SIZE = 20


def page() -> None:
    st.title("History")
    st.caption("Comparisons are kept on this installation and shared by everyone who uses it.")
    if (failure := session.get("history_failed")) is not None:
        errors.show(failure)
        session.put("history_failed", None)
    for damaged in engine.store().damaged_comparisons():
        errors.show_problem(damaged.problem, level="warning")
        st.button("Delete what is left of it", key=f"delete_{damaged.id}", on_click=delete, args=(damaged.id,))
    summaries = engine.store().list()
    if not summaries:
        st.write("Nothing here yet. Train a sample: it takes less than a minute.")
        st.page_link("train.py", label="Train", icon=":material/play_arrow:")
        return
    for summary in summaries[: shown_count(len(summaries))]:
        row(summary)
    if len(summaries) > shown_count(len(summaries)):
        st.button("Show more", on_click=lambda: session.put("shown", session.get("shown", PAGE_SIZE) + PAGE_SIZE))


def shown_count(total: int) -> int:
    return min(total, session.get("shown", PAGE_SIZE))


def row(summary: Summary) -> None:
    state = engine.view(summary.id).state
    text, colour = live.STATES[state]
    with st.container(border=True, key=f"row_{summary.id}"):
        words, actions = st.columns([1, 1], vertical_alignment="center")
        words.markdown(f"**{errors.escape(summary.name)}** &nbsp; :{colour}-badge[{text}]")
        frameworks = " and ".join(label(name) for name in summary.frameworks)
        seeds = f"{summary.seeds} seed{'s' if summary.seeds > 1 else ''}"
        words.caption(
            f"{when(summary.created)} · {frameworks} · {summary.model.upper()}, {summary.horizon} ahead, {seeds} · "
            f"{errors.escape(summary.file)}"
        )
        with actions.container(horizontal=True, horizontal_alignment="right"):
            buttons(summary, state)


def buttons(summary: Summary, state: str) -> None:
    active = state in live.ACTIVE
    if st.button("Open", icon=":material/open_in_new:", key=f"open_{summary.id}"):
        session.show_comparison(summary.id)
        where = "train.py" if active else "compare.py"
        st.switch_page(where, query_params={"comparison": summary.id})
    if st.button("Run again", icon=":material/replay:", key=f"again_{summary.id}"):
        again(summary.id)
    with st.popover("Rename", icon=":material/edit:"):
        st.text_input("New name", value=summary.name, key=f"name_{summary.id}")
        st.button("Save", key=f"save_{summary.id}", on_click=rename, args=(summary.id,))
    with st.popover("Delete", icon=":material/delete:", disabled=active):
        st.write("The comparison and its forecasts are removed for everyone.")
        st.button("Delete for good", key=f"delete_{summary.id}", on_click=delete, args=(summary.id,))


def again(comparison: str) -> None:
    try:
        started = engine.start_again(comparison)
    except TwincastError as error:
        session.put("history_failed", error)
        st.rerun()
    session.show_comparison(started)
    st.switch_page("train.py", query_params={"comparison": started})


def rename(comparison: str) -> None:
    _do(lambda: engine.store().rename(comparison, session.get(f"name_{comparison}")))


def delete(comparison: str) -> None:
    if _do(lambda: engine.delete(comparison)) and session.comparison() == comparison:
        session.show_comparison(None)


def _do(action: Callable[[], None]) -> bool:
    """Whether it went well; what went wrong is shown on top of the page."""
    try:
        action()
    except TwincastError as error:
        session.put("history_failed", error)
        return False
    return True


def when(created: str) -> str:
    """21 March 2026, 14:05, in the server's own time."""
    local = datetime.fromisoformat(created).astimezone()
    return f"{local.day} {local:%B %Y, %H:%M}"


page()
