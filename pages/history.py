"""History: every comparison of this installation, to reopen, rename, delete or run again."""

from datetime import datetime

import streamlit as st

from core.runs.results import label
from core.runs.store import UNENDED, Summary
from core.runs.view import ComparisonView
from pages.parts import controls, engine, errors, live, session

PAGE_SIZE = 20


def page() -> None:
    st.title("History")
    st.caption(
        "Everyone who can open this address shares these comparisons and may rename, stop or delete them. "
        "What you look at is your window's own."
    )
    controls.failure()
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
    view = engine.view(summary.id)
    text, colour = live.badge(view)
    with st.container(
        border=True,
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
        key=f"row_{summary.id}",
    ):
        words = st.container(width=340)
        words.markdown(f"**{errors.escape(summary.name)}** &nbsp; :{colour}-badge[{text}]")
        frameworks = " and ".join(label(name) for name in summary.frameworks)
        seeds = f"{summary.seeds} seed{'s' if summary.seeds > 1 else ''}"
        words.caption(
            f"{when(summary.created)} · {frameworks} · {summary.model.upper()}, {summary.horizon} ahead, {seeds} · "
            f"{errors.escape(summary.file)}"
        )
        with st.container(horizontal=True, width="content", gap="xsmall"):
            buttons(summary, view)


def buttons(summary: Summary, view: ComparisonView) -> None:
    active = engine.is_under_way(view)
    if st.button("Open", icon=":material/open_in_new:", key=f"open_{summary.id}"):
        session.show_comparison(summary.id)
        where = "train.py" if active else "compare.py"
        st.switch_page(where, query_params={"comparison": summary.id})
    controls.go_on(view, key=f"go_on_{summary.id}")
    controls.run_again(summary.id, key=f"again_{summary.id}")
    with st.popover("Rename", icon=":material/edit:"):
        st.text_input("New name", value=summary.name, key=f"name_{summary.id}")
        st.button("Save", key=f"save_{summary.id}", on_click=rename, args=(summary.id,))
    if view.state in UNENDED and summary.id in engine.supervisor().active():
        controls.stop(view, key=f"stop_{summary.id}")
        return
    with st.popover("Delete", icon=":material/delete:", disabled=active):
        st.write("The comparison and its forecasts are removed for everyone.")
        st.button("Delete for good", key=f"delete_{summary.id}", on_click=delete, args=(summary.id,))


def rename(comparison: str) -> None:
    controls.attempt(lambda: engine.store().rename(comparison, session.get(f"name_{comparison}")))


def delete(comparison: str) -> None:
    if controls.attempt(lambda: engine.delete(comparison)) and session.comparison() == comparison:
        session.show_comparison(None)


def when(created: str) -> str:
    """21 March 2026, 14:05, in the server's own time."""
    local = datetime.fromisoformat(created).astimezone()
    return f"{local.day} {local:%B %Y, %H:%M}"


page()
