"""A race that is to decide: raced for the scores, in turn for the times; with real processes of fake frameworks."""

import json
import os
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from core.data.dataset import Dataset
from core.runs import results
from core.runs.evaluate import evaluate
from core.runs.events import FitDone, FitStarted, from_line
from core.runs.planning import make_fits
from core.runs.schema import Comparison
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder, Store
from core.runs.supervisor import Supervisor

MakeSpec = Callable[..., ComparisonSpec]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="signals and process groups")]


def deciding(make_spec: MakeSpec, epochs: int = 2) -> ComparisonSpec:
    """Three seeds on two folds, raced."""
    spec = make_spec(("score",), order="together", seeds=(0, 1, 2), folds=2, epochs=epochs)
    return spec.model_copy(update={"plan": spec.plan.model_copy(update={"fits": make_fits(spec.settings)})})


def scored(folder: ComparisonFolder) -> Comparison:
    """The fake workers' evaluation scores nothing."""
    evaluate(folder)
    return results.load(folder.path)


def periods(folder: ComparisonFolder) -> list[tuple[float, float, str]]:
    """(began, ended, fit) of both frameworks' fits, by time."""
    found = []
    for run in folder.runs():
        events = [from_line(line) for line in run.events.read_bytes().splitlines()]
        began = [event.at for event in events if isinstance(event, FitStarted)]
        ended = [(event.at, event.fit) for event in events if isinstance(event, FitDone)]
        found += [(start, *end) for start, end in zip(began, ended, strict=True)]
    return sorted(found)


def test_every_fit_is_scored_on_its_fold_and_nothing_trains_beside_a_timed_one(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor.start()
    id = supervisor.submit(deciding(make_spec), dataset)
    view = supervisor.wait(id, 60)
    assert (view.state, view.error) == ("finished", None)
    folder = store.open(id)
    every = periods(folder)
    for began, ended, fit in every:
        beside = [other for other in every if other[0] < ended and began < other[1]]
        assert not fit.startswith("timed") or len(beside) == 1
    timed = [fit for _, _, fit in every if fit.startswith("timed")]
    assert timed == [f"timed{n}" for n in range(5) for _ in range(2)], "interleaved"
    raced = [(began, ended) for began, ended, fit in every if fit.startswith("seed")]
    assert any(after[0] < before[1] for before, after in pairwise(raced))
    run = scored(folder).runs[0]
    assert [(fit.id, fit.windows) for fit in results.score_fits(run)] == [
        (f"seed{seed}-fold{fold}", windows) for seed in (0, 1, 2) for fold, windows in enumerate((30, 26))
    ]
    assert [fit.fit for fit in run.timing.interleaved] == [f"timed{n}" for n in range(5)]
    assert run.timing.epoch_s == pytest.approx(0.02) and all(fit.forecast_ms for fit in run.timing.interleaved)
    assert [fit.scaled_mae for fit in view.runs["pytorch"].fits if fit.kind == "score"] == pytest.approx(
        [fit.test.scaled_mae for fit in results.score_fits(run) if fit.test], rel=1e-6
    )


def test_a_backtest_that_was_stopped_goes_on_with_the_fits_that_are_missing(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    supervisor.start()
    id = supervisor.submit(deciding(make_spec, epochs=5), dataset)
    deadline = time.monotonic() + 20
    while sum(fit.done for run in supervisor.view(id).runs.values() for fit in run.fits) < 6:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    supervisor.stop(id)
    assert supervisor.wait(id, 60).state == "stopped"
    folder = store.open(id)
    early = scored(folder)
    kept = {fit.id for fit in results.score_fits(early.runs[0])}
    assert kept and results.mean_score(early.runs[0], "mae") is not None
    supervisor.resume(id)
    assert supervisor.wait(id, 60).state == "finished"
    for run in scored(folder).runs:
        assert len(results.score_fits(run)) == 6
        assert [fit.fit for fit in run.timing.interleaved] == [f"timed{n}" for n in range(5)]
        errors, _ = results.window_errors(folder.path, folder.spec(), run.framework)
        assert errors.shape == (3, 56)
    told = json.loads((folder.run("pytorch").path / "timing.json").read_bytes())
    assert told["total_s"] is None and told["resumed"]
