"""What repeats in a series: its usual day, week and year, and its autocorrelation."""

from collections.abc import Sequence

import numpy as np

from core.data.patterns import Autocorrelation, Profile
from core.figures.figure import Figure, Json, axis, layout, note, number_format, numbers, plain, titled

TITLES = {"hour": "By hour of the day", "weekday": "By day of the week", "month": "By month"}
SHORT = {"hour": 2, "weekday": 3, "month": 3}  # letters of a label on the axis
EVERY = {"hour": 4, "weekday": 1, "month": 2}  # labels written out
GAP = 0.07  # of the width, between panels


def profile(profiles: Sequence[Profile]) -> Figure:
    """One panel a profile, side by side: the median as a line, the middle half of the values as a band."""
    count = len(profiles)
    data = [trace for panel, of in enumerate(profiles, start=1) for trace in _profile(of, panel)]
    axes: Json = {}
    width = (1 - GAP * (count - 1)) / max(count, 1)
    for panel, of in enumerate(profiles, start=1):
        begin = (panel - 1) * (width + GAP)
        axes |= _axes(of, panel, [begin, min(begin + width, 1.0)])
    return Figure(
        data=tuple(data),
        layout=layout(
            margin={"l": 8, "r": 8, "t": 36, "b": 8},
            showlegend=False,
            hovermode="closest",
            dragmode=False,
            **axes,
            annotations=[_title(of, panel) for panel, of in enumerate(profiles, start=1)],
        ),
        description=" ".join(map(_describe, profiles)) or "Nothing to compare.",
        narrow=_below_each_other(profiles),
    )


def correlation(found: Autocorrelation, season: int = 1) -> Figure:
    """One bar a lag, those of whole seasons in the accent (1: none), and the band in which it may be chance."""
    lags = [int(lag) for lag in found.lags]
    seasonal = [season > 1 and lag % season == 0 for lag in lags]
    bar = {
        "type": "bar",
        "x": lags,
        "y": numbers(found.values, 3),
        "uid": "correlation",
        "marker": {"color": ["@accent" if whole else "@grey/0.6" for whole in seasonal], "line": {"width": 0}},
        "hovertemplate": "%{x:,} rows earlier: %{y:.2f}<extra></extra>",
    }
    chance = {"type": "rect", "xref": "x domain", "x0": 0, "x1": 1, "y0": -found.band, "y1": found.band}
    low = float(np.nanmin(found.values, initial=0.0))
    return Figure(
        data=(bar,),
        layout=layout(
            margin={"l": 8, "r": 8, "t": 36, "b": 8},
            showlegend=False,
            hovermode="closest",
            dragmode=False,
            bargap=0.35,
            xaxis=axis(showgrid=False, title=titled("rows earlier"), fixedrange=True, **_ticks(lags, season)),
            yaxis=axis(range=[min(low, -found.band) - 0.08, 1.05], nticks=6, fixedrange=True, tickformat=".1f"),
            shapes=[{**chance, "layer": "below", "line": {"width": 0}, "fillcolor": "@grey/0.15"}],
            annotations=[
                note(
                    f"Correlation of the {found.of} with earlier ones",
                    **{"x": 0, "y": 1, "xref": "x domain", "yref": "y domain"},
                    **{"xanchor": "left", "yanchor": "bottom"},
                )
            ],
        ),
        description=_describe_correlation(found, season),
    )


def _profile(of: Profile, panel: int) -> list[Json]:
    """The band as one outline there and back, then the median with the numbers on hover."""
    there = [place for place, count in enumerate(of.counts) if count]
    number = "" if panel == 1 else str(panel)
    on = {"type": "scatter", "xaxis": f"x{number}", "yaxis": f"y{number}"}
    labels = [of.labels[place] for place in there]
    middle = [numbers([values[place] for place in there]) for values in (of.median, of.lower, of.upper, of.mean)]
    written = number_format(middle[2])
    said = f"median %{{y:{written}}}, half of all %{{customdata[0]:{written}}} to %{{customdata[1]:{written}}}"
    return [
        {
            **on,
            "mode": "lines",
            "x": [*there, *there[::-1]],
            "y": [*middle[2], *middle[1][::-1]],
            "uid": f"{of.by}-band",
            "fill": "toself",
            "fillcolor": "@accent/0.15",
            "line": {"width": 0, "color": "@accent/0.15"},
            "hoverinfo": "skip",
        },
        {
            **on,
            "mode": "lines+markers",
            "x": there,
            "y": middle[0],
            "text": labels,
            "customdata": [list(row) for row in zip(*middle[1:], strict=True)],
            "uid": f"{of.by}-median",
            "name": plain(of.target),
            "line": {"color": "@accent", "width": 1.9},
            "marker": {"color": "@accent", "size": 5},
            "hovertemplate": f"%{{text}}: {said}, mean %{{customdata[2]:{written}}}<extra></extra>",
        },
    ]


def _axes(of: Profile, panel: int, domain: list[float]) -> Json:
    number = "" if panel == 1 else str(panel)
    last = max((place for place, count in enumerate(of.counts) if count), default=len(of.labels) - 1)
    places = list(range(0, last + 1, EVERY[of.by]))  # no empty weekend
    across = axis(
        domain=domain,
        anchor=f"y{number}",
        showgrid=False,
        fixedrange=True,
        tickangle=0,
        tickvals=places,
        ticktext=[of.labels[place][: SHORT[of.by]] for place in places],
        range=[-0.5, last + 0.5],
    )
    return {
        f"xaxis{number}": across,
        f"yaxis{number}": axis(anchor=f"x{number}", nticks=5, fixedrange=True, domain=[0, 1]),
    }


def _below_each_other(profiles: Sequence[Profile]) -> Json:
    changes: Json = {}
    count = len(profiles)
    for panel in range(1, count + 1):
        number = "" if panel == 1 else str(panel)
        top = 1 - (panel - 1) / count
        changes[f"xaxis{number}"] = {"domain": [0, 1]}
        changes[f"yaxis{number}"] = {"domain": [max(top - 0.72 / count, 0.0), top]}
    return changes if count > 1 else {}


def _title(of: Profile, panel: int) -> Json:
    number = "" if panel == 1 else str(panel)
    where = {"x": 0, "y": 1, "xref": f"x{number} domain", "yref": f"y{number} domain"}
    return note(TITLES[of.by], **where, xanchor="left", yanchor="bottom")


def _ticks(lags: Sequence[int], season: int) -> Json:
    """Whole and half seasons, where there are not too many."""
    if season < 2 or not lags or len(lags) > 8 * season:
        return {"nticks": 10}
    step = season if season % 2 or season < 6 else season // 2
    return {"tickvals": list(range(step, lags[-1] + 1, step)), "tickformat": ",d"}


def _describe(of: Profile) -> str:
    there = [place for place, count in enumerate(of.counts) if count]
    highest = max(there, key=lambda place: of.median[place])
    lowest = min(there, key=lambda place: of.median[place])
    return (
        f"{of.target} {TITLES[of.by].lower()}: highest median {of.median[highest]:.4g} ({of.labels[highest]}), "
        f"lowest {of.median[lowest]:.4g} ({of.labels[lowest]})."
    )


def _describe_correlation(found: Autocorrelation, season: int) -> str:
    said = f"Autocorrelation of the {found.of} over {len(found.lags)} lags; within ±{found.band:.2f} it may be chance."
    if 1 < season <= len(found.values) and np.isfinite(found.values[season - 1]):
        said += f" One season of {season:,} rows earlier: {found.values[season - 1]:.2f}."
    return said
