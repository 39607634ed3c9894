"""`python -m benchmarks.bare_script RUN_FOLDER`: a run's first score fit without worker, journal or turns.

What a person's own script would do with the same trainer, spec and data: import, build, train. It prints JSON: `at`,
the Unix time at each epoch's end, and `seconds`, what the trainer says an epoch took.
"""

import json
import sys
import time
from pathlib import Path

from core.data.dataset import Split
from core.data.prepare import prepare
from core.frameworks import registry
from core.frameworks.base import Epoch, Hardware, TrainingData
from core.runs.store import RunFolder
from core.runs.translation import model_spec, training_spec


def main(folder: RunFolder) -> None:
    spec, source = folder.spec(), folder.comparison
    settings, plan = spec.settings, spec.plan
    data = prepare(
        source.values(),
        source.index(),
        Split(*plan.split),
        targets=len(spec.dataset.targets),
        lookback=settings.lookback,
        horizon=settings.horizon,
        scaler=settings.scaler,
        calendar=plan.calendar,
    )
    framework = registry.load(spec.framework)
    framework.configure(Hardware(plan.device, plan.threads))
    trainer = framework.build(model_spec(spec, data.values.shape[1]), training_spec(spec, settings.maths))
    trainer.start(settings.seeds[0])
    watch = Watch()
    windows = TrainingData(data.values, data.parts.train, data.parts.validation)
    trainer.train(windows, settings.epochs, settings.patience, settings.seeds[0], watch)
    print(json.dumps({"at": watch.at, "seconds": watch.seconds}))


class Watch:
    """A listener that notes the time and nothing else."""

    def __init__(self) -> None:
        self.at: list[float] = []
        self.seconds: list[float] = []

    def on_progress(self, epoch: int, share: float, windows_per_second: float) -> None:
        pass

    def on_epoch(self, epoch: Epoch, best: bool) -> None:
        self.at.append(time.time())
        self.seconds.append(epoch.seconds)

    def should_stop(self) -> bool:
        return False


if __name__ == "__main__":
    main(RunFolder(Path(sys.argv[1])))
