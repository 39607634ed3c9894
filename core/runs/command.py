"""The command line that repeats a comparison."""

import csv
import io
import shlex
from collections.abc import Mapping, Sequence

from core.data.dataset import Dataset
from core.runs.spec import Settings

FLAGS = ("bidirectional",)  # options without a value


def command_line(
    dataset: Dataset,
    settings: Settings,
    *,
    file: str | None = None,
    out: str = "results",
    reading: Mapping[str, str] = {},
) -> str:
    """`python -m core compare …` with every setting that is not the default.

    `file` is the path as given (the uploaded name without one), `reading` the options that say how it is read.
    """
    words = ["python", "-m", "core", "compare", file or dataset.file]
    for target in dataset.targets:
        words += ["--target", target]
    words += ["--inputs", comma_list(dataset.inputs) if dataset.inputs else "none"]
    for option, value in reading.items():
        words += [f"--{option}", value]
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if value != field.default:
            words += [f"--{name.replace('_', '-')}"] if name in FLAGS else [f"--{name.replace('_', '-')}", _text(value)]
    return shlex.join([*words, "--out", out])


def comma_list(names: Sequence[str]) -> str:
    """Names with commas between them; quoted where a name holds a comma itself."""
    cell = io.StringIO()
    csv.writer(cell, lineterminator="").writerow(names)
    return cell.getvalue()


def split_list(text: str) -> list[str]:
    """The names of a `comma_list`."""
    return [name.strip() for name in next(csv.reader([text], skipinitialspace=True), []) if name.strip()]


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return comma_list([_text(part) for part in value]) if value else "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
