"""Is the comparison fair? How closely both frameworks agree when set equal, and where they differ as they come."""

import re

import streamlit as st

from core.frameworks import ledger
from core.frameworks.registry import NAMES
from core.runs import results
from core.runs.schema import Comparison, Parity
from pages.parts import errors


def show(comparison: Comparison) -> None:
    """Whether both frameworks compute the same when nothing but the framework differs."""
    parity = comparison.parity
    if parity is None or parity.largest_loss_difference is None:
        return
    st.subheader("Is the comparison fair?")
    agreed = parity.parted_at_epoch is None
    sentence = (
        f"With the same starting numbers, the same batches and the same formulas, the two agree to "
        f"{_power(parity.largest_loss_difference)} of the loss."
        if agreed
        else f"With the same starting numbers the two part at epoch {parity.parted_at_epoch}."
    )
    st.markdown((":material/verified: " if agreed else ":material/warning: ") + sentence)
    if parity.reason:
        st.markdown(errors.escape(parity.reason))
    st.caption(_words(comparison, agreed))
    with st.expander("What was compared"):
        _differences(parity)


def _differences(parity: Parity) -> None:
    rows = {
        "starting numbers": parity.initial_weights_difference,
        "first forecast": parity.initial_output_difference,
        "first gradient": parity.first_gradient_difference,
        "loss, all epochs": parity.largest_loss_difference,
    }
    lines = [f"| {what} | {_power(value)} |" for what, value in rows.items()]
    st.markdown("\n".join(["| | largest difference |", "|---|---|", *lines]))
    if parity.loss_differences:
        by_epoch = enumerate(parity.loss_differences, start=1)
        st.dataframe(
            [{"epoch": epoch, "difference of the loss": _power(value)} for epoch, value in by_epoch],
            hide_index=True,
            width="content",
        )
    for note in parity.notes:
        st.caption(errors.escape(note))


def _words(comparison: Comparison, agreed: bool) -> str:
    """What may be concluded, and no more."""
    matched = _maths(comparison) == "matched"
    measured = "Measured on this comparison's own trainings." if matched else "Measured by a short matched training."
    if not agreed:
        return f"{measured} Part of what differs above may come from how the two compute, not only from their defaults."
    if matched:
        return f"{measured} What differs above is therefore time and memory, hardly the forecasts."
    return (
        f"{measured} So what differs above comes from the frameworks' own starting numbers, order of batches and "
        "defaults: with these set equal, the two models are the same."
    )


def show_ledger(comparison: Comparison) -> None:
    """The defaults in which the two differ, as far as they concern this model and optimiser under stock maths."""
    if {run.framework for run in comparison.runs} != set(NAMES) or _maths(comparison) == "matched":
        return
    settings = comparison.runs[0].settings
    found = ledger.entries(
        settings.asked.get("model", ""),
        settings.asked.get("optimizer", ""),
        ledger.conditions(settings.asked, settings.applied),
    )
    head = ["", *map(results.label, NAMES), "in this comparison", "what follows"]
    rows = [
        [entry.what, _value(entry.pytorch), _value(entry.tensorflow), entry.alike or "as it comes", entry.effect]
        for entry in found
    ]
    with st.expander("What the frameworks do differently out of the box"):
        st.markdown("\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)))
        st.caption("For this model and optimiser. Under matched maths all of it is set equal.")


def _maths(comparison: Comparison) -> str:
    return str(comparison.runs[0].settings.asked.get("maths", "stock")) if comparison.runs else "stock"


def _value(value: ledger.Value) -> str:
    """yes, no, 1e-8, 65,536."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    return re.sub("e-0", "e-", f"{value:,g}")


def _power(value: float | None) -> str:
    if value is None:
        return "–"
    return "0" if value == 0 else re.sub("e-0", "e-", f"{value:.1e}")
