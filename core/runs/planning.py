"""From what was asked to what is done: every `auto` is decided here, once a comparison and for all frameworks alike."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from core.data.calendar import calendar_names
from core.data.dataset import Dataset, Split
from core.data.prepare import columns_beside
from core.data.public_holidays import NONE
from core.data.split import make_split
from core.data.transforms import WORDS, forward, lost_rows
from core.errors import BadSettings
from core.evaluation.baselines import choose_reference
from core.frameworks import catalogue
from core.runs.checks import Devices, problems
from core.runs.model_checks import unused_words
from core.runs.spec import ComparisonSpec, DatasetSpec, FitSpec, Plan, Settings
from core.runs.store import new_id
from core.runs.threads import decide_threads
from core.runs.training_checks import idle_words
from core.runs.translation import shape
from core.runs.trials import is_worth_it

COMPILE_FROM_STEPS = 6_000  # XLA costs about 2 s once and saves about 0.4 ms a step on a CPU: it pays from 5,000 on
SHARE_WITH_PATIENCE = 0.6  # of the epochs asked for: about how many run before patience ends a fit


def plan_comparison(
    dataset: Dataset, settings: Settings, *, name: str, frameworks: Devices, command: str, free: float | None = None
) -> ComparisonSpec:
    """The comparison as it will be run; `frameworks` maps each installed framework to the devices it finds.

    `free`: cores that others leave free just now (core.hardware), for the number of threads; None: not known.
    Raises BadSettings with every problem that `core.runs.checks` finds.
    """
    found = problems(settings, dataset, frameworks)
    if found:
        raise BadSettings(found)
    return ComparisonSpec(
        id=new_id(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        name=name,
        command=command,
        dataset=describe_dataset(dataset),
        settings=settings,
        plan=make_plan(dataset, settings, frameworks, free),
    )


def make_plan(dataset: Dataset, settings: Settings, frameworks: Devices, free: float | None) -> Plan:
    """What every `auto` came to, with a sentence for each decision."""
    split = make_split(dataset.rows, settings.split)
    reference, why_reference = decide_reference(dataset, settings, split)
    calendar, why_calendar = decide_calendar(dataset, settings, split)
    why_ahead = ahead_words(dataset, settings, reference)
    device, why_device = decide_device(settings, frameworks)
    beside = columns_beside(calendar, settings.holidays, len(dataset.known))
    model = shape(settings, len(dataset.columns), beside, len(dataset.targets), reference, dataset.season)
    threads, why_threads = decide_threads(settings, model, free)
    fits = make_fits(settings)
    steps = count_steps(settings, split, fits)
    xla, why_compile = decide_compile(settings, device, steps)
    tries = decide_tries(settings, device)
    if tries and is_worth_it(model, settings.batch_size, steps):
        why_compile += " Some trial steps at the start may correct this."
    what = (unused_words(settings, dataset), idle_words(settings), transform_words(settings))
    notes = (*what, why_reference, why_calendar, *why_ahead, why_device, why_threads, why_compile)
    return Plan(
        reference=reference,
        calendar=calendar,
        threads=threads,
        device=device,
        split=(split.train, split.validation, split.test),
        compile=xla,
        fits=fits,
        tries=tries,
        steps=steps,
        notes=tuple(note for note in notes if note),
    )


def decide_reference(
    dataset: Dataset, settings: Settings, split: Split
) -> tuple[Literal["last", "seasonal", "none"], str]:
    """What forecasts are relative to; `auto` asks the validation part, except of changes: they are relative already."""
    model = catalogue.find(settings.model)
    if not model.uses("reference"):
        return "none", f"{model.label} keeps its own reference and takes no calendar inputs, as published."
    if settings.reference != "auto":
        return settings.reference, ""
    if lost_rows(settings.transform):
        return "none", "Forecasts have no further reference: a change is already relative to the value before it."
    targets = forward(settings.transform, dataset.values[:, : len(dataset.targets)])
    return choose_reference(targets, split, settings.lookback, settings.horizon, dataset.season)


def transform_words(settings: Settings) -> str:
    """What the models learn instead of the values, and what that is not about."""
    if settings.transform == "none":
        return ""
    learned = WORDS[settings.transform]
    return f"The targets are learned as {learned}, and losses are theirs; forecasts and scores are in the data's units."


def decide_calendar(dataset: Dataset, settings: Settings, split: Split) -> tuple[tuple[str, ...], str]:
    """Names of the calendar inputs; `auto` takes those that the step and the training part's length warrant."""
    if settings.calendar == "none" or not catalogue.find(settings.model).uses("calendar"):
        return (), ""
    if settings.calendar != "auto":
        return settings.calendar, ""
    names = tuple(calendar_names(dataset.index, dataset.frequency, split.train))
    if not names:
        return (), "No calendar inputs: the step or the length of the data gives them nothing to say."
    return names, f"Calendar inputs from the step and length of the data: {', '.join(names)}."


def ahead_words(dataset: Dataset, settings: Settings, reference: str) -> list[str]:
    """What the models know of the steps they forecast, and whether their windows are long enough to show all of it."""
    names = list(dataset.known) + ([f"holidays of {settings.holidays}"] if settings.holidays != NONE else [])
    if not names or not catalogue.find(settings.model).uses("inputs"):
        return []
    read = settings.lookback - (dataset.season if reference == "seasonal" else 0)
    notes = [f"Known in advance, and given for the steps to be forecast too: {', '.join(names)}."]
    if read < settings.horizon:
        seen = f"the last {read:,} of the {settings.horizon:,} steps"
        longer = settings.lookback + settings.horizon - read
        notes.append(f"The lookback shows the models {seen} in advance; one of {longer:,} or more shows all of them.")
    return notes


def decide_device(settings: Settings, frameworks: Devices) -> tuple[str, str]:
    """`auto` is the first graphics processor that every chosen framework finds, else the processor."""
    if settings.device != "auto":
        return settings.device, ""
    found = [[device.id for device in frameworks[name]] for name in settings.frameworks]
    for device in found[0]:
        if device.startswith("gpu") and all(device in others for others in found):
            return device, f"Device {device}: every chosen framework finds it."
    if any(each.startswith("gpu") for devices in found for each in devices):
        return "cpu", "Device cpu: not every chosen framework finds the graphics processor."
    return "cpu", "Device cpu: no graphics processor was found."


def decide_compile(settings: Settings, device: str, steps: float) -> tuple[bool, str]:
    """XLA for TensorFlow where the steps to come repay its compilation; measured on processors only."""
    if "tensorflow" not in settings.frameworks:
        return False, ""
    if settings.speed == "stock":
        return False, "Each framework's plain script: nothing is compiled, and every batch is handed over by itself."
    if device != "cpu":
        return False, "TensorFlow without XLA: on a graphics processor its own recurrent kernels are used."
    if catalogue.find(settings.model).uses("kernel"):
        return False, "TensorFlow without XLA: on a processor it makes convolutions slower."
    if steps >= COMPILE_FROM_STEPS:
        return True, f"TensorFlow with XLA: about {steps:,.0f} steps repay the 2 seconds of compiling."
    return False, f"TensorFlow without XLA: about {steps:,.0f} steps would not repay the 2 seconds of compiling."


def decide_tries(settings: Settings, device: str) -> tuple[str, ...]:
    """Where trial steps can tell whether compiling pays: on a processor, with nothing else training beside them."""
    alone = settings.order == "alternate" or len(settings.frameworks) == 1
    tried = settings.speed == "tuned" and device == "cpu" and alone
    return tuple(name for name in settings.frameworks if name == "tensorflow" and tried)


def make_fits(settings: Settings) -> tuple[FitSpec, ...]:
    """A score fit a seed, then the one on all rows, then the certificate that two frameworks agree on stock maths."""
    maths, first = settings.maths, settings.seeds[0]
    fits = [FitSpec(id=f"seed{seed}-fold0", kind="score", seed=seed, maths=maths) for seed in settings.seeds]
    fits.append(FitSpec(id="final", kind="final", seed=first, maths=maths))
    if maths == "stock" and len(settings.frameworks) > 1:
        fits.append(FitSpec(id="certificate", kind="certificate", seed=first, maths="matched"))
    return tuple(fits)


def count_steps(settings: Settings, split: Split, fits: Sequence[FitSpec]) -> float:
    """Expected optimiser steps of the score and final fits; early stopping is expected to leave out some epochs."""
    steps = 0
    for fit in fits:
        if fit.kind == "score":
            steps += steps_an_epoch(settings, split.train)
        elif fit.kind == "final":
            steps += steps_an_epoch(settings, split.end)
    return steps * expected_epochs(settings)


def expected_epochs(settings: Settings) -> float:
    """Epochs a fit is expected to run."""
    return settings.epochs * (SHARE_WITH_PATIENCE if settings.patience else 1)


def steps_an_epoch(settings: Settings, rows: int) -> int:
    """Batches in the windows of `rows` rows."""
    windows = max(0, rows - lost_rows(settings.transform) - settings.lookback - settings.horizon + 1)
    return -(-windows // settings.batch_size)


def describe_dataset(dataset: Dataset) -> DatasetSpec:
    """The part of a dataset that is not arrays."""
    return DatasetSpec(
        name=dataset.name,
        file=dataset.file,
        sha256=dataset.sha256,
        columns=dataset.columns,
        targets=dataset.targets,
        frequency=dataset.frequency,
        season=dataset.season,
        notices=tuple((notice.code, notice.message) for notice in dataset.notices),
        known=dataset.known,
    )
