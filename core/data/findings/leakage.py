"""Inputs that give the answer away: the target itself, a straight line of it, or what it will be some rows later."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SAME = 0.9999  # correlation of the values and of their changes; an opening price reaches the first, never the second
HINT = 0.95  # of the changes: near enough to look closely
SEARCHED = 1 << 16  # rows in which a shift is looked for
TOGETHER = 32  # columns searched at once, to bound memory
FEWEST = 12  # rows
FURTHEST = 400  # rows ahead


@dataclass(frozen=True)
class Leak:
    """How a column gives the target away: `ahead` rows earlier than it comes (0: in the same row)."""

    column: str
    ahead: int
    equal: bool  # cell by cell; otherwise a straight line of it


def find_leaks(target: Floats, inputs: dict[str, Floats]) -> list[Leak]:
    """Of columns (T,) each, NaN where missing. A column that holds earlier values of the target is a fair input."""
    changes = _changes(target[-SEARCHED:])
    if changes is None:
        return []
    leaks = []
    names = list(inputs)
    for begin in range(0, len(names), TOGETHER):
        some = {name: inputs[name] for name in names[begin : begin + TOGETHER]}
        for name, shifts in _hints(changes, some).items():
            leak = _leak(target, inputs[name], name, shifts)
            if leak:
                leaks.append(leak)
    return leaks


def _changes(values: Floats) -> Floats | None:
    """From row to row around 0 and of length 1, the largest ones cut: one made-up cell must not hide the others."""
    if len(values) < FEWEST:
        return None
    changes = np.nan_to_num(np.diff(values), nan=0.0, posinf=0.0, neginf=0.0)
    if most := float(np.quantile(np.abs(changes), 0.95)):
        changes = np.clip(changes, -most, most)
    changes = changes - changes.mean()
    with np.errstate(over="ignore"):  # of numbers near the largest there are
        size = float(np.sqrt(np.dot(changes, changes)))
    flat = size <= 1e-9 * float(np.nanmax(np.abs(values), initial=0.0)) * np.sqrt(len(values))
    return None if flat or not np.isfinite(size) else changes / size


def _hints(target: Floats, columns: dict[str, Floats]) -> dict[str, list[int]]:
    """Shifts at which the changes of a column resemble those of the target, by column; positive ones lie ahead."""
    found = {name: changes for name, values in columns.items() if (changes := _changes(values[-SEARCHED:])) is not None}
    if not found:
        return {}
    length = 1 << int(2 * len(target) - 1).bit_length()
    ahead = min(FURTHEST, len(target) // 4)
    spectrum = np.fft.rfft(target, length)
    others = np.fft.rfft(np.stack(list(found.values())), length, axis=1)
    alike = np.abs(np.fft.irfft(spectrum * others.conj(), length, axis=1))  # (C, length), shift by shift
    shifts = np.concatenate([np.arange(ahead + 1), np.arange(-ahead, 0)])
    near = alike[:, shifts] > HINT * (1 - np.abs(shifts) / len(target))
    return {name: [int(shift) for shift in shifts[row]] for name, row in zip(found, near, strict=True) if row.any()}


def _leak(target: Floats, column: Floats, name: str, shifts: list[int]) -> Leak | None:
    """The nearest shift that holds over all rows; none where the column can be known from the past of the target."""
    nearest = sorted(shifts, key=abs)[:20]
    holding = [shift for shift in nearest if _is_line(*_overlap(target, column, shift))]
    if not holding or (min(holding) < 0 and 0 not in holding):
        return None
    ahead = min(holding, key=abs)
    ours, theirs = _overlap(target, column, ahead)
    both = np.isfinite(ours) & np.isfinite(theirs)
    return Leak(name, ahead, bool((ours[both] == theirs[both]).all()))


def _overlap(target: Floats, column: Floats, ahead: int) -> tuple[Floats, Floats]:
    """column[t] beside target[t + ahead]."""
    rows = len(target) - abs(ahead)
    return (target[ahead:], column[:rows]) if ahead >= 0 else (target[:rows], column[-ahead:])


def _is_line(ours: Floats, theirs: Floats) -> bool:
    both = np.isfinite(ours) & np.isfinite(theirs)
    if both.sum() < max(FEWEST - 2, 0.5 * len(ours)):
        return False
    ours, theirs = ours[both], theirs[both]
    return all(_correlation(a, b) > SAME for a, b in ((ours, theirs), (np.diff(ours), np.diff(theirs))))


def _correlation(a: Floats, b: Floats) -> float:
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt(np.dot(a, a) * np.dot(b, b)))
    return abs(float(np.dot(a, b))) / size if size > 0 else 0.0
