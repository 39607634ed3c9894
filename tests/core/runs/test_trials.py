"""Trial steps say whether compiling pays, on this machine and for the steps to come; what they said is remembered."""

import dataclasses
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import hardware
from core.data.dataset import Dataset
from core.errors import TrainingFailed
from core.frameworks import registry
from core.frameworks.base import (
    Epoch,
    Hardware,
    History,
    Listener,
    ModelSpec,
    TrainingData,
    TrainingSpec,
)
from core.runs import trials
from core.runs.events import Started, from_line
from core.runs.files import Journal
from core.runs.fitting import Imported, Run
from core.runs.spec import ComparisonSpec
from core.runs.store import Store
from core.runs.trials import Bench, Remembered, Trial, Way
from tests.core.runs.stub_framework import Stub, StubTrainer

pytestmark = pytest.mark.slow

MODEL = ModelSpec(
    kind="lstm", lookback=8, horizon=2, targets=1, values=1, calendar=0,
    hidden=8, layers=1, dropout=0.0, bidirectional=False, reference="last", season=1,
)  # fmt: skip
TRAINING = TrainingSpec(
    batch_size=10, learning_rate=0.01, optimizer="adam", loss="mse", maths="stock", compile=False
)  # fmt: skip
DATA = TrainingData(np.zeros((300, 1), np.float32), np.arange(10, 110), np.arange(200, 250))
STEPS = 1e6
PLAIN_S, COMPILED_S, COMPILING_S = 0.004, 0.001, 0.2


class Compiling(Stub):
    """Compiling takes its time and makes every batch quicker, or slower."""

    def __init__(self, compiled_s: float = COMPILED_S) -> None:
        super().__init__("pytorch")
        self.compiled_s = compiled_s
        self.built: list[bool] = []  # compiled or not, in order

    def build(self, model: ModelSpec, training: TrainingSpec) -> StubTrainer:
        self.built.append(training.compile)
        return CompilingTrainer(model, training, self.compiled_s if training.compile else PLAIN_S)


class CompilingTrainer(StubTrainer):
    def __init__(self, model: ModelSpec, training: TrainingSpec, step_s: float) -> None:
        super().__init__(model)
        self.training, self.step_s, self.fresh = training, step_s, training.compile
        self.applied = {"compile": training.compile}

    def train(
        self, data: TrainingData, epochs: int, patience: int | None, seed: int, listener: Listener, *_: Any
    ) -> History:
        done: list[Epoch] = []
        while len(done) < epochs:
            began = time.perf_counter()
            time.sleep(COMPILING_S if self.fresh else 0)
            self.fresh = False
            for batch in range(1, -(-len(data.train) // self.training.batch_size) + 1):
                time.sleep(self.step_s)
                windows = batch * self.training.batch_size
                listener.on_progress(1, 0.5, windows / (time.perf_counter() - began))
                if listener.should_stop():
                    return History(tuple(done), len(done), True)
            if self.model.layers == 8:
                raise TrainingFailed("The training diverged", "epoch 1", "Lower the learning rate.")
            done.append(Epoch(len(done) + 1, 1.0, None, time.perf_counter() - began))
            listener.on_epoch(done[-1], True)
        return History(tuple(done), len(done), False)


@pytest.fixture(autouse=True)
def short_trials_on_a_quiet_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "TRIAL_S", 0.2)
    monkeypatch.setattr(hardware, "busy", lambda load, threads: False)


@pytest.fixture
def remembered(tmp_path: Path) -> Remembered:
    return Remembered(tmp_path / "trials.json")


def bench(framework: Compiling, **changes: Any) -> Bench:
    return Bench(framework, "1.0", dataclasses.replace(MODEL, **changes), TRAINING, DATA, {"threads": 1})


def never() -> bool:
    return False


def test_the_steps_to_come_decide() -> None:
    trial = Trial(plain=Way(1.0, 0.002), compiled=Way(3.0, 0.001), fresh=True)
    assert not trial.pays(1_999)
    assert trial.pays(2_001)
    assert trial.sentence("TensorFlow", 10_000) == (
        "TensorFlow compiled: compiling makes a step 1 instead of 2 ms and takes 2.0 seconds more at the start; "
        "about 10,000 steps are to come. Measured just now."
    )
    assert trial.sentence("TensorFlow", 10).startswith("TensorFlow not compiled:")


def test_building_and_compiling_are_told_apart_from_steps() -> None:
    trial = trials.measure(bench(Compiling()), never)
    assert trial is not None
    assert COMPILING_S <= trial.compiled.setup_s < COMPILING_S + 0.2
    assert trial.plain.setup_s < COMPILING_S
    assert PLAIN_S <= trial.plain.step_s < 3 * PLAIN_S
    assert trial.compiled.step_s < trial.plain.step_s


def test_a_long_epoch_is_not_waited_for() -> None:
    data = dataclasses.replace(DATA, train=np.repeat(DATA.train, 1000))  # 10,000 batches: 40 seconds
    began = time.perf_counter()
    trial = trials.measure(dataclasses.replace(bench(Compiling()), data=data), never)
    assert trial is not None and trial.compiled.step_s < trial.plain.step_s
    assert time.perf_counter() - began < 3


def test_what_was_measured_is_remembered_for_machine_and_shape(remembered: Remembered) -> None:
    framework = Compiling()
    first = trials.find(bench(framework), STEPS, remembered, never)
    again = trials.find(bench(framework), 10, remembered, never)
    assert framework.built == [False, True]
    assert first is not None and again == dataclasses.replace(first, fresh=False)
    assert "Remembered from an earlier trial" in again.sentence("PyTorch", 10)
    other = bench(framework, hidden=16)
    assert trials.find(other, 10, remembered, never) is None, "another shape, and too few steps to try it"
    assert framework.built == [False, True]


def test_a_shape_s_key_leaves_out_what_does_not_matter() -> None:
    one = bench(Compiling())
    assert one.key == dataclasses.replace(one, training=dataclasses.replace(TRAINING, learning_rate=0.5)).key
    assert one.key != dataclasses.replace(one, hardware={"threads": 2}).key
    assert one.key != dataclasses.replace(one, version="2.0").key


def test_what_other_work_disturbed_is_used_but_not_remembered(
    remembered: Remembered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "busy", lambda load, threads: True)
    assert trials.find(bench(Compiling()), STEPS, remembered, never) is not None
    assert remembered.recall(bench(Compiling()).key) is None


@pytest.mark.parametrize("damage", [b"{", b"[]", b'{"key": 1}'])
def test_a_damaged_memory_is_no_memory(remembered: Remembered, damage: bytes) -> None:
    remembered.path.write_bytes(damage)
    assert remembered.recall("key") is None
    trial = Trial(Way(1.0, 0.1), Way(2.0, 0.05), fresh=False)
    remembered.keep("key", trial)
    assert remembered.recall("key") == trial


def test_only_the_latest_are_remembered(remembered: Remembered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "KEPT", 2)
    for name in ("first", "second", "third"):
        remembered.keep(name, Trial(Way(1.0, 0.1), Way(2.0, 0.05), fresh=True))
    assert [remembered.recall(name) is not None for name in ("first", "second", "third")] == [False, True, True]


def test_nothing_is_concluded_from_a_trial_that_was_cut_short() -> None:
    assert trials.measure(bench(Compiling()), lambda: True) is None
    assert trials.measure(bench(Compiling(), layers=8), never) is None, "it diverged"


class Present:
    """Every turn is given at once."""

    def __init__(self) -> None:
        self.stop = threading.Event()

    def await_turn(self, fit: str) -> None: ...

    def trained(self) -> None: ...

    def end_turn(self, fit: str) -> None: ...


@pytest.fixture
def told(store: Store, dataset: Dataset, make_spec: Callable[..., ComparisonSpec]) -> Callable[..., Started]:
    """What a run says of itself at last."""

    def run(framework: Compiling, **plan: Any) -> Started:
        spec = make_spec(("score",))
        spec = spec.model_copy(update={"plan": spec.plan.model_copy(update=plan)})
        folder = store.create(spec, dataset).run("pytorch")
        Run(folder, framework, Journal(folder.events), Present(), Imported(1.0, True, "1")).go()
        events = [from_line(line) for line in folder.events.read_bytes().splitlines()]
        return [event for event in events if isinstance(event, Started)][-1]

    return run


def test_a_run_compiles_where_its_trial_says_so(told: Any, store: Store) -> None:
    framework = Compiling()
    last = told(framework, tries=("pytorch",), steps=STEPS)
    assert framework.built == [False, False, True, True], "as planned; each way once; as found"
    assert last.applied["compile"] is True
    assert any(note.startswith("PyTorch compiled: compiling makes a step") for note in last.notes)
    assert (store.root / "trials.json").exists()


def test_a_run_stays_as_planned_where_compiling_does_not_pay(told: Any) -> None:
    framework = Compiling(compiled_s=2 * PLAIN_S)
    last = told(framework, tries=("pytorch",), steps=STEPS)
    assert framework.built == [False, False, True]
    assert last.applied["compile"] is False
    assert any(note.startswith("PyTorch not compiled:") for note in last.notes)


def test_a_run_tells_what_compiling_took(
    store: Store, dataset: Dataset, make_spec: Callable[..., ComparisonSpec]
) -> None:
    for compiled in ((), ("tensorflow",), ("pytorch",)):
        spec = make_spec(("score",))
        spec = spec.model_copy(update={"plan": spec.plan.model_copy(update={"compile": compiled})})
        folder = store.create(spec, dataset).run("pytorch")
        Run(folder, Compiling(), Journal(folder.events), Present(), Imported(1.0, True, "1")).go()
        timing = folder.timing()
        assert timing is not None
        if compiled == ("pytorch",):
            assert 0.8 * COMPILING_S < timing["compile_s"] < COMPILING_S + 0.3
        else:
            assert timing["compile_s"] is None


def test_nothing_is_tried_where_it_was_not_planned(told: Any) -> None:
    framework = Compiling()
    told(framework, tries=("tensorflow",), steps=STEPS)
    told(framework, tries=(), steps=STEPS)
    assert framework.built == [False, False]


@pytest.mark.frameworks
def test_a_real_framework_can_be_tried() -> None:
    framework = registry.load("tensorflow")
    framework.configure(Hardware("cpu", 1))
    draw = np.random.default_rng(0).normal(size=(300, 1)).astype(np.float32)
    real = Bench(framework, "1", MODEL, TRAINING, dataclasses.replace(DATA, values=draw), {"threads": 1})
    trial = trials.measure(real, never)
    assert trial is not None
    assert 0 < trial.plain.step_s < 1 and 0 < trial.compiled.step_s < 1
    assert trial.compiled.setup_s > 0
