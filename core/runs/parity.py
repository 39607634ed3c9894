"""The certificate: how closely two frameworks agree that start from the same numbers and see the same batches."""

import json
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import safetensors.numpy

from core.runs.files import damaged
from core.runs.schema import Parity
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder

PARTED = 1e-4  # relative difference of losses from which two curves are said to have parted

Losses = Sequence[tuple[float | None, float | None]]  # train and validation loss by epoch


def measure(folder: ComparisonFolder, spec: ComparisonSpec) -> Parity | None:
    """Differences between the matched fits of two frameworks; None where there are not two.

    Weights, outputs (scaled) and gradients: largest absolute difference. Losses: largest relative one.
    """
    matched = next((fit for fit in spec.plan.fits if fit.maths == "matched"), None)
    if matched is None:
        return None
    fits = [folder.run(name).fit(matched.id) for name in spec.settings.frameworks]
    fits = [path for path in fits if (path / "fit.json").is_file() and (path / "initial_output.npy").is_file()]
    for first, second in combinations(fits, 2):
        return _compare(first, second, spec)
    return None


def _compare(first: Path, second: Path, spec: ComparisonSpec) -> Parity:
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


def _notes(path: Path, epochs: int, parted: int | None, spec: ComparisonSpec) -> list[str]:
    notes = [f"Measured over {epochs} epochs of {_windows(path):,} windows each."]
    if spec.settings.dropout and parted is not None:
        notes.append("With dropout each framework leaves out other numbers, so the curves part.")
    return notes


def _largest(first: Path, second: Path, name: str) -> float | None:
    """Largest absolute difference of the arrays in two files; None when they do not hold the same arrays."""
    one, other = _arrays(first / name), _arrays(second / name)
    if one.keys() != other.keys() or any(one[key].shape != other[key].shape for key in one):
        return None
    return max((float(np.abs(one[key] - other[key]).max(initial=0.0)) for key in one), default=None)


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with damaged(path):
        if path.suffix == ".npy":
            return {path.stem: np.load(path, allow_pickle=False)}
        return dict(safetensors.numpy.load_file(path))


def _losses(path: Path) -> Losses:
    with damaged(path / "fit.json"):
        epochs = json.loads((path / "fit.json").read_bytes())["epochs"]
        return [(epoch["train_loss"], epoch["validation_loss"]) for epoch in epochs]


def _windows(path: Path) -> int:
    with damaged(path / "fit.json"):
        return int(json.loads((path / "fit.json").read_bytes())["windows"])
