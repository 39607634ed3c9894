"""A run's folder for what compilers leave: no longer there than the run."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def scratch_of(run: Path) -> str:
    return str(run / "compiled")


@contextmanager
def scratch(run: Path) -> Iterator[None]:
    """Empty at first; what a kill leaves goes when the run goes on, or with its comparison."""
    shutil.rmtree(scratch_of(run), ignore_errors=True)
    try:
        yield
    finally:
        shutil.rmtree(scratch_of(run), ignore_errors=True)
