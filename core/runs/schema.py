"""comparison.json as pydantic models: the public names, their units, and the page of documentation made from them.

`python -m core.runs.schema` prints docs/comparison-json.md; a test holds the two together.
"""

import sys
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import Field

from core.runs.schema_part import Part
from core.runs.schema_verdict import Interval, Verdict


class Scores(Part):
    """Errors over all test windows, stride 1, averaged over windows, steps and targets.

    The first six are in the target's own units and null when there are several targets (see `test_by_target`).
    """

    mae: float | None = Field(None, description="mean absolute error")
    rmse: float | None = Field(None, description="root of the mean squared error")
    mase: float | None = Field(
        None, description="MAE divided by the seasonal naive forecast's MAE within the training part, at `data.season`"
    )
    smape: float | None = Field(None, description="symmetric percentage error, 0 to 200")
    r2: float | None = Field(None, description="share of the variance explained")
    direction: float | None = Field(
        None, description="share of steps whose sign against the window's last value is right, ties left out"
    )
    scaled_mse: float | None = Field(
        None, description="squared error of values scaled by the training part's mean and deviation (ddof 0)"
    )
    scaled_mae: float | None = Field(None, description="absolute error of the same scaled values")


class Machine(Part):
    """What it ran on."""

    cpu: str = Field(description="name of the processor")
    cores: int = Field(description="logical cores this process may use")
    memory_gb: float = Field(description="installed memory")
    gpus: list[str] = Field(description="names of the graphics processors found")
    gpu_memory_gb: list[float | None] = Field([], description="of each; null where its driver does not tell")
    gpu_driver: str | None = Field(None, description="maker and version; null without a graphics processor")
    load_before: float | None = Field(
        None, description="how many cores other processes kept busy when the comparison began"
    )
    load_during: float | None = Field(None, description="and during a fit, at most; the server is one")


class SplitRows(Part):
    """Rows of the three parts, in this order in time; rows behind them are unused."""

    train: int
    validation: int
    test: int


class NoticeText(Part):
    """Something the reader did or noticed."""

    code: str = Field(description="stable name")
    message: str = Field(description="one sentence")


class Data(Part):
    """The series that was forecast."""

    file: str = Field(description="name as uploaded")
    sha256: str = Field(description="of the file's bytes")
    rows: int
    frequency: str | None = Field(None, description="pandas alias; null when irregular or without times")
    first: str = Field(description="time of the first row, or its number")
    last: str = Field(description="time of the last row, or its number")
    targets: list[str]
    inputs: list[str] = Field(description="other columns the models see")
    known: list[str] = Field(
        [],
        description="those of them that are known in advance: the models see their values of the forecast's steps too",
    )
    split: SplitRows
    season: int = Field(description="rows in one season; 1 when there is none")
    notices: list[NoticeText]


class ErrorText(Part):
    """Why a run failed."""

    what: str
    where: str
    remedy: str


class RunSettings(Part):
    """What was asked of a run and what was in force."""

    asked: dict[str, Any] = Field(description="as given, `auto` included")
    applied: dict[str, Any] = Field(description="as read back from the worker")
    notes: list[str] = Field(
        description=(
            "why, where the two differ or `auto` was decided; and when the frameworks' scores are over different "
            "numbers of trainings"
        )
    )


class EpochRow(Part):
    """One epoch of a fit; losses are on scaled values."""

    epoch: int = Field(description="from 1")
    train_loss: float | None = None
    validation_loss: float | None = None
    seconds: float = Field(description="training and validation")
    learning_rate: float | None = Field(None, description="of the epoch, as its schedule set it")
    gradient_norm: float | None = Field(
        None,
        description=(
            "length of the gradient of all weights before it is clipped: mean over every 16th step, from the first one"
        ),
    )


class Fit(Part):
    """One training: a seed and a fold, or the final one on all rows.

    A fold's scores are over its own test windows; the test windows of all folds together are those of `data.split`.
    """

    id: str
    seed: int
    fold: int = Field(description="from 0, the oldest")
    final: bool = Field(description="true for the one refit on all rows, which makes the forecast of the future")
    history: list[EpochRow]
    stopped: bool = Field(
        False,
        description=(
            "cut short: scored as far as it had learned; no accuracy verdict rests on it where others of its run are "
            "whole"
        ),
    )
    best_epoch: int | None = Field(
        None,
        description=(
            "whose weights are used: the last one whose validation loss was below the best before it by more than 1e-4 "
            "of that; of a fit without validation the last one"
        ),
    )
    windows: int | None = Field(None, description="test windows of the fold, over which it is scored")
    test: Scores | None = None
    test_by_target: dict[str, Scores] | None = None
    test_by_step: list[Scores] | None = Field(None, description="from the first step ahead to the last")


class FitTiming(Part):
    """A fit whose times can be held against the other framework's fit of the same `fit`, made right before or after."""

    fit: str = Field(description="id of a scored fit, or timed0 and so on: made for its times alone")
    epoch_s: float | None = Field(None, description="median of its epochs after the first")
    forecast_ms: float | None = Field(None, description="one forecast from the trained model, in milliseconds")
    contended: bool = Field(description="measured while other work kept the machine busy: not to compare")


class Timing(Part):
    """Where the time went; seconds unless said otherwise.

    From the fits that are scored; where frameworks trained together and were timed apart, from the timed fits alone.
    """

    import_s: float | None = Field(None, description="measured at the worker's own import; not in `total_s`")
    import_contended: bool | None = Field(
        None, description="whether other work kept the machine busy during that import; null: not known"
    )
    warm: bool | None = Field(None, description="whether the worker had imported its framework before it was asked")
    build_s: float | None = Field(
        None,
        description=(
            "from the start of the run's work to the beginning of its first epoch: data, model, optimiser, and what "
            "the framework sets up before it trains; without import and waiting for its turn"
        ),
    )
    compile_s: float | None = Field(
        None, description="what the first epoch took longer than the later ones; null where nothing was compiled"
    )
    first_epoch_s: float | None = Field(None, description="first epoch, compiling included")
    epoch_s: float | None = Field(None, description="median of the epochs after the first of each fit")
    forecast_ms: float | None = Field(
        None, description="one forecast from the trained model, in milliseconds: median over the fits"
    )
    interleaved: list[FitTiming] = Field([], description="fit by fit, in the order in which they were made")
    total_s: float | None = Field(
        None,
        description=(
            "from the start of the run's work to its end, building included; without import, waiting for its turn, and "
            "the certificate, which is made last"
        ),
    )
    contended: bool | None = Field(None, description="measured while other work kept the machine busy: not to compare")


class LayerRow(Part):
    """A layer of the built model that holds numbers to learn."""

    name: str = Field(description="the same in every framework")
    kind: str = Field(description="the framework's own word for it")
    output: list[int] = Field(description="shape of what it gives on, for one window")
    parameters: int = Field(description="numbers to learn in it")


class Run(Part):
    """One framework's share of the comparison."""

    id: str
    framework: str
    version: str | None = None
    status: str = Field(description="finished, stopped or failed")
    error: ErrorText | None = None
    settings: RunSettings
    fits: list[Fit]
    timing: Timing
    peak_memory_mb: float | None = Field(
        None, description="highest memory of the worker's process, before the certificate"
    )
    parameters: int | None = Field(None, description="trainable numbers of the model")
    layers: list[LayerRow] = Field([], description="of the built model, in the order in which a window passes through")


class Baseline(Part):
    """A simple method on the same test windows, fitted on the rows before them; one that was not finished has nulls."""

    name: str
    label: str = Field("", description="the same for people")
    fold: int
    status: str = Field("finished", description="finished or not_finished")
    note: str | None = Field(None, description="what was fitted on what; or why it was not finished")
    windows: int | None = Field(None, description="test windows of the fold, over which it is scored")
    test: Scores
    test_by_target: dict[str, Scores] | None = None
    test_by_step: list[Scores] | None = Field(None, description="from the first step ahead to the last")
    seconds: float = Field(description="fitting and forecasting; 0 where it was not finished")


class Parity(Part):
    """How closely two frameworks agree when both start from the same numbers and see the same batches."""

    maths: str = Field(description="matched: the fits the differences were measured on")
    initial_weights_difference: float | None = Field(None, description="largest absolute difference")
    initial_output_difference: float | None = Field(None, description="largest absolute difference, scaled values")
    first_gradient_difference: float | None = Field(None, description="largest absolute difference")
    largest_loss_difference: float | None = Field(
        None, description="largest relative difference of the two loss curves over all epochs"
    )
    parted_at_epoch: int | None = Field(
        None, description="first epoch at which the losses differ by more than 1e-4 of their size; null: never"
    )
    loss_differences: list[float] = Field(
        [], description="by epoch: relative difference of the training or the validation losses, the larger of the two"
    )
    reason: str | None = Field(None, description="why they parted, where it is known; null: they did not")
    notes: list[str]


class Comparison(Part):
    """The whole of comparison.json. A field that does not apply, or is not built yet, is null."""

    id: str
    created: str = Field(description="ISO time, UTC")
    name: str
    command: str = Field(description="the line that repeats it")
    machine: Machine
    versions: dict[str, str]
    data: Data
    runs: list[Run] = Field(description="one a framework")
    baselines: list[Baseline]
    parity: Parity | None = None
    intervals: list[Interval] | None = None
    verdict: Verdict | None = None


FORECASTS = (
    "Beside it lies forecasts.csv, with every forecast of the test part and of the future, one line a step. Its `run`",
    "and `fit` are the `id`s of a run and a fit below, and `target` is a name of `data.targets`: with an apostrophe",
    "before it where it begins with one of `=`, `+`, `-`, `@`, a tab or a line break, so that no spreadsheet takes it",
    "for a formula. To join by such a name, take the apostrophe off first.",
)


def to_markdown() -> str:
    """The page docs/comparison-json.md."""
    lines = [
        "# comparison.json",
        "",
        "Made from `core/runs/schema.py` by `python -m core.runs.schema > docs/comparison-json.md`; do not edit.",
        "Names are stable: fields are added, never renamed. Numbers that are not finite are null.",
        "",
        *FORECASTS,
    ]
    for model in _models(Comparison):
        lines += ["", f"## {model.__name__}", "", _docstring(model), "", "| field | type | meaning |", "|---|---|---|"]
        lines += [
            f"| `{field.alias or name}` | {_type_text(field.annotation)} | {field.description or ''} |"
            for name, field in model.model_fields.items()
        ]
    return "\n".join(lines) + "\n"


def _models(model: type[Part], seen: set[type[Part]] | None = None) -> Iterator[type[Part]]:
    """`model` and every model its fields hold, each once, in reading order."""
    seen = {model} if seen is None else seen
    yield model
    for field in model.model_fields.values():
        for part in _parts(field.annotation):
            if part not in seen:
                seen.add(part)
                yield from _models(part, seen)


def _parts(annotation: Any) -> Iterator[type[Part]]:
    if isinstance(annotation, type) and not get_args(annotation) and issubclass(annotation, Part):
        yield annotation
    for inner in get_args(annotation):
        yield from _parts(inner)


def _type_text(annotation: Any) -> str:
    if annotation is type(None):
        return "null"
    if annotation is Any:
        return "any"
    inner = [_type_text(each) for each in get_args(annotation)]
    origin = str(getattr(annotation, "__origin__", ""))
    if "list" in origin:
        return f"list of {inner[0]}"
    if "dict" in origin:
        return f"object of {inner[1]}"
    if inner:
        return " or ".join(inner)
    names = {"str": "text", "float": "number", "int": "whole number", "bool": "true or false"}
    return names.get(annotation.__name__, f"[{annotation.__name__}](#{annotation.__name__.lower()})")


def _docstring(model: type[Part]) -> str:
    return " ".join((model.__doc__ or "").split())


if __name__ == "__main__":
    sys.stdout.write(to_markdown())
