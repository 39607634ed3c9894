"""The settings at the top of a script: those that its code uses, each with what it means."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

GROUPS: Mapping[str, Mapping[str, str]] = {  # constant: what it is, where its name does not say it
    "The data": {
        "TARGETS": "columns to forecast, the first ones of data.csv",
        "VALUES": "measured columns",
        "INPUTS": "columns of a window",
        "KNOWN": "places of the columns that are known in advance",
        "TRAIN": "rows",
        "VALIDATION": "rows",
        "TEST": "rows",
    },
    "The model": {
        "LOOKBACK": "rows of a window",
        "HORIZON": "rows to forecast",
        "SEASON": "rows",
        "READ": "rows that the network reads: the first season only serves to see changes over one",
        "SEEN": "columns that the network reads: each value's change over one season on top",
        "HIDDEN": "",
        "LAYERS": "",
        "DROPOUT": "",
        "KERNEL": "rows",
        "BLOCKS": "so many that the last row sees them all",
        "HEADS": "",
        "PATCH": "rows",
        "PATCHES": "",
    },
    "The training": {
        "EPOCHS": "at most",
        "PATIENCE": "epochs without gain",
        "BATCH_SIZE": "windows",
        "ACCUMULATE": "batches a step",
        "LEARNING_RATE": "",
        "MOMENTUM": "",
        "WEIGHT_DECAY": "",
        "CLIP_NORM": "longest gradient",
        "QUANTILE": "",
        "DIRECTION_WEIGHT": "what a wrong direction costs more",
        "SEED": "",
        "THREADS": "",
    },
}
LONGEST = 120  # characters of a line
DERIVED = {"READ": "LOOKBACK - SEASON", "SEEN": "INPUTS + VALUES"}


def block(code: str, values: Mapping[str, Any]) -> str:
    """Assignments of the constants that `code` uses, and of those that these are made of."""
    used = _used(code)
    groups = (
        "\n".join([f"# {title}", *(_line(name, values[name], what) for name, what in group.items() if name in used)])
        for title, group in GROUPS.items()
        if used & set(group)
    )
    return "\n\n".join(groups)


def short_block(code: str, values: Mapping[str, Any]) -> str:
    """The same in a line or two a group, without words."""
    used = _used(code)
    groups = ([name for name in group if name in used] for group in GROUPS.values())
    return "\n".join(_at_once(group, values) for group in groups if group)


def _at_once(names: Sequence[str], values: Mapping[str, Any]) -> str:
    """Several constants on one line, or on two where they are too many."""
    line = f"{', '.join(names)} = {', '.join(literal(values[name]) for name in names)}"
    half = len(names) // 2
    return (
        line
        if len(line) <= LONGEST or not half
        else f"{_at_once(names[:half], values)}\n{_at_once(names[half:], values)}"
    )


def _used(code: str) -> set[str]:
    used = set(re.findall(r"\b[A-Z][A-Z_]+\b", code))
    return used | {name for each in used for name in re.findall(r"[A-Z_]+", DERIVED.get(each, ""))}


def _line(name: str, value: Any, what: str) -> str:
    written = DERIVED.get(name) or literal(value)
    return f"{name} = {written}" + (f"  # {what}" if what else "")


def literal(value: Any) -> str:
    """As Python has it, text in double quotes."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, str):
        plain = repr(value)
        return plain if '"' in value or "'" in value or "\\" in plain else f'"{value}"'
    return repr(value)
