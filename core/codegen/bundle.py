"""The ZIP with the scripts of both frameworks, what they need, and how to run them."""

import importlib.metadata
import io
import zipfile
from contextlib import suppress

import numpy as np

from core.codegen import readme, scripts, table
from core.codegen.initial import own_weights
from core.codegen.taken import Taken, taken
from core.errors import NotFound, StoreFailed
from core.frameworks.base import Array, Weights
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder

FRAMEWORKS = ("pytorch", "tensorflow")
BESIDE = ("numpy", "pandas", "matplotlib", "scikit-learn")
PACKAGES = {"pytorch": ("torch",), "tensorflow": ("tensorflow", "keras")}
LARGEST_CELLS = 20_000_000  # of data.csv: some 300 MB of text, which the server would hold in memory


def reason_against(folder: ComparisonFolder) -> str | None:
    """Why there is no ZIP yet, in a sentence; None when there can be one. Raises StoreFailed."""
    spec = folder.spec()
    if folder.values().size > LARGEST_CELLS:
        return (
            "The data are too large to be put into a ZIP by the browser's way: take the scripts by their copy buttons."
        )
    if spec.settings.maths == "matched" and shapes(folder, spec) is None:
        return "The scripts start from the run's initial weights: they are there once an epoch has been trained."
    return None


def make(folder: ComparisonFolder) -> bytes:
    """Raises NotFound where something that the scripts need is not there yet, and StoreFailed."""
    spec = folder.spec()
    files = texts(spec) | {"data.csv": table.csv(folder.dataset(), spec.settings)}
    if spec.settings.maths == "matched":
        files |= initial_files(folder, spec)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(name, files[name])
    return packed.getvalue()


def texts(spec: ComparisonSpec) -> dict[str, bytes]:
    """Everything but numbers, by file name."""
    found: dict[str, str] = {}
    for framework in FRAMEWORKS:
        of = taken(spec, framework)
        found[scripts.SIMPLE[framework]] = scripts.simple(of)
        found[scripts.COMPLETE[framework]] = scripts.complete(of)
        found[readme.NAME[framework]] = readme.text(spec, of)
        found[scripts.REQUIREMENTS[framework]] = requirements(framework)
    return {name: text.encode() for name, text in found.items()}


def requirements(framework: str) -> str:
    """With the versions of this installation: those that the run had."""
    return "".join(f"{name}{_version(name)}\n" for name in (*PACKAGES[framework], *BESIDE))


def _version(package: str) -> str:
    with suppress(importlib.metadata.PackageNotFoundError):
        return f"=={importlib.metadata.version(package).partition('+')[0]}"
    return ""


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
