"""Scores of several folds, taken together as those of all their windows."""

import math
from collections.abc import Mapping, Sequence

from core.runs.schema import Baseline, Fit, Scores

Scored = Fit | Baseline


def pooled(scores: Sequence[Scores], windows: Sequence[int]) -> Scores:
    """As over the windows of all folds at once.

    Exact for mean errors and RMSE; R² and direction are the folds' means, weighed by their windows.
    """
    return Scores(**{name: _pooled(name, scores, windows) for name in Scores.model_fields})


def of_folds(folds: Sequence[Scored]) -> Scores:
    """The same fit, or simple forecast, over all of its folds."""
    return pooled([fold.test for fold in folds if fold.test], _windows(folds))


def of_folds_by_target(folds: Sequence[Scored]) -> dict[str, Scores]:
    by_target: list[Mapping[str, Scores]] = [fold.test_by_target for fold in folds if fold.test_by_target]
    names = by_target[0] if by_target else ()
    return {name: pooled([each[name] for each in by_target], _windows(folds)) for name in names}


def of_folds_by_step(folds: Sequence[Scored]) -> list[Scores]:
    by_step = [fold.test_by_step for fold in folds if fold.test_by_step]
    return [pooled(step, _windows(folds)) for step in zip(*by_step, strict=True)]


def _windows(folds: Sequence[Scored]) -> list[int]:
    return [fold.windows or 1 for fold in folds]  # an earlier version wrote none, and had one fold


def _pooled(name: str, scores: Sequence[Scores], windows: Sequence[int]) -> float | None:
    """None where no fold has it. RMSE is the root of a mean of squares."""
    found = [(getattr(each, name), count) for each, count in zip(scores, windows, strict=True)]
    known = [(value, count) for value, count in found if value is not None]
    if not known:
        return None
    if len(known) == 1:
        return float(known[0][0])
    power = 2 if name == "rmse" else 1
    mean = sum(value**power * count for value, count in known) / sum(count for _, count in known)
    return math.sqrt(mean) if power == 2 else float(mean)
