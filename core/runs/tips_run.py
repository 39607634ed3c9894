"""One framework's share of a measurement of the tips, in its worker: the data, the turn, and lines for the journal."""

import time
from collections.abc import Mapping
from typing import Any

from core import graphics, hardware
from core.frameworks import catalogue
from core.frameworks.base import Framework, Hardware, ModelSpec, TrainingData
from core.runs import memory
from core.runs.events import Finished, Stage, Started, Tip
from core.runs.files import Journal
from core.runs.fitting import Control, Imported
from core.runs.run_data import RunData
from core.runs.scratch import scratch_of
from core.runs.spec import TIPS, RunSpec
from core.runs.store import RunFolder
from core.runs.tips_bench import Bench, RemoteBench, Workbench
from core.runs.tips_catalogue import Here, plain_of
from core.runs.tips_measure import Measurement
from core.runs.translation import model_spec, training_spec


class TipsRun:
    """Every row of one framework, in one turn."""

    def __init__(
        self, folder: RunFolder, framework: Framework, journal: Journal, control: Control, imported: Imported
    ) -> None:
        self.folder, self.framework, self.imported = folder, framework, imported
        self.journal, self.control = journal, control
        self.spec = folder.spec()

    def go(self) -> str:
        """Returns finished or stopped. Raises TwincastError where not even the plain script can be measured."""
        plan, began = self.spec.plan, time.perf_counter()
        asked = Hardware(plan.device, plan.threads, scratch=scratch_of(self.folder.path))
        applied = self.framework.configure(asked)
        model, data = prepared(self.folder)
        self.introduce(model, applied)
        self.control.await_turn(TIPS)
        if not self.control.stop.is_set():
            bench = Bench(self.framework, model, data, self.control.stop.is_set)
            self.measure(bench, here(self.spec, self.framework, asked, len(data.train)))
        status = "stopped" if self.control.stop.is_set() else "finished"
        self.control.trained()
        self.control.end_turn(TIPS)
        self.journal.write(Finished(status, time.perf_counter() - began, memory.peak_memory_mb()))
        self.folder.write_manifest()
        return status

    def measure(self, bench: Bench, on: Here) -> None:
        share = (self.spec.plan.tips_s or 0.0) / len(self.spec.settings.frameworks)
        Measurement(
            on,
            bench,
            elsewhere=self.elsewhere,
            import_s=self.imported.seconds,
            budget_s=share,
            tell=self.tell,
            stop=self.control.stop.is_set,
        ).go()

    def elsewhere(self, hardware: Hardware) -> Workbench:
        return RemoteBench(self.folder, hardware)

    def tell(self, kind: str, content: Mapping[str, Any]) -> None:
        event = Stage(str(content["text"])) if kind == "stage" else Tip(kind, dict(content))
        self.journal.write(event)

    def introduce(self, model: ModelSpec, applied: dict[str, Any]) -> None:
        parameters = sum(catalogue.parameters_by_part(model).values())
        self.journal.write(
            Started(
                framework=self.spec.framework,
                version=self.imported.version,
                import_s=self.imported.seconds,
                warm=self.imported.warm,
                parameters=parameters,
                applied=applied,
                notes=self.spec.plan.notes,
            )
        )


def here(spec: RunSpec, framework: Framework, asked: Hardware, windows: int) -> Here:
    """What the tips are tried on."""
    devices = {framework.name: framework.describe().devices}
    return Here(
        framework=framework.name,
        plain=plain_of(training_spec(spec, "stock")),
        hardware=asked,
        cores=hardware.physical_cores(),
        tuned_compile=spec.framework in spec.plan.compile,
        windows=windows,
        limits=graphics.limits(devices, graphics.system()),
    )


def prepared(folder: RunFolder) -> tuple[ModelSpec, TrainingData]:
    """The model and the scaled windows, as a comparison would train them."""
    spec = folder.spec()
    training = RunData(folder).training(spec.plan.fits[0])
    return model_spec(spec, training.values.shape[1]), training
