"""Train: choose frameworks and settings, see how long it will take, start, and watch."""

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import graphics
from core.data.dataset import Dataset, Split
from core.data.selection import describe
from core.errors import BadInput, TwincastError
from core.runs.planning import undecidable_words
from core.runs.presets import PRESETS
from core.runs.translation import planned_model
from pages.parts import engine, errors, forms, hardware_form, live, prefill, preset_times, session, source, widgets

CHOICES = {"both": "Both", "pytorch": "PyTorch", "tensorflow": "TensorFlow"}


def page() -> None:
    st.title("Train")
    watched = session.comparison()
    if watched is not None and not live.panel(watched):
        session.show_comparison(None)
        watched = None
    if watched is not None:
        with st.expander("Start another comparison", expanded=False, key="another"):
            form()
    else:
        live.under_way()
        form()


def form() -> None:
    try:
        dataset = source.dataset()
    except BadInput as error:
        errors.show(error)
        st.page_link("data.py", label="Choose another series", icon=":material/arrow_back:")
        return
    prefill.prefill(dataset)
    st.markdown(f"**{errors.escape(dataset.name)}** · {errors.escape(describe(dataset))}")
    choose_frameworks()
    choose_preset(dataset)
    size = show_settings(dataset)
    start_row(dataset, size)


def choose_frameworks() -> None:
    st.segmented_control(
        widgets.LABELS["frameworks"],
        list(CHOICES),
        format_func=CHOICES.get,
        default="both",
        required=True,
        key="frameworks",
        persist_state="session",
        help="Both trains the same model in each and compares them.",
    )
    problems = {status.problem for status in engine.supervisor().frameworks().values() if status.problem is not None}
    for problem in sorted(problems, key=lambda each: each.what):  # one that concerns all frameworks is said once
        errors.show_problem(problem, level="warning")


def frameworks() -> tuple[str, ...]:
    chosen = session.get("frameworks")
    return ("pytorch", "tensorflow") if chosen in (None, "both") else (chosen,)


def choose_preset(dataset: Dataset) -> None:
    if session.get("preset") is None:  # not the widget's own default: it is also set from elsewhere
        session.put("preset", "demo")
    st.segmented_control(
        "How thoroughly?",
        [*PRESETS, widgets.OWN],
        format_func=lambda name: PRESETS[name].label if name in PRESETS else "My own settings",
        required=True,
        key="preset",
        persist_state="session",
        on_change=lambda: (
            prefill.use_preset(dataset, session.get("preset")) if session.get("preset") in PRESETS else None
        ),
        help="A preset fills in all settings below from the step and the length of your data.",
    )
    name = session.get("preset")
    st.caption(PRESETS[name].help if name in PRESETS else "Every setting below is yours. Hover the question marks.")
    st.caption(preset_times.words(dataset, frameworks()))


def show_settings(dataset: Dataset) -> DeltaGenerator:
    """Returns the place beside the model for its size."""
    own = session.get("preset") == widgets.OWN
    with st.expander("Model, training and hardware", expanded=own, icon=":material/tune:"):
        model, training, hardware = st.tabs(["Model", "Training", "Hardware"])
        with model:
            size = forms.model_fields(dataset)
        with training:
            forms.training_fields()
        with hardware:
            found = {device.id: device for devices in engine.devices().values() for device in devices}
            limits = graphics.limits(engine.devices(), graphics.system())
            hardware_form.hardware_fields(list(found.values()), limits)
    return size


def values(dataset: Dataset) -> dict[str, Any]:
    """Everything the form says, as Settings takes it.

    Fields that are exactly another preset's have not reached the browser anew since this one was chosen.
    """
    preset, fields = session.get("preset"), session.settings()
    if preset in PRESETS and any(fields == forms.to_widgets(prefill.preset_values(dataset, name)) for name in PRESETS):
        return {**prefill.preset_values(dataset, preset), "frameworks": frameworks()}
    return {**forms.to_values(fields), "frameworks": frameworks()}


def start_row(dataset: Dataset, size: DeltaGenerator) -> None:
    row = st.container(horizontal=True, vertical_alignment="center", gap="medium")
    button, words = row.container(width=200), row.container(width=720)
    try:
        spec = engine.plan(dataset, values(dataset), source.reading())
    except TwincastError as error:
        errors.show(forms.as_labelled(error))
        spec = None
    under_way = engine.own()
    button.button(
        "Start training",
        type="primary",
        icon=":material/play_arrow:",
        key="start",
        width="stretch",
        disabled=spec is None or bool(under_way),
        on_click=start,
        args=(dataset,),
    )
    if spec is not None:
        size.caption(forms.size_words(planned_model(spec)))
        words.markdown(engine.estimate_words(spec))
        words.caption(summary(spec.settings.model_dump()))
        if why := undecidable_words(spec.settings, Split(*spec.plan.split)):
            words.caption(f":material/info: {why}")
    if under_way:
        which = "the comparison above" if session.comparison() in under_way else "the one you started"
        words.caption(f"One at a time in this window: stop {which}, or wait for its end.")
    if (failure := session.get("start_failed")) is not None:
        errors.show(forms.as_labelled(failure))


def summary(settings: dict[str, Any]) -> str:
    """The choice in one line."""
    seeds, folds = len(settings["seeds"]), settings["folds"]
    alone = len(settings["frameworks"]) < 2
    order = "" if alone else f"; {hardware_form.ORDERS[settings['order']].split(':')[0].lower()}"
    return (
        f"{forms.model_words(settings)}; {settings['lookback']} rows back, {settings['horizon']} ahead; "
        f"at most {settings['epochs']} epochs, batches of {settings['batch_size']}; "
        f"{seeds} seed{'s' if seeds > 1 else ''}{f' on {folds} folds' if folds > 1 else ''}{order}"
    )


def start(dataset: Dataset) -> None:
    """Runs once a click, before the page is drawn.

    A second click may cut the first one's run short, but finds the comparison that it started, and shows it.
    """
    session.put("start_failed", None)
    if under_way := engine.own():
        session.show_comparison(under_way[0])
        return
    try:
        session.show_comparison(engine.start(dataset, values(dataset), source.reading()))
    except TwincastError as error:
        session.put("start_failed", error)


page()
