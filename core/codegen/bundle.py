"""The ZIP with the scripts of both frameworks, what they need, and how to run them."""

import importlib.metadata
import io
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType

import numpy as np

from core.codegen import readme, scripts, table
from core.codegen.initial import own_weights
from core.codegen.taken import Taken, taken
from core.errors import NotFound, StoreFailed
from core.frameworks.base import Array, Weights
from core.runs import results
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder

FRAMEWORKS = ("pytorch", "tensorflow")
BESIDE = ("numpy", "pandas", "matplotlib", "scikit-learn")
PACKAGES = {"pytorch": ("torch",), "tensorflow": ("tensorflow", "keras")}
SAID = {"torch": "pytorch"}  # as comparison.json has it
LARGEST_CELLS = 20_000_000  # of data.csv: some 300 MB of text, which the server would hold in memory


def reason_against(folder: ComparisonFolder) -> str | None:
    """Why there is no ZIP yet, in a sentence; None when there can be one. Raises StoreFailed."""
    spec = folder.spec()
    if sum(spec.plan.split) * len(spec.dataset.columns) > LARGEST_CELLS:
        return (
            "The data are too large to be put into a ZIP by the browser's way: take the scripts by their copy buttons."
        )
    if spec.settings.maths == "matched" and shapes(folder, spec) is None:
        return "The scripts start from the run's initial weights: they are there once an epoch has been trained."
    return None


def make(folder: ComparisonFolder) -> bytes:
    """Raises NotFound where something that the scripts need is not there yet, and StoreFailed."""
    spec = folder.spec()
    files = texts(spec, versions(folder)) | {"data.csv": table.csv(folder.dataset(), spec.settings)}
    if spec.settings.maths == "matched":
        files |= initial_files(folder, spec)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(name, files[name])
    return packed.getvalue()


def texts(spec: ComparisonSpec, had: Mapping[str, str] = MappingProxyType({})) -> dict[str, bytes]:
    """Everything but numbers, by file name; `had` are the versions that the run had."""
    found: dict[str, str] = {}
    for framework in FRAMEWORKS:
        of = taken(spec, framework)
        found[scripts.SIMPLE[framework]] = scripts.simple(of)
        found[scripts.COMPLETE[framework]] = scripts.complete(of)
        found[readme.NAME[framework]] = readme.text(spec, of)
        found[scripts.REQUIREMENTS[framework]] = requirements(framework, had)
    return {name: text.encode() for name, text in found.items()}


def versions(folder: ComparisonFolder) -> Mapping[str, str]:
    """Those that the run had; none before it has ended."""
    with suppress(NotFound, StoreFailed):
        return results.load(folder.path).versions
    return {}


def requirements(framework: str, had: Mapping[str, str]) -> str:
    """With the versions that the run had, else with those of this installation."""
    names = (*PACKAGES[framework], *BESIDE)
    return "".join(f"{name}{_pinned(had.get(SAID.get(name, name)) or _installed(name))}\n" for name in names)


def _pinned(version: str | None) -> str:
    return f"=={version.partition('+')[0]}" if version else ""  # without the build, as in 2.13.0+cpu


def _installed(package: str) -> str | None:
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(package)
    return None


def initial_files(folder: ComparisonFolder, spec: ComparisonSpec) -> dict[str, bytes]:
    """The initial weights of the scripts' training as each framework keeps them."""
    like = shapes(folder, spec)
    if like is None:
        raise NotFound("No weights are kept of this comparison yet", folder.id, "Wait until an epoch has been trained.")
    return {f"initial_weights_{each.framework}.npz": _npz(_own(like, each)) for each in _both(spec)}


def shapes(folder: ComparisonFolder, spec: ComparisonSpec) -> Weights | None:
    """Names and shapes of the model's arrays, from whatever fit has kept its weights; None when none has."""
    for run in folder.runs():
        for fit in spec.plan.fits:
            with suppress(NotFound, StoreFailed):
                return run.weights(fit.id)[0]
    return None


def _both(spec: ComparisonSpec) -> list[Taken]:
    return [taken(spec, framework) for framework in FRAMEWORKS]


def _own(like: Weights, of: Taken) -> dict[str, Array]:
    return own_weights(of.framework, like, of.run.seed, of.spec.heads)


def _npz(arrays: dict[str, Array]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()
