"""What the frameworks do differently out of the box: ledger.toml, which a test measures on the installed versions."""

import functools
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

SOURCE = Path(__file__).with_name("ledger.toml")

Value = str | float | int | bool
Condition = Literal["schedule", "own_decay", "dropout", "gpu", "float16"]


class Entry(BaseModel):
    """One default in which the frameworks differ."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    what: str
    pytorch: Value
    tensorflow: Value
    effect: str  # what follows from it, in one sentence
    source: str
    models: tuple[str, ...] = ()  # none: it concerns all
    optimizers: tuple[str, ...] = ()  # none: it concerns all
    when: tuple[Condition, ...] = ()  # what a comparison must use besides
    alike: str = ""  # how a comparison sets both to the same; "": the difference stays under stock maths

    def concerns(self, model: str, optimizer: str, conditions: Collection[str]) -> bool:
        return (
            (not self.models or model in self.models)
            and (not self.optimizers or optimizer in self.optimizers)
            and all(condition in conditions for condition in self.when)
        )


def entries(model: str, optimizer: str, conditions: Collection[str] = ()) -> tuple[Entry, ...]:
    """Those that concern a comparison; what stays different comes before what is set alike."""
    found = [entry for entry in ledger() if entry.concerns(model, optimizer, conditions)]
    return tuple(sorted(found, key=lambda entry: bool(entry.alike)))


def conditions(asked: Mapping[str, Any], applied: Mapping[str, Any]) -> frozenset[Condition]:
    """What a run uses, from its settings as asked and as applied."""
    holds: dict[Condition, bool] = {
        "schedule": asked.get("schedule", "constant") != "constant",
        "own_decay": asked.get("weight_decay") is None,
        "dropout": bool(asked.get("dropout")),
        "gpu": str(applied.get("device", "cpu")).startswith("gpu"),
        "float16": str(applied.get("precision", "")).removeprefix("mixed_") == "float16",
    }
    return frozenset(condition for condition, held in holds.items() if held)


@functools.cache
def ledger() -> tuple[Entry, ...]:
    """All entries, in the order of the file."""
    told = tomllib.loads(SOURCE.read_text("utf-8"))["entry"]
    return tuple(Entry(**each) for each in told)
