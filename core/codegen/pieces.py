"""What a script is put together from: definitions of the twin files and the templates, each with all that it uses."""

import ast
import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.codegen.constants import LONGEST
from core.codegen.settled import Known, settle

CORE = Path(__file__).parents[1]
TEMPLATES = CORE / "codegen" / "templates"
THIRD_PARTY = ("keras", "matplotlib", "numpy", "pandas", "sklearn", "tensorflow", "torch")


@dataclass(frozen=True)
class Piece:
    """A definition at the top level of a file: a function, a class or a constant."""

    path: Path
    names: tuple[str, ...]
    first: int  # lines in the file, from 1
    last: int
    text: str

    @property
    def where(self) -> str:
        return self.path.relative_to(CORE).as_posix()


@dataclass(frozen=True)
class Source:
    """A file, read and never run."""

    pieces: tuple[Piece, ...]
    imports: Mapping[str, str]  # by the name that each makes known
    tables: Mapping[str, Mapping[str, str]]  # dictionaries whose values are names


@functools.cache
def source(path: Path) -> Source:
    text = path.read_text("utf-8")
    lines, body = text.splitlines(), ast.parse(text).body
    imports = {name: line for node in body for name, line in _imported(node)}
    tables = {name: table for node in body for name, table in _table(node)}
    return Source(tuple(_piece(path, lines, node) for node in body if _names(node)), imports, tables)


def gathered(wanted: Sequence[str], files: Sequence[Path], known: Known) -> tuple[list[Piece], list[str]]:
    """The definitions of these names and of all that they use, settled, in the order of the files; and their imports.

    A name is looked for in the files in turn.
    """
    known = with_tables(files, known)
    found: dict[Piece, str] = {}
    imports, left = set[str](), list(wanted)
    while left:
        name = left.pop()
        piece = next((each for path in files for each in source(path).pieces if name in each.names), None)
        if piece is None:
            imports |= imports_of([name], files)
        elif piece not in found:
            found[piece] = tidy(settle(piece.text, known_in(piece, known)))
            left += sorted(used(found[piece]))
    order = [each for path in files for each in source(path).pieces if each in found]
    return [replace(each, text=found[each]) for each in order], sorted(imports)


def with_tables(files: Sequence[Path], known: Known) -> Known:
    """With the dictionaries of these files, that names are looked up in."""
    return replace(known, tables={name: table for path in files for name, table in source(path).tables.items()})


def imports_of(names: Iterable[str], files: Sequence[Path]) -> set[str]:
    return {line for name in names for path in files if (line := source(path).imports.get(name))}


def known_in(piece: Piece, known: Known) -> Known:
    """What the names mean in a file: a loss may not look at `window`; dropout's `training` is another."""
    if piece.path.name == "losses.py":
        return known
    objects = {name: it for name, it in known.objects.items() if piece.path.name != "dropout.py" or name == "spec"}
    return replace(known, objects=objects, unused=frozenset())


def tidy(text: str) -> str:
    """Laid out as formatters do, where a constant has taken the place of something longer."""
    text = re.sub(r":: ([A-Z_]+)([\],])", r"::\1\2", text)
    text = re.sub(r": (-?[A-Z_]+)\]", r":\1]", re.sub(r"([A-Z_]+) :([\],])", r"\1:\2", text))
    return re.sub(r"(?m)^( *)(.*[(\[{])\n((?:\1    \S.*\n)+)\1([)\]}].*)$", _on_fewer_lines, text)


def _on_fewer_lines(found: re.Match[str]) -> str:
    """What stands in brackets, on their line or on one of its own, where it fits and no comma at its end forbids it."""
    indent, first, inner, last = found.groups()
    joined = " ".join(line.strip() for line in inner.splitlines())
    if joined.endswith((",", "(", "[", "{")) or "#" in joined or '"""' in first:
        return found.group()
    short, long = f"{indent}{first}{joined}{last}", f"{indent}    {joined}"
    if len(short) <= LONGEST:
        return short
    return f"{indent}{first}\n{long}\n{indent}{last}" if len(long) <= LONGEST else found.group()


def used(text: str) -> set[str]:
    """Names that code looks up and does not make itself."""
    nodes = list(ast.walk(ast.parse(text)))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    made = {each.id for each in names if isinstance(each.ctx, ast.Store)}
    made |= {each.name for each in nodes if isinstance(each, ast.FunctionDef | ast.ClassDef)}
    return {each.id for each in names} - made


def import_block(lines: Sequence[str]) -> str:
    """The imports of a script: Python's own, then the others."""
    others = [line for line in lines if line.split()[1].split(".")[0] in THIRD_PARTY]
    own = [line for line in lines if line not in others]
    return "\n\n".join(_sorted(group) for group in (own, others) if group)


def without_imports(text: str) -> str:
    """A file's code behind its docstring and its imports."""
    imports = [node for node in ast.parse(text).body if isinstance(node, ast.Import | ast.ImportFrom)]
    return "\n".join(text.splitlines()[imports[-1].end_lineno :]).strip("\n")


def _sorted(lines: Sequence[str]) -> str:
    """`import` before `from`, several names of a module on one line."""
    plain = sorted(line for line in lines if line.startswith("import"))
    modules: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("from"):
            _, module, _, name = line.split(maxsplit=3)
            modules.setdefault(module, []).append(name)
    return "\n".join([*plain, *(f"from {module} import {_joined(names)}" for module, names in sorted(modules.items()))])


def _joined(names: Sequence[str]) -> str:
    """As isort has them: CONSTANTS, Classes, functions."""
    return ", ".join(sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name)))


def _imported(node: ast.stmt) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        for each in node.names:
            yield each.asname or each.name.split(".")[0], f"import {ast.unparse(each)}"
    if isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("core"):
        for each in node.names:
            yield each.asname or each.name, f"from {node.module} import {ast.unparse(each)}"


def _names(node: ast.stmt) -> tuple[str, ...]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return (name,)
        case ast.Assign(targets=[ast.Tuple(elts=elements)]):
            return tuple(each.id for each in elements if isinstance(each, ast.Name))
    return ()


def _table(node: ast.stmt) -> Iterator[tuple[str, Mapping[str, str]]]:
    if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
        values = [each for each in node.value.values if isinstance(each, ast.Name | ast.Attribute)]
        if len(values) == len(node.value.keys):
            keys = [ast.literal_eval(key) for key in node.value.keys if key is not None]
            yield _names(node)[0], dict(zip(keys, map(ast.unparse, values), strict=True))


def _piece(path: Path, lines: Sequence[str], node: ast.stmt) -> Piece:
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
    last = node.end_lineno or first
    return Piece(path, _names(node), first, last, "\n".join(lines[first - 1 : last]))
