"""What was found in the file: one row a subject, what the reader made of it, and the remedy where it is wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from core.data.dataset import EXAMPLES, TOTAL, Notice, Table
from core.data.frequency import missing_words, step_words
from core.data.words import listed, shortened
from pages.parts import data_controls, errors, session, source

TEXT, NUMBERS, TIMES, SERIES, STEPS, MISSING = "Text", "Numbers", "Times", "Series", "Steps", "Missing"
SUBJECTS = {  # of notices, by their code; what is not named here is about the text of the file
    **dict.fromkeys(("ambiguous_numbers", "units", "unread_cells", "infinite_values", "text_column"), NUMBERS),
    **dict.fromkeys(("constant_column", "empty_column", "skipped_columns", "many_columns", "mape_undefined"), NUMBERS),
    **dict.fromkeys(("ambiguous_dates", "excel_serial", "no_dates", "timezone", "mixed_offsets"), TIMES),
    **dict.fromkeys(("impossible_dates", "unsorted", "duplicate_times", "transposed", "clock_change"), TIMES),
    "several_series": SERIES,
    **dict.fromkeys(("irregular", "resampled"), STEPS),
    **dict.fromkeys(("gaps", "many_gaps", "missing_values", "filled", "filled_target", "late_start"), MISSING),
    **dict.fromkeys(("no_values", "rows_before_start", "rows_after_end", "left_out", "filled_gaps"), MISSING),
}
ENCODINGS = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252", "latin-1": "Latin-1", "iso8859-1": "Latin-1"}


@dataclass(frozen=True)
class Finding:
    """One row: the subject, what was understood, what the reader noticed, and the controls that change it."""

    subject: str
    fact: str  # escaped
    notices: Sequence[Notice]
    controls: Sequence[Callable[[], None]] = ()


def show(table: Table, notices: Sequence[Notice]) -> None:
    """`notices` are those of the dataset, where there is one: they count what its columns had filled, too."""
    head = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    head.container(width="stretch").subheader("What was found")
    with head.container(width="content"):
        data_controls.start_over()
    with st.container(key="findings", gap="xsmall"):
        for finding in findings(table, notices):
            with st.container(border=True):
                _row(finding)


def findings(table: Table, notices: Sequence[Notice]) -> list[Finding]:
    own = session.upload() is not None
    about: dict[str, list[Notice]] = {}
    for notice in notices:
        about.setdefault(SUBJECTS.get(notice.code, TEXT), []).append(_as_asked(notice))
    makers = [_text, _numbers, _times] if own else []
    makers += [_series] if table.ids else []
    makers += [_steps] if source.has_times(table) else []
    made = [*(maker(table) for maker in makers), _missing(table, {notice.code for notice in notices})]
    found = [replace(each, notices=about.pop(each.subject, ())) for each in made]
    return found + [Finding(subject, "", rest) for subject, rest in about.items()]


def _as_asked(notice: Notice) -> Notice:
    """Columns that are filled although rows were to be left out are others than the one that was meant."""
    if notice.code == "filled" and source.repairs().fill == "leave_out":
        return replace(notice, message=f"In the other columns: {notice.message}")
    return notice


def _text(table: Table) -> Finding:
    name = data_controls.DELIMITERS.get(table.delimiter, f"“{table.delimiter}”").lower()
    encoding = ENCODINGS.get(table.encoding.lower(), table.encoding.upper())
    fact = f"A {name} between columns; letters are written in {encoding}."
    return Finding(TEXT, errors.escape(fact), (), (data_controls.delimiter,))


def _numbers(table: Table) -> Finding:
    fact = "With a decimal comma." if table.decimal == "," else "With a decimal point."
    by_unit: dict[str, list[str]] = {}
    for column, unit in table.units.items():
        by_unit.setdefault(unit, []).append(column)
    fact += "".join(f" In {unit}: {listed(names)}." for unit, names in by_unit.items())
    return Finding(NUMBERS, errors.escape(fact), (), (data_controls.decimal,))


def _times(table: Table) -> Finding:
    ids = [table.id] if table.id else []
    names = list(dict.fromkeys([*table.time, *ids, *table.dropped, *map(str, table.frame.columns)]))
    controls: list[Callable[[], None]] = [partial(data_controls.time, names, table.time)]
    if table.day_first is not None or source.corrections().day_first is not None:
        controls.append(data_controls.day_first)
    if source.understood().duplicates:
        controls.append(data_controls.merge)
    if table.time:
        fact = f"From {listed([f'“{shortened(name)}”' for name in table.time])}"
    else:
        fact = "From the header" if source.has_times(table) else "None: the rows are numbered"
    form = f", written as {table.form}" if table.form else ""
    return Finding(TIMES, errors.escape(f"{fact}{form}{', in UTC' if table.utc else ''}."), (), controls)


def _series(table: Table) -> Finding:
    """The reader's own notice says which series there are."""
    if any(notice.code == "several_series" for notice in table.notices):
        fact = ""
    else:
        fact = "The total of all." if table.series == TOTAL else f"Shown is {shortened(table.series or '')}."
    return Finding(SERIES, errors.escape(fact), (), (partial(data_controls.series, table),))


def _steps(table: Table) -> Finding:
    fact = f"{step_words(table.frequency).capitalize()}."
    if table.frequency is None:
        fact = f"Irregular. Resample them to an even step, such as {step_words(data_controls.suggested_step())}."
    return Finding(STEPS, errors.escape(fact), (), (data_controls.resample,))


def _missing(table: Table, told: set[str]) -> Finding:
    """As far as no notice has `told` it."""
    cells = sum(table.missing.values())
    fact = ""
    if table.gaps and table.frequency and not told & {"gaps", "many_gaps"}:
        fact = f"{missing_words(table.gaps, table.frequency)}{', as on holidays' if table.frequency == 'B' else ''}. "
    if cells and not told & {"missing_values", "filled_target"}:
        fact += f"{cells:,} cell{'s hold' if cells > 1 else ' holds'} no number."
    if not table.gaps and not cells:
        fact = "Nothing is missing."
    fillable = table.gaps or cells or source.repairs().fill is not None
    return Finding(MISSING, errors.escape(fact), (), (partial(data_controls.fill, table),) if fillable else ())


def _row(finding: Finding) -> None:
    words, controls = st.columns([3, 2], vertical_alignment="center", gap="medium")
    subject = f"**{finding.subject}** &ensp;"
    with words:
        if finding.fact:
            st.markdown(subject + finding.fact)
        for place, each in enumerate(finding.notices):
            first = subject if place == 0 and not finding.fact else ""
            notice(each, f"{finding.subject.lower()}_{place}", first)
    with controls, st.container(horizontal=True, gap="small"):
        for control in finding.controls:
            control()


def notice(notice: Notice, key: str, subject: str = "") -> None:
    """What was noticed, and the lines or cells that it is about."""
    icon = ":orange[:material/warning:]" if notice.warns else ":material/info:"
    words = f"{subject}{icon} {errors.escape(notice.message)}"
    if not notice.examples:
        st.markdown(words)
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(words, width="content")
        with st.popover(_show_words(notice), type="tertiary", key=f"examples_{key}"):
            st.code("\n".join(notice.examples), language=None, wrap_lines=True)
            if notice.count > len(notice.examples):
                st.caption(f"The first {len(notice.examples)} of {notice.count:,}.")


def _show_words(notice: Notice) -> str:
    count = max(notice.count, len(notice.examples))
    return "Show it" if count == 1 else f"Show {'the first' if count > EXAMPLES else 'all'} {len(notice.examples)}"
