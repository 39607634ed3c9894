"""The series this session works on: a sample or an upload, what was corrected of it, and which columns are chosen."""

import functools
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any, NamedTuple, cast

import pandas as pd
import streamlit as st

from core.data import repair
from core.data.dataset import Dataset, Table
from core.data.names import comma_list
from core.data.reader import read_table
from core.data.reading.grid import read_grid
from core.data.samples import SAMPLES, load_sample
from core.data.selection import make_dataset
from core.errors import BadFile, BadInput
from pages.parts import session

FIRST_SAMPLE = next(iter(SAMPLES))
MEGABYTE = 1 << 20  # as Streamlit counts
AUTOMATIC = "auto"  # of a control that leaves it to the reader
LOST = "The file you had uploaded is not kept over a reload"
MEAN = "mean"
AS_IT_IS = "as it is"  # of a control that repairs nothing
DAY_FIRST = {AUTOMATIC: None, "day": True, "month": False}
ROLES = ("time", "delimiter", "decimal", "day_first", "series", "merge", "step", "how", "fill")  # of the corrections


@dataclass(frozen=True)
class Reading:
    """What a person knows better than the reader."""

    time: tuple[str, ...] = ()
    delimiter: str | None = None
    decimal: str | None = None
    day_first: bool | None = None
    series: str | None = None


@dataclass(frozen=True)
class Repair:
    """What a person had done to the rows, in this order."""

    merge: str | None = None  # None: the mean, or one by one where a step is chosen
    step: str | None = None
    how: str = MEAN
    fill: str | None = None


class Chosen(NamedTuple):
    """Which columns do what."""

    targets: list[str]
    inputs: list[str]  # their past
    known: list[str]  # in advance


def table() -> Table:
    """The table at hand, corrected and repaired. Raises BadInput when the upload or a correction is impossible."""
    present, wanted = understood(), repairs()
    if wanted == Repair():
        return present
    return _repaired(mark(), astuple(wanted), tuple(chosen_columns(present).targets), present)


def understood() -> Table:
    """The table as read, before any repair. Raises BadFile when the upload cannot be read, BadInput when it is lost."""
    if session.upload_is_lost():
        raise BadInput(LOST, remedy="Upload it again, or choose a sample.")
    upload = session.upload()
    if upload is None:
        return _sample(sample_key())
    if len(upload.content) > largest_upload():
        raise BadFile(
            f"The file is larger than {largest_upload() // MEGABYTE} MB",
            remedy="Upload fewer rows or columns; whoever runs the server can raise the limit (server.maxUploadSize).",
        )
    return _uploaded(upload.sha256, astuple(corrections()), upload.file, upload.content)


def largest_upload() -> int:
    """Bytes. The browser and Streamlit refuse more; a client that is neither is refused here."""
    return int(st.get_option("server.maxUploadSize")) * MEGABYTE


def dataset() -> Dataset:
    """What is forecast from what. Raises BadInput when that is impossible."""
    present = table()
    return _dataset(fingerprint(), *map(tuple, chosen_columns(present)), title(), present)


def title() -> str:
    upload = session.upload()
    return SAMPLES[sample_key()].title if upload is None else upload.file.rsplit(".", 1)[0]


def sample_key() -> str:
    return session.get("sample") or FIRST_SAMPLE


def sha256() -> str:
    upload = session.upload()
    return _sample_sha256(sample_key()) if upload is None else upload.sha256


def key(role: str) -> str:
    """Widget keys carry the file: another file starts with its own columns and no corrections."""
    return f"{role}_{sha256()[:8]}"


def corrections() -> Reading:
    """How the file is to be read, as far as the person said so."""
    series = session.get(key("series"))
    return Reading(
        time=tuple(session.get(key("time")) or ()),
        delimiter=_set("delimiter"),
        decimal=_set("decimal"),
        day_first=DAY_FIRST.get(session.get(key("day_first")) or AUTOMATIC),
        series=None if series == session.get(key("first_series")) else series,
    )


def repairs() -> Repair:
    return Repair(_set("merge"), _set("step"), session.get(key("how")) or MEAN, _set("fill"))


def are_corrected() -> bool:
    return corrections() != Reading() or repairs() != Repair()


def start_over() -> None:
    """Everything as the reader found it, and the columns chosen first."""
    for role in (*ROLES, "targets", "inputs", "known"):
        session.forget(key(role))


def mark() -> tuple[Any, ...]:
    """Tells apart every table as read."""
    return sha256(), *astuple(corrections())


def fingerprint() -> tuple[Any, ...]:
    """Tells apart everything that was worked out of different rows."""
    return (*mark(), *astuple(repairs()))


def reading() -> dict[str, str]:
    """The corrections as options of the command line."""
    asked, wanted = corrections(), repairs()
    options = {
        "time": comma_list(asked.time) if asked.time else None,
        "delimiter": "tab" if asked.delimiter == "\t" else asked.delimiter,
        "decimal": asked.decimal,
        "day_first": None if asked.day_first is None else "yes" if asked.day_first else "no",
        "series": asked.series,
        "merge": wanted.merge,
        "resample": f"{wanted.step}:{wanted.how}" if wanted.step else None,
        "fill": wanted.fill,
    }
    return {name: value for name, value in options.items() if value is not None}


def columns_of_file() -> tuple[str, ...]:
    """The names in the header, of a file that could be cut into cells and perhaps no further; none otherwise."""
    upload = session.upload()
    if upload is None or len(upload.content) > largest_upload():
        return ()
    return _names(upload.sha256, corrections().delimiter, upload.content)


def chosen_columns(present: Table) -> Chosen:
    """As picked, as far as they are there, each in one role; at first the preselected target, from its own past."""
    there = [str(name) for name in present.frame.columns]
    picked = session.get(key("targets"))
    targets = _picked("targets", there)
    if picked is None or (picked and not targets):
        targets = [present.target or there[0]]
    known = _picked("known", [name for name in there if name not in targets])
    return Chosen(targets, _picked("inputs", [name for name in there if name not in {*targets, *known}]), known)


def _picked(role: str, there: Sequence[str]) -> list[str]:
    return [name for name in session.get(key(role)) or () if name in there]


def _set(role: str) -> str | None:
    """What a control says, if it says anything."""
    value = session.get(key(role))
    return None if value in (None, AUTOMATIC, AS_IT_IS) else str(value)


@functools.cache
def _sample_sha256(key: str) -> str:
    """Asked for by every widget's key; a look into Streamlit's cache takes 0.2 ms."""
    return _sample(key).sha256


@st.cache_resource(max_entries=8, show_spinner=False)
def _sample(key: str) -> Table:
    return load_sample(key)


@st.cache_resource(max_entries=8, show_spinner="Reading the file…")
def _uploaded(sha256: str, asked: tuple[Any, ...], file: str, _content: bytes) -> Table:
    time, delimiter, decimal, day_first, series = asked
    ways = {"time": time, "delimiter": delimiter, "decimal": decimal, "day_first": day_first, "series": series}
    return read_table(_content, file, **ways, limit=largest_upload())


@st.cache_resource(max_entries=8, show_spinner=False)
def _repaired(mark: tuple[Any, ...], wanted: tuple[Any, ...], targets: tuple[str, ...], _table: Table) -> Table:
    merge, step, how, fill = wanted
    done = _table if merge is None else repair.merge(_table, cast(repair.Aggregate, merge))
    done = done if step is None else repair.resample(done, step, cast(repair.Aggregate, how))
    return done if fill is None else repair.fill(done, cast(repair.Filling, fill), targets=targets)


@st.cache_resource(max_entries=8, show_spinner=False)
def _dataset(
    mark: tuple[Any, ...],
    targets: Sequence[str],
    inputs: Sequence[str],
    known: Sequence[str],
    name: str,
    _table: Table,
) -> Dataset:
    return make_dataset(_table, targets, inputs, name=name, known=known)


@st.cache_data(max_entries=8, show_spinner=False)
def _names(sha256: str, delimiter: str | None, _content: bytes) -> tuple[str, ...]:
    try:
        return read_grid(_content, delimiter, limit=largest_upload()).names
    except BadInput:
        return ()


def has_times(present: Table) -> bool:
    return isinstance(present.frame.index, pd.DatetimeIndex)
