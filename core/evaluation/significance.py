"""Is one framework's error smaller, by more than luck: the gap, its interval, and one of six outcomes.

The method is told in words in docs/verdict.md, with what it gets wrong how often.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.evaluation import power
from core.evaluation.variance import BLOCKS, MIN_SEEDS, LogRatio, block_length, log_ratio

Floats = npt.NDArray[np.float64]
Outcome = Literal[
    "pytorch_better", "tensorflow_better", "no_difference", "cannot_tell", "equal_by_construction", "not_applicable"
]

BUDGET = 0.05  # a tie is called a win this often at most, however often more seeds are run
FIRST_LOOK = 0.03  # of it; most people look once
MARGIN = 0.02
EQUAL = 0.001  # a gap that matched maths may leave without a word
ONLY_MORE_DATA = "only more data would settle it"
MANY_SEEDS = f"more than {power.MOST_SEEDS:,} seeds would settle it: the gap is very near the margin"


@dataclass(frozen=True)
class Looks:
    """How often the data has been looked at, this time included, and how often at most: first, and three more."""

    done: int = 1
    planned: int = 4

    def __post_init__(self) -> None:
        if not 1 <= self.done <= self.planned:
            raise ValueError(f"look {self.done} of {self.planned}")

    @property
    def level(self) -> float:
        """This look's share of the budget. The shares add up to it, whatever the looks have in common (Bonferroni)."""
        if self.planned == 1:
            return BUDGET
        return FIRST_LOOK if self.done == 1 else (BUDGET - FIRST_LOOK) / (self.planned - 1)

    @property
    def next(self) -> "Looks | None":
        return Looks(self.done + 1, self.planned) if self.done < self.planned else None

    def __str__(self) -> str:
        return f"look {self.done} of at most {self.planned}" if self.planned > 1 else "one look"


@dataclass(frozen=True)
class Gap:
    """The accuracy row of the verdict; `reason` says in a sentence why this outcome."""

    outcome: Outcome
    gap: float | None  # TensorFlow / PyTorch − 1, of the mean scaled error
    interval: tuple[float, float] | None  # of the gap: holds for all looks together in 95 of 100 comparisons
    margin: float  # the gap that matters
    smallest_detectable: float | None  # found with 80% power by a comparison like this one
    more_seeds: int | None  # how many more a framework would settle it, should the gap stay (below 3: at least)
    more: str | None  # what would settle it instead; None where it is settled, or where seeds would
    rests_on: str
    reason: str


def judge(
    pytorch: Floats | None,
    tensorflow: Floats | None,
    fold_of: npt.NDArray[np.integer],
    horizon: int,
    margin: float = MARGIN,
    looks: Looks | None = None,
    matched: bool = False,
) -> Gap:
    """Compare two frameworks' errors on the same test windows, in the order of their origins.

    `pytorch` (S, N) and `tensorflow` (S, N) are absolute scaled errors of each fit, averaged over a window's steps and
    targets; the number of seeds may differ, and None is a framework without results. `fold_of` (N,).
    """
    looks = looks or Looks()
    if pytorch is None or tensorflow is None:
        return _without(margin, "not_applicable", "There are not two frameworks to compare.", "one framework")
    rests_on = describe((len(pytorch), len(tensorflow)), fold_of, horizon, looks)
    plain = _plain_gap(pytorch, tensorflow)
    if matched:
        return _without(margin, "equal_by_construction", _matched_reason(pytorch, tensorflow, plain), rests_on, plain)
    if {pytorch.shape[1], tensorflow.shape[1]} != {len(fold_of)}:
        raise ValueError(f"errors over {pytorch.shape[1]} and {tensorflow.shape[1]} windows, folds of {len(fold_of)}")
    seeds, block = min(len(pytorch), len(tensorflow)), block_length(len(fold_of), horizon)
    obstacle = data_obstacle((pytorch, tensorflow), len(fold_of), horizon)  # first: more seeds do not remove it
    if obstacle:
        unsettled = _without(margin, "cannot_tell", obstacle, rests_on, plain)
        return unsettled if block else replace(unsettled, more=ONLY_MORE_DATA)
    if seeds < MIN_SEEDS:
        reason = f"{_count(seeds, 'seed')} a framework: with fewer than {MIN_SEEDS}, luck and difference look the same."
        return replace(_without(margin, "cannot_tell", reason, rests_on, plain), more_seeds=MIN_SEEDS - seeds)
    assert block  # or there was an obstacle
    return _decide(log_ratio(tensorflow, pytorch, block), margin, looks, rests_on)


def side(gap: float, interval: tuple[float, float], margin: float) -> Literal["above", "below", "within", "open"]:
    """Where the gap lies: within the margin as far as can be told, or surely off 0 and measured at least that far.

    A difference that is surely there but surely smaller than the margin is "within": it does not matter.
    """
    low, high = interval
    if -margin <= low and high <= margin:
        return "within"
    if low > 0 and gap >= margin:
        return "above"
    if high < 0 and gap <= -margin:
        return "below"
    return "open"


def _decide(ratio: LogRatio, margin: float, looks: Looks, rests_on: str) -> Gap:
    interval = ratio.interval(looks.level)
    where = side(ratio.gap, interval, margin)
    outcome = _OUTCOMES[where]
    more_seeds, more = _more(ratio, margin, looks) if where == "open" else (None, None)
    return Gap(
        outcome=outcome,
        gap=ratio.gap,
        interval=interval,
        margin=margin,
        smallest_detectable=power.smallest_detectable(ratio.variance, looks.level, margin),
        more_seeds=more_seeds,
        more=more,
        rests_on=rests_on,
        reason=_reason(outcome, ratio.gap, interval, margin),
    )


_OUTCOMES: dict[str, Outcome] = {
    "within": "no_difference",
    "above": "pytorch_better",
    "below": "tensorflow_better",
    "open": "cannot_tell",
}


def _more(ratio: LogRatio, margin: float, looks: Looks) -> tuple[int | None, str | None]:
    """How many more seeds would settle it, judged at the next look's level; or what else would."""
    following = looks.next or looks
    needed = power.seeds_needed(ratio, following.level, margin)
    if needed is not None:
        return needed - min(ratio.variance.counts), None
    at_most = ratio.variance.with_seeds(power.MOST_SEEDS)
    return None, ONLY_MORE_DATA if at_most.windows > at_most.total / 2 else MANY_SEEDS


def _reason(outcome: Outcome, gap: float, interval: tuple[float, float], margin: float) -> str:
    low, high = interval
    if outcome == "no_difference":
        return f"The whole interval lies within {margin:.1%}: no difference that matters."
    if outcome != "cannot_tell":
        return f"The interval leaves out 0, and the gap is at least {margin:.1%}."
    if low > 0 or high < 0:
        return f"There is a difference, but the measured one is below {margin:.1%} and the interval reaches beyond."
    return f"The interval holds 0 and reaches beyond {margin:.1%}: a tie and a gap that matters are both possible."


def _matched_reason(pytorch: Floats, tensorflow: Floats, gap: float | None) -> str:
    """What was to be equal may have parted: training magnifies the last digit."""
    start = "Both trained from the same numbers in the same order"
    if gap is None or abs(gap) < EQUAL:
        return f"{start}: their errors are equal by construction."
    if len(pytorch) != len(tensorflow):
        return f"{start}; they differ by {abs(gap):.1%} as they finished different numbers of seeds."
    return f"{start}; that they differ by {abs(gap):.1%} is rounding that training magnified, no merit of either."


def data_obstacle(errors: tuple[Floats, ...], windows: int, horizon: int) -> str | None:
    """Why the windows do not tell, in a sentence."""
    if not all(np.isfinite(each).all() and each.mean() > 0 for each in errors):
        return "There are errors that are zero or not finite: a ratio of them says nothing."
    if block_length(windows, horizon) is None:
        needed = BLOCKS * horizon
        return (
            f"{_count(windows, 'test window')} of {_count(horizon, 'step')}: at least {needed} are needed, for "
            f"{BLOCKS} blocks no shorter than the horizon. A longer test part or a shorter horizon would do."
        )
    return None


def describe(seeds: tuple[int, ...], fold_of: npt.NDArray[np.integer], horizon: int, looks: Looks) -> str:
    """What a judgement rests on, in words."""
    block = block_length(len(fold_of), horizon)
    each = f"{_count(seeds[0], 'seed')} each" if len(set(seeds)) == 1 else f"{seeds[0]} and {seeds[1]} seeds"
    each = _count(seeds[0], "seed") if len(seeds) == 1 else each
    blocks = f"{BLOCKS} blocks of {block}" if block else f"fewer than {BLOCKS} blocks of the horizon's {horizon}"
    windows = _count(len(fold_of), "test window")
    return f"{each}, {_count(len(set(fold_of.tolist())), 'fold')}, {windows} in {blocks}, {looks}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _plain_gap(pytorch: Floats, tensorflow: Floats) -> float | None:
    """Without an interval; None where it is not defined."""
    if not (pytorch.size and tensorflow.size and pytorch.mean() > 0):
        return None
    gap = float(tensorflow.mean() / pytorch.mean() - 1)
    return gap if math.isfinite(gap) else None


def _without(margin: float, outcome: Outcome, reason: str, rests_on: str, gap: float | None = None) -> Gap:
    return Gap(outcome, gap, None, margin, None, None, None, rests_on, reason)
