"""Bands that hold as often as promised, made only from what was known, and honest about too few windows."""

import numpy as np
import pytest

from core.evaluation.conformal import Bands, backtest, coverage, half_widths, promise
from core.evaluation.simulation import Series, residuals

RNG = np.random.default_rng(0)


def errors(windows: int, horizon: int = 5, targets: int = 1) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((windows, horizon, targets))


def test_the_half_width_is_the_order_statistic_with_the_small_sample_correction() -> None:
    ladder = np.arange(1.0, 100.0)[:, None, None] * np.where(np.arange(99) % 2, 1, -1)[:, None, None]  # ±1 … ±99
    assert half_widths(ladder, (0.8, 0.95))[:, 0, 0].tolist() == [80, 95]


def test_so_few_errors_that_no_band_could_hold_give_an_infinite_one() -> None:
    assert np.isinf(half_widths(errors(18), (0.95,))).all()


def test_each_step_and_target_has_its_own_width() -> None:
    scale = np.arange(1.0, 7.0).reshape(1, 3, 2)
    widths = half_widths(errors(2000, 3, 2) * scale, (0.8,))
    assert widths.shape == (1, 3, 2)
    assert (widths[0] / scale[0]).std() < 0.1


def test_a_band_knows_nothing_that_happened_after_its_origin() -> None:
    some = errors(300)
    bands = backtest(some)
    for block, start in enumerate(bands.starts.tolist()):
        later = some.copy()
        later[start - 5 + 1 :] = 1e6  # the last step of window start − 4 is the first row that `start` forecasts
        assert np.array_equal(backtest(later).half_widths[block], bands.half_widths[block])
        later[start - 5] = 1e6
        assert not np.array_equal(backtest(later).half_widths[block], bands.half_widths[block])


def test_the_first_bands_come_once_forty_windows_are_known_and_the_promise_grows() -> None:
    bands = backtest(errors(600))
    assert bands.starts[0] == 44
    assert bands.promises[0].windows == 40
    assert [each.kind for each in bands.promises] == sorted((each.kind for each in bands.promises), reverse=True)
    assert bands.block_of(600).tolist()[:45] == [-1] * 44 + [0]
    assert bands.promises[-1].kind == "full"


@pytest.mark.parametrize(
    ("windows", "horizon", "kind"),
    [(39, 5, "none"), (40, 5, "uncertain"), (249, 5, "uncertain"), (250, 5, "full"), (287, 24, "uncertain")],
)
def test_the_promise_follows_the_number_of_windows(windows: int, horizon: int, kind: str) -> None:
    assert promise(windows, horizon).kind == kind


def test_an_uncertain_promise_says_how_uncertain() -> None:
    few, many = promise(40, 1), promise(240, 1)
    assert "of 95%" in few.reason
    assert all(low < level < high for (low, high), level in zip(few.ranges, (0.8, 0.95), strict=True))
    assert few.ranges[1][0] < many.ranges[1][0]
    assert promise(240, 12).ranges[1][0] < many.ranges[1][0]  # overlapping errors are worth less


def test_too_little_for_any_band_is_said() -> None:
    bands = backtest(errors(30))
    assert (len(bands.starts), coverage(errors(30), bands)) == (0, [])
    assert "at least 40" in promise(30, 5).reason


def test_the_coverage_achieved_counts_the_windows_with_a_band() -> None:
    some = errors(700)
    reports = coverage(some, backtest(some))
    assert [(each.level, each.step) for each in reports] == [
        (level, step) for level in (0.8, 0.95) for step in range(1, 6)
    ]
    assert {each.n for each in reports} == {700 - 44}
    for each in reports:
        assert each.interval[0] <= each.coverage <= each.interval[1]
    full = coverage(some, backtest(some), ("full",))
    assert full[0].n < reports[0].n


def test_a_regime_that_the_bands_have_not_seen_shows_as_lost_coverage() -> None:
    some = errors(600)
    some[300:] *= 3
    bands = Bands((0.8,), np.array([300]), half_widths(some[:295], (0.8,))[None], (promise(295, 5),))
    report = coverage(some, bands)[0]
    assert report.interval[1] < 0.8


def test_clustered_misses_make_the_achieved_coverage_less_certain() -> None:
    bands = Bands((0.8,), np.array([0]), np.ones((1, 1, 1, 1)), (promise(400, 1),))
    scattered, clustered = np.zeros((400, 1, 1)), np.zeros((400, 1, 1))
    scattered[::5], clustered[:80] = 2.0, 2.0
    widths = [np.diff(coverage(some, bands)[0].interval)[0] for some in (scattered, clustered)]
    assert widths[1] > 2 * widths[0]


@pytest.mark.parametrize("memory", [0.9, 1.0])
def test_bands_of_a_slow_series_hold_as_promised_on_average(memory: float) -> None:
    some = residuals(Series(memory), 500, 400, 12, 100, np.random.default_rng(5))
    reports = [report for each in some for report in coverage(each, backtest(each), ("full",))]
    for level in (0.8, 0.95):
        assert np.mean([each.coverage for each in reports if each.level == level]) == pytest.approx(level, abs=0.02)
