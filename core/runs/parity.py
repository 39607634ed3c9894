"""The certificate: how closely two frameworks agree that start from the same numbers and see the same batches."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from core.runs.files import damaged, read_json, read_weights
from core.runs.schema import Parity
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder, RunFolder

PARTED = 1e-4  # relative difference of losses from which two curves are said to have parted

Losses = Sequence[tuple[float | None, float | None]]  # train and validation loss by epoch


@dataclass(frozen=True)
class Matched:
    """A matched fit of one framework's run. Its files are checked before they are read; all raise StoreFailed."""

    run: RunFolder
    fit: str

    @property
    def done(self) -> bool:
        return self.run.has(self.fit, "fit.json") and self.run.has(self.fit, "initial_output.npy")

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        path, unsealed = self.run.checked(self.fit, name), not self.run.comparison.sealed
        if path.suffix == ".safetensors":
            return read_weights(path, unsealed)[0]
        with damaged(path):
            return {path.stem: np.load(path, allow_pickle=False)}

    def told(self) -> dict[str, Any]:
        """What it wrote of itself."""
        return read_json(self.run.checked(self.fit, "fit.json"), unsealed=not self.run.comparison.sealed)


def measure(folder: ComparisonFolder, spec: ComparisonSpec, without: Container[str] = ()) -> Parity | None:
    """Differences between the matched fits of two frameworks; None where there are not two. Raises StoreFailed.

    Weights, outputs (scaled) and gradients: largest absolute difference. Losses: largest relative one.
    """
    matched = next((fit for fit in spec.plan.fits if fit.maths == "matched" and fit.kind != "timed"), None)
    if matched is None:
        return None
    fits = [Matched(folder.run(name), matched.id) for name in spec.settings.frameworks if name not in without]
    for first, second in combinations([fit for fit in fits if fit.done], 2):
        return _compare(first, second, spec)
    return None


def _compare(first: Matched, second: Matched, spec: ComparisonSpec) -> Parity:
    losses, others = _losses(first), _losses(second)
    by_epoch = [loss_difference(one, other) for one, other in zip(losses, others, strict=False)]
    parted = next((epoch for epoch, each in enumerate(by_epoch, start=1) if each > PARTED), None)
    before = {name: _difference(first, second, name) for name in BEFORE}
    weights, output, gradient = (difference.absolute for difference in before.values())
    return Parity(
        maths="matched",
        initial_weights_difference=weights,
        initial_output_difference=output,
        first_gradient_difference=gradient,
        largest_loss_difference=max(by_epoch, default=None),
        parted_at_epoch=parted,
        loss_differences=by_epoch,
        reason=_reason(before, by_epoch, parted, spec) if parted else None,
        notes=[f"Measured over {len(by_epoch)} epochs of {_windows(first):,} windows each."],
    )


def loss_difference(one: tuple[float | None, float | None], other: tuple[float | None, float | None]) -> float:
    """Relative difference of an epoch's train or validation losses, the larger of the two."""
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    return max((abs(a - b) / max(abs(a), abs(b), 1e-30) for a, b in pairs), default=0.0)


@dataclass(frozen=True)
class Difference:
    """The largest one between the arrays of two files; None when they do not hold the same arrays."""

    absolute: float | None
    relative: float | None  # to the largest number in either file


BEFORE = {  # what is compared before the first step, and what a difference there means
    "initial_weights.safetensors": "They did not start from the same numbers.",
    "initial_output.npy": "Their first forecasts differ before any training: the two compute the model differently.",
    "first_gradient.safetensors": "Their first gradients differ: the two compute the loss or its slope differently.",
}


def _reason(before: Mapping[str, Difference], by_epoch: Sequence[float], parted: int, spec: ComparisonSpec) -> str:
    """Why the curves parted, as far as what was measured tells."""
    precision = getattr(spec.settings, "precision", "float32")
    if precision != "float32":
        return f"Numbers in {precision} keep two or three digits, which each framework rounds in its own order."
    for name, meaning in BEFORE.items():
        relative = before[name].relative
        if relative is None or relative > PARTED:
            return meaning
    if parted > 1:
        return (
            f"Everything agrees before the first step, and the difference grew from {by_epoch[0]:.0e} in the first "
            f"epoch to {by_epoch[parted - 1]:.0e}, as rounding does when each step builds on the one before. "
            "A lower learning rate keeps the curves together for longer."
        )
    return "Everything agrees before the first step; why the first epoch's losses differ is not known."


def _difference(first: Matched, second: Matched, name: str) -> Difference:
    one, other = first.arrays(name), second.arrays(name)
    if not one or one.keys() != other.keys() or any(one[key].shape != other[key].shape for key in one):
        return Difference(None, None)
    absolute = max(float(np.abs(one[key] - other[key]).max(initial=0.0)) for key in one)
    size = max(float(np.abs(array).max(initial=0.0)) for arrays in (one, other) for array in arrays.values())
    return Difference(absolute, absolute / max(size, 1e-30))


def _losses(fit: Matched) -> Losses:
    told = fit.told()
    with damaged(fit.run.fit(fit.fit) / "fit.json"):
        return [(epoch["train_loss"], epoch["validation_loss"]) for epoch in told["epochs"]]


def _windows(fit: Matched) -> int:
    told = fit.told()
    with damaged(fit.run.fit(fit.fit) / "fit.json"):
        return int(told["windows"])
