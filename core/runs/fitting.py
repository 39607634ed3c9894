"""One framework's run: every fit of its plan, prepared, trained, forecast and saved."""

import statistics
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event as Flag
from typing import Any, Protocol

import numpy as np
import safetensors.numpy
import sklearn.preprocessing  # noqa: F401  prepare() scales with it: a warm worker has paid its second of import

from core.data.dataset import Split
from core.data.prepare import Prepared, prepare
from core.frameworks.base import (
    Array,
    Epoch,
    Framework,
    Hardware,
    History,
    ModelSpec,
    Origins,
    Trainer,
    TrainingData,
    TrainingSpec,
    Weights,
)
from core.frameworks.neutral import initial_weights
from core.runs.events import EpochDone, Finished, FitDone, FitStarted, Progress, Stage, Started
from core.runs.files import Journal, write_array, write_atomic, write_blocks, write_json
from core.runs.measuring import Clock, memory_mb, peak_memory_mb, single_forecast_ms
from core.runs.spec import FitSpec, RunSpec
from core.runs.store import RunFolder

CERTIFICATE_EPOCHS = 3
CERTIFICATE_BATCHES = 64  # enough steps for two curves to part if they are going to, in about a second
PROGRESS_EVERY_S = 0.5
SAVE_EVERY_S = 1.0
SAVE_SHARE = 0.02  # of the time, at most: flushing to a slow disk may take 50 ms
FORECAST_BLOCK = 1 << 20  # forecast values at a time: 4 MB, and 8 MB more while they are scaled back


@dataclass(frozen=True)
class Imported:
    """The worker's own import of its framework."""

    seconds: float
    warm: bool  # it was over before the run was asked for
    version: str


class Control(Protocol):
    """Who says when to train and when to stop."""

    stop: Flag

    def await_turn(self, fit: str) -> None: ...

    def trained(self) -> None: ...

    def end_turn(self, fit: str) -> None: ...


class Run:
    """All fits of one framework. A model is built once for each kind of maths and used for every fit of it."""

    def __init__(
        self, folder: RunFolder, framework: Framework, journal: Journal, control: Control, imported: Imported
    ) -> None:
        self.folder, self.framework, self.imported = folder, framework, imported
        self.journal, self.control = journal, control
        self.spec = folder.spec()
        self.clock = Clock()  # stands still while it waits for its turn, and while it probes for the certificate
        self.build_s: float | None = None
        self.measured: tuple[float, float] | None = None  # total_s and peak MB, before the certificate
        self.trainers: dict[str, Trainer] = {}
        self.scored: list[History] = []
        self.forecast_ms: float | None = None
        self.data: tuple[Split | None, Prepared] | None = None

    def go(self) -> str:
        """Train every fit in its turn; returns finished or stopped. Raises TrainingFailed, StoreFailed."""
        self.introduce()
        status = "finished"
        for fit in self.spec.plan.fits:
            if fit.kind == "certificate":  # a second model, for the proof alone
                self.measure()
            self.await_turn(fit.id)
            if self.control.stop.is_set() or self.train(fit).stopped:
                status = "stopped"
                break
            self.control.end_turn(fit.id)
        total_s, peak = self.measure()
        write_json(self.folder.path / "timing.json", self.timing(total_s, peak))
        self.folder.write_manifest()
        self.journal.write(Finished(status=status, total_s=total_s, peak_memory_mb=peak))
        return status

    def introduce(self) -> None:
        """Settings in force, as the framework itself reports them."""
        plan, settings = self.spec.plan, self.spec.settings
        hardware = self.framework.configure(Hardware(plan.device, plan.threads))
        trainer = self.trainer(settings.maths)
        asked: dict[str, Any] = {
            "model": settings.model,
            "maths": settings.maths,
            "speed": settings.speed,
            "order": settings.order,
        }
        asked |= {"reference": plan.reference, "calendar": list(plan.calendar), "scaler": settings.scaler}
        self.journal.write(
            Started(
                framework=self.spec.framework,
                version=self.imported.version,
                import_s=self.imported.seconds,
                warm=self.imported.warm,
                parameters=trainer.parameters,
                applied={**asked, **hardware, **trainer.applied},
                notes=plan.notes,
            )
        )

    def train(self, fit: FitSpec) -> History:
        """One fit from its start to its saved forecasts."""
        settings = self.spec.settings
        prepared, trainer = self.prepared(self.split(fit)), self.trainer(fit.maths)
        path, data, epochs = self.folder.fit(fit.id), self.training_data(fit, prepared), self.epochs(fit)
        initial = initial_weights(self.model(prepared), fit.seed) if fit.maths == "matched" else None
        began = FitStarted(fit.id, fit.kind, fit.seed, fit.fold, epochs, len(data.train))
        self.journal.write(began)
        trainer.start(fit.seed, initial)
        if fit.maths == "matched" and fit.kind != "final":
            with self.clock.stopped():
                save_probe(path, trainer, data, settings.batch_size)
        listener = Listener(fit.id, path, trainer, self.journal, self.control.stop)
        patience = settings.patience if fit.kind == "score" else None
        history = trainer.train(data, epochs, patience, fit.seed, listener)
        self.control.trained()
        if self.build_s is None and listener.first_began is not None:
            self.build_s = self.clock.seconds(until=listener.first_began)
        if history.best_epoch:
            save_weights(path / "weights.safetensors", trainer.get_weights())
            self.forecast(fit, path, trainer, prepared, history)
        self.describe(fit, path, trainer, prepared, history, began)
        self.journal.write(FitDone(fit.id, history.best_epoch, len(history.epochs), history.stopped))
        return history

    def forecast(self, fit: FitSpec, path: Path, trainer: Trainer, prepared: Prepared, history: History) -> None:
        """Forecasts in the data's own units: of every test window, or of the future; none from a certificate.

        A final fit that was stopped has learned less than validation chose: it forecasts nothing.
        """
        if fit.kind == "certificate" or (fit.kind == "final" and history.stopped):
            return
        self.journal.write(Stage("scoring"))
        origins = prepared.parts.test if fit.kind == "score" else np.array([len(prepared.values)], np.int64)
        shape = (len(origins), self.spec.settings.horizon, prepared.targets)
        write_blocks(path / "forecast.npy", shape, forecast_blocks(trainer, prepared, origins, shape))
        if fit.kind == "score":
            self.scored.append(history)
            if self.forecast_ms is None:
                self.forecast_ms = single_forecast_ms(trainer, prepared.values, origins[:1])

    def describe(
        self, fit: FitSpec, path: Path, trainer: Trainer, prepared: Prepared, history: History, began: FitStarted
    ) -> None:
        """scaler.json and fit.json: with the weights, all that a later reader needs to forecast again."""
        scaler = {name: array.tolist() for name, array in asdict(prepared.scaler).items()}
        write_json(path / "scaler.json", scaler)
        content = {
            "fit": fit.model_dump(),
            "model": asdict(self.model(prepared)),
            "best_epoch": history.best_epoch,
            "epochs": [asdict(epoch) for epoch in history.epochs],
            "stopped": history.stopped,
            "windows": began.windows,
            "parameters": trainer.parameters,
        }
        write_json(path / "fit.json", content)

    def split(self, fit: FitSpec) -> Split | None:
        return None if fit.kind == "final" else Split(*self.spec.plan.split)

    def prepared(self, split: Split | None) -> Prepared:
        """Scaled values and windows; the latest ones are kept, as most fits share them."""
        if self.data is None or self.data[0] != split:
            self.data = None  # two copies of a long series need not be in memory at once
            settings, comparison = self.spec.settings, self.folder.comparison
            made = prepare(
                comparison.values(),  # mapped while it is scaled: what was read of it counts as this process's memory
                comparison.index(),
                split,
                targets=len(self.spec.dataset.targets),
                lookback=settings.lookback,
                horizon=settings.horizon,
                scaler=settings.scaler,
                calendar=self.spec.plan.calendar,
            )
            self.data = (split, made)
        return self.data[1]

    def training_data(self, fit: FitSpec, prepared: Prepared) -> TrainingData:
        most = CERTIFICATE_BATCHES * self.spec.settings.batch_size if fit.kind == "certificate" else None
        return TrainingData(prepared.values, prepared.parts.train[:most], prepared.parts.validation[:most])

    def epochs(self, fit: FitSpec) -> int:
        """At most so many: the final fit runs as long as validation found best, by the median of the scored fits."""
        if fit.kind == "certificate":
            return min(CERTIFICATE_EPOCHS, self.spec.settings.epochs)
        if fit.kind == "final":
            return max(1, round(statistics.median(history.best_epoch for history in self.scored)))
        return self.spec.settings.epochs

    def trainer(self, maths: str) -> Trainer:
        if maths not in self.trainers:
            model = self.model(self.prepared(Split(*self.spec.plan.split)))
            self.trainers[maths] = self.framework.build(model, training_spec(self.spec, maths))
        return self.trainers[maths]

    def model(self, prepared: Prepared) -> ModelSpec:
        return model_spec(self.spec, prepared.values.shape[1])

    def await_turn(self, fit: str) -> None:
        with self.clock.stopped():
            self.control.await_turn(fit)

    def measure(self) -> tuple[float, float]:
        """Seconds, without import and waiting, and peak memory (MB), when this is first asked."""
        if self.measured is None:
            self.measured = self.clock.seconds(), peak_memory_mb()
        return self.measured

    def timing(self, total_s: float, peak_mb: float) -> dict[str, Any]:
        """Of the scored fits: their very first epoch holds the compilation, all later ones are steady.

        What came before that epoch is `build_s`: data, model, optimiser, and what `fit` sets up before it begins.
        """
        seconds = [epoch.seconds for history in self.scored for epoch in history.epochs]
        return {
            "import_s": self.imported.seconds,
            "warm": self.imported.warm,
            "build_s": self.build_s,
            "first_epoch_s": seconds[0] if seconds else None,
            "epoch_s": statistics.median(seconds[1:]) if seconds[1:] else None,
            "forecast_ms": self.forecast_ms,
            "total_s": total_s,
            "peak_memory_mb": peak_mb,
            "parameters": self.trainers[self.spec.settings.maths].parameters,
        }


class Listener:
    """Writes down how a fit goes, and keeps its best weights safe."""

    def __init__(self, fit: str, path: Path, trainer: Trainer, journal: Journal, stop: Flag) -> None:
        self.fit, self.path, self.trainer, self.journal, self.stop = fit, path, trainer, journal, stop
        self.first_began: float | None = None  # when the first epoch began, perf_counter
        self.told = time.perf_counter()
        self.save_from = 0.0  # perf_counter before which no weights are saved

    def on_progress(self, epoch: int, share: float, windows_per_second: float) -> None:
        if time.perf_counter() - self.told >= PROGRESS_EVERY_S:
            self.told = time.perf_counter()
            self.journal.write(Progress(self.fit, epoch, share, windows_per_second, memory_mb()))

    def on_epoch(self, epoch: Epoch, best: bool) -> None:
        if epoch.epoch == 1:
            self.first_began = time.perf_counter() - epoch.seconds
        done = EpochDone(self.fit, epoch.epoch, epoch.train_loss, epoch.validation_loss, epoch.seconds, memory_mb())
        self.journal.write(done)
        began = time.perf_counter()
        if best and began >= self.save_from:
            save_weights(self.path / "weights.safetensors", self.trainer.get_weights())
            ended = time.perf_counter()
            self.save_from = ended + max(SAVE_EVERY_S, (ended - began) / SAVE_SHARE)

    def should_stop(self) -> bool:
        return self.stop.is_set()


def forecast_blocks(
    trainer: Trainer, prepared: Prepared, origins: Origins, shape: tuple[int, int, int]
) -> Iterator[Array]:
    """Forecasts (N, H, K) in the data's own units, some windows at a time."""
    windows = max(1, FORECAST_BLOCK // (shape[1] * shape[2]))
    for start in range(0, len(origins), windows):
        scaled = trainer.predict(prepared.values, origins[start : start + windows])
        yield prepared.scaler.inverse(scaled, slice(prepared.targets)).astype(np.float32)


def model_spec(spec: RunSpec, inputs: int) -> ModelSpec:
    """`inputs`: columns of the prepared values; what exceeds the data's own are calendar inputs."""
    settings, values = spec.settings, len(spec.dataset.columns)
    return ModelSpec(
        kind=settings.model,
        lookback=settings.lookback,
        horizon=settings.horizon,
        targets=len(spec.dataset.targets),
        values=values,
        calendar=inputs - values,
        hidden=settings.hidden,
        layers=settings.layers,
        dropout=settings.dropout,
        bidirectional=settings.bidirectional,
        reference=spec.plan.reference,
        season=spec.dataset.season,
    )


def training_spec(spec: RunSpec, maths: Any) -> TrainingSpec:
    settings = spec.settings
    return TrainingSpec(
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        optimizer=settings.optimizer,
        loss=settings.loss,
        maths=maths,
        compile=spec.plan.compile,
    )


def save_probe(path: Path, trainer: Trainer, data: TrainingData, batch_size: int) -> None:
    """What two frameworks must agree on before the first step: weights, outputs and gradient of the first batch."""
    batch = data.train[:batch_size]
    save_weights(path / "initial_weights.safetensors", trainer.get_weights())
    write_array(path / "initial_output.npy", trainer.predict(data.values, batch))
    save_weights(path / "first_gradient.safetensors", trainer.first_gradient(data, batch))


def save_weights(path: Path, weights: Weights) -> None:
    arrays = {name: np.ascontiguousarray(array) for name, array in weights.items()}
    write_atomic(path, safetensors.numpy.save(arrays))
