"""Where the forecasts err: by step ahead, over time, by the clock and by size; and a fit that only repeats a value."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.errors import NotFound, StoreFailed
from core.evaluation import residuals
from core.figures import residuals as figures
from core.figures.figure import Figure
from core.runs import results
from core.runs.results import ForecastArrays
from core.runs.schema import Comparison, Run
from core.runs.store import ComparisonFolder
from pages.parts import errors
from pages.parts.chart import chart

MOST_VALUES = 500_000  # errors of a framework that are looked at
STEP, TIME, SIZE = "step", "time", "size"
LABELS = {STEP: "By step ahead", TIME: "Over time", SIZE: "By size", "hour": "By hour", "weekday": "By weekday"}
LABELS |= {"month": "By month"}
ACROSS = {STEP: "steps ahead", SIZE: "forecast value", "hour": "hour", "weekday": "day of the week", "month": "month"}
WORDS = {
    STEP: "Errors usually grow with every step ahead; a sudden jump would point at something the model cannot see.",
    TIME: "Where a line stays above or below zero for long, the series has changed and the model has not.",
    SIZE: "Groups of equally many forecasts, from the smallest to the largest. A line that leaves zero at one end: "
    "large or small values are forecast too high or too low.",
}
CLOCK_WORDS = "Where one stands out, the model has not learned what is special about it: its calendar inputs may help."


def warn(arrays: Mapping[str, ForecastArrays], target: int, folder: Path) -> None:
    """Says which fits look good only because they repeat the last known value."""
    values = ComparisonFolder(folder).values()[:, target]
    said = []
    for name, each in arrays.items():
        some = _looked_at(each)
        forecast, actual = each.forecast[some, :, target], each.actual[some, :, target]
        if sentence := residuals.repeats_last(forecast, values[each.origins[some] - 1], actual).sentence:
            said.append(f"{results.label(name)}: {sentence}")
    if said:
        st.warning("\n\n".join(map(errors.escape, said)), icon=":material/content_copy:")


@st.fragment
def show(comparison: Comparison, folder: Path) -> None:
    """Nothing is read or reckoned until it is opened."""
    runs = [run for run in comparison.runs if results.score_fits(run)]
    if not runs:
        return
    opened = st.expander("Where it errs", icon=":material/search_insights:", key="residuals", on_change="rerun")
    if not opened.open:
        return
    with opened:
        try:
            _views(comparison, folder, runs)
        except (NotFound, StoreFailed) as error:
            errors.show(error)


def _views(comparison: Comparison, folder: Path, runs: Sequence[Run]) -> None:
    arrays = {run.framework: results.seed_forecasts(folder, run.framework, min(results.seed_fits(run))) for run in runs}
    view, target = _controls(comparison, next(iter(arrays.values())))
    unit = comparison.data.targets[target]
    chart(_figure(arrays, view, target, unit), key=f"residuals_{comparison.id}", height=360)
    st.caption(_caption(view, comparison))


def _controls(comparison: Comparison, arrays: ForecastArrays) -> tuple[str, int]:
    views = [STEP, TIME, *residuals.clocks(arrays.index), SIZE]
    targets = comparison.data.targets
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        view = st.segmented_control(
            "View",
            views,
            format_func=LABELS.get,
            default=STEP,
            required=True,
            key="shown_residuals",
            label_visibility="collapsed",
        )
        target = 0
        if len(targets) > 1:
            target = st.selectbox(
                "Column", range(len(targets)), format_func=lambda k: targets[k], key="residuals_target", width=200
            )
    return view or STEP, target or 0


def _figure(arrays: Mapping[str, ForecastArrays], view: str, target: int, unit: str) -> Figure:
    if view == TIME:
        return figures.over_time([_in_time(name, each, target) for name, each in arrays.items()], unit)
    curves = [figures.Grouped(name, results.label(name), _groups(each, view, target)) for name, each in arrays.items()]
    return figures.by_group(curves, ACROSS[view], unit)


def _in_time(name: str, arrays: ForecastArrays, target: int) -> figures.InTime:
    some = _looked_at(arrays)
    times = np.asarray(arrays.index[arrays.origins[some]])
    return figures.InTime(name, results.label(name), times, residuals.over_time(_errors(arrays, some, target)))


def _groups(arrays: ForecastArrays, view: str, target: int) -> Sequence[residuals.Group]:
    some = _looked_at(arrays)
    found = _errors(arrays, some, target)
    if view == STEP:
        return residuals.by_step(found)
    if view == SIZE:
        return residuals.by_size(found, arrays.forecast[some, :, target])
    times = np.asarray(arrays.index)[arrays.origins[some, None] + np.arange(arrays.horizon)]
    return residuals.by_clock(found, times, view)


def _errors(arrays: ForecastArrays, some: npt.NDArray[np.int64], target: int) -> npt.NDArray[np.floating]:
    return residuals.errors_of(arrays.forecast[some, :, target], arrays.actual[some, :, target])


def _looked_at(arrays: ForecastArrays) -> npt.NDArray[np.int64]:
    """Windows, by lot where there are very many: every n-th might be of the same hour each."""
    count, most = len(arrays.origins), max(1, MOST_VALUES // arrays.horizon)
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, most, replace=False))


def _caption(view: str, comparison: Comparison) -> str:
    seeds = max(len(results.seed_fits(run)) for run in comparison.runs)
    said = ["Error = forecast − what happened: above zero the forecast was too high."]
    if view != TIME:
        said.append("The line is the mean; half of all errors lie in the band about it.")
    said.append(WORDS.get(view, CLOCK_WORDS))
    if seeds > 1:
        said.append("Of the first seed.")
    return " ".join(said)
