"""The twin files of both frameworks, concept by concept: what ran, what differs, and how long it is."""

import streamlit as st

from core.codegen import source
from core.codegen.source import Concept
from core.runs.results import label
from core.runs.spec import ComparisonSpec

WIDTH = 480  # px of one framework's code; below each other where there is less for two
SHORT = {"data": "Data", "model": "Model", "training": "Training", "evaluation": "Evaluation", "device": "Device"}


def show(spec: ComparisonSpec) -> None:
    found = source.concepts(spec)
    st.caption(
        "Cut from this program's own files as they are, with their real line numbers. Counted are lines of code: no "
        "empty ones, no comments, no descriptions."
    )
    for tab, concept in zip(st.tabs([SHORT.get(each.id, each.title) for each in found]), found, strict=True):
        with tab:
            _concept(concept)
    _counted(found)


def _concept(concept: Concept) -> None:
    st.markdown(f"##### {concept.title}")
    st.markdown(concept.words)
    if concept.differences:
        st.markdown("**What differs**\n\n" + "\n".join(f"- {each.words}" for each in concept.differences))
    side_by_side = st.container(horizontal=True)
    for framework in source.FRAMEWORKS:
        with side_by_side.container(width=WIDTH):
            st.markdown(f"**{label(framework)}**, {concept.lines(framework)} lines")
            for part in concept.parts[framework]:
                st.caption(f"`{part.name}`, {part.where}, lines {part.first} to {part.last}")
                st.code(part.text, language="python")


def _counted(found: tuple[Concept, ...]) -> None:
    rows = [
        {"Lines of code": each.title, **{label(name): each.lines(name) for name in source.FRAMEWORKS}} for each in found
    ]
    rows.append(
        {"Lines of code": "All", **{label(name): sum(each.lines(name) for each in found) for name in source.FRAMEWORKS}}
    )
    st.dataframe(rows, hide_index=True, width="content", height="content")
