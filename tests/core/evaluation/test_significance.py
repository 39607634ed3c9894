"""The verdict's outcome: a winner only for what is surely there and large enough, and a reason for everything else."""

import math
from dataclasses import replace

import numpy as np
import pytest

from core.evaluation.power import smallest_detectable
from core.evaluation.significance import BUDGET, ONLY_MORE_DATA, Gap, Looks, judge, side
from core.evaluation.simulation import World, errors, fold_of, pattern
from core.evaluation.variance import Variance, block_length, log_ratio, variance_of_mean

WORLD = World(seeds=0.02, windows=600, folds=3)


def compare(gap: float = 0.0, seeds: int = 5, world: World = WORLD, horizon: int = 5, **how: object) -> Gap:
    pytorch, tensorflow = errors(world, seeds, gap, np.random.default_rng(1))
    return judge(pytorch, tensorflow, fold_of(world), horizon, **how)  # type: ignore[arg-type]


def test_the_framework_with_the_smaller_error_wins() -> None:
    assert compare(gap=0.2).outcome == "pytorch_better"
    assert compare(gap=-0.2).outcome == "tensorflow_better"


def test_exchanging_the_frameworks_turns_the_interval_around() -> None:
    pytorch, tensorflow = errors(WORLD, 5, 0.1, np.random.default_rng(2))
    one = judge(pytorch, tensorflow, fold_of(WORLD), 5).interval
    other = judge(tensorflow, pytorch, fold_of(WORLD), 5).interval
    assert one and other
    assert 1 + one[0] == pytest.approx(1 / (1 + other[1]))
    assert 1 + one[1] == pytest.approx(1 / (1 + other[0]))


def test_the_gap_is_the_ratio_of_the_mean_errors_minus_one() -> None:
    pytorch, tensorflow = errors(WORLD, 5, 0.1, np.random.default_rng(3))
    gap = judge(pytorch, tensorflow[:4], fold_of(WORLD), 5).gap
    assert gap == pytest.approx(tensorflow[:4].mean() / pytorch.mean() - 1)


def test_errors_in_other_units_give_the_same_answer() -> None:
    pytorch, tensorflow = errors(WORLD, 5, 0.1, np.random.default_rng(3))
    one, other = (judge(scale * pytorch, scale * tensorflow, fold_of(WORLD), 5) for scale in (1, 1000))
    assert one.interval == pytest.approx(other.interval)
    assert one.outcome == other.outcome


@pytest.mark.parametrize(
    ("gap", "interval", "where"),
    [
        (0.05, (0.01, 0.09), "above"),
        (-0.05, (-0.09, -0.01), "below"),
        (0.01, (0.001, 0.019), "within"),  # surely there, surely too small to matter
        (0.015, (0.005, 0.025), "open"),  # surely there; whether it matters is open
        (0.05, (-0.01, 0.11), "open"),
        (0.0, (-0.03, 0.03), "open"),
    ],
)
def test_a_winner_needs_an_interval_off_zero_and_a_gap_that_matters(
    gap: float, interval: tuple[float, float], where: str
) -> None:
    assert side(gap, interval, margin=0.02) == where


def test_the_margin_is_the_persons() -> None:
    assert compare(gap=0.2, margin=0.5).outcome == "no_difference"


def test_equal_frameworks_with_little_luck_show_no_difference_that_matters() -> None:
    quiet = World(seeds=0.003, windows=1000, common=0.5, framework=0.0, fit=0.01)
    assert compare(world=quiet).outcome == "no_difference"


def test_too_few_seeds_cannot_tell_and_say_how_many_are_missing() -> None:
    verdict = compare(gap=0.5, seeds=2)
    assert (verdict.outcome, verdict.interval, verdict.more_seeds) == ("cannot_tell", None, 1)
    assert verdict.gap is not None
    assert "fewer than 3" in verdict.reason


def test_too_few_blocks_cannot_tell_and_only_more_data_would() -> None:
    verdict = compare(gap=0.5, horizon=12, world=replace(WORLD, windows=119))
    assert (verdict.outcome, verdict.more_seeds, verdict.more) == ("cannot_tell", None, ONLY_MORE_DATA)
    assert "at least 120" in verdict.reason
    few = compare(gap=0.5, seeds=1, horizon=12, world=replace(WORLD, windows=119))
    assert (few.more_seeds, few.more, few.reason) == (None, ONLY_MORE_DATA, verdict.reason), "no seed would settle it"
    assert compare(gap=0.5, horizon=12, world=replace(WORLD, windows=120)).outcome == "pytorch_better"


def test_a_diverged_fit_cannot_tell() -> None:
    pytorch, tensorflow = errors(WORLD, 3, 0.5, np.random.default_rng(1))
    tensorflow[1, 7] = np.nan
    verdict = judge(pytorch, tensorflow, fold_of(WORLD), 5)
    assert (verdict.outcome, verdict.gap, verdict.more) == ("cannot_tell", None, None), "nor would more data"
    assert "not finite" in verdict.reason


def test_matched_maths_are_equal_by_construction_and_one_framework_is_no_comparison() -> None:
    pytorch, _ = errors(WORLD, 3, 0, np.random.default_rng(1))
    equal = judge(pytorch, pytorch.copy(), fold_of(WORLD), 5, matched=True)
    assert equal.outcome == "equal_by_construction" and "errors are equal" in equal.reason
    parted = judge(pytorch, pytorch * 1.03, fold_of(WORLD), 5, matched=True)
    assert parted.outcome == "equal_by_construction" and "differ by 3.0% is rounding" in parted.reason
    fewer = judge(pytorch, pytorch[:1] * 1.03, fold_of(WORLD), 5, matched=True)
    assert "different numbers of seeds" in fewer.reason
    assert judge(None, np.ones((3, 200)), np.zeros(200, np.int64), 5).outcome == "not_applicable"


def test_what_it_rests_on_is_said() -> None:
    assert compare().rests_on == "5 seeds each, 3 folds, 600 test windows in 10 blocks of 60, look 1 of at most 4"


def test_where_the_seeds_are_the_doubt_more_of_them_settle_it() -> None:
    seedy = World(seeds=0.05, windows=1000, framework=0.0, fit=0.01)
    verdict = compare(gap=0.06, seeds=3, world=seedy)
    assert verdict.outcome == "cannot_tell"
    assert verdict.more_seeds is not None
    assert verdict.more is None


def test_where_the_windows_are_the_doubt_only_more_data_does() -> None:
    windy = World(seeds=0.001, windows=300, framework=0.3, fit=0.01)
    verdict = compare(gap=0.05, world=windy)
    assert (verdict.outcome, verdict.more_seeds, verdict.more) == ("cannot_tell", None, ONLY_MORE_DATA)


def test_the_looks_share_one_budget() -> None:
    assert sum(Looks(look, 4).level for look in range(1, 5)) == pytest.approx(BUDGET)
    assert Looks(1, 1).level == BUDGET
    with pytest.raises(ValueError, match="look 5 of 4"):
        Looks(5, 4)


def test_a_later_look_at_the_same_seeds_is_judged_more_strictly() -> None:
    first, second = compare(looks=Looks(1)).interval, compare(looks=Looks(2)).interval
    assert first and second
    assert second[0] < first[0] < first[1] < second[1]


def test_blocks_are_never_shorter_than_the_horizon() -> None:
    assert block_length(600, 12) == 60
    assert block_length(120, 12) == 12
    assert block_length(119, 12) is None
    assert block_length(5, 1) is None


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.8])
def test_blocks_see_how_little_correlated_windows_tell(memory: float) -> None:
    """The estimate against the variance that means of such series really have."""
    series = pattern((1000, 500), memory, np.random.default_rng(0))
    estimated = np.mean([variance_of_mean(each[None], 50) for each in series])
    assert estimated == pytest.approx(series.mean(axis=1).var(), rel=0.15)


def test_what_is_hard_for_both_frameworks_cancels() -> None:
    rng = np.random.default_rng(4)
    calm, wild = (errors(replace(WORLD, common=common), 5, 0.0, rng) for common in (0.01, 1.0))
    widths = [log_ratio(tensorflow, pytorch, 60).variance.windows for pytorch, tensorflow in (calm, wild)]
    assert widths[1] < 4 * widths[0] + 1e-4


def test_degrees_of_freedom_are_between_the_least_part_and_the_sum() -> None:
    even = Variance(seeds=(1.0, 1.0), counts=(5, 5), windows=0.0, between_windows=0.0)
    assert even.freedom == pytest.approx(8)
    lopsided = Variance(seeds=(1.0, 0.0), counts=(5, 5), windows=0.0, between_windows=0.0)
    assert lopsided.freedom == pytest.approx(4)
    swamped = Variance(seeds=(1e-9, 1e-9), counts=(3, 3), windows=1e-9, between_windows=1.0)
    assert swamped.freedom == 2


def test_the_smallest_detectable_gap_is_at_least_the_margin_and_shrinks_with_seeds() -> None:
    variance = Variance(seeds=(4e-4, 4e-4), counts=(3, 3), windows=1e-5, between_windows=2e-5)
    gaps = [smallest_detectable(variance.with_seeds(seeds), 0.05, 0.02) for seeds in (3, 5, 20)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] > 0.02
    assert smallest_detectable(replace(variance, seeds=(0.0, 0.0), windows=0.0), 0.05, 0.02) == 0.02


def test_fits_that_do_not_vary_at_all_have_an_interval_of_no_width() -> None:
    verdict = judge(np.ones((3, 200)), np.full((3, 200), 1.1), np.zeros(200, np.int64), 5)
    assert verdict.outcome == "pytorch_better"
    assert verdict.interval == pytest.approx((0.1, 0.1))
    assert math.isfinite(verdict.smallest_detectable or math.nan)
