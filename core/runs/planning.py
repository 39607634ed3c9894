"""From what was asked to what is done: every `auto` is decided here, once a comparison and for all frameworks alike."""

from collections.abc import Sequence
from datetime import UTC, datetime

from core.data.calendar import calendar_names
from core.data.dataset import Dataset, Split
from core.data.split import make_split
from core.errors import BadSettings
from core.evaluation.baselines import choose_reference
from core.runs.checks import Devices, problems
from core.runs.spec import ComparisonSpec, DatasetSpec, FitSpec, Plan, Settings
from core.runs.store import new_id

COMPILE_FROM_STEPS = 6_000  # XLA costs about 2 s once and saves about 0.4 ms a step on a CPU: it pays from 5,000 on
SHARE_WITH_PATIENCE = 0.6  # of the epochs asked for: about how many run before patience ends a fit


def plan_comparison(
    dataset: Dataset, settings: Settings, *, name: str, frameworks: Devices, command: str
) -> ComparisonSpec:
    """The comparison as it will be run; `frameworks` maps each installed framework to the devices it finds.

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
        plan=make_plan(dataset, settings, frameworks),
    )


def make_plan(dataset: Dataset, settings: Settings, frameworks: Devices) -> Plan:
    """What every `auto` came to, with a sentence for each decision."""
    split = make_split(dataset.rows, settings.split)
    reference, why_reference = decide_reference(dataset, settings, split)
    calendar, why_calendar = decide_calendar(dataset, settings, split)
    device, why_device = decide_device(settings, frameworks)
    threads, why_threads = decide_threads(settings)
    fits = make_fits(settings)
    xla, why_compile = decide_compile(settings, device, count_steps(settings, split, fits))
    notes = (why_reference, why_calendar, why_device, why_threads, why_compile)
    return Plan(
        reference=reference,
        calendar=calendar,
        threads=threads,
        device=device,
        split=(split.train, split.validation, split.test),
        compile=xla,
        fits=fits,
        notes=tuple(note for note in notes if note),
    )


def decide_reference(dataset: Dataset, settings: Settings, split: Split) -> tuple[str, str]:
    """What forecasts are relative to; `auto` asks the validation part."""
    if settings.reference != "auto":
        return settings.reference, ""
    return choose_reference(
        dataset.values[:, : len(dataset.targets)], split, settings.lookback, settings.horizon, dataset.season
    )


def decide_calendar(dataset: Dataset, settings: Settings, split: Split) -> tuple[tuple[str, ...], str]:
    """Names of the calendar inputs; `auto` takes those that the step and the training part's length warrant."""
    if settings.calendar == "none":
        return (), ""
    if settings.calendar != "auto":
        return settings.calendar, ""
    names = tuple(calendar_names(dataset.index, dataset.frequency, split.train))
    if not names:
        return (), "No calendar inputs: the step or the length of the data gives them nothing to say."
    return names, f"Calendar inputs from the step and length of the data: {', '.join(names)}."


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


def decide_threads(settings: Settings) -> tuple[int, str]:
    """`auto` is one thread a framework: more threads than free cores slow training down many times over."""
    if settings.threads != "auto":
        return settings.threads, ""
    return 1, "Threads 1: more threads than free cores make small models many times slower, so one is the safe choice."


def decide_compile(settings: Settings, device: str, steps: float) -> tuple[bool, str]:
    """XLA for TensorFlow where the steps to come repay its compilation; measured on processors only."""
    if "tensorflow" not in settings.frameworks:
        return False, ""
    if device != "cpu":
        return False, "TensorFlow without XLA: on a graphics processor its own recurrent kernels are used."
    if steps >= COMPILE_FROM_STEPS:
        return True, f"TensorFlow with XLA: about {steps:,.0f} steps repay the 2 seconds of compiling."
    return False, f"TensorFlow without XLA: about {steps:,.0f} steps would not repay the 2 seconds of compiling."


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
    windows = max(0, rows - settings.lookback - settings.horizon + 1)
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
    )
