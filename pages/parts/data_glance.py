"""The quality of the data at a glance: a tile for each kind of trouble, then what was found in words."""

from collections.abc import Collection
from typing import Any

import streamlit as st

from core.data import quality
from core.data.dataset import Table
from core.data.quality import Quality
from pages.parts import data_findings, errors, source

TILES = (  # a name, the codes of the findings that it counts, and what it means
    ("Level shifts", {"level_shift"}, "Places where the series jumps and stays there, as after the split of a share."),
    ("Suspected leaks", {"leakage"}, "Inputs that are the target itself, or tell what it will be."),
    ("Constant columns", {"constant_column"}, "Columns of one value throughout, which cannot help a forecast."),
    ("Zeros at an end", {"leading_zeros", "trailing_zeros"}, "They may stand for: not measured."),
    ("Too regular", {"invented_regularity"}, "Times or values that were hardly measured as they stand there."),
)


def examined(table: Table, target: str) -> Quality:
    return _examined(source.fingerprint(), target, table)


def show(found: Quality, told: Collection[str]) -> None:
    """`told` are the codes of notices that stand elsewhere on the page."""
    st.subheader("How good is the data?")
    with st.container(horizontal=True, key="tiles", gap="small"):
        for name, value, help in tiles(found):
            st.metric(name, value, border=True, width=164, help=help)
    for place, notice in enumerate(found.findings):
        if notice.code not in told and not (notice.code == "missing_values" and "filled_target" in told):
            data_findings.notice(notice, f"quality_{place}")


def tiles(found: Quality) -> list[tuple[str, str, str]]:
    """Name, value and meaning of each; those that seldom count anything only where they do."""
    counted = [(name, sum(each.code in codes for each in found.findings), help) for name, codes, help in TILES]
    return [
        ("Missing cells", _count(found.missing), f"Of the {found.cells:,} cells of all columns of numbers."),
        ("Repeated times", _count(found.duplicates), "Rows that gave a time a second value, and were merged."),
        ("Gaps", _count(found.gaps), "Times between the first and the last that have no row."),
        ("Outliers", _count(found.outliers), f"Values of {_target(found)} far off what is usual at that time."),
        *((name, _count(number), help) for name, number, help in counted if number),
    ]


def _target(found: Quality) -> str:
    return errors.escape(f"“{found.target}”")


def _count(number: int) -> str:
    return f"{number:,}" if number else "none"


@st.cache_resource(max_entries=16, show_spinner="Looking at the data…")
def _examined(mark: tuple[Any, ...], target: str, _table: Table) -> Quality:
    return quality.examine(_table, target)
