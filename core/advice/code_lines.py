"""How long the same program is in both frameworks, counted from the source of their twin files."""

import ast
import functools
import io
import tokenize
from dataclasses import dataclass
from pathlib import Path

FRAMEWORKS = Path(__file__).parents[1] / "frameworks"
PLAIN = "plain.py"  # the training script as tutorials show it

NOT_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


@dataclass(frozen=True)
class Twins:
    """A file that both frameworks have, and its lines of code in each."""

    file: str
    pytorch: int
    tensorflow: int


@functools.cache
def twins() -> tuple[Twins, ...]:
    """Every file that both have, by name."""
    names = sorted(path.name for path in (FRAMEWORKS / "pytorch").glob("*.py"))
    return tuple(
        Twins(name, *(lines(_source(framework, name)) for framework in ("pytorch", "tensorflow")))
        for name in names
        if (FRAMEWORKS / "tensorflow" / name).is_file()
    )


def lines(source: str) -> int:
    """Lines that hold code: neither empty, nor only a comment, nor part of a docstring."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    code = {line for token in tokens if token.type not in NOT_CODE for line in range(token.start[0], token.end[0] + 1)}
    return len(code - _docstrings(source))


def _docstrings(source: str) -> set[int]:
    """Lines of every docstring."""
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, holders) and ast.get_docstring(node) is not None
        for line in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    }


def _source(framework: str, name: str) -> str:
    return (FRAMEWORKS / framework / name).read_text("utf-8")
