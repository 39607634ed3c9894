"""The models that people choose from, read from PyTorch's `models.py` without importing a framework.

Each twin has the same literal `MODELS` (a test holds them together), so that adding a model means editing the two
files. Settings, command line, form and estimates take what they need to know of a model from here.
"""

import ast
import functools
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.frameworks.base import ModelSpec

SOURCE = Path(__file__).parent / "pytorch" / "models.py"
OPTIONS = (  # settings that only some models use; the others are every model's
    "hidden",
    "layers",
    "dropout",
    "bidirectional",
    "kernel",
    "heads",
    "patch",
    "reference",
    "inputs",
    "calendar",
)


@dataclass(frozen=True)
class Model:
    """What is said of a model before it is built."""

    name: str
    label: str
    help: str  # for an analyst
    paper: str
    options: frozenset[str]  # those of OPTIONS that it uses
    defaults: Mapping[int, Mapping[str, int]]  # what suits from so many training windows on, beside the defaults below
    size: Mapping[str, tuple[str, str]]  # by part: numbers to learn, and how often a window passes through them

    def uses(self, option: str) -> bool:
        return option not in OPTIONS or option in self.options

    def suited(self, windows: int) -> dict[str, int]:
        """Settings that suit so many training windows; `lookback` among them is a hint."""
        found: dict[str, int] = {}
        for least in sorted(self.defaults):
            if windows >= least:
                found |= self.defaults[least]
        return found


def names() -> tuple[str, ...]:
    return tuple(models())


def find(name: str) -> Model:
    return models()[name]


def models() -> Mapping[str, Model]:
    """In the order in which they are offered."""
    return _models(SOURCE)


def parameters(spec: ModelSpec) -> int:
    """Numbers to learn, as the neutral layout counts them; 0 where the model does not say."""
    return sum(parameters_by_part(spec).values())


def parameters_by_part(spec: ModelSpec) -> dict[str, int]:
    return {part: _value(count, spec) for part, (count, _) in find(spec.kind).size.items()}


def multiplications(spec: ModelSpec) -> int:
    """Of one window's way through the model, about: every number to learn as often as it acts."""
    return sum(_value(count, spec) * _value(times, spec) for count, times in find(spec.kind).size.values())


def read(source: Path) -> dict[str, Any]:
    """The literal `MODELS` of a file of models."""
    return literal(source, "MODELS")


def literal(source: Path, name: str) -> dict[str, Any]:
    """The dictionary that a file names so at its top level, without running the file."""
    for node in ast.parse(source.read_text("utf-8")).body:
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if [each.id for each in targets if isinstance(each, ast.Name)] == [name] and node.value is not None:
            found: dict[str, Any] = ast.literal_eval(node.value)
            return found
    raise LookupError(f"{source} has no {name}")


@functools.cache
def _models(source: Path) -> Mapping[str, Model]:
    return {
        name: Model(
            name=name,
            label=said["label"],
            help=said["help"],
            paper=said["paper"],
            options=frozenset(said["options"].split()),
            defaults=said.get("defaults", {}),
            size=said.get("size", {}),
        )
        for name, said in read(source).items()
    }


def _value(formula: str, spec: ModelSpec) -> int:
    """A sum, difference or product of whole numbers and of what a ModelSpec is called."""
    return _evaluated(ast.parse(formula, mode="eval").body, spec)


def _evaluated(node: ast.expr, spec: ModelSpec) -> int:
    match node:
        case ast.Constant(value=int(number)):
            return number
        case ast.Name(id=name):
            return int(getattr(spec, RENAMED.get(name, name)))
        case ast.BinOp(left=left, op=operation, right=right):
            return OPERATIONS[type(operation)](_evaluated(left, spec), _evaluated(right, spec))
    raise ValueError(f"{ast.unparse(node)} is no whole number, name, sum, difference or product")


RENAMED = {"inputs": "seen", "rows": "read"}  # as the network meets them
OPERATIONS: Mapping[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}
