"""A run by itself, with a small fake framework: what its figures hold, and a long forecast written in blocks."""

import json
import threading
import time
import tracemalloc
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.data.dataset import Dataset
from core.data.prepare import Prepared
from core.data.scaling import Scaler
from core.data.windows import WindowParts
from core.errors import TrainingFailed
from core.frameworks.base import Array, Epoch, History, ModelSpec, Origins, TrainingSpec
from core.runs import keeping, memory
from core.runs.events import Finished, from_line
from core.runs.files import Journal, write_blocks
from core.runs.fitting import Imported, Run
from core.runs.following import Follower
from core.runs.listening import Listener
from core.runs.parity import measure
from core.runs.resuming import Past
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder, RunFolder, Store
from tests.core.runs.stub_framework import Stub, StubTrainer

pytestmark = pytest.mark.slow

MakeSpec = Callable[..., ComparisonSpec]
BUILD_S = WAIT_S = PROBE_S = 0.4
EPOCH_S = 0.02  # hidden=20 of the stub


class SlowToBuild(Stub):
    def build(self, model: ModelSpec, training: TrainingSpec) -> StubTrainer:
        time.sleep(BUILD_S)
        return SlowToProbe(model)


class SlowToProbe(StubTrainer):
    def first_gradient(self, *_: object) -> dict[str, Array]:  # type: ignore[override]
        time.sleep(PROBE_S)
        return {"weight": np.ones(1, np.float32)}


class Diverging(StubTrainer):
    def train(self, *asked: Any) -> History:  # type: ignore[override]
        raise TrainingFailed("The training diverged", "epoch 1", "Lower the learning rate.")


class DivergesWhere(Stub):
    """With one kind of maths."""

    def __init__(self, maths: str) -> None:
        super().__init__("pytorch")
        self.maths = maths

    def build(self, model: ModelSpec, training: TrainingSpec) -> StubTrainer:
        return Diverging(model) if training.maths == self.maths else StubTrainer(model)


class Patient:
    """Lets every fit wait before its turn."""

    def __init__(self) -> None:
        self.stop = threading.Event()

    def await_turn(self, fit: str) -> None:
        time.sleep(WAIT_S)

    def trained(self) -> None: ...

    def end_turn(self, fit: str) -> None: ...


def trained(store: Store, dataset: Dataset, spec: ComparisonSpec) -> RunFolder:
    folder = store.create(spec, dataset).run("pytorch")
    Run(folder, SlowToBuild("pytorch"), Journal(folder.events), Patient(), Imported(1.0, True, "1")).go()
    return folder


def timing(folder: RunFolder) -> dict[str, float]:
    return json.loads((folder.path / "timing.json").read_bytes())  # type: ignore[no-any-return]


def test_building_is_told_apart_from_epochs_and_waiting(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    found = timing(trained(store, dataset, make_spec(("score",))))
    assert BUILD_S <= found["build_s"] < BUILD_S + WAIT_S
    assert BUILD_S + 3 * EPOCH_S <= found["total_s"] < BUILD_S + WAIT_S


def test_the_probe_of_matched_maths_is_in_no_figure(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    found = timing(trained(store, dataset, make_spec(("score",), maths="matched")))
    assert found["build_s"] < found["total_s"] < BUILD_S + PROBE_S


def test_the_certificate_is_in_no_figure(
    store: Store, dataset: Dataset, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    peaks = iter((100.0, 900.0))
    monkeypatch.setattr(memory, "peak_memory_mb", lambda: next(peaks))
    folder = trained(store, dataset, make_spec(("score", "certificate")))
    assert (folder.fit("certificate") / "fit.json").exists()
    found = timing(folder)
    assert found["total_s"] < 2 * BUILD_S, "the certificate builds a second model"
    last = from_line(folder.events.read_bytes().splitlines()[-1])
    assert isinstance(last, Finished)
    assert (last.total_s, last.peak_memory_mb) == (found["total_s"], 100.0) == (last.total_s, found["peak_memory_mb"])


def test_a_long_test_part_is_forecast_block_by_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    windows, horizon, targets = 30_000, 24, 2  # 1.44 million values: 11.5 MB as float64
    values = np.random.default_rng(0).normal(size=(windows + 100, targets)).astype(np.float32)
    none = np.empty(0, np.int64)
    prepared = Prepared(
        values,
        Scaler(np.array([5.0, 1e6]), np.array([2.0, 3.0])),
        WindowParts(none, none, np.arange(50, 50 + windows)),
        targets,
    )
    trainer, shape = RepeatLast(horizon), (windows, horizon, targets)
    monkeypatch.setattr(keeping, "FORECAST_BLOCK", 1 << 15)
    tracemalloc.start()
    try:
        blocks = keeping.forecast_blocks(trainer, prepared, prepared.parts.test, shape)  # type: ignore[arg-type]
        write_blocks(tmp_path / "forecast.npy", shape, blocks)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3e6
    saved = np.load(tmp_path / "forecast.npy", mmap_mode="r", allow_pickle=False)
    expected = values[49 : 49 + windows].astype(np.float64) * [2.0, 3.0] + [5.0, 1e6]
    assert saved.shape == shape and saved.dtype == np.float32
    np.testing.assert_array_equal(saved[:, 0], expected.astype(np.float32))
    np.testing.assert_array_equal(saved[:, -1], saved[:, 0])


def test_the_file_of_values_is_open_only_while_it_is_scaled(
    store: Store, dataset: Dataset, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million rows that were read through a mapped file are 64 MB of the process's memory."""
    opened = []
    values = ComparisonFolder.values

    def remembered(folder: ComparisonFolder) -> np.ndarray:
        found = values(folder)
        opened.append(weakref.ref(found))
        return found

    monkeypatch.setattr(ComparisonFolder, "values", remembered)
    folder = store.create(make_spec(("score",)), dataset).run("pytorch")
    run = Run(folder, Stub("pytorch"), Journal(folder.events), Patient(), Imported(1.0, True, "1"))
    run.introduce()
    assert opened and all(reference() is None for reference in opened)


def test_without_a_certificate_what_was_asked_for_stands(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    spec = make_spec(("score", "certificate"))
    folder = store.create(spec, dataset).run("pytorch")
    run = Run(folder, DivergesWhere("matched"), Journal(folder.events), Patient(), Imported(1.0, True, "1"))
    assert run.go() == "finished"
    view = Follower(folder, spec).read()
    assert (view.state, view.error) == ("finished", None)
    assert view.notes[-1].startswith("There is no certificate of fairness. The training diverged (epoch 1).")
    assert measure(folder.comparison, spec) is None


def test_a_fit_that_fails_says_which_it_was(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    folder = store.create(make_spec(("score", "certificate"), folds=2), dataset).run("pytorch")
    run = Run(folder, DivergesWhere("stock"), Journal(folder.events), Patient(), Imported(1.0, True, "1"))
    with pytest.raises(TrainingFailed) as failed:
        run.go()
    assert failed.value.problems[0].where == "seed 0, fold 1 of 2, epoch 1"


class RepeatLast:
    def __init__(self, horizon: int) -> None:
        self.horizon = horizon

    def predict(self, values: Array, origins: Origins) -> Array:
        return np.repeat(values[origins - 1][:, None], self.horizon, axis=1)


class Remembering(StubTrainer):
    """Remembers the epochs that it was told to go on from."""

    earlier: Sequence[Epoch] = ()

    def train(self, *asked: Any) -> History:  # type: ignore[override]
        self.earlier = asked[5]
        return super().train(*asked)


def test_a_schedule_goes_on_where_an_earlier_process_ended(store: Store, dataset: Dataset, make_spec: MakeSpec) -> None:
    folder = store.create(make_spec(("score",)), dataset).run("pytorch")
    control, journal = Patient(), Journal(folder.events)
    run = Run(folder, Stub("pytorch"), journal, control, Imported(1.0, True, "1"))
    fit, trainer = run.spec.plan.fits[0], Remembering(run.builder.model(run.data.prepared(run.spec.plan.fits[0])))
    weights = {"weight": np.ones(1, np.float32)}
    past = Past((Epoch(1, 0.5, 0.5, 0.1, 0.001),), weights, weights, 1)
    folder.fit(fit.id).mkdir(parents=True)
    listener = Listener(fit.id, folder.fit(fit.id), trainer, journal, control.stop, past)
    run.learn(fit, trainer, run.data.training(fit), listener, past)
    assert trainer.earlier == past.epochs
