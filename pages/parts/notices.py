"""What every page says above its own content when something is not as it should be with the server itself."""

import streamlit as st

from core.errors import Problem
from pages.parts import engine, errors

ENDED = Problem(
    "Nothing can be trained at the moment: the part of this server that runs the trainings has ended",
    "",
    "Restart the server; comparisons that were going can then go on from where they are. What has ended can be "
    "looked at as always, and the server's log says what happened.",
)
SHARED = "Another Twincast server works on the same folder. Both share the history and wait for each other's trainings."


def show() -> None:
    if not engine.alive():
        errors.show_problem(ENDED)
    if engine.another_server():
        st.caption(f":material/info: {SHARED}")
