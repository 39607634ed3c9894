"""One framework's run: every fit of its plan, prepared, trained, forecast and saved."""

import statistics
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Event as Flag
from typing import Any, Protocol

import numpy as np
import sklearn.preprocessing  # noqa: F401  prepare() scales with it: a warm worker has paid its second of import

from core.data.dataset import Split
from core.data.prepare import Ahead, Prepared, prepare
from core.frameworks import registry
from core.frameworks.base import (
    Array,
    Framework,
    Hardware,
    History,
    ModelSpec,
    Origins,
    Trainer,
    TrainingData,
)
from core.frameworks.neutral import initial_weights
from core.runs import memory, resuming, trials
from core.runs.events import Finished, FitDone, FitResumed, FitStarted, Stage, Started
from core.runs.files import Journal, write_array, write_blocks, write_json, write_weights
from core.runs.listening import Listener
from core.runs.measuring import Clock, single_forecast_ms
from core.runs.resuming import Past
from core.runs.spec import FitSpec
from core.runs.store import RunFolder
from core.runs.translation import model_spec, training_spec

CERTIFICATE_EPOCHS = 3
CERTIFICATE_BATCHES = 64  # enough steps for two curves to part if they are going to, in about a second
FORECAST_BLOCK = 1 << 20  # forecast values at a time: 4 MB, and 8 MB more while they are scaled back


@dataclass(frozen=True)
class Imported:
    """The worker's own import of its framework."""

    seconds: float
    warm: bool  # it was over before the run was asked for
    version: str
    load: float | None = None  # cores that others kept busy meanwhile


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
        self.compile = self.spec.plan.compile
        self.trial: trials.Trial | None = None
        self.settled = False  # whether a trial was thought of
        self.hardware: dict[str, Any] = {}  # in force
        self.scored: list[History] = []
        self.first_epoch_s: float | None = None  # of the scored fits: it holds the compilation
        self.steady: list[float] = []  # seconds of their later epochs
        self.compiled = False  # by this process
        self.resumed: list[str] = []  # notes on the fits that went on from saved weights
        self.forecast_ms: float | None = None
        self.data: tuple[Split | None, Prepared] | None = None

    def go(self) -> str:
        """Train every fit in its turn; returns finished or stopped. Raises TrainingFailed, StoreFailed.

        A fit that an earlier process finished is kept.
        """
        (self.folder.path / "timing.json").unlink(missing_ok=True)  # of the part before, where this goes on
        self.hardware = self.framework.configure(Hardware(self.spec.plan.device, self.spec.plan.threads))
        self.introduce()
        status = "finished"
        for fit in self.spec.plan.fits:
            earlier = resuming.finished(self.folder, fit)
            if earlier is not None:
                self.keep(fit, earlier)
                continue
            if fit.kind == "certificate":  # a second model, for the proof alone
                self.measure()
            self.await_turn(fit.id)
            self.settle()
            if self.control.stop.is_set() or self.train(fit).stopped:
                status = "stopped"
                break
            self.control.end_turn(fit.id)
        total_s, peak = self.measure()
        write_json(self.folder.path / "timing.json", self.timing(total_s, peak))
        self.journal.write(Finished(status=status, total_s=total_s, peak_memory_mb=peak))
        self.folder.write_manifest()
        return status

    def rescue(self) -> str:
        """Forecast from the best weights of the fits that lost their process before they could."""
        self.framework.configure(Hardware(self.spec.plan.device, self.spec.plan.threads))
        for fit in resuming.unscored(self.folder):
            seen = resuming.fit_view(self.folder, fit.id)
            weights, epoch = self.folder.weights(fit.id, "weights")
            if seen is None or not 1 <= epoch <= len(seen.history):
                continue
            prepared, trainer = self.prepared(self.split(fit)), self.trainer(fit.maths)
            trainer.set_weights(weights)
            history = History(tuple(map(resuming.epoch_of, seen.history)), epoch, stopped=True)
            self.save_forecast(fit, trainer, prepared)
            self.describe(fit, trainer, prepared, history, seen.windows)
            self.journal.write(FitDone(fit.id, epoch, len(history.epochs), stopped=True))
        self.folder.write_manifest()
        return "rescued"

    def keep(self, fit: FitSpec, earlier: History) -> None:
        if fit.kind == "score":
            self.scored.append(earlier)
            self.note_seconds([epoch.seconds for epoch in earlier.epochs], compiles=True)
            self.resumed.append(f"The fit {fit.id} is from an earlier process.")

    def introduce(self) -> None:
        """Settings in force, as the framework itself reports them."""
        plan, settings = self.spec.plan, self.spec.settings
        trainer = self.trainer(settings.maths)
        asked: dict[str, Any] = {
            "model": settings.model,
            "maths": settings.maths,
            "speed": settings.speed,
            "order": settings.order,
        }
        asked |= {"reference": plan.reference, "calendar": list(plan.calendar), "holidays": settings.holidays}
        asked |= {"known": list(self.spec.dataset.known), "transform": settings.transform, "scaler": settings.scaler}
        self.journal.write(
            Started(
                framework=self.spec.framework,
                version=self.imported.version,
                import_s=self.imported.seconds,
                warm=self.imported.warm,
                parameters=trainer.parameters,
                applied={**asked, **self.hardware, **trainer.applied, "memory_limit_gb": memory.limited()},
                notes=(*plan.notes, *self.tried()),
                layers=tuple(asdict(layer) for layer in trainer.layers),
            )
        )

    def settle(self) -> None:
        """Once, in the run's first turn: whether compiling pays here, where trial steps can tell."""
        plan = self.spec.plan
        if self.settled or self.spec.framework not in plan.tries:
            return
        self.settled = True
        with self.clock.stopped():
            self.journal.write(Stage("trying what is quicker"))
            remembered = trials.Remembered(self.folder.comparison.path.parents[1] / "trials.json")
            self.trial = trials.find(self.bench(), plan.steps, remembered, self.control.stop.is_set)
            if self.trial is None:
                return
            if self.trial.pays(plan.steps) != self.compile:
                self.compile = not self.compile
                self.trainers.clear()
            self.introduce()

    def bench(self) -> trials.Bench:
        prepared = self.prepared(Split(*self.spec.plan.split))
        return trials.Bench(
            self.framework,
            self.imported.version,
            self.model(prepared),
            training_spec(self.spec, self.spec.settings.maths),
            TrainingData(prepared.values, prepared.parts.train, prepared.parts.validation),
            self.hardware,
        )

    def tried(self) -> tuple[str, ...]:
        label = registry.find(self.spec.framework).label
        return (self.trial.sentence(label, self.spec.plan.steps),) if self.trial else ()

    def train(self, fit: FitSpec) -> History:
        """One fit from its start, or its last saved weights, to its saved forecasts."""
        prepared, trainer = self.prepared(self.split(fit)), self.trainer(fit.maths)
        data, past = self.training_data(fit, prepared), resuming.past_of(self.folder, fit)
        self.folder.withdraw_fit(fit.id)
        if past is None:
            self.start(fit, trainer, prepared, data)
        else:
            self.start_again(fit, trainer, past)
        path = self.folder.fit(fit.id)
        listener = Listener(fit.id, path, trainer, self.journal, self.control.stop, past)
        history = self.learn(fit, trainer, data, listener, past)
        self.control.trained()
        if self.build_s is None and listener.first_began is not None:
            self.build_s = self.clock.seconds(until=listener.first_began)
        if history.best_epoch:
            write_weights(path / "weights.safetensors", trainer.get_weights(), history.best_epoch)
            self.forecast(fit, trainer, prepared, history)
        self.describe(fit, trainer, prepared, history, len(data.train))
        self.journal.write(FitDone(fit.id, history.best_epoch, len(history.epochs), history.stopped))
        return history

    def start(self, fit: FitSpec, trainer: Trainer, prepared: Prepared, data: TrainingData) -> None:
        initial = initial_weights(trainer.get_weights(), fit.seed) if fit.maths == "matched" else None
        self.journal.write(FitStarted(fit.id, fit.kind, fit.seed, fit.fold, self.epochs(fit), len(data.train)))
        trainer.start(fit.seed, initial)
        if fit.maths == "matched" and fit.kind != "final":
            with self.clock.stopped():
                save_probe(self.folder.fit(fit.id), trainer, data, self.spec.settings.batch_size)

    def start_again(self, fit: FitSpec, trainer: Trainer, past: Past) -> None:
        after = len(past.epochs)
        self.journal.write(FitResumed(fit.id, after))
        self.resumed.append(f"The fit {fit.id} went on from its weights after epoch {after}, its optimiser anew.")
        trainer.start(fit.seed, past.last)

    def learn(
        self, fit: FitSpec, trainer: Trainer, data: TrainingData, listener: Listener, past: Past | None
    ) -> History:
        """Afterwards the trainer holds the weights of the best epoch, of an earlier process's epochs too."""
        patience = self.spec.settings.patience if fit.kind == "score" else None
        before = len(past.epochs) if past else 0  # a seed of its own, too: not the order of the first epochs again
        try:
            epochs, earlier = max(0, self.epochs(fit) - before), past.epochs if past else ()
            history = trainer.train(data, epochs, patience, fit.seed + before, listener, earlier)
        except Exception:
            listener.save()  # the last finite weights, where it diverged
            raise
        if fit.kind == "score":
            self.note_seconds([epoch.seconds for epoch in history.epochs], compiles=not self.compiled)
            self.compiled = True
        if past is None:
            return history
        whole = past.followed_by(history)
        if whole.best_epoch == past.best_epoch:
            trainer.set_weights(past.best)
        return whole

    def forecast(self, fit: FitSpec, trainer: Trainer, prepared: Prepared, history: History) -> None:
        """Forecasts of every test window, or of the future; none from a certificate.

        A final fit that was stopped has learned less than validation chose: it forecasts nothing.
        """
        if fit.kind == "certificate" or (fit.kind == "final" and history.stopped):
            return
        self.journal.write(Stage("scoring"))
        origins = self.save_forecast(fit, trainer, prepared)
        if fit.kind == "score":
            self.scored.append(history)
        if self.forecast_ms is None:
            self.forecast_ms = single_forecast_ms(trainer, prepared.values, origins[:1])

    def save_forecast(self, fit: FitSpec, trainer: Trainer, prepared: Prepared) -> Origins:
        """In the data's own units; returns the origins of what was forecast."""
        origins = prepared.parts.test if fit.kind == "score" else np.array([len(prepared.values)], np.int64)
        shape = (len(origins), self.spec.settings.horizon, prepared.targets)
        path = self.folder.fit(fit.id) / "forecast.npy"
        write_blocks(path, shape, forecast_blocks(trainer, prepared, origins, shape))
        return origins

    def describe(self, fit: FitSpec, trainer: Trainer, prepared: Prepared, history: History, windows: int) -> None:
        """scaler.json and fit.json: with the weights, all that a later reader needs to forecast again."""
        path = self.folder.fit(fit.id)
        scaler = {name: array.tolist() for name, array in asdict(prepared.scaler).items()}
        write_json(path / "scaler.json", scaler)
        content = {
            "fit": fit.model_dump(),
            "model": asdict(self.model(prepared)),
            "transform": prepared.transform,
            "best_epoch": history.best_epoch,
            "epochs": [asdict(epoch) for epoch in history.epochs],
            "stopped": history.stopped,
            "windows": windows,
            "parameters": trainer.parameters,
        }
        write_json(path / "fit.json", content)
        self.folder.write_fit_manifest(fit.id)

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
                transform=settings.transform,
                ahead=self.ahead(),
            )
            self.data = (split, made)
        return self.data[1]

    def ahead(self) -> Ahead:
        data = self.spec.dataset
        places = tuple(data.columns.index(name) for name in data.known)
        future = self.folder.comparison.future()
        return Ahead(places, future, self.spec.settings.holidays, data.frequency)

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
            training = replace(training_spec(self.spec, maths), compile=self.compile)
            self.trainers[maths] = self.framework.build(model, training)
        return self.trainers[maths]

    def model(self, prepared: Prepared) -> ModelSpec:
        return model_spec(self.spec, prepared.values.shape[1])

    def await_turn(self, fit: str) -> None:
        with self.clock.stopped():
            self.control.await_turn(fit)

    def measure(self) -> tuple[float, float]:
        """Seconds, without import and waiting, and peak memory (MB), when this is first asked."""
        if self.measured is None:
            self.measured = self.clock.seconds(), memory.peak_memory_mb()
        return self.measured

    def note_seconds(self, seconds: list[float], compiles: bool) -> None:
        """Of a scored fit's epochs, in their order; `compiles`: the first may hold its process's compilation."""
        if compiles and self.first_epoch_s is None and seconds:
            self.first_epoch_s = seconds[0]
        self.steady += seconds[compiles:]

    def timing(self, total_s: float, peak_mb: float) -> dict[str, Any]:
        """Of the scored fits: the first epoch of a process holds the compilation, all others are steady.

        What came before that epoch is `build_s`: data, model, optimiser, and what `fit` sets up before it begins.
        """
        return {
            "import_s": self.imported.seconds,
            "import_load": self.imported.load,
            "warm": self.imported.warm,
            "build_s": self.build_s,
            "first_epoch_s": self.first_epoch_s,
            "epoch_s": statistics.median(self.steady) if self.steady else None,
            "forecast_ms": self.forecast_ms,
            "total_s": None if self.resumed else total_s,  # the earlier process's part is not known
            "peak_memory_mb": peak_mb,
            "resumed": self.resumed,
            "parameters": self.trainers[self.spec.settings.maths].parameters,
        }


def forecast_blocks(
    trainer: Trainer, prepared: Prepared, origins: Origins, shape: tuple[int, int, int]
) -> Iterator[Array]:
    """Forecasts (N, H, K) in the data's own units, some windows at a time."""
    windows = max(1, FORECAST_BLOCK // (shape[1] * shape[2]))
    for start in range(0, len(origins), windows):
        some = origins[start : start + windows]
        with np.errstate(over="ignore"):  # a diverged forecast is infinite, and has no score
            yield prepared.own_units(trainer.predict(prepared.values, some), some).astype(np.float32)


def save_probe(path: Path, trainer: Trainer, data: TrainingData, batch_size: int) -> None:
    """What two frameworks must agree on before the first step: weights, outputs and gradient of the first batch."""
    batch = data.train[:batch_size]
    write_weights(path / "initial_weights.safetensors", trainer.get_weights(), 0)
    write_array(path / "initial_output.npy", trainer.predict(data.values, batch))
    write_weights(path / "first_gradient.safetensors", trainer.first_gradient(data, batch), 0)
