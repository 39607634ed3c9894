"""Source code with its settings settled: what a choice decides is decided, and what is left are plain constants.

The frameworks' twin files and the templates are written for any settings: `spec.hidden`, `if training.clip_norm …`.
A script that is taken along is for one choice of them. So `spec.hidden` becomes HIDDEN, of a branch whose condition
is known only the part that would run is kept, and what was passed along only to know the settings is passed no more.
Nothing is run; text, comments and layout stay as they are.
"""

import ast
import copy
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

GONE = b"\x00gone\x00"  # stands for a statement that is left out, until its line is
OTHER = b"\x00other\x00"  # before a statement that took the other way than the one that its comment is about
Edit = tuple[int, int, bytes]


@dataclass(frozen=True)
class Known:
    """What is settled: objects by the names that source code has for them, and how their attributes are written."""

    objects: Mapping[str, Any]  # spec, training, run
    written: Mapping[str, str] = field(default_factory=dict)  # attribute: expression; others: a constant, or a literal
    unused: frozenset[str] = frozenset()  # parameters that nothing looks at
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # dictionaries of names, by name

    def value(self, node: ast.expr) -> Any:
        """What an expression of settled things alone comes to. Raises LookupError for any other."""
        plain = ast.Expression(WithoutSelf().visit(copy.deepcopy(node)))
        names = {each.id for each in ast.walk(plain) if isinstance(each, ast.Name)}
        if not names or not names <= set(self.objects) or isinstance(node, ast.Slice | ast.Tuple):
            raise LookupError(ast.unparse(node))
        return eval(compile(ast.fix_missing_locations(plain), "settled", "eval"), {}, dict(self.objects))

    def is_object(self, node: ast.AST) -> bool:
        """Whether this is `spec`, `self.spec` or the like, and nothing more."""
        if isinstance(node, ast.Attribute):
            return _is_own_spec(node) and "spec" in self.objects
        return isinstance(node, ast.Name) and (node.id in self.objects or node.id in self.unused)


class WithoutSelf(ast.NodeTransformer):
    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return ast.Name("spec", ast.Load()) if _is_own_spec(node) else self.generic_visit(node)


def _is_own_spec(node: ast.Attribute) -> bool:
    """`self.spec`; `self.training` is something else in a module of PyTorch: whether it learns."""
    return isinstance(node.value, ast.Name) and (node.value.id, node.attr) == ("self", "spec")


def settle(source: str, known: Known) -> str:
    """The source of whole statements, as it is under these settings."""
    return _Settler(source, known).whole()


def constant(name: str, value: Any) -> str:
    """How a settled value is written: numbers as the constants that a reader may change, all else as it is."""
    if isinstance(value, bool | str | None):
        return f'"{value}"' if isinstance(value, str) else repr(value)
    return name.upper()


class _Settler:
    def __init__(self, source: str, known: Known) -> None:
        self.source, self.known = source.encode(), known
        self.lines = [0]
        for line in self.source.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))

    def whole(self) -> str:
        module = ast.parse(self.source)
        return _without_gone(self.text(module.body, 0, len(self.source))).decode()

    def text(self, nodes: Iterable[ast.AST], start: int, end: int) -> bytes:
        """What stands from `start` to `end`, where these nodes are."""
        found, at = b"", start
        for first, last, new in sorted(edit for edit in self.edits_of(nodes) if start <= edit[0] and edit[1] <= end):
            found += self.source[at:first] + new
            at = last
        return found + self.source[at:end]

    def edits_of(self, nodes: Iterable[ast.AST]) -> Iterator[Edit]:
        over = False
        for node in nodes:
            if over:
                yield *self.span(node), GONE
                continue
            yield from self.edits(node)
            over = isinstance(node, ast.stmt) and self.leaves(node)

    def edits(self, node: ast.AST) -> Iterator[Edit]:
        """What changes within a node, or the node as a whole."""
        new = self.replaced(node)
        if new is not None:
            yield *self.span(node), new
            return
        dropped = list(self.dropped(node))
        yield from ((first, last, b"") for first, last, _ in dropped)
        gone = {id(each) for _, _, each in dropped}
        if isinstance(node, ast.Assign | ast.Return) and self.takes_other(node):
            yield self.span(node)[0], self.span(node)[0], OTHER
        bodies = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")] if _is_compound(node) else []
        held = {id(each) for body in bodies for each in body}
        for body in bodies:
            yield from self.edits_of(body)
        for child in ast.iter_child_nodes(node):
            if id(child) not in gone and id(child) not in held and not isinstance(child, ast.JoinedStr):
                yield from self.edits(child)

    def replaced(self, node: ast.AST) -> bytes | None:
        match node:
            case ast.If() | ast.IfExp():
                return self.branch(node)
            case ast.FunctionDef() if all(self.is_gone(each) for each in node.body):
                return GONE
            case ast.Assign() if self.known.is_object(node.value):
                return GONE
            case ast.Assign(targets=[ast.Tuple(elts=[*names])], value=ast.Tuple(elts=[*values])):
                return GONE if all(map(self.known.is_object, values)) and names else None
            case ast.Subscript(value=ast.Dict() | ast.Name()):
                return self.looked_up(node)
            case ast.Attribute() if self.known.is_object(node.value):
                return self.written(node)
            case ast.BinOp(op=ast.Mult(), right=ast.Attribute(attr=name)) if name in self.known.written:
                return self.within(node.left) if self.known.written[name] == "1" else None
        return None

    def is_gone(self, node: ast.stmt) -> bool:
        return isinstance(node, ast.If) and self.branch(node) == GONE

    def written(self, node: ast.Attribute) -> bytes:
        written = self.known.written.get(node.attr)
        return (constant(node.attr, self.known.value(node)) if written is None else written).encode()

    def branch(self, node: ast.If | ast.IfExp) -> bytes | None:
        """Of a condition that is known, what it leads to."""
        try:
            holds = bool(self.known.value(node.test))
        except LookupError:
            return None
        if isinstance(node, ast.IfExp):
            return self.within(node.body if holds else node.orelse)
        if holds:
            start = self.source.index(b"\n", self.span(node.test)[1]) + 1
            return self.block(node.body, start, self.span(node)[1], node.col_offset)
        if not node.orelse:
            return GONE
        if self.source[slice(*self.span(node.orelse[0]))].startswith(b"elif"):
            return re.sub(rb"^elif", b"if", self.within(node.orelse[0]))
        start = self.source.rindex(b"else:", 0, self.span(node.orelse[0])[0]) + len(b"else:\n")
        return self.block(node.orelse, start, self.span(node)[1], node.col_offset)

    def block(self, body: Sequence[ast.stmt], start: int, before: int, column: int) -> bytes:
        """Statements of a branch that ends `before`, as deep as the condition stood."""
        end = self.span(body[-1])[1]
        if end < before:  # a comment beside the last statement
            end = self.source.index(b"\n", end)
        text = self.text(body, start, end)
        deeper = b" " * (body[0].col_offset - column)
        return re.sub(rb"(?m)^" + deeper, b"", text).removeprefix(b" " * column)

    def looked_up(self, node: ast.Subscript) -> bytes | None:
        """`{"lstm": nn.LSTM}[spec.kind]`, `NETWORKS[spec.kind]`."""
        try:
            key = self.known.value(node.slice)
        except LookupError:
            return None
        if isinstance(node.value, ast.Dict):
            found = dict(zip(map(ast.unparse, filter(None, node.value.keys)), node.value.values, strict=True))
            return self.within(found[repr(key)])
        if isinstance(node.value, ast.Name) and node.value.id in self.known.tables:
            return self.known.tables[node.value.id][key].encode()
        return None

    def dropped(self, node: ast.AST) -> Iterator[tuple[int, int, ast.AST]]:
        """Arguments and parameters that only carry settings, each with the comma that goes with it."""
        match node:
            case ast.Call():
                items: list[ast.AST] = [*node.args, *node.keywords]
                gone = [self.known.is_object(each) for each in items]
            case ast.arguments():
                items = [*node.posonlyargs, *node.args, *node.kwonlyargs]
                settled = {*self.known.objects, *self.known.unused}
                gone = [isinstance(each, ast.arg) and each.arg in settled for each in items]
            case _:
                return
        kept = -1  # the last one that stays
        for place, item in enumerate(items):
            if not gone[place]:
                kept = place
            elif kept >= 0:
                yield self.span(items[place - 1])[1], self.span(item)[1], item
            else:
                after = self.span(items[place + 1])[0] if place + 1 < len(items) else self.span(item)[1]
                yield self.span(item)[0], after, item

    def takes_other(self, node: ast.stmt) -> bool:
        """Whether one of its `a if known else b` comes to b."""
        for each in ast.walk(node):
            with suppress(LookupError):
                if isinstance(each, ast.IfExp) and not self.known.value(each.test):
                    return True
        return False

    def leaves(self, node: ast.stmt) -> bool:
        """Whether nothing behind this statement of a block is reached."""
        if isinstance(node, ast.Return | ast.Continue | ast.Raise):
            return True
        if not isinstance(node, ast.If):
            return False
        try:
            taken = node.body if self.known.value(node.test) else node.orelse
        except LookupError:
            return False
        return bool(taken) and self.leaves(taken[-1])

    def within(self, node: ast.AST) -> bytes:
        return self.text([node], *self.span(node))

    def span(self, node: Any) -> tuple[int, int]:
        """From where to where in the source, decorators included."""
        first = min([node, *getattr(node, "decorator_list", [])], key=lambda each: each.lineno)
        column = node.col_offset
        return self.lines[first.lineno - 1] + column, self.lines[node.end_lineno - 1] + node.end_col_offset


def _is_compound(node: ast.AST) -> bool:
    return isinstance(node, ast.stmt) and isinstance(getattr(node, "body", None), list)


def _without_gone(text: bytes) -> bytes:
    """Lines of statements that are left out go, with the comments right above them and an empty line behind."""
    kept: list[bytes] = []
    gap = False  # where something was left out
    for line in text.split(b"\n"):
        if line.lstrip().startswith((GONE, OTHER)):
            while kept and kept[-1].lstrip().startswith(b"#"):
                kept.pop()
        if line.lstrip().startswith(GONE):
            gap = True
        elif line.strip() or not (gap and kept and (not kept[-1].strip() or kept[-1].endswith(b":"))):
            kept.append(line.replace(OTHER, b""))
            gap = False
    return b"\n".join(kept)
