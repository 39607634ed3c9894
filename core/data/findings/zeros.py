"""A long run of exact zeros before a series begins, or after it has ended."""

import numpy as np
import numpy.typing as npt

SHORTEST = 8  # rows
LONGER = 3  # times the longest run in between: solar power is zero each night


def zeros_at_ends(values: npt.NDArray[np.float64]) -> tuple[int, int]:
    """How many rows of a series (T,) are 0 at its begin and at its end; 0 where zeros are nothing unusual."""
    zero = values == 0.0
    if not (zero[:1].any() or zero[-1:].any()) or zero.all():
        return 0, 0
    leading, trailing = int(np.argmin(zero)), int(np.argmin(zero[::-1]))
    inside = zero[leading : len(zero) - trailing]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(np.int8), [0]])))
    longest = int((edges[1::2] - edges[::2]).max(initial=0))
    least = max(SHORTEST, 0.02 * len(values), LONGER * longest)
    return tuple(run if run >= least else 0 for run in (leading, trailing))  # type: ignore[return-value]
