"""Data: which series, what was understood of it, and one button to go on."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core.data import table_csv
from core.data.dataset import Dataset, Table
from core.data.quality import Mark
from core.data.samples import SAMPLES
from core.data.selection import describe
from core.data.spreadsheet import marked
from core.errors import BadInput
from pages.parts import (
    data_chart,
    data_controls,
    data_findings,
    data_glance,
    data_patterns,
    engine,
    errors,
    session,
    source,
)

MOST_ROWS, MOST_CELLS = 1_000, 8_000  # in the preview of the rows


def page() -> None:
    st.title("Which series do you want to forecast?")
    st.caption(
        "Twincast trains PyTorch and TensorFlow on it, side by side, and shows what each makes of your data "
        "on this machine."
    )
    choose_series()
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
        show_rows(table)
    else:
        show(table, dataset)


def show(table: Table, dataset: Dataset) -> None:
    quality = data_glance.examined(table, dataset.targets[0])
    show_series(dataset, quality.marks)
    choose_columns(table)
    data_findings.show(table, dataset.notices)
    data_glance.show(quality, {notice.code for notice in dataset.notices})
    data_patterns.show(table, dataset)
    show_rows(table)


def choose_series() -> None:
    if session.upload() is None:
        session.put("sample", source.sample_key())
    samples, upload = st.columns([3, 2], gap="large", vertical_alignment="bottom")
    with samples:
        st.pills(
            "A sample",
            list(SAMPLES),
            format_func=lambda key: SAMPLES[key].title,
            required=session.upload() is None,
            wrap=True,
            key="sample",
            persist_state="session",
            on_change=_use_sample,
            help=sources(),
        )
        own = session.upload()
        st.caption(f"Your own file: {escape(own.file)}" if own else SAMPLES[source.sample_key()].sentence)
    with upload:
        st.file_uploader(
            "or your own CSV file",
            key="uploader",
            on_change=_use_upload,
            help="Whatever your bank, shop or logger wrote: how it is to be read is found out, and can be corrected "
            "below. The file stays on this machine.",
        )


def sources() -> str:
    """Where each sample comes from, for the tooltip."""
    lines = [f"- {sample.title}: {sample.source}. {sample.licence}." for sample in SAMPLES.values()]
    return "\n".join(["Four real series that come with Twincast:", *lines])


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


def choose_columns(table: Table) -> None:
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


def _choose(
    label: str, role: str, columns: Sequence[str], chosen: Sequence[str], help: str, placeholder: str | None = None
) -> None:
    """Some of the columns; what was chosen before and is not there any more is let go."""
    key = source.key(role)
    if session.get(key) != chosen:
        session.put(key, chosen)
    st.multiselect(label, columns, key=key, persist_state="session", help=help, placeholder=placeholder)


def show_rows(table: Table) -> None:
    """As many as a person looks at; all columns of a wide table would be megabytes."""
    st.subheader("The rows as understood")
    rows, columns = table.frame.shape
    shown = min(rows, MOST_ROWS, max(MOST_CELLS // max(columns, 1), 50))
    first = table.frame.head(shown).rename_axis(marked(", ".join(table.time) or "row"))
    first.columns = [marked(str(name)) for name in first.columns]  # the table's own button makes a CSV of it
    st.dataframe(first, height=300, placeholder="–", column_config={"_index": _time_column(table)})
    more = f"The first {shown:,} of {rows:,} rows" if shown < rows else f"{rows:,} rows"
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(f"{more}, {columns:,} column{'s' if columns > 1 else ''}.")
        st.download_button(
            "All rows as understood (CSV)",
            data=partial(table_csv.write, table),
            file_name="as-understood.csv",
            mime="text/csv",
            icon=":material/download:",
            key="download_table",
            on_click="ignore",
        )


def _time_column(table: Table) -> Any:
    """Without a time of day where all rows are of midnight."""
    index = table.frame.index
    if not isinstance(index, pd.DatetimeIndex):
        return None
    days = bool((index.normalize() == index).all())
    form, width = ("YYYY-MM-DD", 110) if days else ("YYYY-MM-DD HH:mm:ss", 180)
    return st.column_config.DatetimeColumn(format=form, width=width)


def escape(text: str) -> str:
    """Names from a file are text, never Markdown."""
    return errors.escape(text)


def _use_sample() -> None:
    if session.get("sample") is not None:
        session.keep_upload(None)


def _use_upload() -> None:
    file = session.get("uploader")
    if file is None:
        session.keep_upload(None)
        session.put("sample", source.FIRST_SAMPLE)
        return
    content = bytes(file.getbuffer()[: source.largest_upload() + 1])  # one byte more: enough to be refused
    session.keep_upload(session.Upload(file.name, content))
    session.put("sample", None)


page()
