"""Does a network beat the best simple method on the same test windows: the ratio of their errors, with an interval."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.evaluation.significance import MARGIN, Looks, data_obstacle, describe, side
from core.evaluation.variance import MIN_SEEDS, block_length, log_ratio

Floats = npt.NDArray[np.float64]
Outcome = Literal["better", "worse", "no_difference", "cannot_tell", "not_applicable"]


@dataclass(frozen=True)
class AgainstBaseline:
    """One network against the simple method that errs least on the test part."""

    outcome: Outcome
    against: str | None  # name of that method
    gap: float | None  # network / method − 1, of the mean scaled error: below 0 the network is better
    interval: tuple[float, float] | None
    margin: float
    rests_on: str
    reason: str


def beats_baseline(
    network: Floats | None,
    baselines: Mapping[str, Floats],
    fold_of: npt.NDArray[np.integer],
    horizon: int,
    margin: float = MARGIN,
    looks: Looks | None = None,
) -> AgainstBaseline:
    """Compare a network's errors (S, N) with each simple method's (N,), over the same test windows.

    The method is chosen by the very errors it is judged by, which flatters it. A network that beats it all the same has
    beaten each of them. For the network to be called worse, that luck is taken off: the interval's lower end errs with
    the probability shared out among the methods (Bonferroni). With fewer than three seeds the interval knows of the
    windows alone, and says so.
    """
    looks = looks or Looks()
    if network is None or not baselines:
        return AgainstBaseline("not_applicable", None, None, None, margin, "nothing to compare", "Nothing to compare.")
    against = min(baselines, key=lambda name: _mean(baselines[name]))
    best = baselines[against][None]
    rests_on = describe((len(network),), fold_of, horizon, looks)
    obstacle = data_obstacle((network, best), len(fold_of), horizon)
    if obstacle:
        gap = float(network.mean() / best.mean() - 1) if np.isfinite(network).all() and _mean(best) > 0 else None
        return AgainstBaseline("cannot_tell", against, gap, None, margin, rests_on, obstacle)
    ratio = log_ratio(network, best, block_length(len(fold_of), horizon) or 1)
    interval = (ratio.interval(looks.level / len(baselines))[0], ratio.interval(looks.level)[1])
    outcome = _OUTCOMES[side(ratio.gap, interval, margin)]
    alone = len(network) < MIN_SEEDS
    reason = _REASONS[outcome] + (" Other seeds may do better or worse: how much is not known." if alone else "")
    return AgainstBaseline(outcome, against, ratio.gap, interval, margin, rests_on, reason)


def _mean(errors: Floats) -> float:
    """A method whose errors are not finite is the last to be the best."""
    return float(errors.mean()) if np.isfinite(errors).all() else np.inf


_OUTCOMES: dict[str, Outcome] = {
    "above": "worse",
    "below": "better",
    "within": "no_difference",
    "open": "cannot_tell",
}
_REASONS: dict[Outcome, str] = {
    "better": "It errs less than the best simple method, and so than each of them.",
    "worse": "The best simple method errs less, even with the luck of having been picked taken off.",
    "no_difference": "The whole interval lies within the margin: it errs as much as the best simple method.",
    "cannot_tell": "Whether it errs less than the best simple method is open.",
}
