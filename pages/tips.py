"""Tips: what does each well-known tip for a faster training buy, with this data and on this machine?"""

import streamlit as st

from core.runs.spec import FRAMEWORKS
from pages.parts import errors, live, session, tips_earlier, tips_form, tips_panel


def page() -> None:
    st.title("Tips")
    st.markdown(
        "**What does each tip for a faster training buy, here?** Each is tried alone against the framework's plain "
        "script, with your data and model on this machine; then all that help, together."
    )
    watched = session.tips()
    if watched is not None and not tips_panel.show(watched):
        session.show_tips(None)
        watched = None
    if watched is None:
        live.under_way()
        tips_form.show()
        tips_panel.explanations(FRAMEWORKS)
    else:
        with st.expander("Measure again", key="again", icon=":material/replay:"):
            tips_form.show()
    if (failure := session.get("tips_failed")) is not None:
        errors.show(failure)
    tips_earlier.show(watched)


page()
