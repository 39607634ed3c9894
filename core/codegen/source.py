"""The code of both frameworks that really ran, side by side by concept: cut from the twin files, never written anew."""

import ast
import functools
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.advice.code_lines import lines
from core.codegen.pieces import CORE, source, used
from core.codegen.taken import Taken, taken
from core.runs.spec import ComparisonSpec

CONCEPTS = Path(__file__).with_name("concepts.toml")
FRAMEWORKS = ("pytorch", "tensorflow")


@dataclass(frozen=True)
class Part:
    """A function or class as it stands in its file."""

    name: str
    where: str  # the file, from the project's folder
    first: int  # lines in it, from 1
    last: int
    text: str

    @property
    def lines(self) -> int:
        """Of code: no empty ones, no comments, no descriptions."""
        return lines(self.text)


@dataclass(frozen=True)
class Difference:
    words: str
    snippets: Mapping[str, str]  # code that shows it, by framework


@dataclass(frozen=True)
class Concept:
    id: str
    title: str
    words: str
    parts: Mapping[str, tuple[Part, ...]]  # by framework
    differences: tuple[Difference, ...]

    def text(self, framework: str) -> str:
        return "\n\n\n".join(part.text for part in self.parts[framework])

    def lines(self, framework: str) -> int:
        return sum(part.lines for part in self.parts[framework])


def concepts(spec: ComparisonSpec) -> tuple[Concept, ...]:
    """In the order in which a series passes through them."""
    of = {framework: taken(spec, framework) for framework in FRAMEWORKS}
    return tuple(_concept(told, of) for told in _told())


def facts(of: Taken) -> frozenset[str]:
    """What `when` may name."""
    spec, training, run = of.spec, of.training, of.run
    found = {
        "parallel": training.devices > 1,
        "one_device": training.devices == 1,
        "loads": training.loads and training.devices == 1,
        "resident": not training.loads and training.devices == 1,
        "matched": training.maths == "matched",
        "stock": training.maths == "stock",
        "adam": training.optimizer in ("adam", "adamw"),
        "reference": spec.reference != "none",
        "masks": run.masks,
        "low_precision": training.precision != "float32",
        "recurrent": spec.kind in ("lstm", "gru"),
        "convolution": spec.kind in ("cnn", "tcn"),
        "transformer": spec.kind == "transformer",
        "dense": spec.kind == "mlp",
        "linear": spec.kind in ("dlinear", "nlinear"),
    }
    return frozenset(name for name, holds in found.items() if holds)


def _concept(told: Mapping[str, Any], of: Mapping[str, Taken]) -> Concept:
    holding = facts(of["pytorch"])
    asked = [each for each in told["part"] if holding.issuperset(each.get("when", ()))]
    parts = {
        framework: tuple(part for each in asked for name in each[framework] for part in cut(name, of[framework]))
        for framework in FRAMEWORKS
    }
    differences = tuple(
        Difference(each["words"], {framework: each[framework] for framework in FRAMEWORKS})
        for each in told["difference"]
        if holding.issuperset(each.get("when", ()))
    )
    return Concept(told["id"], told["title"], told["words"], parts, differences)


def cut(name: str, of: Taken) -> Iterator[Part]:
    """What concepts.toml calls "file:name": one definition, or those that the settings choose."""
    file, _, inner = name.partition(":")
    path = CORE / "frameworks" / of.framework / file
    for each in _chosen(inner, path, of):
        yield _part(path, each)


def _chosen(name: str, path: Path, of: Taken) -> tuple[str, ...]:
    match name:
        case "@network":
            return _with_helpers(path, source(path).tables["NETWORKS"][of.spec.kind])
        case "@loss":
            return _with_helpers(path, source(path).tables["FUNCTIONS"][of.training.loss])
        case "@optimizer":
            if of.training.maths == "stock":
                return ()
            return _with_helpers(path, source(path).tables["MATCHED"][of.training.optimizer])
    return (name,)


def _with_helpers(path: Path, name: str) -> tuple[str, ...]:
    """A definition, and those of its file that it uses, in the order in which they are met."""
    known = {each: piece.text for piece in source(path).pieces for each in piece.names if _is_code(piece.text)}
    found = [name]
    for each in found:
        found += sorted((used(known[each]) & set(known)) - set(found))
    return tuple(found)


def _is_code(text: str) -> bool:
    return text.startswith(("def ", "class ", "@"))


@functools.cache
def _part(path: Path, name: str) -> Part:
    text = path.read_text("utf-8")
    node = _find(ast.parse(text), name)
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    last = node.end_lineno or first
    own = "\n".join(text.splitlines()[first - 1 : last])
    return Part(name, path.relative_to(CORE.parent).as_posix(), first, last, textwrap.dedent(own))


def _find(node: ast.AST, name: str) -> ast.FunctionDef | ast.ClassDef:
    """A function or class by its name, of a class within by Class.name."""
    for part in name.split("."):
        defined = (each for each in ast.iter_child_nodes(node) if isinstance(each, ast.FunctionDef | ast.ClassDef))
        node = next(each for each in defined if each.name == part)
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    return node


@functools.cache
def _told() -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads(CONCEPTS.read_text("utf-8"))["concept"])
