"""The certificate: how closely two frameworks agree that start from the same numbers and see the same batches."""

from collections.abc import Container, Sequence
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
    matched = next((fit for fit in spec.plan.fits if fit.maths == "matched"), None)
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
    return Parity(
        maths="matched",
        initial_weights_difference=_largest(first, second, "initial_weights.safetensors"),
        initial_output_difference=_largest(first, second, "initial_output.npy"),
        first_gradient_difference=_largest(first, second, "first_gradient.safetensors"),
        largest_loss_difference=max(by_epoch, default=None),
        parted_at_epoch=parted,
        notes=_notes(first, len(by_epoch), parted, spec),
    )


def loss_difference(one: tuple[float | None, float | None], other: tuple[float | None, float | None]) -> float:
    """Relative difference of an epoch's train or validation losses, the larger of the two."""
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    return max((abs(a - b) / max(abs(a), abs(b), 1e-30) for a, b in pairs), default=0.0)


def _notes(fit: Matched, epochs: int, parted: int | None, spec: ComparisonSpec) -> list[str]:
    notes = [f"Measured over {epochs} epochs of {_windows(fit):,} windows each."]
    if spec.settings.dropout and parted is not None:
        notes.append("With dropout each framework leaves out other numbers, so the curves part.")
    return notes


def _largest(first: Matched, second: Matched, name: str) -> float | None:
    """Largest absolute difference of the arrays in two files; None when they do not hold the same arrays."""
    one, other = first.arrays(name), second.arrays(name)
    if one.keys() != other.keys() or any(one[key].shape != other[key].shape for key in one):
        return None
    return max((float(np.abs(one[key] - other[key]).max(initial=0.0)) for key in one), default=None)


def _losses(fit: Matched) -> Losses:
    told = fit.told()
    with damaged(fit.run.fit(fit.fit) / "fit.json"):
        return [(epoch["train_loss"], epoch["validation_loss"]) for epoch in told["epochs"]]


def _windows(fit: Matched) -> int:
    told = fit.told()
    with damaged(fit.run.fit(fit.fit) / "fit.json"):
        return int(told["windows"])
