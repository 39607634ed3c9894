"""Reasons why the options of a model cannot be used, and what is said of those that it has no use for."""

from core.data.dataset import Dataset
from core.data.public_holidays import NONE
from core.data.words import listed
from core.errors import Problem
from core.frameworks import catalogue
from core.runs.spec import Settings

NAMES = {  # as they are called in a sentence
    "hidden": "a hidden size",
    "layers": "a number of layers",
    "dropout": "dropout",
    "bidirectional": "a second direction",
    "kernel": "a kernel",
    "heads": "attention heads",
    "patch": "patches",
    "reference": "another reference than its own",
    "inputs": "columns other than the targets",
    "calendar": "calendar inputs or holidays",
}


def check_model(settings: Settings, dataset: Dataset, devices: object) -> list[Problem]:
    """Kernels and patches fit into the window, and attention heads share the width evenly."""
    model = catalogue.find(settings.model)
    found = [
        _longer_than_the_lookback(option, rows, settings.lookback)
        for option, rows in (("kernel", settings.kernel), ("patch", settings.patch))
        if model.uses(option) and isinstance(rows, int) and rows > settings.lookback
    ]
    if model.uses("heads") and settings.hidden % settings.heads:
        found.append(_uneven(settings.heads, settings.hidden))
    return found


def unused_words(settings: Settings, dataset: Dataset) -> str:
    """Which of the settings that were chosen change nothing, as the model has no use for them."""
    model = catalogue.find(settings.model)
    unused = [NAMES[option] for option in catalogue.OPTIONS if not model.uses(option) and _chosen(option, settings)]
    if dataset.inputs and not model.uses("inputs"):
        unused.append(NAMES["inputs"])
    return f"{model.label} has no use for {listed(unused, 'or')}: what was chosen changes nothing." if unused else ""


def _chosen(option: str, settings: Settings) -> bool:
    """Whether a setting asks for something; the defaults do not."""
    match option:
        case "inputs":
            return False  # the dataset's
        case "reference":
            return settings.reference in ("last", "seasonal")
        case "calendar":
            return settings.calendar not in ("auto", "none", ()) or settings.holidays != NONE
    return bool(getattr(settings, option) != Settings.model_fields[option].default)


def _longer_than_the_lookback(option: str, rows: int, lookback: int) -> Problem:
    shorter = f"a {option} of at most {lookback:,}, or " if lookback > 1 else ""
    return Problem(
        f"A {option} of {rows:,} rows is longer than the lookback of {lookback:,}",
        f"{option}, lookback",
        f"Choose {shorter}a lookback of at least {rows:,}.",
    )


def _uneven(heads: int, hidden: int) -> Problem:
    fitting = [str(number) for number in range(1, min(hidden, 16) + 1) if hidden % number == 0]
    below, above = hidden // heads * heads, (hidden // heads + 1) * heads
    sizes = f"{below:,} or {above:,}" if below else f"{above:,}"
    return Problem(
        f"{heads} attention heads do not share a hidden size of {hidden:,} evenly",
        "heads, hidden",
        f"Choose {listed(fitting, 'or')} heads, or a hidden size such as {sizes}.",
    )
