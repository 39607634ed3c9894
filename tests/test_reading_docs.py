"""docs/reading.md names every notice that the reader, the quality findings and the repairs can give."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
GIVEN = re.compile(r"Notice\(\s*\"([a-z_]+)\"|^\s*\(?\"([a-z]+_[a-z_]+)\", [a-z_]+(?:, |\()", re.MULTILINE)


def test_every_notice_is_named() -> None:
    named = set(re.findall(r"`([a-z_]+)`", (ROOT / "docs/reading.md").read_text()))
    given = {
        code or other
        for path in sorted((ROOT / "core/data").rglob("*.py"))
        for code, other in GIVEN.findall(path.read_text())
    }
    assert len(given) > 40
    assert not given - named
