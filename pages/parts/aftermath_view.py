"""On Compare, below the forecasts: whether more has happened since, and how they have done."""

from pathlib import Path

import numpy as np
import streamlit as st

from core.errors import BadInput, StoreFailed
from core.figures import aftermath as figures
from core.figures.bands import Band
from core.runs import aftermath, aftermath_words, newer_rows
from core.runs.aftermath import Aftermath, Model
from core.runs.newer_rows import NewerRows
from core.runs.schema import Comparison
from core.runs.store import ComparisonFolder
from pages.parts import errors, session, source
from pages.parts.chart import chart

SHOWN_BEFORE = 1.5  # horizons of what was trained on, before the forecast
NUMBER = st.column_config.NumberColumn(format="localized")
COLUMNS = {
    "missed by": st.column_config.NumberColumn(
        format="localized", help="Mean absolute error of the forecast made then, over the values that have come since."
    ),
    "promised": st.column_config.NumberColumn(
        format="localized",
        help="Mean absolute error of the same model's forecasts of the test part, over the same steps.",
    ),
    "test forecasts worse": st.column_config.NumberColumn(
        format="percent",
        help="How many of the same model's forecasts of the test part missed by more, over the same steps. Below 5% "
        "the series may have changed.",
    ),
}


@st.fragment
def show(comparison: Comparison, folder: Path) -> None:
    """A fragment: a newer file draws this part anew alone."""
    try:
        if not aftermath.has_forecast(folder):
            return
    except StoreFailed as error:
        errors.show(error)
        return
    newer = _kept(comparison, folder)
    told = newer is not None or session.get(_problem(comparison)) is not None
    with st.expander("Has more happened since?", icon=":material/update:", expanded=told):
        upload(comparison, folder)
        if newer is not None:
            result(comparison, folder, newer)


def upload(comparison: Comparison, folder: Path) -> None:
    """A newer file; what is wrong with the last one stays until another is given."""
    key = f"newer_{comparison.id}_{session.get(_count(comparison), 0)}"
    st.file_uploader(
        "The same file with newer rows",
        key=key,
        on_change=_use,
        args=(key, comparison, folder),
        help="It is read as the comparison's own file was. The values at the times that were forecast are kept with "
        "the comparison, for everyone who looks at it; the file is not.",
    )
    problem = session.get(_problem(comparison))
    if problem is not None:
        errors.show(problem)


def result(comparison: Comparison, folder: Path, newer: NewerRows) -> None:
    try:
        found = _judged(comparison.id, newer.file_sha256, _trainings(comparison), folder, newer)
    except (BadInput, StoreFailed) as error:
        errors.show(error)
        return
    first, *others = map(errors.escape, aftermath_words.sentences(found))
    st.markdown(f"**{first}** {' '.join(others)}")
    draw(comparison, folder, found)
    table = aftermath_words.models_table(found)
    st.dataframe(table, hide_index=True, placeholder="–", column_config=COLUMNS)
    with st.popover("Step by step", icon=":material/list:"):
        steps = aftermath_words.steps_table(found)
        numbers = {name: NUMBER for name in steps[0] if name not in ("time", "column")}
        st.dataframe(steps, hide_index=True, placeholder="–", column_config=numbers)
    promised = "Promised is what the same model's forecasts of the test part missed by over the same steps."
    st.caption(
        " ".join([errors.escape(f"From {newer.file}."), promised, *map(errors.escape, aftermath_words.notes(found))])
    )


def draw(comparison: Comparison, folder: Path, found: Aftermath) -> None:
    """Of one column, with a few horizons before it."""
    target = 0
    if len(found.targets) > 1:
        target = st.selectbox(
            "Column",
            range(len(found.targets)),
            format_func=lambda k: found.targets[k],
            key=f"newer_target_{comparison.id}",
            width=240,
        )
    stored, horizon = ComparisonFolder(folder), len(found.times)
    past = np.asarray(stored.values()[-int(SHOWN_BEFORE * horizon) - 1 :, target])
    lines = [_line(model, found, target) for model in found.models if not model.simple]
    figure = figures.figure(
        (np.asarray(stored.index())[-len(past) :], past),
        np.asarray(found.times),
        found.newer.values[:, target],
        lines,
        found.targets[target],
    )
    chart(figure, key=f"aftermath_{comparison.id}", height=320)


def _line(model: Model, found: Aftermath, target: int) -> figures.Line:
    low, high = model.limits[:, 0, :, target], model.limits[:, 1, :, target]
    band = Band(np.asarray(found.times), low, high, model.uncertain) if len(low) else None
    return figures.Line(model.name, model.label, model.forecast[:, target], band)


def _kept(comparison: Comparison, folder: Path) -> NewerRows | None:
    """What anyone has given before. Where it is damaged, giving the file again puts that right."""
    try:
        return newer_rows.kept(folder)
    except StoreFailed:
        damaged = BadInput("What was kept of the newer rows is damaged", "", "Give the file once more.")
        session.put(_problem(comparison), session.get(_problem(comparison)) or damaged)
        return None


@st.cache_resource(max_entries=8, show_spinner=False)
def _judged(comparison: str, sha256: str, trainings: int, _folder: Path, _newer: NewerRows) -> Aftermath:
    """The promise is read from every test forecast of every training, of which more may be added."""
    return aftermath.judge(_folder, _newer)


def _use(key: str, comparison: Comparison, folder: Path) -> None:
    """Before the page is drawn again: read, judged and kept, or refused with what was kept before still there."""
    file = session.get(key)
    if file is None:
        return
    content = bytes(file.getbuffer()[: source.largest_upload() + 1])  # one byte more: enough to be refused
    session.put(_count(comparison), session.get(_count(comparison), 0) + 1)
    session.put(_problem(comparison), None)
    try:
        newer_rows.keep(folder, newer_rows.read(folder, content, file.name, source.largest_upload()))
    except (BadInput, StoreFailed) as error:
        session.put(_problem(comparison), error)


def _trainings(comparison: Comparison) -> int:
    return sum(len(run.fits) for run in comparison.runs)


def _count(comparison: Comparison) -> str:
    """Of files given so far: each gets a new, empty uploader, and the bytes of the last one are let go."""
    return f"newer_count_{comparison.id}"


def _problem(comparison: Comparison) -> str:
    return f"newer_problem_{comparison.id}"
