"""History: every comparison of this installation, to reopen, rename, delete or run again."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from core.errors import TwincastError
from core.runs.results import label
from core.runs.store import UNENDED, Summary
from core.runs.view import ComparisonView
from pages.parts import controls, engine, errors, live, session

PAGE_SIZE = 20
LONGEST_NAME = 120  # characters that the store keeps; the field counts them, and takes no more
BUSY_S, CALM_S = 2.0, 10.0  # between two looks at the list
QUESTIONS = ("rename", "ask_delete")  # the popovers of a row


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
    busy = is_busy(engine.store().list())
    st.fragment(tick, run_every=BUSY_S if busy else CALM_S)(busy)


def tick(page_thinks_busy: bool) -> None:
    """The list as it is now. What could not be done is said by the page, which stays while the list is drawn anew."""
    summaries = engine.store().list()
    if is_busy(summaries) != page_thinks_busy or controls.has_failed():
        st.rerun()
    summaries = undisturbed(summaries)
    if not summaries:
        st.write("Nothing here yet. Train a sample: it takes less than a minute.")
        st.page_link("train.py", label="Train", icon=":material/play_arrow:")
        return
    for summary in summaries[: shown_count(len(summaries))]:
        row(summary)
    if len(summaries) > shown_count(len(summaries)):
        st.button("Show more", on_click=lambda: session.put("shown", session.get("shown", PAGE_SIZE) + PAGE_SIZE))


def is_busy(summaries: Sequence[Summary]) -> bool:
    """Whether anything is under way, here or in another process."""
    return bool(engine.supervisor().active()) or any(summary.state in UNENDED for summary in summaries)


def undisturbed(summaries: Sequence[Summary]) -> list[Summary]:
    """While a question is open no row comes in above it: it would move away from under the pointer."""
    known = session.get("listed", ())
    if any(session.get(f"{question}_{id}") for id in known for question in QUESTIONS):
        return [summary for summary in summaries if summary.id in known]
    session.put("listed", [summary.id for summary in summaries])
    return list(summaries)


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
    with st.popover("Rename", icon=":material/edit:", key=f"rename_{summary.id}", on_change=forget_refusal):
        rename_form(summary)
    if view.state in UNENDED and summary.id in engine.supervisor().active():
        controls.stop(view, key=f"stop_{summary.id}")
        return
    with st.popover(
        "Delete", icon=":material/delete:", disabled=active, key=f"ask_delete_{summary.id}", on_change="rerun"
    ):
        st.write("The comparison and its forecasts are removed for everyone.")
        st.button("Delete for good", key=f"delete_{summary.id}", on_click=delete, args=(summary.id,))


def rename_form(summary: Summary) -> None:
    """Closes once the name is saved; what is wrong with a name is said beside it until another is given."""
    with st.form(f"rename_form_{summary.id}", border=False, enter_to_submit=True):
        st.text_input("New name", value=summary.name, key=f"name_{summary.id}", max_chars=LONGEST_NAME)
        st.form_submit_button("Save", key=f"save_{summary.id}", on_click=rename, args=(summary.id,))
    if (refusal := session.get("rename_refused")) is not None and refusal[0] == summary.id:
        errors.show(refusal[1])


def forget_refusal() -> None:
    session.put("rename_refused", None)


def rename(comparison: str) -> None:
    forget_refusal()
    try:
        engine.store().rename(comparison, session.get(f"name_{comparison}"))
    except TwincastError as error:
        session.put("rename_refused", (comparison, error))
    else:
        session.put(f"rename_{comparison}", False)


def delete(comparison: str) -> None:
    if controls.attempt(lambda: engine.delete(comparison)) and session.comparison() == comparison:
        session.show_comparison(None)


def when(created: str) -> str:
    """21 March 2026, 14:05, in the server's own time."""
    local = datetime.fromisoformat(created).astimezone()
    return f"{local.day} {local:%B %Y, %H:%M}"


page()
