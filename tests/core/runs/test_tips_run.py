"""A measurement of the tips by real processes: run, stopped, kept, read back; with the framework that is quick."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from core.data.dataset import Dataset
from core.errors import BadSettings, TwincastError
from core.frameworks.base import Device, Hardware
from core.runs import tips, tips_text
from core.runs.store import Store
from core.runs.supervisor import Supervisor
from core.runs.tips_bench import Bench, RemoteBench
from core.runs.tips_catalogue import plain_of
from core.runs.tips_plan import plan_tips
from core.runs.tips_run import prepared
from core.runs.translation import training_spec

CPU = (Device("cpu", "a processor"),)
SMALL = {"frameworks": ("linear",), "lookback": 14, "horizon": 5, "batch_size": 16}


def plan(dataset: Dataset, budget_s: float = 1.5, **settings: Any) -> Any:
    return plan_tips(dataset, {**SMALL, **settings}, {"linear": CPU}, budget_s=budget_s, file="waves.csv")


@pytest.fixture
def working(store: Store) -> Iterator[Supervisor]:
    supervisor = Supervisor(store, warm=())
    supervisor.start()
    yield supervisor
    supervisor.close()


@pytest.mark.slow
def test_it_is_run_kept_and_found_again(working: Supervisor, store: Store, dataset: Dataset) -> None:
    assert tips.latest(store) is None
    spec = plan(dataset, budget_s=4)
    view = working.wait(working.submit(spec, dataset), 60)
    assert view.state == "finished" and view.tips, view
    found = tips.latest(store)
    assert found is not None and found.id == spec.id
    linear = found.frameworks["linear"]
    assert linear.state == "finished" and linear.plain is not None and linear.plain.windows_per_second > 0
    rows = {row.tip: row for row in linear.rows}
    assert rows["batch_size"].outcome == "faster" and rows["batch_size"].changes_maths
    assert rows["batch_size"].interval is not None and rows["batch_size"].loss_difference > 0.01
    assert "not in force" in rows["tuned"].reason, "a linear map has no quicker way"
    text = tips_text.text(found)
    assert "Larger batches: 64 windows instead of 16" in text and "faster here" in text and "windows a second" in text
    assert not store.list() and [each.id for each in store.list(tips=True)] == [spec.id]


@pytest.mark.slow
def test_a_stop_ends_it_at_once_and_keeps_the_rows(working: Supervisor, store: Store, dataset: Dataset) -> None:
    id = working.submit(plan(dataset, budget_s=600), dataset)
    end = time.monotonic() + 40
    while not any(row.n for row in tips.report(store.open(id)).frameworks["linear"].rows):
        assert time.monotonic() < end
        time.sleep(0.1)
    working.stop(id)
    began = time.monotonic()
    assert working.wait(id, 30).state == "stopped" and time.monotonic() - began < 10
    linear = tips.report(store.open(id)).frameworks["linear"]
    assert linear.state == "stopped" and any(row.n for row in linear.rows)


@pytest.mark.slow
def test_another_process_trains_the_same_and_its_death_is_told(store: Store, dataset: Dataset) -> None:
    from core.frameworks.linear import framework

    folder = store.create(plan(dataset), dataset).run("linear")
    model, data = prepared(folder)
    here, elsewhere = Bench(framework, model, data, lambda: False), RemoteBench(folder, Hardware("cpu", 2))
    training = plain_of(training_spec(folder.spec(), "stock"))
    for bench in (here, elsewhere):
        assert bench.prepare("plain", training, 64, 10.0) is not None
    first, second = (bench.train("plain", 64, 2, 10.0) for bench in (here, elsewhere))
    assert first is not None and second is not None and first.losses == second.losses
    assert first.losses != here.train("plain", 64, 2, 10.0, order=1).losses
    assert elsewhere.train("plain", 64, 1000, 0.0) is None, "its time was up"
    with pytest.raises(TwincastError):
        elsewhere.train("never set up", 64, 1, 10.0)
    elsewhere._process.kill()
    with pytest.raises(TwincastError, match="without an answer"):
        elsewhere.prepare("plain", training, 64, 10.0)
    elsewhere.close()


def test_what_the_tips_are_about_is_not_taken_from_the_settings(store: Store, dataset: Dataset) -> None:
    spec = plan(dataset, precision="bfloat16", accumulate=4, speed="stock", seeds=(1, 2), maths="matched", epochs=7)
    training = plain_of(training_spec(store.create(spec, dataset).run("linear").spec(), "stock"))
    assert (training.speed, training.precision, training.accumulate) == ("stock", "float32", 1)
    assert spec.settings.epochs == 7 and "--budget 1.5" in spec.command and "precision" not in spec.command


def test_a_budget_that_is_none_is_refused(dataset: Dataset) -> None:
    for budget_s in (0.0, -5.0, 1e9, float("nan")):
        with pytest.raises(BadSettings, match="budget"):
            plan(dataset, budget_s=budget_s)


def test_rows_not_known_yet_are_there_in_the_order_of_the_catalogue(store: Store, dataset: Dataset) -> None:
    linear = tips.report(store.create(plan(dataset), dataset)).frameworks["linear"]
    assert [row.tip for row in linear.rows] == ["tuned", "batch_size", "threads"]
    assert linear.plain is None and all(row.outcome == "not_measured" for row in linear.rows)
