"""The series this session works on: a sample or an upload, and which of its columns are forecast from which."""

import streamlit as st

from core.data.dataset import Dataset, Table
from core.data.reader import read_table
from core.data.samples import SAMPLES, load_sample
from core.data.selection import make_dataset
from core.errors import BadFile
from pages.parts import session

FIRST_SAMPLE = next(iter(SAMPLES))
MEGABYTE = 1 << 20  # as Streamlit counts


def table() -> Table:
    """The table at hand. Raises BadFile when the upload cannot be read."""
    upload = session.upload()
    if upload is None:
        return _sample(sample_key())
    if len(upload.content) > largest_upload():
        raise BadFile(
            f"The file is larger than {largest_upload() // MEGABYTE} MB",
            remedy="Upload fewer rows or columns; whoever runs the server can raise the limit (server.maxUploadSize).",
        )
    return _uploaded(upload.sha256, chosen_time(), upload.file, upload.content)


def largest_upload() -> int:
    """Bytes. The browser and Streamlit refuse more; a client that is neither is refused here."""
    return int(st.get_option("server.maxUploadSize")) * MEGABYTE


def dataset() -> Dataset:
    """What is forecast from what. Raises BadInput when that is impossible."""
    present = table()
    targets, inputs = chosen_columns(present)
    return make_dataset(present, targets, inputs, name=title())


def title() -> str:
    upload = session.upload()
    return SAMPLES[sample_key()].title if upload is None else upload.file.rsplit(".", 1)[0]


def sample_key() -> str:
    return session.get("sample") or FIRST_SAMPLE


def chosen_columns(present: Table) -> tuple[list[str], list[str]]:
    """Targets and inputs as picked; at first the preselected target, from its own past alone."""
    columns = [str(name) for name in present.frame.columns]
    targets = session.get(column_key("targets", present), [present.target or columns[0]])
    inputs = session.get(column_key("inputs", present)) or []
    return targets, [name for name in inputs if name not in targets]


def column_key(role: str, present: Table) -> str:
    """Widget keys carry the file: another file starts with its own columns."""
    return f"{role}_{present.sha256[:8]}"


def chosen_time() -> str | None:
    """The upload's time column as picked; None leaves it to the reader."""
    upload = session.upload()
    return None if upload is None else session.get(time_key(upload.sha256))


def forget_time() -> None:
    upload = session.upload()
    if upload is not None:
        session.forget(time_key(upload.sha256))


def time_key(sha256: str) -> str:
    return f"time_{sha256[:8]}"


@st.cache_resource(max_entries=8, show_spinner=False)
def _sample(key: str) -> Table:
    return load_sample(key)


@st.cache_resource(max_entries=8, show_spinner="Reading the file…")
def _uploaded(sha256: str, time: str | None, file: str, _content: bytes) -> Table:
    return read_table(_content, file, time=time)
