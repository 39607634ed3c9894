"""The claims of guides in tables and lists: what they say, what is true today, and the person's own figure."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from core.advice.claims import HARDWARE, Claim, claim, claims
from core.advice.measured import FIGURES, Figures
from core.advice.recommend import EITHER, recommend, rules
from pages.parts import errors

COLOURS = {
    "still true": "green",
    "checked": "green",
    "changed": "orange",
    "wrong": "red",
    "opinion": "gray",
    "not verified": "gray",
    "measured": "blue",
}
WORDS = {"measured": "measured here"}
SAY = {"pytorch": "PyTorch", "tensorflow": "TensorFlow/Keras", EITHER: "either"}


def badge(status: str) -> str:
    return f":{COLOURS[status]}-badge[{WORDS.get(status, status)}]"


def when_which(figures: Figures) -> None:
    """Two lists side by side."""
    for column, section, title in zip(
        st.columns(2, gap="large"),
        ("choose_pytorch", "choose_tensorflow"),
        ("When PyTorch", "When TensorFlow, with Keras"),
        strict=True,
    ):
        with column:
            st.markdown(f"##### {title}")
            for each in claims(section):
                st.markdown(f"**{each.title}** {badge(each.status)}  \n{each.today}")
                if own(each, figures):
                    st.caption(own(each, figures))
    sources("choose_pytorch", "choose_tensorflow")


def table(figures: Figures, *sections: str, first: str) -> None:
    """A row a claim."""
    shown = [each for section in sections for each in claims(section)]
    head = [first, "Guides say", "Today"]
    rows = [[f"**{each.title}**", each.guide, today(each)] for each in shown]
    if any(each.measured_by or each.hardware for each in shown):
        head.append("Your own figure")
        rows = [[*row, own(each, figures) or "–"] for row, each in zip(rows, shown, strict=True)]
    _write(head, rows)


def features(figures: Figures) -> None:
    table(figures, "features", first="Feature")
    sources("features")


def speed(figures: Figures) -> None:
    st.markdown("##### How fast does it train, how fast does one develop?")
    table(figures, "speed", "development", first="Speed")
    st.markdown("##### Which tips help?")
    table(figures, "tips", first="Tip")
    st.page_link("tips.py", label="Measure them on your data", icon=":material/speed:")
    sources("speed", "development", "tips")


def uses(figures: Figures) -> None:
    st.markdown("##### What is it for?")
    table(figures, "uses", first="Use")
    st.markdown("##### Five scenarios")
    head = ["Scenario", "Guides say", "With these answers today", "Today"]
    _write(head, [_scenario(scenario.claim, scenario.answers, figures) for scenario in rules().scenarios])
    sources("uses", "scenarios")


def _scenario(claim_id: str, answers: object, figures: Figures) -> list[str]:
    about = claim(claim_id)
    found = recommend(answers, figures)  # type: ignore[arg-type]
    return [f"**{about.title}**", about.guide, SAY[found.framework], today(about)]


def start(figures: Figures) -> None:
    st.markdown("##### Where do I start?")
    st.markdown("Train a sample, or your own file, with both; look at Compare; come back here with your own figures.")
    with st.container(horizontal=True):
        st.page_link("data.py", label="Your data", icon=":material/show_chart:")
        st.page_link("train.py", label="Train both", icon=":material/play_arrow:")
    table(figures, "start", "install", "files", first="Advice")
    sources("start", "install", "files")


def today(each: Claim) -> str:
    since = f" Since {_when(each)}." if each.since else ""
    return f"{badge(each.status)} {each.today}{since}"


def own(each: Claim, figures: Figures) -> str:
    """The person's own figure in place of the claim; what it would take where there can be none yet."""
    if (measured := figures.get(each.measured_by)) is not None:
        words = f"{FIGURES[measured.figure].capitalize()}: {measured.words} ({measured.rests_on})."
        return errors.escape(words)
    if each.hardware:
        return f"Not measured here: that takes {HARDWARE[each.hardware]}."
    if each.measured_by.startswith("tips."):
        return "Not measured yet: Tips does it."
    return "Not measured yet: a comparison does it." if each.measured_by else ""


def sources(*sections: str) -> None:
    """What each claim was held against, folded away at the end of a tab."""
    shown = [each for section in sections for each in claims(section)]
    with st.expander("Sources", icon=":material/menu_book:"):
        lines = [f"- **{each.title}**: {f'[{each.source}]({each.url})' if each.url else each.source}" for each in shown]
        st.markdown("\n".join(lines))


def _when(each: Claim) -> str:
    """7 August 2025, August 2025 or 2025: as exactly as it is known."""
    day = each.began or date.min
    return {4: f"{day:%Y}", 7: f"{day:%B %Y}"}.get(len(each.since), f"{day.day} {day:%B %Y}")


def _write(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    lines = [head, ["---"] * len(head), *rows]
    st.markdown("\n".join(f"| {' | '.join(cells)} |" for cells in lines))
