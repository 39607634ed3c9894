"""Earlier measurements of the tips on this installation: open one, or remove it."""

import streamlit as st

from core.runs.store import Summary
from pages.parts import controls, engine, errors, session

MOST = 10


def show(watched: str | None) -> None:
    found = [each for each in engine.store().list(tips=True) if each.id != watched][:MOST]
    if not found:
        return
    with st.expander("Earlier measurements", key="earlier", icon=":material/history:"):
        for summary in found:
            _row(summary)


def _row(summary: Summary) -> None:
    row = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    when = summary.created[:16].replace("T", " ")
    row.markdown(f"**{errors.escape(summary.name)}** · {summary.model.upper()} · {when} UTC · {summary.state}")
    with row.container(horizontal=True, width="content", gap="xsmall"):
        st.button("Open", key=f"open_{summary.id}", on_click=session.show_tips, args=(summary.id,))
        st.button("Delete", key=f"delete_{summary.id}", on_click=_delete, args=(summary.id,))


def _delete(id: str) -> None:
    controls.attempt(lambda: engine.delete(id))
