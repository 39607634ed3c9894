"""Scripts of the comparison at hand that need nothing of this program: to read, to copy, and as one ZIP."""

from functools import partial

import streamlit as st

from core.advice.code_lines import lines
from core.codegen import bundle, readme, scripts
from core.runs.results import label
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder
from pages.parts.code_side_by_side import WIDTH

SIZES = {
    "Short": (scripts.SIMPLE, "The framework's own layers and the same settings, in as few lines as it takes."),
    "Complete": (scripts.COMPLETE, "The networks, losses and arithmetic that ran, with the best epoch chosen."),
}


def show(spec: ComparisonSpec, folder: ComparisonFolder, reason: str | None) -> None:
    texts = _texts(spec)
    st.markdown(
        "Two sizes for each framework. They need only NumPy, pandas, Matplotlib, scikit-learn and their framework, "
        "read `data.csv` beside them, print scores and save a picture."
    )
    if reason is None:
        st.download_button(
            "Everything as a ZIP",
            data=partial(bundle.make, folder),
            file_name=f"twincast-scripts-{spec.id}.zip",
            mime="application/zip",
            icon=":material/download:",
            key="scripts_zip",
            on_click="ignore",
        )
        st.caption(_inside(spec))
    else:
        st.caption(f":material/block: No ZIP here: {reason}")
    for tab, size in zip(st.tabs(list(SIZES)), SIZES.values(), strict=True):
        with tab:
            _size(texts, *size)


def _size(texts: dict[str, str], names: dict[str, str], words: str) -> None:
    st.markdown(words)
    side_by_side = st.container(horizontal=True)
    for framework, name in names.items():
        with side_by_side.container(width=WIDTH):
            st.markdown(f"**{label(framework)}**: `{name}`, {lines(texts[name])} lines of code")
            st.code(texts[name], language="python")


def _inside(spec: ComparisonSpec) -> str:
    weights = ", the initial weights of both" if spec.settings.maths == "matched" else ""
    names = " and ".join(f"`{name}`" for name in readme.NAME.values())
    return f"Inside: the four scripts, `data.csv` with the rows as understood, what to install{weights}; {names}."


@st.cache_data(max_entries=16, show_spinner=False, hash_funcs={ComparisonSpec: lambda spec: spec.model_dump_json()})
def _texts(spec: ComparisonSpec) -> dict[str, str]:
    return {name: content.decode() for name, content in bundle.texts(spec).items()}
