"""Whether compiling pays on this machine: a few trial steps each way, weighed against the steps to come.

In the worker, in the run's own turn, so that nothing else trains meanwhile. What was measured is remembered by machine
and shape; the weighing is done anew each time, as it depends on the steps to come.
"""

import hashlib
import json
import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from core import hardware
from core.errors import StoreFailed, TrainingFailed
from core.frameworks import host
from core.frameworks.base import Epoch, Framework, ModelSpec, Trainer, TrainingData, TrainingSpec
from core.frameworks.catalogue import multiplications
from core.runs.files import read_json, write_json

TRIAL_S = 3.0  # of steps, both ways together; building and compiling come on top
WORTH_S = 60.0  # a training that is expected to be shorter is not worth the trial, which takes some eight seconds
MANY = 1_000_000  # epochs, which the clock ends
NO_MATTER = ("compile", "learning_rate", "epochs")  # of a training, for the time of a step
KEPT = 500  # machines and shapes that are remembered
OPERATIONS_A_SECOND, SECONDS_A_STEP = 70e9, 0.0004  # about, of one thread


@dataclass(frozen=True)
class Way:
    """How long a way of training takes here: before it runs evenly (building, compiling), and for each step."""

    setup_s: float
    step_s: float

    def seconds(self, steps: float) -> float:
        return self.setup_s + steps * self.step_s


@dataclass(frozen=True)
class Trial:
    """Both ways of training a model, and whether they were measured just now."""

    plain: Way
    compiled: Way
    fresh: bool

    def pays(self, steps: float) -> bool:
        return self.compiled.seconds(steps) < self.plain.seconds(steps)

    def sentence(self, label: str, steps: float) -> str:
        """What was chosen and why."""
        extra = self.compiled.setup_s - self.plain.setup_s
        once = f"{abs(extra):.1f} seconds {'more' if extra > 0 else 'less'} at the start"
        source = "Measured just now" if self.fresh else "Remembered from an earlier trial on this machine"
        return (
            f"{label} {'compiled' if self.pays(steps) else 'not compiled'}: compiling makes a step "
            f"{1000 * self.compiled.step_s:.2g} instead of {1000 * self.plain.step_s:.2g} ms and takes {once}; "
            f"about {steps:,.0f} steps are to come. {source}."
        )


def is_worth_it(model: ModelSpec, batch_size: int, steps: float) -> bool:
    """Whether so many steps take long enough for a trial of some seconds."""
    operations = 6 * multiplications(model) * batch_size  # two forward, four backward
    return steps * (SECONDS_A_STEP + operations / OPERATIONS_A_SECOND) >= WORTH_S


@dataclass(frozen=True)
class Bench:
    """What is tried: a framework's own training of a run's model, on its data."""

    framework: Framework
    version: str
    model: ModelSpec
    training: TrainingSpec
    data: TrainingData
    hardware: Mapping[str, Any]  # in force

    def build(self, compile: bool) -> Trainer:
        return self.framework.build(self.model, replace(self.training, compile=compile))

    @property
    def key(self) -> str:
        """Of whatever the time of a step depends on: machine, version, shape, batch."""
        machine = [host.name(), hardware.cores(), self.framework.name, self.version, dict(self.hardware)]
        asked = {name: value for name, value in asdict(self.training).items() if name not in NO_MATTER}
        told = json.dumps([machine, asdict(self.model), asked], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def find(bench: Bench, steps: float, remembered: "Remembered", stop: Callable[[], bool]) -> Trial | None:
    """As remembered, or measured where so many steps are worth it. What other work disturbed is not remembered."""
    known = remembered.recall(bench.key)
    if known is not None or not is_worth_it(bench.model, bench.training.batch_size, steps):
        return known
    before = hardware.read_cpu()
    trial = measure(bench, stop)
    load = hardware.other_load(before, hardware.read_cpu())
    if trial is not None and not hardware.busy(load, int(bench.hardware.get("threads", 1))):
        remembered.keep(bench.key, trial)
    return trial


def measure(bench: Bench, stop: Callable[[], bool]) -> Trial | None:
    """Trains a fresh model for some steps, plain and compiled; None where it was stopped or diverged."""
    try:
        plain = _measure(bench, False, stop)
        compiled = _measure(bench, True, stop) if plain else None
    except TrainingFailed:
        return None
    return Trial(plain, compiled, fresh=True) if plain and compiled else None


def _measure(bench: Bench, compile: bool, stop: Callable[[], bool]) -> Way | None:
    began, batch_size = time.perf_counter(), bench.training.batch_size
    some = replace(bench.data, validation=bench.data.validation[:0])
    trainer = bench.build(compile)
    trainer.start(0)
    trainer.train(replace(some, train=some.train[:batch_size]), 1, None, 0, Audience(stop, batch_size))
    setup_s = time.perf_counter() - began
    audience = Audience(stop, len(some.train), TRIAL_S / 2)
    trainer.train(some, MANY, None, 0, audience)
    if stop() or not audience.windows_per_second:
        return None
    step_s = batch_size / audience.windows_per_second
    return Way(max(setup_s - step_s, 0.0), step_s)


class Audience:
    """Listens to trial steps and ends them when their time is up."""

    def __init__(self, stop: Callable[[], bool], windows: int, seconds: float = math.inf) -> None:
        self.stop, self.windows = stop, windows
        self.end = time.perf_counter() + seconds
        self.windows_per_second = 0.0  # of the quickest epoch; while none has ended, of the part that has
        self.whole = False

    def on_progress(self, epoch: int, share: float, windows_per_second: float) -> None:
        if not self.whole:
            self.windows_per_second = windows_per_second

    def on_epoch(self, epoch: Epoch, best: bool) -> None:
        found = self.windows / epoch.seconds if epoch.seconds > 0 else 0.0
        self.windows_per_second = max(found, self.windows_per_second) if self.whole else found
        self.whole = True

    def should_stop(self) -> bool:
        return self.stop() or time.perf_counter() >= self.end


class Remembered:
    """What trials measured, by machine and shape: a small file of the installation. Losing it costs a trial."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def recall(self, key: str) -> Trial | None:
        try:
            told = self._read()[key]
            return Trial(Way(**told["plain"]), Way(**told["compiled"]), fresh=False)
        except (KeyError, TypeError):
            return None

    def keep(self, key: str, trial: Trial) -> None:
        """The latest ones are kept; a full disk is told by whatever must be written."""
        told = {name: ways for name, ways in self._read().items() if name != key}
        told[key] = {"plain": asdict(trial.plain), "compiled": asdict(trial.compiled)}
        with suppress(StoreFailed):
            write_json(self.path, dict(list(told.items())[-KEPT:]))

    def _read(self) -> dict[str, Any]:
        try:
            return read_json(self.path)
        except StoreFailed:  # none yet, or damaged
            return {}
