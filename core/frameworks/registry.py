"""The one place that picks a framework, and only when it is asked for: importing this imports none."""

import importlib
import importlib.metadata
import importlib.util
from dataclasses import dataclass

from core.errors import FrameworkMissing, NotFound
from core.frameworks.base import Framework


@dataclass(frozen=True)
class Found:
    """What is known of a framework without importing it."""

    name: str
    label: str
    installed: bool
    version: str | None
    how_to_install: str


@dataclass(frozen=True)
class _Entry:
    label: str
    module: str  # what `import` says
    packages: tuple[str, ...]  # what pip may call it


_ENTRIES = {
    "pytorch": _Entry("PyTorch", "torch", ("torch",)),
    "tensorflow": _Entry("TensorFlow", "tensorflow", ("tensorflow", "tensorflow-cpu", "tensorflow-macos")),
    "linear": _Entry("Linear (NumPy)", "numpy", ("numpy",)),
}

NAMES = ("pytorch", "tensorflow")  # what people choose from; "linear" is for tests


def load(name: str) -> Framework:
    """Import a framework; raises FrameworkMissing when it is not installed or cannot be imported."""
    found = find(name)
    if not found.installed:
        raise FrameworkMissing(f"{found.label} is not installed", remedy=found.how_to_install)
    try:
        framework: Framework = importlib.import_module(f"core.frameworks.{name}").framework
    except Exception as error:
        raise FrameworkMissing(
            f"{found.label} is installed but fails when it is imported: {type(error).__name__}: {error}",
            remedy=f"Install it anew. {found.how_to_install}",
        ) from error
    return framework


def find(name: str) -> Found:
    """Whether a framework is installed, and in which version, without importing it; raises NotFound."""
    if name not in _ENTRIES:
        raise NotFound(f"There is no framework called {name}", remedy=f"Choose from: {', '.join(NAMES)}.")
    entry = _ENTRIES[name]
    installed = importlib.util.find_spec(entry.module) is not None
    how = f"Run: pip install {entry.packages[0]}"
    return Found(name, entry.label, installed, _version(entry) if installed else None, how)


def _version(entry: _Entry) -> str | None:
    for package in entry.packages:
        try:
            return importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return None
