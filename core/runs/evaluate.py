"""After the runs have ended: score their forecasts beside simple ones; write comparison.json and forecasts.csv."""

import importlib.metadata
import math
import platform
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from core.data.table_csv import time_texts
from core.errors import Problem, StoreFailed
from core.frameworks.base import improves
from core.hardware import busy, describe_machine
from core.runs import band_files, bands, baseline_files, baseline_runs, forecast_csv, parity, results, verdict
from core.runs.baseline_runs import Watch
from core.runs.events import EpochDone
from core.runs.following import FitView, RunView
from core.runs.judging import Judge
from core.runs.schema import (
    Comparison,
    Data,
    EpochRow,
    ErrorText,
    Fit,
    FitTiming,
    LayerRow,
    Machine,
    NoticeText,
    Run,
    RunSettings,
    SplitRows,
    Timing,
)
from core.runs.spec import SHORT_EPOCHS, ComparisonSpec
from core.runs.store import ComparisonFolder
from core.runs.view import ComparisonReader, ComparisonView, Live

ENDED = ("finished", "stopped", "failed")


def evaluate(folder: ComparisonFolder, watch: Watch | None = None) -> None:
    """Score what the runs left, whether they finished or not. Raises StoreFailed.

    A run with a damaged file is set aside: comparison.json says so in a sentence, and has the others' scores. What
    `watch` stops is the fitting of simple methods.
    """
    spec, view = folder.spec(), ComparisonReader(folder).view(Live())
    aside = {run.framework: problem for run in view.runs.values() if (problem := damage(folder, run))}
    fitted = fit_methods(folder, spec, view, watch or Watch())
    comparison = compare(folder, spec, view, aside, fitted)
    made = bands.make(folder, spec, without=aside)
    comparison = comparison.model_copy(
        update={
            "intervals": bands.intervals(folder, spec, comparison),
            "verdict": verdict.decide(folder, spec, comparison, aside),
        }
    )

    def write_comparison(file: BinaryIO) -> None:
        file.write(comparison.model_dump_json(indent=1).encode())

    def write_forecasts(file: BinaryIO) -> None:
        forecast_csv.write(file, folder, spec, without=aside, bands=made)

    for run in folder.runs():
        if run.framework not in aside:
            run.write_manifest()
    drawn = band_files.writers(bands.shown(comparison, made))
    folder.publish({"comparison.json": write_comparison, "forecasts.csv": write_forecasts, **drawn})


def damage(folder: ComparisonFolder, view: RunView) -> Problem | None:
    """What is wrong with the files of a run, all of which are read and checked here."""
    run = folder.run(view.framework)
    try:
        run.check()
        for fit in view.fits:
            if fit.done and not fit.stopped:  # one that was stopped may have been going on
                run.verify_fit(fit.id)
    except StoreFailed as error:
        return error.problems[0]
    return None


def fit_methods(
    folder: ComparisonFolder, spec: ComparisonSpec, view: ComparisonView, watch: Watch
) -> dict[str, baseline_files.Made]:
    """The simple methods that are fitted. Who stopped the training does not wait for them."""
    if spec.settings.baselines == "simple":
        return {}
    if any(run.state not in ("finished", "failed") for run in view.runs.values()):
        watch = Watch()
        watch.stop.set()
    return baseline_runs.make(folder, watch)


def compare(
    folder: ComparisonFolder,
    spec: ComparisonSpec,
    view: ComparisonView,
    aside: Mapping[str, Problem],
    fitted: Mapping[str, baseline_files.Made],
) -> Comparison:
    """Everything that comparison.json says; `aside`: what is wrong with the runs that are damaged."""
    judge = Judge(folder, spec)
    runs = with_seed_note(
        [
            set_aside(spec, run, aside[run.framework])
            if run.framework in aside
            else describe_run(folder, spec, run, judge)
            for run in view.runs.values()
        ]
    )
    return Comparison(
        id=spec.id,
        created=spec.created,
        name=spec.name,
        command=spec.command,
        machine=describe(folder),
        versions=versions(runs),
        data=describe_data(folder, spec),
        runs=runs,
        baselines=list(judge.baselines(fitted)),
        parity=parity.measure(folder, spec, without=aside),
    )


def describe_run(folder: ComparisonFolder, spec: ComparisonSpec, view: RunView, judge: Judge) -> Run:
    """One framework's run, however it ended."""
    timing = _timing_file(folder, view)
    resumed = timing.pop("resumed", [])  # notes on fits that went on from an earlier process's weights
    import_load = timing.pop("import_load", None)
    interleaved = describe_times(spec, timing.pop("interleaved", []))
    return Run(
        id=f"{spec.id}-{view.framework}",
        framework=view.framework,
        version=view.version or None,
        status=view.state if view.state in ENDED else "stopped",
        error=ErrorText(**vars(view.error)) if view.error else None,
        settings=RunSettings(
            asked=spec.settings.model_dump(mode="json"), applied=view.applied, notes=[*view.notes, *resumed]
        ),
        fits=list(describe_fits(folder, spec, view, judge)),
        timing=Timing(
            **timing,
            interleaved=interleaved,
            contended=contended(folder, spec, interleaved),
            import_contended=None if import_load is None else busy(import_load, threads=1),
        ),
        peak_memory_mb=timing.get("peak_memory_mb"),
        parameters=view.parameters,
        layers=[LayerRow(**layer) for layer in view.layers],
    )


def describe_times(spec: ComparisonSpec, told: list[dict[str, Any]]) -> list[FitTiming]:
    """Fits that were raced are all contended; of the others each knows what disturbed it."""
    raced = races(spec) and not has_timed_fits(spec)
    loads = [time.pop("load", None) for time in told]
    each = zip(told, loads, strict=True)
    return [FitTiming(**time, contended=raced or busy(load, spec.plan.cores)) for time, load in each]


def contended(folder: ComparisonFolder, spec: ComparisonSpec, interleaved: list[FitTiming]) -> bool:
    """Whether the run's times as a whole are not to be compared; of timed fits most decide, as their median does."""
    if races(spec):
        return 2 * sum(not fit.contended for fit in interleaved) < max(1, len(interleaved))
    state = folder.state()
    return any(busy(load, spec.plan.cores) for load in (state.load_before, state.load_during))


def races(spec: ComparisonSpec) -> bool:
    return len(spec.settings.frameworks) > 1 and spec.settings.order == "together"


def has_timed_fits(spec: ComparisonSpec) -> bool:
    return any(fit.kind == "timed" for fit in spec.plan.fits)


def set_aside(spec: ComparisonSpec, view: RunView, problem: Problem) -> Run:
    """A damaged run: nothing of it is scored."""
    return Run(
        id=f"{spec.id}-{view.framework}",
        framework=view.framework,
        version=view.version or None,
        status="failed",
        error=ErrorText(**vars(problem)),
        settings=RunSettings(asked=spec.settings.model_dump(mode="json"), applied={}, notes=[]),
        fits=[],
        timing=Timing(contended=False),
    )


def with_seed_note(runs: list[Run]) -> list[Run]:
    """Says in every run's notes when the runs' mean scores are over different numbers of trainings."""
    counts = {run.framework: n for run in runs if (n := len(results.score_fits(run)))}
    if len(set(counts.values())) < 2:
        return runs
    each = ", ".join(f"{results.label(name)} {count}" for name, count in counts.items())
    note = f"The frameworks finished different numbers of trainings ({each}): their mean scores are over what each has."
    return [
        run.model_copy(update={"settings": run.settings.model_copy(update={"notes": [*run.settings.notes, note]})})
        for run in runs
    ]


def describe_fits(folder: ComparisonFolder, spec: ComparisonSpec, view: RunView, judge: Judge) -> Iterator[Fit]:
    """The fits that trained an epoch at least; `timing` tells of the timed ones, `parity` of the certificate."""
    seen = {fit.id: fit for fit in view.fits}
    for fit in spec.plan.fits:
        if fit.kind in SHORT_EPOCHS or not (fit.id in seen and seen[fit.id].history):
            continue
        scores = None if fit.kind == "final" else judge.fit(view.framework, fit.id)
        yield Fit(
            id=fit.id,
            seed=fit.seed,
            fold=fit.fold,
            final=fit.kind == "final",
            history=[_row(epoch) for epoch in seen[fit.id].history],
            stopped=seen[fit.id].stopped,
            best_epoch=_best_epoch(seen[fit.id]),
            **(vars(scores) if scores else {}),
        )


def describe(folder: ComparisonFolder) -> Machine:
    """The machine this process runs on, which is the one the runs were made on."""
    machine = describe_machine()
    return Machine(
        cpu=machine.cpu,
        cores=machine.cores,
        memory_gb=machine.memory_gb,
        gpus=[gpu.name for gpu in machine.gpus],
        gpu_memory_gb=[gpu.memory_gb for gpu in machine.gpus],
        gpu_driver=machine.gpus[0].driver if machine.gpus else None,
        load_before=folder.state().load_before,
        load_during=folder.state().load_during,
    )


def describe_data(folder: ComparisonFolder, spec: ComparisonSpec) -> Data:
    """The series: its rows, times and parts."""
    data, index = spec.dataset, folder.index()
    train, validation, test = spec.plan.split
    first, last = time_texts(index[[0, -1]])
    return Data(
        file=data.file,
        sha256=data.sha256,
        rows=len(index),
        frequency=data.frequency,
        first=first,
        last=last,
        targets=list(data.targets),
        inputs=list(data.columns[len(data.targets) :]),
        known=list(data.known),
        split=SplitRows(train=train, validation=validation, test=test),
        season=data.season,
        notices=[NoticeText(code=code, message=message) for code, message in data.notices],
    )


def versions(runs: list[Run]) -> dict[str, str]:
    """Of Python, of what scores and scales, and of each framework as its worker reported it."""
    found = {"python": platform.python_version()}
    found |= {name: importlib.metadata.version(name) for name in ("numpy", "pandas", "scikit-learn")}
    return found | {run.framework: run.version for run in runs if run.version}


def _timing_file(folder: ComparisonFolder, view: RunView) -> dict[str, Any]:
    """What the run measured of itself; what the journal tells of a run that was ended before it could."""
    return folder.run(view.framework).timing() or {"import_s": view.import_s, "total_s": view.total_s or None}


def _best_epoch(fit: FitView) -> int | None:
    """As the trainer told it; for a fit that was cut short, by the trainer's own rule."""
    if fit.best_epoch:
        return fit.best_epoch
    best, smallest = None, math.inf
    for epoch in fit.history:
        if epoch.validation_loss is None:  # all rows were trained on: the last epoch counts as the best
            best = epoch.epoch
        elif improves(epoch.validation_loss, smallest):
            best, smallest = epoch.epoch, epoch.validation_loss
    return best


def _row(epoch: EpochDone) -> EpochRow:
    return EpochRow(
        epoch=epoch.epoch,
        train_loss=epoch.train_loss,
        validation_loss=epoch.validation_loss,
        seconds=epoch.seconds,
        learning_rate=epoch.learning_rate,
        gradient_norm=epoch.gradient_norm,
    )
