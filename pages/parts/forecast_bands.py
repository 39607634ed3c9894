"""The prediction intervals of Compare's forecasts: which are drawn, what they promise, and what they achieved."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.errors import NotFound, StoreFailed
from core.figures.bands import Band
from core.figures.figure import POINTS
from core.figures.forecasts import Segment
from core.runs import band_files, interval_words, results
from core.runs.band_files import ModelBands
from core.runs.results import ForecastArrays, Future
from core.runs.schema import Comparison, Run
from core.runs.store import ComparisonFolder
from pages.parts import errors, session

ALL, NONE = "all", "none"
Drawn = tuple[Sequence[Segment], Sequence[Band]]


def control(folder: Path, runs: Sequence[Run], beside: bool) -> None:
    """Whose band is drawn. In panels of their own all can be; laid over each other one at a time can be read."""
    names = [run.framework for run in runs if band_files.has(ComparisonFolder(folder), run.framework)]
    if not names:
        return
    labels = {name: results.label(name) for name in names} | {ALL: "Shown", NONE: "Hidden"}
    st.selectbox(
        "Band" if beside else "Band of",
        [ALL, NONE] if beside else [*names, NONE],
        format_func=labels.get,
        key=f"shown_band_{'beside' if beside else 'over'}",
        help="The prediction interval: what happens should lie in its darker part in 80% of cases, in all of it in "
        "95%.",
        width=120,
    )


def chosen(folder: Path, frameworks: Sequence[str], beside: bool) -> dict[str, ModelBands]:
    """The bands to draw, by framework."""
    name = session.get(f"shown_band_{'beside' if beside else 'over'}", NONE)
    found = {}
    for framework in frameworks if name == ALL else [each for each in frameworks if each == name]:
        try:
            found[framework] = band_files.read(ComparisonFolder(folder), framework)
        except NotFound:  # it was not made
            continue
        except StoreFailed as error:
            errors.show(error)
    return found


def pieces(arrays: ForecastArrays, target: int, bands: ModelBands | None, values: npt.NDArray[np.floating]) -> Drawn:
    """Forecasts over whole horizons that follow one another; a band opens from the last known of the `values` (T,)."""
    shown = results.consecutive(arrays)
    forecast, steps = shown.forecast[:, :, target], range(len(shown.origins))
    if bands is None:
        return [Segment(np.asarray(shown.times(n)), forecast[n]) for n in steps], []
    windows = shown.origins - arrays.origins[0]
    limits, kinds = bands.around(forecast, windows, target), bands.kinds[bands.blocks(windows)]
    segments = [Segment(np.asarray(shown.times(n)), forecast[n], _told(limits[n])) for n in steps]
    before = shown.origins - 1
    opened = [
        _opened(segments[n], arrays.index[before[n] : before[n] + 1], values[before[n]], limits[n], kinds[n])
        for n in steps
        if np.isfinite(limits[n]).any()
    ]
    return segments, opened


def line(arrays: ForecastArrays, target: int, step: int, bands: ModelBands | None) -> Drawn:
    """Forecasts made a fixed number of steps ahead."""
    times = np.asarray(results.fixed_step(arrays, step).times)
    steps = slice(step - 1, step)
    forecast = arrays.forecast[:, steps, target]
    if bands is None:
        return [Segment(times, forecast[:, 0])], []
    windows = np.arange(len(times))
    limits = bands.around(forecast, windows, target, steps)  # (N, L, 2, 1)
    ends, block = limits[..., 0].transpose(1, 2, 0), bands.blocks(windows)
    told = _told(ends) if len(times) <= POINTS else ()
    stretches = []
    for kind in ("uncertain", "full"):
        rows = np.flatnonzero((block >= 0) & (bands.kinds[block] == kind))
        if len(rows):
            stretches.append(Band(times[rows], ends[:, 0, rows], ends[:, 1, rows], kind == "uncertain"))
    return [Segment(times, forecast[:, 0], told)], stretches


def future(found: Future, target: int, bands: ModelBands | None, index: np.ndarray, value: float) -> Drawn:
    """What follows the last known time (1,) and value."""
    values = found.values[:, target]
    joined = Segment(np.concatenate([index, np.asarray(found.times)]), np.concatenate([[value], values]))
    if bands is None or bands.kinds[-1] == "none":
        return [joined], []
    limits = bands.ahead(values, target)[0]
    told = ["", *_told(limits)]
    opened = _opened(Segment(np.asarray(found.times), values), index, value, limits, bands.kinds[-1])
    return [Segment(joined.times, joined.values, told)], [opened]


def _opened(segment: Segment, index: np.ndarray, value: float, limits: npt.NDArray[np.float64], kind: str) -> Band:
    """From the last known value, of which nothing is uncertain, to the ends (L, 2, H) about the forecast."""
    known = np.full((len(limits), 2, 1), value)
    ends = np.concatenate([known, limits], axis=2)
    times = np.concatenate([np.asarray(index), np.asarray(segment.times)])
    return Band(times, ends[:, 0], ends[:, 1], kind == "uncertain")


def _told(limits: npt.NDArray[np.float64]) -> list[str]:
    """The narrowest band beside each value, in words, from ends (L, 2, P)."""
    return [
        f" ({results.digits(low)} to {results.digits(high)})" if np.isfinite(low) and np.isfinite(high) else ""
        for low, high in zip(*limits[0].tolist(), strict=True)
    ]


def caption(comparison: Comparison, bands: Mapping[str, ModelBands], future: bool) -> str:
    """What the bands that are drawn say, or why there are none; as text that is not escaped yet."""
    quantile = interval_words.quantile(comparison)
    if quantile is not None:
        return (
            f"Learned with the quantile loss: each line is the value that should not be exceeded in {quantile:.0%} of "
            "cases. It is itself the end of a range, so that no band is drawn about it."
        )
    if comparison.intervals is None:
        return "It was scored before there were prediction intervals: run it again to have them."
    return " ".join(_words(next(iter(bands.values())), future)) if bands else ""


def _words(bands: ModelBands, future: bool) -> Sequence[str]:
    """The frameworks' bands differ in width, not in what they rest on."""
    kinds, reasons = bands.kinds.tolist(), bands.reasons.tolist()
    kinds, reasons = (kinds[-1:], reasons[-1:]) if future else (kinds[:-1], reasons[:-1])
    if future and kinds == ["none"]:
        return reasons
    meaning = "The darker part of a band should hold what happens in 80% of cases, all of it in 95%."
    if "uncertain" in kinds:
        last = len(kinds) - kinds[::-1].index("uncertain") - 1
        which = "It is hatched" if last == len(kinds) - 1 else "The first ones are hatched"
        return meaning, f"{which}, as nothing can be promised of so little: {reasons[last]}"
    return (meaning, reasons[-1]) if future else (meaning,) if kinds else ()


def show_achieved(comparison: Comparison, step: int | None) -> None:
    """Beside what each model's bands promised, how often they held."""
    models = interval_words.rows(comparison, step or 0)
    if not models:
        return
    what = "band" if interval_words.quantile(comparison) is None else "line"
    ahead = f", {step} step{'s' if step > 1 else ''} ahead" if step else ""
    head = f"| Does the {what} hold? | In the held-out period{ahead} |"
    rows = [f"| {errors.escape(name)} | {errors.escape(interval_words.sentence(of))} |" for name, of in models.items()]
    st.markdown("\n".join([head, "|:--|:--|", *rows]))
