"""The estimate follows the work, and what this installation has measured."""

from typing import Any

import pytest
from made_run import failed_run, finished_run

from core.data.dataset import Dataset
from core.runs import estimate, results
from core.runs.estimate import Measured, correction, estimate_seconds, forward_flops, history, in_words, run_seconds
from core.runs.evaluate import evaluate
from core.runs.planning import make_fits
from core.runs.spec import ComparisonSpec, Settings
from core.runs.store import State, Store


def test_operations_are_those_of_the_formula() -> None:
    """LSTM 64, 10 inputs, lookback 20: 8,000 windows forward and back are 18.2 GFLOP (head and biases are small)."""
    flops = forward_flops(Settings(lookback=20, horizon=1), inputs=10, targets=1)
    assert 3 * 8000 * flops == pytest.approx(18.2e9, rel=0.02)
    assert forward_flops(Settings(model="gru", horizon=1), 10, 1) == pytest.approx(flops * 3 / 4, rel=0.02)


def test_more_work_takes_longer(make_spec) -> None:  # type: ignore[no-untyped-def]
    base = run_seconds(make_spec(), "pytorch")
    for more in (
        {"epochs": 30},
        {"hidden": 512},
        {"lookback": 60},
        {"layers": 4},
        {"batch_size": 2},
        {"holidays": "DE"},
    ):
        assert run_seconds(make_spec(**more), "pytorch") > base
    assert run_seconds(make_spec(epochs=30, patience=3), "pytorch") < run_seconds(make_spec(epochs=30), "pytorch")


def test_in_turn_adds_up_and_a_cold_start_costs_the_imports(make_spec) -> None:  # type: ignore[no-untyped-def]
    turns, race = estimate_seconds(make_spec(epochs=300)), estimate_seconds(make_spec(epochs=300, order="together"))
    assert turns.seconds == pytest.approx(sum(turns.by_framework.values()) + 1)
    assert race.seconds <= turns.seconds
    assert estimate_seconds(make_spec(), warm=False).seconds > estimate_seconds(make_spec()).seconds + 6


def test_a_race_that_decides_costs_its_seeds_folds_and_timed_fits(make_spec) -> None:  # type: ignore[no-untyped-def]
    def planned(**asked: Any) -> ComparisonSpec:
        spec = make_spec(order="together", epochs=20, **asked)
        return spec.model_copy(update={"plan": spec.plan.model_copy(update={"fits": make_fits(spec.settings)})})

    three, folds = planned(seeds=(0, 1, 2)), planned(seeds=(0, 1, 2), folds=3)
    fewer = planned(seeds=(0, 1, 2), folds=3, patience=4)
    assert run_seconds(folds, "pytorch") > 1.5 * run_seconds(three, "pytorch")
    assert run_seconds(fewer, "pytorch") < run_seconds(folds, "pytorch")
    raced = max(estimate_seconds(three).by_framework.values())
    assert estimate_seconds(three).seconds > raced + 1, "one trains its timed fits while the other waits"
    fitted = planned(seeds=(0, 1, 2), folds=3, baselines="all")
    assert estimate_seconds(fitted).seconds > estimate_seconds(folds).seconds + 3


def test_a_race_is_corrected_by_races(make_spec) -> None:  # type: ignore[no-untyped-def]
    turns, race = make_spec(), make_spec(order="together")
    slow = Measured(race, {"pytorch": 3 * run_seconds(race, "pytorch")})
    usual = Measured(turns, {"pytorch": 2 * run_seconds(turns, "pytorch")})
    assert correction("pytorch", [slow, usual], race=True) == pytest.approx(3)
    assert correction("pytorch", [slow, usual]) == pytest.approx(2)
    assert correction("pytorch", [usual], race=True) == pytest.approx(2), "better than nothing"
    assert correction("pytorch", [slow]) == 1, "what trained beside another says nothing of one alone"


def test_those_before_it_are_counted_in(make_spec) -> None:  # type: ignore[no-untyped-def]
    alone, third = estimate_seconds(make_spec()), estimate_seconds(make_spec(), before=(100.0, 200.0))
    assert third.seconds == alone.seconds
    assert third.sentence.startswith("About 5 minutes, the wait for 2 trainings before it included (a first guess")


def test_what_was_measured_here_corrects_the_model(make_spec) -> None:  # type: ignore[no-untyped-def]
    spec = make_spec()
    slow = [Measured(spec, {"pytorch": 3 * run_seconds(spec, "pytorch")}) for _ in range(3)]
    corrected, guess = estimate_seconds(spec, slow), estimate_seconds(spec)
    assert corrected.by_framework["pytorch"] == pytest.approx(3 * guess.by_framework["pytorch"])
    assert corrected.by_framework["tensorflow"] == guess.by_framework["tensorflow"]
    assert "guess" in guess.sentence and "ran here before" in corrected.sentence


def test_a_measured_run_is_held_against_its_work_without_the_certificate(make_spec) -> None:  # type: ignore[no-untyped-def]
    spec = make_spec(("score", "final", "certificate"))
    work = run_seconds(spec, "tensorflow", certificate=False)
    assert work == run_seconds(make_spec(("score", "final")), "tensorflow") < run_seconds(spec, "tensorflow")
    assert correction("tensorflow", [Measured(spec, {"tensorflow": work})]) == pytest.approx(1)


def test_history_holds_finished_runs_only(store: Store, dataset: Dataset, make_spec) -> None:  # type: ignore[no-untyped-def]
    assert history(store) == ()
    made = store.create(make_spec(), dataset)
    finished_run(made, "pytorch", {})
    failed_run(made, "tensorflow")
    evaluate(made)
    (measured,) = history(store)
    assert measured.seconds == {"pytorch": 4.5}
    (made.path / "comparison.json").write_text("{}")
    estimate._measured.cache_clear()
    assert history(store) == (), "one that cannot be read teaches nothing, and stops nobody"


def test_what_ran_beside_other_work_corrects_nothing(store: Store, dataset: Dataset, make_spec) -> None:  # type: ignore[no-untyped-def]
    spec = make_spec()
    made = store.create(spec, dataset)
    made.set_state(State("evaluating", load_before=1000.0))
    finished_run(made, "pytorch", {})
    finished_run(made, "tensorflow", {})
    evaluate(made)
    assert all(run.timing.contended for run in results.load(made.path).runs)
    assert history(store) == ()
    assert estimate_seconds(spec, history(store)) == estimate_seconds(spec)
    assert "nothing has run here undisturbed yet" in estimate_seconds(spec, history(store)).sentence


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "1 second"), (7.2, "7 seconds"), (42, "40 seconds"), (200, "3 minutes"), (9000, "2 hours")],
)
def test_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
