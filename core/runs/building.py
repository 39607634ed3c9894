"""The models that a run trains: one for each kind of maths, compiled where that pays, used for every fit."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core.data.prepare import Prepared
from core.frameworks import registry
from core.frameworks.base import Framework, ModelSpec, Trainer, TrainingData
from core.runs import trials
from core.runs.run_data import RunData
from core.runs.store import RunFolder
from core.runs.translation import hardware, model_spec, training_spec


class Builder:
    """Of one framework's run."""

    def __init__(self, folder: RunFolder, framework: Framework, version: str, data: RunData) -> None:
        self.framework, self.version, self.data = framework, version, data
        self.folder, self.spec = folder, folder.spec()
        self.compile = self.spec.framework in self.spec.plan.compile
        self.hardware: dict[str, Any] = {}  # in force
        self._trainers: dict[str, Trainer] = {}
        self._trial: trials.Trial | None = None
        self._settled = self.spec.framework not in self.spec.plan.tries

    def configure(self) -> None:
        """Before the first model."""
        self.hardware = self.framework.configure(hardware(self.spec, self.folder.path))

    def own_trainer(self) -> Trainer:
        """That of the run's own maths."""
        return self.trainer(self.spec.settings.maths)

    def trainer(self, maths: str) -> Trainer:
        if maths not in self._trainers:
            model = self.model(self.data.prepared(self.spec.plan.fits[0]))
            own = maths == self.spec.settings.maths  # the certificate's few steps would not repay a compilation
            training = replace(training_spec(self.spec, maths), compile=self.compile and own)
            self._trainers[maths] = self.framework.build(model, training)
        return self._trainers[maths]

    def model(self, prepared: Prepared) -> ModelSpec:
        return model_spec(self.spec, prepared.values.shape[1])

    @property
    def undecided(self) -> bool:
        """Whether trial steps are still to tell if compiling pays here."""
        return not self._settled

    def settle(self, stop: Callable[[], bool]) -> bool:
        """Once, in the run's first turn; returns whether it was found out, and is in force from here on."""
        self._settled, steps = True, self.spec.plan.steps
        remembered = trials.Remembered(self.folder.comparison.path.parents[1] / "trials.json")
        self._trial = trials.find(self._bench(), steps, remembered, stop)
        if self._trial is None:
            return False
        if self._trial.pays(steps) != self.compile:
            self.compile = not self.compile
            self._trainers.clear()
        return True

    def notes(self) -> tuple[str, ...]:
        """What a trial came to."""
        label = registry.find(self.spec.framework).label
        return (self._trial.sentence(label, self.spec.plan.steps),) if self._trial else ()

    def _bench(self) -> trials.Bench:
        prepared = self.data.prepared(self.spec.plan.fits[0])
        return trials.Bench(
            self.framework,
            self.version,
            self.model(prepared),
            training_spec(self.spec, self.spec.settings.maths),
            TrainingData(prepared.values, prepared.parts.train, prepared.parts.validation),
            self.hardware,
        )
