"""From what was asked to what is done: every `auto` is decided here, once a comparison and for all frameworks alike."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from core.data.calendar import calendar_names
from core.data.dataset import Dataset, Split
from core.data.prepare import columns_beside
from core.data.public_holidays import NONE
from core.data.split import fold_splits, make_split
from core.data.transforms import WORDS, forward, lost_rows
from core.errors import BadSettings
from core.evaluation.baselines import choose_reference
from core.frameworks import catalogue
from core.runs.checks import problems
from core.runs.compiling import decide_compile, decide_tries
from core.runs.device_checks import devices_words
from core.runs.devices import Devices, decide_device
from core.runs.model_checks import unused_words
from core.runs.spec import SHORT_EPOCHS, ComparisonSpec, DatasetSpec, FitSpec, Plan, Settings
from core.runs.store import new_id
from core.runs.threads import decide_threads
from core.runs.training_checks import idle_words
from core.runs.translation import shape
from core.runs.trials import is_worth_it

DECIDING_SEEDS = 3  # fewer never name a winner, so nobody waits for their timed fits
DECIDING_BLOCKS = 10  # of test windows, each at least a horizon long; core.evaluation.variance has the same
TIMED_FITS = 5  # of each framework, in turn
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
    threads, why_threads = decide_threads(settings, model, free, parts=settings.devices if device == "cpu" else 1)
    fits = make_fits(settings)
    steps = count_steps(settings, split, fits)
    compiled, why_compile = decide_compile(settings, device, steps)
    tries = decide_tries(settings, device)
    if tries and is_worth_it(model, settings.batch_size, steps):
        why_compile += " Some trial steps at the start may correct this."
    what = (unused_words(settings, dataset), idle_words(settings), transform_words(settings))
    why_devices = devices_words(settings, device, threads, free)
    why_open = undecidable_words(settings, split)
    notes = (
        why_open,
        *what,
        why_reference,
        why_calendar,
        *why_ahead,
        why_device,
        why_devices,
        why_threads,
        why_compile,
    )
    return Plan(
        reference=reference,
        calendar=calendar,
        threads=threads,
        device=device,
        devices=settings.devices,
        split=(split.train, split.validation, split.test),
        compile=compiled,
        fits=fits,
        tries=tries,
        steps=steps,
        notes=tuple(note for note in notes if note),
    )


def undecidable_words(settings: Settings, split: Split) -> str:
    """Why even enough seeds would name no winner: there are too few windows to judge by."""
    race = len(settings.frameworks) > 1 and settings.maths == "stock" and len(settings.seeds) >= DECIDING_SEEDS
    windows, needed = split.test - settings.horizon + 1, DECIDING_BLOCKS * settings.horizon
    if not race or windows >= needed:
        return ""
    return (
        f"This can name no winner: there are {windows:,} test windows of {settings.horizon} steps, and {needed:,} are "
        "needed to tell skill from luck. A longer test part or a shorter horizon would do."
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


def make_fits(settings: Settings) -> tuple[FitSpec, ...]:
    """A score fit for each seed and fold, then the one on all rows; around them the timed ones; last the certificate.

    Seed by seed, so that one that is stopped has as many whole backtests as possible.
    """
    maths, first, timed = settings.maths, settings.seeds[0], make_timed(settings)
    scored = [
        FitSpec(id=f"seed{seed}-fold{fold}", kind="score", seed=seed, fold=fold, maths=maths)
        for seed in settings.seeds
        for fold in range(settings.folds)
    ]
    final = FitSpec(id="final", kind="final", seed=first, maths=maths)
    fits = [*timed[:1], *scored, final, *timed[1:]]  # the first timed one has the first epoch, and compiles
    if maths == "stock" and len(settings.frameworks) > 1:
        fits.append(FitSpec(id="certificate", kind="certificate", seed=first, maths="matched"))
    return tuple(fits)


def make_timed(settings: Settings) -> list[FitSpec]:
    """For true times of a race that is to decide; frameworks in turn have them from the score fits themselves."""
    race = settings.order == "together" and len(settings.frameworks) > 1
    if not race or len(settings.seeds) < DECIDING_SEEDS:
        return []
    first, maths = settings.seeds[0], settings.maths
    return [FitSpec(id=f"timed{n}", kind="timed", seed=first, maths=maths) for n in range(TIMED_FITS)]


def count_steps(settings: Settings, split: Split, fits: Sequence[FitSpec]) -> float:
    """Expected optimiser steps of all fits but the certificate; early stopping is expected to leave out some epochs."""
    return sum(
        expected_epochs(settings, fit) * steps_an_epoch(settings, training_rows(settings, split, fit)) for fit in fits
    )


def training_rows(settings: Settings, split: Split, fit: FitSpec) -> int:
    return split.end if fit.kind == "final" else fold_splits(split, settings.folds)[fit.fold].train


def expected_epochs(settings: Settings, fit: FitSpec) -> float:
    """Epochs a fit is expected to run; 0 for the certificate, whose are not whole ones."""
    if fit.kind == "certificate":
        return 0
    if fit.kind == "timed":
        return min(SHORT_EPOCHS["timed"], settings.epochs)
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
