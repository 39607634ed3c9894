"""What prediction intervals promised and achieved, in words; from comparison.json alone."""

from collections.abc import Mapping, Sequence

from core.runs import results
from core.runs.schema import Comparison
from core.runs.schema_verdict import Interval

Rows = Sequence[Interval]


def quantile(comparison: Comparison) -> float | None:
    """The quantile that the lines of this comparison are; None where they are the middle of what may come."""
    for run in comparison.runs:
        asked = run.settings.asked
        if asked.get("loss") == "quantile" and asked.get("quantile") != 0.5:
            return float(asked["quantile"])
    return None


def rows(comparison: Comparison, step: int = 0) -> Mapping[str, Rows]:
    """The levels of each model that has any, by its label; of a step ahead, or of all together (0)."""
    labels = {run.id: results.label(run.framework) for run in comparison.runs}
    found: dict[str, list[Interval]] = {}
    for row in comparison.intervals or ():
        if row.step in (step, 0) and (row.step == step or row.coverage is None):
            name = labels.get(row.run) or results.BASELINE_LABELS.get(row.run, row.run)
            found.setdefault(name, []).append(row)
    return found


def sentence(levels: Rows) -> str:
    """Of one model: what its bands, or its quantile, achieved beside what was promised."""
    known = [row for row in levels if row.coverage is not None]
    if not known:
        return levels[0].note or "No band."
    said = "; ".join(f"{_aim(row)} → {_achieved(row)} achieved" for row in known)
    return f"{said}; {known[0].n:,} windows"


def line(comparison: Comparison) -> str:
    """All models in one line for the command line; empty where there is nothing to say."""
    known = {name: [row for row in levels if row.coverage is not None] for name, levels in rows(comparison).items()}
    said = [f"{name} {_shares(levels)}" for name, levels in known.items() if levels]
    if said:
        few = quantile(comparison) is None and any(row.promised is None for of in known.values() for row in of)
        return f"Prediction intervals: {'; '.join(said)}{' (too few windows for a promise)' if few else ''}."
    notes = [row.note for row in comparison.intervals or () if row.note]
    return f"Prediction intervals: {notes[0]}" if notes else ""


def _aim(row: Interval) -> str:
    return f"{row.level:.0%} {'promised' if row.promised is not None else 'aimed at'}"


def _achieved(row: Interval) -> str:
    bounds = f" ({row.low * 100:.0f} to {row.high:.0%})" if row.low is not None and row.high is not None else ""
    return f"{row.coverage:.0%}{bounds}"


def _shares(levels: Rows) -> str:
    return ", ".join(f"{row.level:.0%} held {row.coverage:.0%}" for row in levels)
