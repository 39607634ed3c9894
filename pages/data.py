"""Data: which series, what was understood of it, and one button to go on."""

import streamlit as st

from core.data.dataset import Dataset, Table
from core.data.samples import SAMPLES
from core.data.selection import describe
from core.errors import BadInput
from core.figures import series
from pages.parts import engine, errors, session, source
from pages.parts.chart import chart


def page() -> None:
    st.title("Which series do you want to forecast?")
    st.caption(
        "Twincast trains PyTorch and TensorFlow on it, side by side, and shows what each makes of your data "
        "on this machine."
    )
    choose_series()
    try:
        table = source.table()
    except BadInput as error:
        errors.show(error)
        find_time_again()
        return
    try:
        dataset = source.dataset()
    except BadInput as error:
        errors.show(error)
        choose_columns(table)
    else:
        show_series(dataset)
        choose_columns(table)
        show_notices(dataset)
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
            type=["csv", "tsv", "txt"],
            key="uploader",
            on_change=_use_upload,
            help="One row a time, one column a series. Comma, semicolon or tab between columns; ISO dates; "
            "decimal points. The file stays on this machine.",
        )


def sources() -> str:
    """Where each sample comes from, for the tooltip."""
    lines = [f"- {sample.title}: {sample.source}. {sample.licence}." for sample in SAMPLES.values()]
    return "\n".join(["Four real series that come with Twincast:", *lines])


def show_series(dataset: Dataset) -> None:
    row = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    row.container(width="stretch").markdown(f"**{escape(dataset.name)}** · {escape(describe(dataset))}")
    if row.button("Train on this", type="primary", icon=":material/arrow_forward:", key="go_on"):
        look_at(dataset)
        st.switch_page("train.py")
    chart(series.figure(dataset), key="series", height=360)


def look_at(dataset: Dataset) -> None:
    """On to the form for this series; a training that is watched stays in view only while it is of this series."""
    watched = session.comparison()
    if watched is not None and not engine.trains_on(watched, dataset):
        session.show_comparison(None)


def choose_columns(table: Table) -> None:
    columns = [str(name) for name in table.frame.columns]
    targets, inputs = source.chosen_columns(table)
    left, middle, right = st.columns(3)
    with left:
        st.multiselect(
            "Forecast",
            columns,
            default=targets,
            key=source.column_key("targets", table),
            persist_state="session",
            help="The columns to forecast. With several, one model forecasts them all at once.",
        )
    with middle:
        st.multiselect(
            "Learn also from",
            [name for name in columns if name not in targets],
            default=inputs,
            key=source.column_key("inputs", table),
            persist_state="session",
            placeholder="only its own past",
            help="Other columns whose past may help. Their future is not needed.",
        )
    with right:
        _choose_time(table)


def _choose_time(table: Table) -> None:
    upload = session.upload()
    names = [*table.time, *table.dropped, *map(str, table.frame.columns)]
    st.selectbox(
        "Time column",
        names if upload else names[:1],
        index=0 if table.time else None,
        key=source.time_key(table.sha256) if upload else "time_of_sample",
        persist_state="session",
        placeholder="none: rows are numbered",
        disabled=upload is None,
        help="The column that says when each row was measured.",
    )


def find_time_again() -> None:
    """The way back from a time column that was chosen and cannot be read."""
    if source.chosen_time() is not None:
        st.button("Find the time column for me", icon=":material/undo:", key="time_again", on_click=source.forget_time)


def show_notices(dataset: Dataset) -> None:
    for notice in dataset.notices:
        if notice.warns:
            st.warning(escape(notice.message), icon=":material/warning:")
        else:
            st.info(escape(notice.message), icon=":material/info:")


def show_rows(table: Table) -> None:
    with st.expander(f"The rows as understood ({len(table.frame):,})"):
        st.dataframe(table.frame.head(1000), height=320)
        if len(table.frame) > 1000:
            st.caption("The first 1,000 rows.")


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
