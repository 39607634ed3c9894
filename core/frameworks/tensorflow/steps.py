"""How an epoch's windows become steps, and how many steps `fit` runs in one go."""

import numpy as np
import tensorflow as tf

from core.frameworks.base import ModelSpec, Origins, TrainingSpec
from core.frameworks.catalogue import multiplications


def step_windows(training: TrainingSpec) -> int:
    """Windows that a step learns from."""
    return training.batch_size * training.accumulate


def in_blocks(origins: Origins, steps: int, windows: int) -> Origins:
    """(blocks, steps, windows), filled up with -1: a shorter step or block would have to be compiled anew."""
    filled = np.pad(origins, (0, -len(origins) % (steps * windows)), constant_values=-1)
    return filled.reshape(-1, steps, windows)


def numbered(blocks: int) -> tf.data.Dataset:
    """The number of each block, for `fit` to iterate over: nothing to tune, and a tuner's end costs up to 2 s."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return tf.data.Dataset.range(blocks).with_options(options)


def steps_per_execution(spec: ModelSpec, training: TrainingSpec) -> int:
    """Steps that `fit` runs in one go: as asked, or up to 250 but only half a second's worth, so that Stop is noticed.

    A step costs six operations a window and multiplication (forward, and twice that backward), of which a core does
    some 8e10 a second, and up to 0.04 ms a layer and row that it is walked by to get there. The windows of all of them
    are gathered together and take at most 8 MB.
    """
    if training.steps_per_execution is not None:
        return training.steps_per_execution
    if training.speed == "stock":  # as Keras comes
        return 1
    arithmetic = 6 * multiplications(spec) * step_windows(training) / 8e10
    overhead = 4e-5 * spec.lookback * spec.layers * spec.directions * training.accumulate
    gathered = 2**21 // (step_windows(training) * spec.lookback * spec.inputs)
    return max(1, min(250, gathered, int(0.5 / (arithmetic + overhead))))
