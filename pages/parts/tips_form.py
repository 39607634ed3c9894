"""What the tips are to be measured on, and for how long."""

from typing import Any

import streamlit as st

from core.data.dataset import Dataset
from core.data.selection import describe
from core.errors import BadInput, TwincastError
from core.runs import presets
from core.runs.tips_plan import BUDGET_S, tips_settings
from pages.parts import engine, errors, forms, prefill, session, source

FRAMEWORKS = {"both": "Both", "pytorch": "PyTorch", "tensorflow": "TensorFlow"}
BUDGETS = {30: "30 s", 60: "60 s", 120: "2 min", 300: "5 min"}


def show() -> None:
    try:
        dataset = source.dataset()
    except BadInput as error:
        errors.show(error)
        st.page_link("data.py", label="Choose another series", icon=":material/arrow_back:")
        return
    prefill.prefill(dataset)
    st.markdown(f"**{errors.escape(dataset.name)}** · {errors.escape(describe(dataset))}")
    with st.container(horizontal=True, gap="large"):
        _choose("Which framework?", FRAMEWORKS, "both", "tips_frameworks", "Each has tips of its own.")
        _choose(
            "For how long?",
            BUDGETS,
            int(BUDGET_S),
            "tips_budget",
            "Shared by the frameworks alike. With more time the intervals become narrower, and tips that are slow to "
            "set up get their turn. Starting a framework comes on top where it has not been started yet.",
        )
        with st.container(width=260):
            _choose_model()
    _start_row(dataset)


def _choose(label: str, options: dict[Any, str], default: Any, key: str, help: str) -> None:
    st.segmented_control(
        label,
        list(options),
        format_func=options.get,
        default=default,
        required=True,
        key=key,
        persist_state="session",
        help=help,
    )


def _choose_model() -> None:
    """At first the one on the page Train."""
    if session.get("tips_model") is None:
        session.put("tips_model", session.settings()["model"])
    st.selectbox(
        "Model",
        list(forms.MODELS),
        format_func=forms.MODELS.get,
        key="tips_model",
        persist_state="session",
        help="Its sizes, the batch size and the optimiser are those on the page Train.",
    )


def values(dataset: Dataset) -> dict[str, Any]:
    """What is on the page Train, with the model and the frameworks chosen here."""
    fields, model, chosen = session.settings(), session.get("tips_model"), session.get("tips_frameworks")
    if model != fields["model"]:
        fields |= {**presets.suited_to(model, dataset), "model": model}
    frameworks = ("pytorch", "tensorflow") if chosen in (None, "both") else (chosen,)
    return {**forms.to_values(fields), "frameworks": frameworks}


def budget() -> float:
    return float(session.get("tips_budget") or BUDGET_S)


def _start_row(dataset: Dataset) -> None:
    row = st.container(horizontal=True, vertical_alignment="center", gap="medium")
    button, words = row.container(width=200), row.container(width=720)
    try:
        settings = tips_settings(dataset, values(dataset), engine.devices(), budget())
    except TwincastError as error:
        errors.show(forms.as_labelled(error))
        settings = None
    under_way = engine.own()
    button.button(
        "Measure",
        type="primary",
        icon=":material/speed:",
        key="measure",
        width="stretch",
        disabled=settings is None or bool(under_way),
        on_click=_start,
        args=(dataset,),
    )
    if settings is not None:
        words.caption(
            f"{forms.model_words(settings.model_dump())}; {settings.lookback} rows back, {settings.horizon} ahead; "
            f"batches of {settings.batch_size}, {forms.OPTIMIZERS[settings.optimizer]}. "
            "What else is set on the page Train counts here too, its speed settings apart: these are what is measured."
        )
    if under_way:
        words.caption("One at a time in this window: stop what you started, or wait for its end.")


def _start(dataset: Dataset) -> None:
    """Runs once a click, before the page is drawn."""
    session.put("tips_failed", None)
    if engine.own():
        return
    try:
        session.show_tips(engine.start_tips(dataset, values(dataset), source.reading(), budget()))
    except TwincastError as error:
        session.put("tips_failed", forms.as_labelled(error))
