"""How an epoch's windows become steps, and how many steps `fit` runs in one go."""

import numpy as np

from core.frameworks.base import ModelSpec, Origins, TrainingSpec
from core.frameworks.catalogue import multiplications


def step_windows(training: TrainingSpec) -> int:
    """Windows that a step learns from."""
    return training.batch_size * training.accumulate


def in_steps(origins: Origins, training: TrainingSpec) -> Origins:
    """(steps, windows of a step), the last one filled up with -1: a shorter one would have to be compiled anew."""
    filled = np.pad(origins, (0, -len(origins) % step_windows(training)), constant_values=-1)
    return filled.reshape(-1, step_windows(training))


def steps_per_execution(spec: ModelSpec, training: TrainingSpec) -> int:
    """Steps that `fit` runs in one go: as asked, or up to 50 but only half a second's worth, so that Stop is noticed.

    A step costs six operations a window and multiplication (forward, and twice that backward), of which a core does
    some 2e10 a second, and about 0.1 ms a layer and row that it is walked by to get there.
    """
    if training.steps_per_execution is not None:
        return training.steps_per_execution
    if training.speed == "stock":  # as Keras comes
        return 1
    arithmetic = 6 * multiplications(spec) * step_windows(training) / 2e10
    overhead = 1e-4 * spec.lookback * spec.layers * spec.directions * training.accumulate
    return max(1, min(50, int(0.5 / (arithmetic + overhead))))
