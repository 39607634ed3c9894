"""Key differences to remember, each with the same tiny program in both frameworks: differences.toml."""

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("differences.toml")


@dataclass(frozen=True)
class Difference:
    id: str
    claim: str
    title: str
    words: str
    pytorch: str  # a whole program
    tensorflow: str


@functools.cache
def differences() -> tuple[Difference, ...]:
    """In the order of the file."""
    return tuple(Difference(**each) for each in tomllib.loads(SOURCE.read_text("utf-8"))["difference"])
