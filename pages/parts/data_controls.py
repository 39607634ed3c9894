"""The remedies: one control for each thing that the reader may have got wrong, or that a person wants done."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.data import repair
from core.data.dataset import TOTAL, Table
from core.data.frequency import median_step, step_words
from core.data.reader import MINIMUM_ROWS
from core.data.words import listed, shortened
from pages.parts import errors, session, source
from pages.parts.source import AS_IT_IS, AUTOMATIC

DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar"}
DECIMALS = {".": "Point: 1,234.56", ",": "Comma: 1.234,56"}
ORDERS = {AUTOMATIC: "Automatic", "day": "Day first", "month": "Month first"}
FILLINGS = {
    "leave_out": "Leave the rows out",
    "last": "Last value before",
    "interpolate": "Straight line between",
    "seasonal": "Same time a season before",
}
AGGREGATES = {
    "mean": "Mean",
    "sum": "Sum",
    "last": "Last",
    "first": "First",
    "min": "Smallest",
    "max": "Largest",
}
STEPS = {  # seconds
    "min": 60,
    "5min": 300,
    "15min": 900,
    "30min": 1800,
    "h": 3600,
    "6h": 21_600,
    "D": 86_400,
    "W-MON": 604_800,
    "MS": 2_629_746,
    "QS": 7_889_238,
    "YS": 31_556_952,
}


def delimiter() -> None:
    _choice(
        "delimiter", "Between columns", {AUTOMATIC: "Automatic", **DELIMITERS}, "What parts one cell from the next."
    )


def decimal() -> None:
    _choice(
        "decimal",
        "Decimal sign",
        {AUTOMATIC: "Automatic", **DECIMALS},
        "What stands before the decimals. The other of the two may set thousands apart.",
    )


def time(names: Sequence[str], found: Sequence[str] = ()) -> None:
    """Among all columns of the file; `found` is what the reader took."""
    _keep("time", [name for name in session.get(source.key("time")) or () if name in names])
    st.multiselect(
        "Time column",
        names,
        key=source.key("time"),
        persist_state="session",
        max_selections=3,
        select_all=False,
        placeholder=f"Automatic: {_short(', '.join(found))}" if found else "Automatic",
        help="The column that says when each row was measured. Choose two where date and time stand apart.",
    )


def day_first() -> None:
    _choice(
        "day_first",
        "Day or month first?",
        ORDERS,
        "How 03/04/2024 is read: as the 3rd of April, or as March the 4th.",
    )


def merge() -> None:
    """What becomes of rows of the same time."""
    _choice(
        "merge",
        "Merge by",
        {AUTOMATIC: "Automatic: mean", **AGGREGATES},
        "How rows of the same time become one: the mean for levels and prices, the sum for amounts, the last where "
        "a later row corrects an earlier one. Automatic: the mean; where the rows are resampled, each of them counts.",
    )


def series(table: Table) -> None:
    """Which of the series of a long file."""
    if source.corrections().series is None:
        session.put(source.key("first_series"), table.series)
    options = [*table.ids, TOTAL]
    _keep("series", table.series)
    st.selectbox(
        "Series",
        options,
        format_func=lambda id: "Total of all" if id == TOTAL else id,
        key=source.key("series"),
        persist_state="session",
        help="The file holds several series. One of them is forecast, or the sum of all.",
    )


def fill(table: Table) -> None:
    """`table` is as repaired."""
    _choice(
        "fill",
        "Fill gaps",
        {AS_IT_IS: "As they are", **FILLINGS},
        "As they are: times that are missing are passed over, and a missing value takes the one before it. "
        "Leave the rows out: those without a value in the column to forecast; in the other columns a missing value "
        "still takes the one before it.",
    )
    if source.repairs().fill == "leave_out":
        st.caption(_left_out_words(table))


def _left_out_words(table: Table) -> str:
    targets = source.chosen_columns(table).targets
    names = errors.escape(listed([f"“{shortened(name)}”" for name in targets]))
    if any(notice.code == "left_out" for notice in table.notices):
        return f"This concerns {names} alone."
    return f"No row is left out: this concerns {names} alone, where every row from the first value to the last has one."


def resample() -> None:
    """Another step between the rows as they were read, and how the rows within it become one."""
    steps = {step: step_words(step).capitalize() for step in possible_steps(source.understood())}
    if source.understood().frequency is None:
        suggested = suggested_step()
        first = {suggested: f"{step_words(suggested).capitalize()} (suggested)"}
        steps = first | {step: words for step, words in steps.items() if step != suggested}
    _choice("step", "Resample to", {AS_IT_IS: "As they are", **steps}, "Brings the rows to an even, longer step.")
    if source.repairs().step is not None:
        _choice(
            "how",
            "Aggregate by",
            AGGREGATES,
            "How the rows within a step become one: the mean for levels and prices, the sum for amounts.",
        )


def possible_steps(table: Table) -> list[str]:
    """Steps longer than that of the rows that leave enough rows to learn from."""
    index = table.frame.index
    if not isinstance(index, pd.DatetimeIndex) or len(index) < 2:
        return []
    span, step = (index[-1] - index[0]).total_seconds(), median_step(index).total_seconds()
    return [alias for alias, seconds in STEPS.items() if step * 1.5 < seconds and span >= seconds * MINIMUM_ROWS]


def suggested_step() -> str:
    """For rows without an even step."""
    return _suggested_step(source.mark(), source.understood())


@st.cache_data(max_entries=16, show_spinner=False)
def _suggested_step(mark: tuple[Any, ...], _table: Table) -> str:
    return repair.suggest_step(_table)


def start_over() -> None:
    if source.are_corrected():
        st.button(
            "Start over",
            icon=":material/undo:",
            key="start_over",
            on_click=source.start_over,
            help="Forget all corrections of this file.",
        )


def try_again() -> None:
    """For a file that was refused, and may be readable in another way."""
    names = source.columns_of_file()
    if not names and not source.are_corrected():
        return
    with st.container(border=True):
        st.markdown("**Read it another way?**")
        columns = st.columns(3)
        with columns[0]:
            delimiter()
        with columns[1]:
            decimal()
        with columns[2]:
            if names or source.corrections().time:
                time(names)
        day_first()
        start_over()


def _choice(role: str, label: str, options: dict[str, str], help: str) -> None:
    st.selectbox(
        label,
        list(options),
        format_func=lambda value: options.get(value, value),
        key=source.key(role),
        persist_state="session",
        help=help,
    )


def _keep(role: str, value: object) -> None:
    """What a control holds, where that is not on offer any more."""
    if session.get(source.key(role)) != value:
        session.put(source.key(role), value)


def _short(text: str, letters: int = 30) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1]}…"
