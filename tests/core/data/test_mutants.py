"""No broken file brings the reader down: it is read with its other cells as they were, or refused in plain words."""

import pytest

from tests.core.data.mutants import KINDS, SAMPLE, Outcome, outcomes

FOUND: dict[str, list[Outcome]] = {}


def found(kind: str) -> list[Outcome]:
    """A sample of `SAMPLE` mutants over all kinds; `make fuzz` tries all."""
    if not FOUND:
        for each in outcomes(SAMPLE):
            FOUND.setdefault(each.mutant.kind, []).append(each)
    return FOUND[kind]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_file_is_read_or_refused_plainly(kind: str) -> None:
    assert [(each.file, each.mutant.what, each.wrong) for each in found(kind) if each.wrong] == []
