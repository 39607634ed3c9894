"""A run's folder for what compilers leave: no longer there than the run."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.runs.files import refused


def scratch_of(run: Path) -> str:
    return str(run / "compiled")


@contextmanager
def scratch(run: Path) -> Iterator[None]:
    """Empty at first; what a kill leaves goes when the run goes on, or with its comparison. Raises StoreFailed."""
    shutil.rmtree(scratch_of(run), ignore_errors=True)
    with refused(Path(scratch_of(run))):
        Path(scratch_of(run)).mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        shutil.rmtree(scratch_of(run), ignore_errors=True)
