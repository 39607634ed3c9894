"""More seeds for a comparison that has ended."""

import os
from collections.abc import Callable

import pytest

from core.data.dataset import Dataset
from core.errors import BadInput
from core.runs import extending
from core.runs.command import command_line
from core.runs.planning import make_fits
from core.runs.spec import ComparisonSpec, Settings
from core.runs.store import Store
from core.runs.supervisor import Supervisor

MakeSpec = Callable[..., ComparisonSpec]

processes = pytest.mark.skipif(os.name != "posix", reason="signals and process groups")


def several(make_spec: MakeSpec, **settings: object) -> ComparisonSpec:
    spec = make_spec(**settings)
    return spec.model_copy(update={"plan": spec.plan.model_copy(update={"fits": make_fits(spec.settings)})})


def test_only_a_look_that_could_have_named_a_winner_is_counted(make_spec: MakeSpec) -> None:
    one = extending.extended(several(make_spec, seeds=(0,)))
    assert one.settings.seeds == (0, 1, 2, 3, 4, 5) and (one.looks, one.extensions) == (1, 1)
    again = extending.extended(one)
    assert again.settings.seeds[-1] == 10 and (again.looks, again.extensions) == (2, 2)
    assert {fit.id for fit in several(make_spec, seeds=(0,)).plan.fits} <= {fit.id for fit in again.plan.fits}


def test_seeds_are_added_three_times_at_most_and_never_under_matched_maths(make_spec: MakeSpec) -> None:
    spec = several(make_spec)
    for _ in range(extending.EXTENSIONS):
        assert extending.obstacle(spec) is None
        spec = extending.extended(spec)
    assert "3 times already" in str(extending.obstacle(spec))
    assert "matched" in str(extending.obstacle(several(make_spec, maths="matched")))
    assert "only one framework" in str(extending.obstacle(several(make_spec, frameworks=("pytorch",))))


def test_the_command_trains_all_seeds_at_once(dataset: Dataset) -> None:
    for before in (Settings(), Settings(seeds=(0, 1)), Settings(seeds=(0, 1), split=(200, 50, 50))):
        after = before.model_copy(update={"seeds": (0, 1, 2)})
        extended = extending.with_seeds(command_line(dataset, before), (0, 1, 2))
        assert sorted(extended.split()) == sorted(command_line(dataset, after).split())


@pytest.mark.slow
@processes
def test_what_is_trained_stays_and_the_rest_is_added(
    supervisor: Supervisor, store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    spec = several(make_spec, seeds=(0,), folds=1)
    supervisor.start()
    id = supervisor.submit(spec, dataset)
    assert supervisor.wait(id, 60).state == "finished"
    run = store.open(id).run("pytorch")
    before = run.checked("seed0-fold0", "forecast.npy").stat()
    supervisor.extend(id)
    with pytest.raises(BadInput, match="still under way"):
        supervisor.extend(id)
    view = supervisor.wait(id, 60)
    assert view.state == "finished"
    done = [fit.id for fit in view.runs["pytorch"].fits if fit.done and fit.kind == "score"]
    assert len(done) == 6
    after = run.checked("seed0-fold0", "forecast.npy").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    store.open(id).run("tensorflow").verify()
    run.verify()
    assert store.open(id).spec().extensions == 1
