"""The losses that people choose from, read from PyTorch's `losses.py` without importing a framework.

Each twin has the same literal `LOSSES` (a test holds them together), so that adding a loss means editing the two files.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.frameworks import catalogue

SOURCE = Path(__file__).parent / "pytorch" / "losses.py"


@dataclass(frozen=True)
class Loss:
    """What is said of a loss."""

    name: str
    label: str
    help: str  # for an analyst
    setting: str | None  # one that only this loss has a use for


def names() -> tuple[str, ...]:
    return tuple(losses())


def find(name: str) -> Loss:
    return losses()[name]


def losses() -> Mapping[str, Loss]:
    """In the order in which they are offered."""
    return _losses(SOURCE)


def read(source: Path) -> dict[str, dict[str, str]]:
    """The literal `LOSSES` of a file of losses."""
    return catalogue.literal(source, "LOSSES")


@functools.cache
def _losses(source: Path) -> Mapping[str, Loss]:
    return {
        name: Loss(name=name, label=said["label"], help=said["help"], setting=said.get("setting"))
        for name, said in read(source).items()
    }
