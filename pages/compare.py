"""Compare: what came out, in one sentence; then the forecasts side by side, the scores, the time, the settings."""

import re
import unicodedata
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import streamlit as st

from core.errors import NotFound, Problem, StoreFailed
from core.runs import results
from core.runs.schema import Baseline, Comparison, Run
from core.runs.view import ComparisonView
from pages.parts import (
    aftermath_view,
    certificate,
    controls,
    engine,
    errors,
    forecast_view,
    live,
    residual_view,
    score_tables,
    session,
    verdict_view,
)

CARD = 188  # px: five fit beside each other on a wide screen
LARGEST_DOWNLOAD = 200_000_000  # bytes; the server would hold it in memory for each download


def page() -> None:
    watched = session.comparison()
    if watched is None:
        empty()
        return
    try:
        view = engine.view(watched)
    except (NotFound, StoreFailed) as error:
        st.title("Compare")
        errors.show(error)
        empty_links()
        return
    if engine.is_under_way(view):
        st.title(errors.escape(view.name))
        st.info(still(view), icon=":material/hourglass_top:")
        live.panel(watched)
        return
    folder = engine.store().open(watched).path
    try:
        comparison = results.load(folder)
    except (NotFound, StoreFailed) as error:
        st.title(errors.escape(view.name))
        show_without_results(view, error)
        empty_links()
        return
    show(comparison.model_copy(update={"name": view.name}), folder, view)


def still(view: ComparisonView) -> str:
    if engine.is_scored_later(view):
        return "It was interrupted. Forecasts from what it had learned by then appear here as soon as they are made."
    if view.state == "evaluating":
        if view.scoring:
            return f"Being scored, beside simple methods that are fitted to the same data: {view.scoring}."
        return "Being scored. The forecasts appear here in a moment."
    if view.state == "queued":
        return "Not begun yet. The forecasts appear here as soon as it has been trained."
    return "Still training. The forecasts appear here as soon as it has ended."


def show_without_results(view: ComparisonView, error: Exception) -> None:
    """It has ended, and nothing was scored."""
    if view.error is not None:
        errors.show_problem(view.error)
    elif isinstance(error, NotFound):
        how = "failed" if view.state == "failed" else f"was {view.state}"
        errors.show_problem(Problem(f"This comparison {how} before anything was scored", "", "Run it again."))
    else:
        errors.show(error)
    ways_on(view)


def ways_on(view: ComparisonView) -> None:
    """For one that has not reached its end."""
    controls.failure()
    with st.container(horizontal=True):
        controls.go_on(view)
        controls.run_again(view.id)


def empty() -> None:
    st.title("Compare")
    live.under_way()
    st.write("Nothing has been trained yet in this window. Train a sample: it takes less than a minute.")
    empty_links()


def empty_links() -> None:
    with st.container(horizontal=True):
        st.page_link("train.py", label="Train", icon=":material/play_arrow:")
        st.page_link("history.py", label="Earlier comparisons", icon=":material/history:")


def show(comparison: Comparison, folder: Path, view: ComparisonView) -> None:
    st.title(errors.escape(comparison.name))
    verdict_view.show(comparison)
    controls.more_seeds(comparison, view)
    show_end(comparison, view)
    cards(comparison)
    verdict_view.show_criteria(comparison)
    forecasts(comparison, folder)
    aftermath_view.show(comparison, folder)
    residual_view.show(comparison, folder)
    score_tables.scores(comparison)
    score_tables.time_and_memory(comparison)
    certificate.show(comparison)
    certificate.show_ledger(comparison)
    score_tables.settings(comparison)
    downloads(comparison, folder)


@st.fragment
def forecasts(comparison: Comparison, folder: Path) -> None:
    """A fragment: another view of the forecasts redraws them alone, not the tables below."""
    try:
        forecast_view.show(comparison, folder)
    except (NotFound, StoreFailed) as error:
        errors.show(error)


def show_end(comparison: Comparison, view: ComparisonView) -> None:
    """How it ended, where that was before its time."""
    interrupted = view.state == "interrupted"
    if interrupted:
        st.warning(
            "It was interrupted before its end. Shown is what had been learned by then.", icon=":material/power_off:"
        )
    for run in comparison.runs:
        if run.error is not None or not interrupted:
            show_run_problem(run)
    if view.state != "finished":
        ways_on(view)


def show_run_problem(run: Run) -> None:
    name = results.label(run.framework)
    if run.error is not None:
        errors.show_problem(Problem(f"{name}: {run.error.what}", run.error.where, run.error.remedy))
    elif run.status == "stopped":
        kept = (
            "What it had learned by then is shown." if results.score_fits(run) else "It had not learned anything yet."
        )
        st.warning(f"{name} was stopped before its end. {kept}", icon=":material/stop_circle:")


def cards(comparison: Comparison) -> None:
    """The one number a person remembers, for each framework, the best simple method, and what needs no model."""
    best = results.best_baseline(comparison)
    entries = [(results.label(run.framework), results.mean_score(run, _score(comparison))) for run in comparison.runs]
    entries += [
        (results.method_label(each), getattr(each.test, _score(comparison)))
        for each in results.baselines(comparison)
        if each.name in ("naive", "seasonal_naive") or (best is not None and each.name == best.name)
    ]
    margin = results.margin(comparison)
    reference = getattr(best.test, _score(comparison)) if best is not None else None
    undecided = verdict_view.undecided(comparison)
    with st.container(horizontal=True, key="cards"):
        for position, (name, value) in enumerate(entries):
            gap = value / reference - 1 if value is not None and reference and position < len(comparison.runs) else None
            st.metric(
                name,
                results.digits(value),
                delta=_simple_words(name, best) if position >= len(comparison.runs) else _gap_words(gap, margin),
                delta_color="off" if name in undecided else _gap_colour(gap, margin),
                delta_arrow="off",
                border=True,
                width=CARD,
                help=f"Mean absolute error on the held-out rows, {_unit(comparison)}. Smaller is better.",
            )


def downloads(comparison: Comparison, folder: Path) -> None:
    st.subheader("Take it with you")
    with st.container(horizontal=True):
        for label, name, mime in (
            ("Forecasts (CSV)", "forecasts.csv", "text/csv"),
            ("The whole comparison (JSON)", "comparison.json", "application/json"),
        ):
            path = folder / name
            if path.is_file() and path.stat().st_size > LARGEST_DOWNLOAD:
                st.caption(f"{label}: too large for the browser. It lies at {errors.escape(str(path))}.")
                continue
            st.download_button(
                label,
                data=partial(results.verified_bytes, folder, name),
                file_name=f"{file_name(comparison)}-{name}",
                mime=mime,
                icon=":material/download:",
                key=f"download_{name}",
                on_click="ignore",
                disabled=not path.is_file(),
            )
    st.caption("The same without a browser:")
    st.code(comparison.command, language="bash", wrap_lines=True)


def file_name(comparison: Comparison) -> str:
    """The comparison's name with nothing in it that a file system might not like; its id where nothing is left."""
    plain = unicodedata.normalize("NFKD", comparison.name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:60].rstrip("-") or comparison.id


def _gap_words(gap: float | None, margin: float) -> str | None:
    """A framework's error against the best simple forecast's, and no more than can be told apart."""
    if gap is None:
        return None
    if abs(gap) < margin:
        return "no gain on best simple"
    return f"{abs(gap):.0%} {'below' if gap < 0 else 'above'} best simple"


def _simple_words(name: str, best: Baseline | None) -> str:
    return "best simple forecast" if best is not None and name == results.method_label(best) else "simple forecast"


def _gap_colour(gap: float | None, margin: float) -> Literal["off", "green", "red"]:
    if gap is None or abs(gap) < margin:
        return "off"
    return "green" if gap < 0 else "red"


def _score(comparison: Comparison) -> str:
    return "mae" if len(comparison.data.targets) == 1 else "scaled_mae"


def _unit(comparison: Comparison) -> str:
    single: Sequence[str] = comparison.data.targets
    return f"in the units of {errors.escape(single[0])}" if len(single) == 1 else "in deviations, over all targets"


page()
