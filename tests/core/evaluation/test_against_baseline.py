"""A network has to beat the best simple method, and is called worse only when that is more than the method's luck."""

import numpy as np

from core.evaluation.against_baseline import AgainstBaseline, beats_baseline
from core.evaluation.simulation import World, errors, fold_of, pattern

WORLD = World(seeds=0.02, windows=600)


def network_against(times: float, seeds: int = 5, methods: int = 1) -> AgainstBaseline:
    """A network whose error is `times` that of each of the methods."""
    network, method = errors(WORLD, seeds, 0.0, np.random.default_rng(1))
    return beats_baseline(times * network, {f"method{i}": method[0] for i in range(methods)}, fold_of(WORLD), 5)


def test_better_and_worse() -> None:
    assert network_against(0.7).outcome == "better"
    assert network_against(1.4).outcome == "worse"


def test_it_is_held_against_the_method_that_errs_least() -> None:
    network, method = errors(WORLD, 3, 0.0, np.random.default_rng(1))
    methods = {"naive": 2 * method[0], "theta": method[0], "failed": np.full(600, np.nan)}
    assert beats_baseline(network, methods, fold_of(WORLD), 5).against == "theta"


def test_one_seed_is_judged_by_the_windows_alone_and_says_so() -> None:
    alone = network_against(0.7, seeds=1)
    assert alone.outcome == "better"
    assert alone.rests_on.startswith("1 seed, 1 fold, 600 test windows")
    assert "Other seeds" in alone.reason
    assert "Other seeds" not in network_against(0.7, seeds=3).reason


def test_the_more_methods_to_pick_from_the_harder_it_is_to_be_worse() -> None:
    one, many = network_against(1.0).interval, network_against(1.0, methods=10).interval
    assert one and many
    assert many[0] < one[0]
    assert many[1] == one[1]


def test_no_better_than_the_luckiest_of_ten_is_seldom_called_worse() -> None:
    """All ten methods are as good as the network: 200 comparisons; each tail's share of the budget is 1.5%."""
    rng, worse, better = np.random.default_rng(0), 0, 0
    for _ in range(200):
        world = np.exp(0.2 * pattern((11, 600), 0.8, rng))
        methods = {str(i): each for i, each in enumerate(world[1:])}
        outcome = beats_baseline(world[:1], methods, np.zeros(600, np.int64), 5).outcome
        worse, better = worse + (outcome == "worse"), better + (outcome == "better")
    assert worse <= 8
    assert better <= 8


def test_too_few_windows_cannot_tell_and_nothing_to_compare_is_not_applicable() -> None:
    few = beats_baseline(np.ones((3, 49)), {"naive": np.full(49, 2.0)}, np.zeros(49, np.int64), 12)
    assert (few.outcome, few.gap, few.interval) == ("cannot_tell", -0.5, None)
    assert beats_baseline(np.ones((3, 49)), {}, np.zeros(49, np.int64), 12).outcome == "not_applicable"
    assert beats_baseline(None, {"naive": np.ones(49)}, np.zeros(49, np.int64), 12).outcome == "not_applicable"
