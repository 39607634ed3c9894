"""Which series: one of the samples, or a file of one's own, of which is said that it is in use."""

import streamlit as st

from core.data.samples import SAMPLES
from pages.parts import errors, session, source
from pages.parts.source import MEGABYTE

UPLOADER = "uploader_"  # begins the widget's key: each file gets a new, empty one, as a page switch empties it anyway


def show() -> None:
    own = session.upload() is not None or session.upload_is_lost()
    session.put("sample", None if own else source.sample_key())
    samples, upload = st.columns([3, 2], gap="large", vertical_alignment="bottom")
    with samples:
        st.pills(
            "A sample",
            list(SAMPLES),
            format_func=lambda key: SAMPLES[key].title,
            required=not own,
            wrap=True,
            key="sample",
            persist_state="session",
            on_change=_use_sample,
            help=_sources(),
        )
        _chosen()
    with upload:
        _uploader()


def _chosen() -> None:
    """The file in use, or what the sample is."""
    upload = session.upload()
    if upload is None:
        lost = session.upload_is_lost()
        st.caption("Choose one, or upload your file again." if lost else SAMPLES[source.sample_key()].sentence)
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="file_in_use"):
        name = f":material/table: &ensp;**{errors.escape(upload.file)}** &ensp;{_size(len(upload.content))}"
        st.markdown(name, width="content")
        st.button("Remove", icon=":material/close:", type="tertiary", key="remove_file", on_click=_remove)


def _uploader() -> None:
    key = f"{UPLOADER}{session.get('uploads', 0)}"
    st.file_uploader(
        "or another CSV file" if session.upload() else "or your own CSV file",
        key=key,
        on_change=_use_upload,
        args=(key,),
        help="Whatever your bank, shop or logger wrote: how it is to be read is found out, and can be corrected "
        "below. The file stays on this machine, until you leave or reload these pages.",
    )


def _sources() -> str:
    """Where each sample comes from, for the tooltip."""
    lines = [f"- {sample.title}: {sample.source}. {sample.licence}." for sample in SAMPLES.values()]
    return "\n".join(["Four real series that come with Twincast:", *lines])


def _size(count: int) -> str:
    return f"{count / MEGABYTE:,.1f}\u00a0MB" if count >= MEGABYTE else f"{max(count / 1024, 0.1):,.1f}\u00a0KB"


def _use_sample() -> None:
    if session.get("sample") is not None:
        session.keep_upload(None)


def _use_upload(key: str) -> None:
    file = session.get(key)
    if file is None:
        return
    content = bytes(file.getbuffer()[: source.largest_upload() + 1])  # one byte more: enough to be refused
    session.keep_upload(session.Upload(file.name, content))
    session.put("uploads", session.get("uploads", 0) + 1)


def _remove() -> None:
    session.keep_upload(None)
    session.put("sample", source.FIRST_SAMPLE)
