"""One framework's run: every fit of its plan, prepared, trained, forecast and saved."""

import math
import statistics
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from threading import Event as Flag
from typing import Any, Protocol

from core.data.prepare import Prepared
from core.errors import StoreFailed, TrainingFailed
from core.frameworks.base import Framework, History, Trainer, TrainingData
from core.frameworks.neutral import initial_weights
from core.runs import forecasts, keeping, logs, memory, resuming
from core.runs.building import Builder
from core.runs.deaths import problem_of
from core.runs.events import Finished, FitDone, FitResumed, FitStarted, Stage, Started
from core.runs.files import Journal, write_json, write_weights
from core.runs.following import described
from core.runs.listening import Listener
from core.runs.measuring import single_forecast_ms
from core.runs.resuming import Past
from core.runs.run_data import RunData
from core.runs.spec import SHORT_EPOCHS, FitSpec
from core.runs.store import RunFolder
from core.runs.timings import FitTime, Timings


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
        self.folder, self.imported = folder, imported
        self.journal, self.control = journal, control
        self.spec = folder.spec()
        self.data, self.timings = RunData(folder), Timings(self.spec.plan)
        self.builder = Builder(folder, framework, imported.version, self.data)
        self.scored: list[History] = []
        self.resumed: list[str] = []  # notes on the fits that went on from saved weights
        self.unproven: list[str] = []  # why there is no certificate

    def go(self) -> str:
        """Train every fit in its turn; returns finished or stopped. Raises TrainingFailed, StoreFailed.

        A fit that an earlier process finished is kept.
        """
        (self.folder.path / "timing.json").unlink(missing_ok=True)  # of the part before, where this goes on
        self.builder.configure()
        self.introduce()
        status = "finished"
        for fit in self.spec.plan.fits:
            earlier = resuming.finished(self.folder, fit)
            if earlier is not None:
                self.keep(fit, earlier)
                continue
            if fit.kind == "certificate":  # a second model, for the proof alone
                self.timings.measure()
            self.await_turn(fit.id)
            self.settle()
            if self.control.stop.is_set() or self.attempt(fit).stopped:
                status = "stopped"
                break
            self.control.end_turn(fit.id)
        total_s, peak = self.timings.measure()
        write_json(self.folder.path / "timing.json", self.timing(total_s, peak))
        self.journal.write(Finished(status=status, total_s=total_s, peak_memory_mb=peak))
        self.folder.write_manifest()
        return status

    def attempt(self, fit: FitSpec) -> History:
        """A fit, trained. The certificate is our own proof: where it fails, what was asked for stands without it."""
        try:
            return self.train(fit)
        except StoreFailed:
            raise
        except Exception as error:
            if fit.kind == "certificate":
                return self.go_without(fit, error)
            if isinstance(error, TrainingFailed):
                raise located(error, described(fit.kind, fit.seed, fit.fold, self.spec.settings.folds)) from error
            raise

    def go_without(self, fit: FitSpec, error: Exception) -> History:
        logs.add_traceback()
        self.unproven.append(f"There is no certificate of fairness. {problem_of(error).sentence()}")
        self.introduce()
        self.journal.write(FitDone(fit.id, best_epoch=0, epochs=0, stopped=False))
        return History((), 0, stopped=False)

    def rescue(self) -> str:
        """Forecast from the best weights of the fits that lost their process before they could."""
        self.builder.configure()
        for fit in resuming.unscored(self.folder):
            seen = resuming.fit_view(self.folder, fit.id)
            weights, epoch = self.folder.weights(fit.id, "weights")
            if seen is None or not 1 <= epoch <= len(seen.history):
                continue
            prepared, trainer = self.data.prepared(fit), self.builder.trainer(fit.maths)
            trainer.set_weights(weights)
            history = History(tuple(map(resuming.epoch_of, seen.history)), epoch, stopped=True)
            self.save_forecast(fit, trainer, prepared)
            self.describe(fit, trainer, prepared, history, seen.windows, None)
            self.journal.write(FitDone(fit.id, epoch, len(history.epochs), stopped=True))
        self.folder.write_manifest()
        return "rescued"

    def keep(self, fit: FitSpec, earlier: History) -> None:
        if fit.kind == "score":
            self.scored.append(earlier)
            self.resumed.append(f"The fit {fit.id} is from an earlier process.")
        if self.timings.of_interest(fit):
            seconds = [epoch.seconds for epoch in earlier.epochs]
            self.timings.keep(seconds, resuming.timing_of(self.folder, fit))

    def introduce(self) -> None:
        """Settings in force, as the framework itself reports them."""
        plan, settings = self.spec.plan, self.spec.settings
        trainer = self.builder.own_trainer()
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
                applied={**asked, **self.builder.hardware, **trainer.applied, "memory_limit_gb": memory.limited()},
                notes=(*plan.notes, *self.builder.notes(), *self.unproven),
                layers=tuple(asdict(layer) for layer in trainer.layers),
            )
        )

    def settle(self) -> None:
        """Once, in the run's first turn: whether compiling pays here, where trial steps can tell."""
        if not self.builder.undecided:
            return
        with self.timings.clock.stopped():
            self.journal.write(Stage("trying what is quicker"))
            if self.builder.settle(self.control.stop.is_set):
                self.introduce()

    def train(self, fit: FitSpec) -> History:
        """One fit from its start, or its last saved weights, to its saved forecasts."""
        data, prepared, trainer = self.data.training(fit), self.data.prepared(fit), self.builder.trainer(fit.maths)
        past = resuming.past_of(self.folder, fit)
        self.folder.withdraw_fit(fit.id)
        if past is None:
            self.start(fit, trainer, data)
        else:
            self.start_again(fit, trainer, past)
        path = self.folder.fit(fit.id)
        listener = Listener(fit.id, path, trainer, self.journal, self.control.stop, past)
        with self.timings.watching() if self.timings.of_interest(fit) else nullcontext():
            history = self.learn(fit, trainer, data, listener, past)
        self.control.trained()
        self.timings.note_build(listener.first_began)
        if history.best_epoch:
            write_weights(path / "weights.safetensors", trainer.get_weights(), history.best_epoch)
            self.forecast(fit, trainer, prepared, history)
        timing = self.time(fit, trainer, prepared, history, past)
        self.describe(fit, trainer, prepared, history, len(data.train), timing)
        error = self.error(fit)
        self.journal.write(FitDone(fit.id, history.best_epoch, len(history.epochs), history.stopped, error))
        return history

    def start(self, fit: FitSpec, trainer: Trainer, data: TrainingData) -> None:
        initial = initial_weights(trainer.get_weights(), fit.seed) if fit.maths == "matched" else None
        self.journal.write(FitStarted(fit.id, fit.kind, fit.seed, fit.fold, self.epochs(fit), len(data.train)))
        trainer.start(fit.seed, initial)
        if fit.maths == "matched" and fit.kind in ("score", "certificate"):
            with self.timings.clock.stopped():
                keeping.save_probe(self.folder.fit(fit.id), trainer, data, self.spec.settings.batch_size)

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
        if past is None:
            return history
        whole = past.followed_by(history)
        if whole.best_epoch == past.best_epoch:
            trainer.set_weights(past.best)
        return whole

    def forecast(self, fit: FitSpec, trainer: Trainer, prepared: Prepared, history: History) -> None:
        """Forecasts of its test windows, or of the future.

        A final fit that was stopped has learned less than validation chose: it forecasts nothing.
        """
        if fit.kind in SHORT_EPOCHS or (fit.kind == "final" and history.stopped):
            return
        self.journal.write(Stage("scoring"))
        self.save_forecast(fit, trainer, prepared)
        if fit.kind == "score":
            self.scored.append(history)

    def save_forecast(self, fit: FitSpec, trainer: Trainer, prepared: Prepared) -> None:
        origins, horizon = self.data.to_forecast(fit), self.spec.settings.horizon
        keeping.save_forecast(self.folder.fit(fit.id), trainer, prepared, origins, horizon)

    def error(self, fit: FitSpec) -> float | None:
        """For those who watch: the mean scaled error of the fit's test windows."""
        if fit.kind != "score" or not self.folder.has(fit.id, "forecast.npy"):
            return None
        error = float(forecasts.fit_errors(self.folder.comparison, self.spec, self.spec.framework, fit).mean())
        return error if math.isfinite(error) else None

    def time(
        self, fit: FitSpec, trainer: Trainer, prepared: Prepared, history: History, past: Past | None
    ) -> FitTime | None:
        """What a fit took whose times count: the seconds of this process's epochs, and of one forecast."""
        if not self.timings.of_interest(fit):
            return None
        seconds = [epoch.seconds for epoch in history.epochs[len(past.epochs) if past else 0 :]]
        forecast_ms = single_forecast_ms(trainer, prepared.values, self.data.to_forecast(fit)[:1])
        return self.timings.note(fit, seconds, forecast_ms, whole=past is None and not history.stopped)

    def describe(
        self,
        fit: FitSpec,
        trainer: Trainer,
        prepared: Prepared,
        history: History,
        windows: int,
        timing: FitTime | None,
    ) -> None:
        keeping.describe_fit(
            self.folder,
            fit,
            self.builder.model(prepared),
            prepared,
            history,
            windows=windows,
            parameters=trainer.parameters,
            timing=asdict(timing) if timing else None,
        )

    def epochs(self, fit: FitSpec) -> int:
        """At most so many: the final fit runs as long as validation found best, by the median of the scored fits."""
        if fit.kind in SHORT_EPOCHS:
            return min(SHORT_EPOCHS[fit.kind], self.spec.settings.epochs)
        if fit.kind == "final":
            return max(1, round(statistics.median(history.best_epoch for history in self.scored)))
        return self.spec.settings.epochs

    def await_turn(self, fit: str) -> None:
        with self.timings.clock.stopped():
            self.control.await_turn(fit)

    def timing(self, total_s: float, peak_mb: float) -> dict[str, Any]:
        """Of the fits whose times count; what came before the first epoch of all is `build_s`."""
        return {
            "import_s": self.imported.seconds,
            "import_load": self.imported.load,
            "warm": self.imported.warm,
            **self.timings.as_json(),
            "compile_s": self.timings.compile_s() if self.builder.compile else None,
            "total_s": None if self.resumed else total_s,  # the earlier process's part is not known
            "peak_memory_mb": peak_mb,
            "resumed": self.resumed,
            "parameters": self.builder.own_trainer().parameters,
        }


def located(error: TrainingFailed, place: str) -> TrainingFailed:
    """The same, with the fit that it came from."""
    problem = error.problems[0]
    return TrainingFailed(problem.what, ", ".join(filter(None, (place, problem.where))), problem.remedy)
