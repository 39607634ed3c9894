"""The frame around every page: title, icon, and the way from a series to an answer in the navigation."""

import streamlit as st

from pages.parts import login, notices, session
from pages.parts.theme import ICON, LOGO

st.set_page_config(page_title="Twincast", page_icon=str(ICON), layout="wide", initial_sidebar_state="auto")
st.logo(str(LOGO), icon_image=str(ICON), size="large")

entered = login.passed()
chosen = st.navigation(
    [
        st.Page("data.py", title="Data", icon=":material/show_chart:", default=True),
        st.Page("train.py", title="Train", icon=":material/play_arrow:"),
        st.Page("compare.py", title="Compare", icon=":material/compare_arrows:"),
        st.Page("source_code.py", title="Source code", icon=":material/code:"),
        st.Page("tips.py", title="Tips", icon=":material/speed:"),
        st.Page("guide.py", title="Guide", icon=":material/menu_book:"),
        st.Page("history.py", title="History", icon=":material/history:"),
    ],
    position="sidebar" if entered else "hidden",
)
if entered:
    session.name_upload()
    notices.show()
    chosen.run()
