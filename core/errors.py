"""What can go wrong, in words an analyst can act on: what happened, where, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: `what` happened, `where` (row, column, setting), and the `remedy`."""

    what: str
    where: str = ""
    remedy: str = ""

    def sentence(self) -> str:
        place = f" ({self.where})" if self.where else ""
        return " ".join(part for part in (f"{self.what.rstrip('.')}{place}.", self.remedy) if part)


class TwincastError(Exception):
    """Base of every error that a person is meant to read. Carries one or more problems."""

    exit_code = 1

    def __init__(self, what: str, where: str = "", remedy: str = "") -> None:
        self.problems: tuple[Problem, ...] = (Problem(what, where, remedy),)
        super().__init__(self.problems[0].sentence())

    def __str__(self) -> str:
        return " ".join(problem.sentence() for problem in self.problems)


class BadInput(TwincastError):
    """The file or the settings cannot be used as they are; nothing was started."""

    exit_code = 2


class BadFile(BadInput):
    """The uploaded file cannot be read as a table of numbers over time."""


class BadSettings(BadInput):
    """One or more settings are impossible; all of them are named at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("The settings cannot be used")
        self.problems = tuple(problems)


class NotFound(BadInput):
    """A comparison, run, sample or column that was asked for does not exist."""


class FrameworkMissing(BadInput):
    """A framework is not installed, or fails when it is imported."""


class TrainingFailed(TwincastError):
    """A fit could not be carried through (it diverged, ran out of memory, or its process died)."""


class StoreFailed(TwincastError):
    """Something could not be written to, or read back from, the installation's folder."""
