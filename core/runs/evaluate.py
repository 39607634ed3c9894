"""After the runs have ended: score their forecasts beside simple ones; write comparison.json and forecasts.csv."""

import importlib.metadata
import math
import platform
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from core.data.dataset import Split
from core.data.table_csv import time_texts
from core.data.windows import window_parts
from core.errors import NotFound, Problem, StoreFailed
from core.evaluation import baselines, metrics
from core.frameworks.base import improves
from core.hardware import busy, describe_machine
from core.runs import forecast_csv, parity, results
from core.runs.events import EpochDone
from core.runs.following import FitView, RunView
from core.runs.schema import (
    Baseline,
    Comparison,
    Data,
    EpochRow,
    ErrorText,
    Fit,
    LayerRow,
    Machine,
    NoticeText,
    Run,
    RunSettings,
    Scores,
    SplitRows,
    Timing,
)
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder
from core.runs.view import ComparisonReader, ComparisonView, Live

ENDED = ("finished", "stopped", "failed")


def evaluate(folder: ComparisonFolder) -> None:
    """Score what the runs left, whether they finished or not. Raises StoreFailed.

    A run with a damaged file is set aside: comparison.json says so in a sentence, and has the others' scores.
    """
    spec, view = folder.spec(), ComparisonReader(folder).view(Live())
    aside = {run.framework: problem for run in view.runs.values() if (problem := damage(folder, run))}
    comparison = compare(folder, spec, view, aside)

    def write_comparison(file: BinaryIO) -> None:
        file.write(comparison.model_dump_json(indent=1).encode())

    def write_forecasts(file: BinaryIO) -> None:
        forecast_csv.write(file, folder, spec, without=aside)

    for run in folder.runs():
        if run.framework not in aside:
            run.write_manifest()
    folder.publish({"comparison.json": write_comparison, "forecasts.csv": write_forecasts})


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


def compare(
    folder: ComparisonFolder, spec: ComparisonSpec, view: ComparisonView, aside: Mapping[str, Problem]
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
        baselines=list(judge.baselines()),
        parity=parity.measure(folder, spec, without=aside),
    )


def describe_run(folder: ComparisonFolder, spec: ComparisonSpec, view: RunView, judge: "Judge") -> Run:
    """One framework's run, however it ended."""
    timing = _timing_file(folder, view)
    resumed = timing.pop("resumed", [])  # notes on fits that went on from an earlier process's weights
    import_load, state = timing.pop("import_load", None), folder.state()
    together = len(spec.settings.frameworks) > 1 and spec.settings.order == "together"
    loaded = any(busy(load, spec.plan.threads) for load in (state.load_before, state.load_during))
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
            contended=together or loaded,
            import_contended=None if import_load is None else busy(import_load, threads=1),
        ),
        peak_memory_mb=timing.get("peak_memory_mb"),
        parameters=view.parameters,
        layers=[LayerRow(**layer) for layer in view.layers],
    )


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
    """Says in every run's notes when the runs' mean scores are over different numbers of seeds."""
    counts = {run.framework: n for run in runs if (n := len(results.score_fits(run)))}
    if len(set(counts.values())) < 2:
        return runs
    each = ", ".join(f"{results.label(name)} {count}" for name, count in counts.items())
    note = f"The frameworks finished different numbers of seeds ({each}): their mean scores are over what each has."
    return [
        run.model_copy(update={"settings": run.settings.model_copy(update={"notes": [*run.settings.notes, note]})})
        for run in runs
    ]


def describe_fits(folder: ComparisonFolder, spec: ComparisonSpec, view: RunView, judge: "Judge") -> Iterator[Fit]:
    """The fits of which an epoch at least was trained; the certificate is told in `parity`."""
    seen = {fit.id: fit for fit in view.fits}
    for fit in spec.plan.fits:
        if fit.kind == "certificate" or not (fit.id in seen and seen[fit.id].history):
            continue
        scores = None if fit.kind == "final" else judge.fit(view.framework, fit.id)
        yield Fit(
            id=fit.id,
            seed=fit.seed,
            fold=fit.fold,
            final=fit.kind == "final",
            history=[_row(epoch) for epoch in seen[fit.id].history],
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


@dataclass(frozen=True)
class Judged:
    """What is said of one forecast; the names of a fit and of a baseline alike."""

    test: Scores
    test_by_target: dict[str, Scores]
    test_by_step: list[Scores]


class Judge:
    """Scores forecasts of all test windows against what happened, with the training part as the measure."""

    def __init__(self, folder: ComparisonFolder, spec: ComparisonSpec) -> None:
        self.folder, self.spec = folder, spec
        split, horizon = Split(*spec.plan.split), spec.settings.horizon
        self.values = folder.values()[:, : len(spec.dataset.targets)]  # (T, K), mapped
        self.origins = window_parts(split, spec.settings.lookback, horizon).test
        train = self.values[: split.train]
        self.mean, self.deviation = train.mean(axis=0), train.std(axis=0)
        self.seasonal_mae = metrics.seasonal_naive_mae(train, spec.dataset.season)

    def fit(self, framework: str, fit: str) -> Judged | None:
        """None for a fit that did not get as far as its forecasts. Raises StoreFailed."""
        try:
            arrays = results.forecasts(self.folder.path, framework, fit)
        except NotFound:
            return None
        return self.score(arrays.forecast)

    def baselines(self) -> Iterator[Baseline]:
        """The simple forecasts of the same windows."""
        season = self.spec.dataset.season
        for name in baselines.baseline_names(season):
            began = time.perf_counter()
            judged = self.score(Repeated(name, self.values, self.origins, self.spec.settings.horizon, season))
            yield Baseline(name=name, fold=0, seconds=time.perf_counter() - began, **vars(judged))

    def score(self, forecast: Any) -> Judged:
        """`forecast` is (N, H, K), or gives blocks of it when sliced."""
        actual = results.actual(self.values, self.origins, self.spec.settings.horizon)
        last = self.values[self.origins - 1]
        table = metrics.scores(actual, forecast, last, self.mean, self.deviation, self.seasonal_mae)
        return Judged(
            test=Scores(**vars(table.overall)),
            test_by_target={
                name: Scores(**vars(each))
                for name, each in zip(self.spec.dataset.targets, table.by_target, strict=True)
            },
            test_by_step=[Scores(**vars(each)) for each in table.by_step],
        )


@dataclass(frozen=True)
class Repeated:
    """A baseline's forecasts, made block by block as they are scored: all at once may not fit into memory."""

    name: str
    values: npt.NDArray[np.float64]  # (T, K)
    origins: npt.NDArray[np.int64]  # (N,)
    horizon: int
    season: int

    def __getitem__(self, rows: slice) -> npt.NDArray[np.float64]:
        return baselines.forecast(self.name, self.values, self.origins[rows], self.horizon, self.season)


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
