"""Data: which series, what was understood of it, and one button to go on."""

from collections.abc import Sequence

import streamlit as st

from core.data.dataset import Dataset, Table
from core.data.quality import Mark
from core.data.selection import describe
from core.data.words import counted, listed, quoted
from core.errors import BadInput
from pages.parts import (
    data_chart,
    data_controls,
    data_findings,
    data_glance,
    data_patterns,
    data_rows,
    data_source,
    engine,
    errors,
    session,
    source,
)


def page() -> None:
    st.title("Which series do you want to forecast?")
    st.caption(
        "Twincast trains PyTorch and TensorFlow on it, side by side, and shows what each makes of your data "
        "on this machine."
    )
    data_source.show()
    try:
        table = source.understood()
    except BadInput as error:
        errors.show(error)
        data_controls.try_again()
        return
    try:
        table = source.table()
        dataset = source.dataset()
    except BadInput as error:
        errors.show(error)
        choose_columns(table)
        data_findings.show(table, table.notices)
        data_rows.show(table)
    else:
        show(table, dataset)


def show(table: Table, dataset: Dataset) -> None:
    quality = data_glance.examined(table, dataset.targets[0])
    show_series(dataset, quality.marks)
    choose_columns(table, dataset)
    data_findings.show(table, dataset.notices)
    data_glance.show(quality, {notice.code for notice in dataset.notices})
    data_patterns.show(table, dataset)
    data_rows.show(table, dataset)


def show_series(dataset: Dataset, marks: Sequence[Mark]) -> None:
    row = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    row.container(width="stretch").markdown(f"**{escape(dataset.name)}** · {escape(describe(dataset))}")
    if row.button("Train on this", type="primary", icon=":material/arrow_forward:", key="go_on"):
        look_at(dataset)
        st.switch_page("train.py")
    data_chart.show(dataset, marks)


def look_at(dataset: Dataset) -> None:
    """On to the form for this series; a training that is watched stays in view only while it is of this series."""
    watched = session.comparison()
    if watched is not None and not engine.trains_on(watched, dataset):
        session.show_comparison(None)


def choose_columns(table: Table, dataset: Dataset | None = None) -> None:
    columns = [str(name) for name in table.frame.columns]
    chosen = source.chosen_columns(table)
    others = [name for name in columns if name not in chosen.targets]
    left, middle, right = st.columns(3)
    with left:
        _choose(
            "Forecast",
            "targets",
            columns,
            chosen.targets,
            help="The columns to forecast. With several, one model forecasts them all at once.",
        )
    with middle:
        _choose(
            "Learn also from",
            "inputs",
            [name for name in others if name not in chosen.known],
            chosen.inputs,
            placeholder="only its own past",
            help="Other columns whose past may help. Their future is not needed.",
        )
    with right:
        _choose(
            "Known in advance",
            "known",
            [name for name in others if name not in chosen.inputs],
            chosen.known,
            placeholder="none",
            help="Columns whose future is known when a forecast is made, such as prices or holidays that are planned. "
            "Their values after the last row of what is forecast are in the file.",
        )
        if dataset is not None and dataset.known:
            st.caption(known_words(table, dataset))


def known_words(table: Table, dataset: Dataset) -> str:
    """How far ahead the file knows these columns, and how far it needs to."""
    there = len(dataset.future)
    needed = data_patterns.suggested(table, dataset.targets[0]).horizon
    last = f"after the last of {quoted(dataset.targets[0])}" if len(dataset.targets) == 1 else "after the last"
    if there >= needed:
        words = f"{there:,} rows are known {last}, enough for the {needed:,} that are suggested to forecast."
    elif there:
        rows = "1 row is" if there == 1 else f"{there:,} rows are"
        words = f"{rows} known {last}: a forecast can reach no further, though {needed:,} ahead are suggested."
    else:
        names = listed([quoted(name) for name in dataset.known])
        words = f"No row of {names} is known {last}; the suggested forecast of {counted(needed, 'row')} needs as many. "
        words += "Add rows to the file, or choose “Learn also from” instead."
    return f":material/info: {escape(words)}" if there >= needed else f":orange[:material/warning:] {escape(words)}"


def _choose(
    label: str, role: str, columns: Sequence[str], chosen: Sequence[str], help: str, placeholder: str | None = None
) -> None:
    """Some of the columns; what was chosen before and is not there any more is let go."""
    key = source.key(role)
    if session.get(key) != chosen:
        session.put(key, chosen)
    st.multiselect(label, columns, key=key, persist_state="session", help=help, placeholder=placeholder)


def escape(text: str) -> str:
    """Names from a file are text, never Markdown."""
    return errors.escape(text)


page()
