"""How the learning rate changes from epoch to epoch: decided here for every framework, applied by each in its way."""

from collections.abc import Sequence
from math import cos, inf, pi

from core.frameworks.base import Schedule, improves

FACTOR = 0.5  # of the rate that a plateau leaves
PATIENCE = 3  # epochs without gain that make a plateau


def rate(schedule: Schedule, epoch: int, epochs: int, base: float, losses: Sequence[float]) -> float:
    """The learning rate of an epoch (from 1).

    `epochs` are those that the schedule is laid out for, `losses` the ones of the epochs before: of the validation
    part, or of the training part where there is none.
    """
    match schedule:
        case "cosine":  # Loshchilov and Hutter 2017, arXiv 1608.03983, without restarts
            return base * (1 + cos(pi * min(1.0, (epoch - 1) / epochs))) / 2
        case "halve":
            return base * 0.5 ** (epoch - 1)
        case "plateau":
            return base * FACTOR ** plateaus(losses)
    return base


def plateaus(losses: Sequence[float]) -> int:
    """How often a run of `PATIENCE` epochs brought no gain; each run begins anew after a gain or a plateau."""
    best, waited, found = inf, 0, 0
    for loss in losses:
        best, waited = (loss, 0) if improves(loss, best) else (best, waited + 1)
        if waited == PATIENCE:
            found, waited = found + 1, 0
    return found
