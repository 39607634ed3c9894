"""Prediction intervals about forecasts: the narrower level darker, and hatched where nothing can be promised."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.figures.figure import POINTS, Json, Time, Times, look, numbers, thin, times

Ends = npt.NDArray[np.floating]

OPACITY = (0.26, 0.13)  # of the levels from the narrowest on; where they overlap both add up
HATCHED = (0.1, 0.06)  # between the lines of a pattern
LINES = (0.5, 0.3)  # and of its lines


@dataclass(frozen=True)
class Band:
    """The range about one forecast, or about a stretch of a line of them."""

    times: Times  # (P,)
    low: Ends  # (L, P) lower end of each level, the narrowest first
    high: Ends  # (L, P)
    uncertain: bool  # whether too little is known for a promise


def traces(framework: str, bands: Sequence[Band]) -> list[Json]:
    """The latest bands, one trace for each level and for what is promised, the widest level at the back."""
    latest, levels = _latest(bands), max((len(band.low) for band in bands), default=0)
    made = [
        _trace(framework, level, [band for band in latest if band.uncertain == uncertain], uncertain)
        for level in reversed(range(levels))
        for uncertain in (False, True)
    ]
    return [trace for trace in made if trace["x"]]


def _trace(framework: str, level: int, bands: Sequence[Band], uncertain: bool) -> Json:
    """Outlines one after another, there and back, a gap between each two."""
    x: list[Time | None] = []
    y: list[float | None] = []
    for band in bands:
        ends = np.isfinite(band.low[level]) & np.isfinite(band.high[level])
        if not ends.any():
            continue
        outline = times(np.asarray(band.times)[ends])
        gap = [None] if x else []
        x += [*gap, *outline, *outline[::-1]]
        y += [*gap, *numbers(band.low[level][ends]), *numbers(band.high[level][ends][::-1])]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "name": f"{framework} band",
        "line": {"width": 0.6 if uncertain else 0, "color": f"{look(framework).colour}/{LINES[level]}"},
        "legendgroup": framework,
        "showlegend": False,
        "hoverinfo": "skip",
        "uid": f"{framework}-band{level}{'-uncertain' if uncertain else ''}",
        "fill": "toself",
        **_filled(framework, level, uncertain),
    }


def _filled(framework: str, level: int, uncertain: bool) -> Json:
    colour = look(framework).colour
    if not uncertain:
        return {"fillcolor": f"{colour}/{OPACITY[level]}"}
    pattern = {"shape": "/", "size": 8, "solidity": 0.12, "fillmode": "replace"}
    inks = {"fgcolor": f"{colour}/{LINES[level]}", "bgcolor": f"{colour}/{HATCHED[level]}"}
    return {"fillpattern": {**pattern, **inks}}


def _latest(bands: Sequence[Band]) -> Sequence[Band]:
    """As many as there is room for; of a long line fewer points."""
    kept: list[Band] = []
    points = 0
    for band in reversed(bands):
        points += min(len(band.times), POINTS)
        if points > POINTS and kept:
            break
        kept.append(_thinned(band))
    return kept[::-1]


def _thinned(band: Band) -> Band:
    rows = thin(np.asarray(band.high[-1], np.float64))
    return Band(np.asarray(band.times)[rows], band.low[:, rows], band.high[:, rows], band.uncertain)
