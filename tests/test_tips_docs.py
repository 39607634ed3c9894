"""docs/tips.md names every tip and every field of the JSON."""

import re
from pathlib import Path

from core.runs.tips import FrameworkTips, Plain, Report, Row
from core.runs.tips_catalogue import TIPS

NAMED = set(re.findall(r"`([a-z_]+)`", (Path(__file__).parents[1] / "docs/tips.md").read_text()))


def test_every_tip_is_named() -> None:
    assert not {tip.name for tip in TIPS} - NAMED


def test_every_field_is_named() -> None:
    fields = {name for model in (Report, FrameworkTips, Plain, Row) for name in model.model_fields}
    assert not fields - NAMED
