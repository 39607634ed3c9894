"""The command line that repeats a comparison."""

import shlex
from collections.abc import Mapping, Sequence

from core.data.dataset import Dataset
from core.data.names import comma_list
from core.data.samples import sample_path
from core.runs.spec import Settings

FLAGS = ("bidirectional",)  # options without a value


def command_line(
    dataset: Dataset,
    settings: Settings,
    *,
    file: str | None = None,
    out: str | None = "results",
    reading: Mapping[str, str] = {},
    command: str = "compare",
) -> str:
    """`python -m core compare …` with every setting that is not the default.

    `file` is the path as given; without one a sample has its path in the repository, an upload the name it came with.
    `reading` holds the options that say how the file is read.
    """
    path = file or sample_path(dataset.sha256) or dataset.file
    words = ["python", "-m", "core", command, f"./{path}" if path.startswith("-") else path]
    for target in dataset.targets:
        words += _option("target", target)
    words += _option("inputs", _inputs(dataset.inputs))
    if dataset.known:
        words += _option("known", comma_list(dataset.known))
    for name, value in reading.items():
        words += _reading(name, value)
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if value != field.default:
            words += [f"--{name}"] if name in FLAGS else _option(name, _text(value))
    return shlex.join(words if out is None else [*words, *_option("out", out)])


def _reading(name: str, value: str) -> list[str]:
    if name == "day_first":
        return ["--day-first" if value == "yes" else "--month-first"]
    return _option(name, value)


def _option(name: str, value: str) -> list[str]:
    """Joined by = where the value begins with a dash and would be taken for an option itself."""
    option = f"--{name.replace('_', '-')}"
    return [f"{option}={value}"] if value.startswith("-") else [option, value]


def _inputs(names: Sequence[str]) -> str:
    """A comma behind it tells a column called all or none from the choice of that name."""
    text = comma_list(names)
    return f"{text}," if text in ("all", "none") else text or "none"


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return comma_list([_text(part) for part in value]) if value else "none"
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return str(value)
