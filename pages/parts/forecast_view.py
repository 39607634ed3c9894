"""Both forecasts beside each other or laid over each other, in the held-out part and after the last row."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import streamlit as st

from core.errors import NotFound, Problem, StoreFailed
from core.evaluation.baselines import METHODS
from core.figures import forecasts as figures
from core.figures.bands import Band
from core.runs import results
from core.runs.band_files import ModelBands
from core.runs.results import ForecastArrays, Future
from core.runs.schema import Comparison, Run
from core.runs.store import ComparisonFolder
from pages.parts import errors, forecast_bands, residual_view, session
from pages.parts.chart import chart

T = TypeVar("T")

LAYOUTS = {"beside": "Side by side", "over": "Overlaid"}
PERIODS = {"held_out": "Held-out period", "future": "After the last row"}
NO_BASELINE = "none"
WHOLE_HORIZON = 0  # no step; None would read as nothing chosen when the page is drawn again


def show(comparison: Comparison, folder: Path) -> None:
    st.subheader("Forecasts")
    runs = [run for run in comparison.runs if results.score_fits(run)]
    if not runs:
        st.write("No framework got as far as a forecast.")
        return
    target, step = controls(comparison, folder, runs)
    arrays = readable(lambda run: results.seed_forecasts(folder, run.framework, min(results.seed_fits(run))), runs)
    if not arrays:
        return
    residual_view.warn(arrays, target, folder)
    futures = readable(lambda run: results.future(folder, run.framework), runs)
    ahead = session.get("period") == "future" and any(future is not None for future in futures.values())
    beside = is_beside(runs)
    bands = forecast_bands.chosen(folder, list(arrays), beside)
    if ahead:
        actual, shown, baseline = after_last_row(arrays, futures, target, folder, bands)
    else:
        actual, shown, baseline = held_out(arrays, target, step, folder, bands)
    draw = figures.side_by_side if beside else figures.overlaid
    unit = comparison.data.targets[target]
    chart(
        draw(actual, shown, baseline, origins=step is None, unit=unit),
        key=f"forecasts_{comparison.id}",
        height=440,
        narrow_height=560,
    )
    st.caption(f"{caption(comparison, step)} {errors.escape(forecast_bands.caption(comparison, bands, ahead))}")
    forecast_bands.show_achieved(comparison, step)


def is_beside(runs: Sequence[Run]) -> bool:
    """Whether each framework has a panel of its own."""
    return session.get("layout") != "over" and len(runs) > 1


def readable(read: Callable[[Run], T], runs: Sequence[Run]) -> dict[str, T]:
    """What can be read, by framework; each that cannot says so, and the others are shown."""
    found = {}
    for run in runs:
        try:
            found[run.framework] = read(run)
        except (NotFound, StoreFailed) as error:
            problem = error.problems[0]
            what = f"{results.label(run.framework)} is left out of this picture: {problem.what}"
            errors.show_problem(Problem(what, problem.where, problem.remedy), level="warning")
    return found


def controls(comparison: Comparison, folder: Path, runs: Sequence[Run]) -> tuple[int, int | None]:
    """The chosen target column, and the fixed step ahead (None: whole horizons)."""
    future = session.get("period") == "future"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _segmented("period", PERIODS)
        _segmented("layout", LAYOUTS)
        targets = comparison.data.targets
        target = 0
        if len(targets) > 1:
            target = st.selectbox(
                "Column", range(len(targets)), format_func=lambda k: targets[k], key="shown_target", width=200
            )
        horizon = ComparisonFolder(folder).spec().settings.horizon
        step = st.selectbox(
            "Each forecast",
            [WHOLE_HORIZON, *range(1, horizon + 1)],
            format_func=lambda k: f"{k} step{'s' if k > 1 else ''} ahead" if k else "whole horizon",
            key="shown_step",
            width=150,
            disabled=future,
            help="Whole horizon: each forecast as it was made, from its first step (the marker) to its last. "
            "A fixed step ahead joins single steps of many forecasts; one step ahead flatters every model.",
        )
        st.selectbox(
            "Compare with",
            _baseline_names(comparison),
            format_func=lambda name: METHODS[name].label if name in METHODS else "Nothing",
            key="shown_baseline",
            help="A simple method to beat, drawn in grey. The first one errs least.",
            width=190,
            disabled=future,
        )
        forecast_bands.control(folder, runs, is_beside(runs))
    return target or 0, None if future else step or None


def held_out(
    arrays: dict[str, ForecastArrays], target: int, step: int | None, folder: Path, bands: dict[str, ModelBands]
) -> tuple[figures.Actual, list[figures.Forecast], figures.Forecast | None]:
    """Consecutive whole-horizon forecasts of the test part, or one line of a fixed step ahead."""
    first = next(iter(arrays.values()))
    stored = ComparisonFolder(folder)
    start = int(first.origins[0]) if len(first.origins) else 0
    values = stored.values()[:, target]
    actual = figures.Actual(np.asarray(first.index[start : len(values)]), np.asarray(values[start:]))

    def drawn(each: ForecastArrays, name: str) -> tuple[Sequence[figures.Segment], Sequence[Band]]:
        if step is not None:
            return forecast_bands.line(each, target, step, bands.get(name))
        return forecast_bands.pieces(each, target, bands.get(name), values)

    shown = []
    for name, each in arrays.items():
        segments, ranges = drawn(each, name)
        shown.append(figures.Forecast(name, results.label(name), segments, bands=ranges))
    simple = _baseline(first, stored)
    baseline = None
    if simple is not None:
        label = results.BASELINE_LABELS[session.get("shown_baseline")]
        baseline = figures.Forecast("baseline", label, drawn(simple, "")[0])
    return actual, shown, baseline


def after_last_row(
    arrays: dict[str, ForecastArrays],
    futures: dict[str, Future | None],
    target: int,
    folder: Path,
    bands: dict[str, ModelBands],
) -> tuple[figures.Actual, list[figures.Forecast], figures.Forecast | None]:
    """The future, with a few horizons of history before it."""
    first = next(iter(arrays.values()))
    stored = ComparisonFolder(folder)
    values = np.asarray(stored.values()[:, target])
    start = max(0, len(values) - 5 * first.horizon)
    times = np.asarray(first.index)
    actual = figures.Actual(times[start:], values[start:])
    shown = []
    for name, future in ((name, future) for name, future in futures.items() if future is not None):
        (segment,), ranges = forecast_bands.future(future, target, bands.get(name), times[-1:], float(values[-1]))
        shown.append(figures.Forecast(name, results.label(name), future=segment, bands=ranges))
    return actual, shown, None


def caption(comparison: Comparison, step: int | None) -> str:
    if session.get("period") == "future":
        return (
            "Made by a last training on all rows. What follows is not known yet: the scores of the held-out period "
            "are the only evidence of how good it is."
        )
    if step is not None:
        return (
            f"Every point was forecast {step} step{'s' if step > 1 else ''} before it came. Forecasts are scored where "
            "their whole horizon is known, so the line ends before the actual values do."
        )
    seeds = max(len(results.seed_fits(run)) for run in comparison.runs)
    folds = max(fit.fold + 1 for run in comparison.runs for fit in results.score_fits(run))
    sentences = [
        "Each piece is one forecast over its whole horizon, its first step marked; it was made at the row before, "
        "without knowing what followed.",
        "The first seed is drawn." if seeds > 1 else "",
        f"The period is {folds} folds one after another, each forecast after a training on all rows before it."
        if folds > 1
        else "",
        "A long period opens on its latest forecasts: double-click to see all of it, drag to zoom.",
        "" if session.get("layout") == "over" else "Both panels move together.",
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _baseline(arrays: ForecastArrays, stored: ComparisonFolder) -> ForecastArrays | None:
    """The simple method chosen to be drawn, at the same origins."""
    name = session.get("shown_baseline", NO_BASELINE)
    if name == NO_BASELINE:
        return None
    try:
        made = results.baseline_forecasts(stored.path, name, arrays.origins)
    except (NotFound, StoreFailed) as error:
        errors.show(error)
        return None
    return ForecastArrays(arrays.index, arrays.origins, arrays.actual, made)


def _baseline_names(comparison: Comparison) -> list[str]:
    """The best simple forecast first: it is the one to beat."""
    best = results.best_baseline(comparison)
    names = [each.name for each in results.baselines(comparison)]
    return [*sorted(names, key=lambda name: best is None or name != best.name), NO_BASELINE]


def _segmented(key: str, options: dict[str, str]) -> None:
    st.segmented_control(
        key.capitalize(),
        list(options),
        format_func=options.get,
        default=next(iter(options)),
        required=True,
        key=key,
        label_visibility="collapsed",
        persist_state="session",
    )
