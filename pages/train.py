"""Train: choose frameworks and settings, see how long it will take, start, and watch."""

from typing import Any

import streamlit as st

from core.data.dataset import Dataset
from core.data.selection import describe
from core.errors import BadInput, TwincastError
from core.runs.presets import PRESETS, default_settings
from pages.parts import engine, errors, forms, live, session, source

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
    prefill(dataset)
    st.markdown(f"**{errors.escape(dataset.name)}** · {errors.escape(describe(dataset))}")
    choose_frameworks()
    choose_preset(dataset)
    show_settings()
    start_row(dataset)


def prefill(dataset: Dataset) -> None:
    """Settings that suit the series, whenever another series is chosen."""
    fingerprint = (dataset.sha256, dataset.targets, dataset.rows)
    if session.get("settings_for") != fingerprint:
        session.put("settings_for", fingerprint)
        use_preset(dataset, session.get("preset") or "demo")


def use_preset(dataset: Dataset, name: str) -> None:
    session.put_settings(forms.to_widgets(preset_values(dataset, name)))


def preset_values(dataset: Dataset, name: str) -> dict[str, Any]:
    settings = PRESETS[name].settings(dataset) if name in PRESETS else default_settings(dataset)
    return settings.model_dump(exclude={"frameworks"})


def choose_frameworks() -> None:
    st.segmented_control(
        forms.LABELS["frameworks"],
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


def choose_preset(dataset: Dataset) -> None:
    if session.get("preset") is None:  # not the widget's own default: it is also set from elsewhere
        session.put("preset", "demo")
    st.segmented_control(
        "How thoroughly?",
        [*PRESETS, forms.OWN],
        format_func=lambda name: PRESETS[name].label if name in PRESETS else "My own settings",
        required=True,
        key="preset",
        persist_state="session",
        on_change=lambda: use_preset(dataset, session.get("preset")) if session.get("preset") in PRESETS else None,
        help="A preset fills in all settings below from the step and the length of your data.",
    )
    name = session.get("preset")
    st.caption(PRESETS[name].help if name in PRESETS else "Every setting below is yours. Hover the question marks.")


def show_settings() -> None:
    own = session.get("preset") == forms.OWN
    with st.expander("Model, training and hardware", expanded=own, icon=":material/tune:"):
        model, training, hardware = st.tabs(["Model", "Training", "Hardware"])
        with model:
            forms.model_fields()
        with training:
            forms.training_fields()
        with hardware:
            found = [device for devices in engine.devices().values() for device in devices]
            forms.hardware_fields(list({device.id: device for device in found}.values()))


def values(dataset: Dataset) -> dict[str, Any]:
    """Everything the form says, as Settings takes it.

    Fields that are exactly another preset's have not reached the browser anew since this one was chosen.
    """
    chosen, preset, fields = session.get("frameworks"), session.get("preset"), session.settings()
    frameworks = ("pytorch", "tensorflow") if chosen in (None, "both") else (chosen,)
    if preset in PRESETS and any(fields == forms.to_widgets(preset_values(dataset, name)) for name in PRESETS):
        return {**preset_values(dataset, preset), "frameworks": frameworks}
    return {**forms.to_values(fields), "frameworks": frameworks}


def start_row(dataset: Dataset) -> None:
    row = st.container(horizontal=True, vertical_alignment="center", gap="medium")
    button, words = row.container(width=200), row.container(width=720)
    try:
        spec = engine.plan(dataset, values(dataset), source.chosen_time())
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
        words.markdown(engine.estimate_words(spec))
        words.caption(summary(spec.settings.model_dump()))
    if under_way:
        which = "the comparison above" if session.comparison() in under_way else "the one you started"
        words.caption(f"One at a time in this window: stop {which}, or wait for its end.")
    if (failure := session.get("start_failed")) is not None:
        errors.show(forms.as_labelled(failure))


def summary(settings: dict[str, Any]) -> str:
    """The choice in one line."""
    seeds = len(settings["seeds"])
    alone = len(settings["frameworks"]) < 2
    order = "" if alone else f"; {forms.ORDERS[settings['order']].split(':')[0].lower()}"
    return (
        f"{forms.MODELS[settings['model']]}, {settings['layers']} layer{'s' if settings['layers'] > 1 else ''} of "
        f"{settings['hidden']}; {settings['lookback']} rows back, {settings['horizon']} ahead; "
        f"at most {settings['epochs']} epochs, batches of {settings['batch_size']}; "
        f"{seeds} seed{'s' if seeds > 1 else ''}{order}"
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
        session.show_comparison(engine.start(dataset, values(dataset), source.chosen_time()))
    except TwincastError as error:
        session.put("start_failed", error)


page()
