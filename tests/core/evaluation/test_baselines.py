"""Simple forecasts look back only, and the reference is the one whose own forecast errs least."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.dataset import Split
from core.data.samples import load_sample
from core.data.selection import make_dataset
from core.data.split import make_split
from core.data.windows import gather, window_parts
from core.evaluation.baselines import METHODS, choose_reference, fitted_names, forecast, simple_names

ROWS = np.arange(40.0)[:, None]
RNG = np.random.default_rng(0)


def test_naive_repeats_the_last_value() -> None:
    assert forecast("naive", ROWS, np.array([10, 20]), 3, 7)[..., 0].tolist() == [[9, 9, 9], [19, 19, 19]]


def test_seasonal_naive_repeats_the_last_season_as_often_as_needed() -> None:
    assert forecast("seasonal_naive", ROWS, np.array([10]), 7, 3)[0, :, 0].tolist() == [7, 8, 9, 7, 8, 9, 7]


def test_seasonal_naive_without_a_season_before_it_repeats_the_last_value() -> None:
    assert forecast("seasonal_naive", ROWS, np.array([2]), 3, 4)[0, :, 0].tolist() == [1, 1, 0]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(simple_names(12)), st.integers(1, 39), st.integers(1, 60), st.integers(1, 30))
def test_no_baseline_sees_the_origin_or_what_follows(name: str, origin: int, horizon: int, season: int) -> None:
    known = np.where(np.arange(40) < origin, 1.0, np.nan)[:, None]
    got = forecast(name, known, np.array([origin]), horizon, season)
    assert got.shape == (1, horizon, 1)
    assert not np.isnan(got).any()


def test_without_a_season_seasonal_naive_is_no_baseline_of_its_own() -> None:
    assert simple_names(1) == ("naive", "drift")
    assert simple_names(12) == ("naive", "seasonal_naive", "drift")


def test_drift_goes_on_along_the_line_through_the_first_and_the_last_value() -> None:
    values = np.array([2.0, 9, 1, 8, 99])[:, None]
    assert forecast("drift", values, np.array([4, 2]), 2, 1)[..., 0].tolist() == [[10, 12], [16, 23]]
    assert forecast("drift", values, np.array([1]), 2, 1)[..., 0].tolist() == [[2, 2]], "one value has no slope"


def test_every_method_says_what_it_does() -> None:
    assert set(METHODS) == {*simple_names(12), *fitted_names()}
    for method in METHODS.values():
        assert method.help.endswith(".") and method.label and method.words and method.noun


@pytest.mark.parametrize(
    ("key", "horizon", "naive", "seasonal"),
    [
        ("retail", 12, 29500, 15540),
        ("weather", 7, 3.60, 3.98),
        ("electricity", 24, 997, 92.8),
        ("stock", 5, 2.614, 3.557),
    ],
)
def test_the_samples_known_errors(key: str, horizon: int, naive: float, seasonal: float) -> None:
    table = load_sample(key)
    dataset = make_dataset(table, [str(table.target)], "none")
    split = make_split(dataset.rows, (0.7, 0.1, 0.2))
    origins = window_parts(split, 48, horizon).test
    actual = gather(dataset.values, origins, 0, horizon)
    for name, expected in (("naive", naive), ("seasonal_naive", seasonal)):
        error = np.abs(actual - forecast(name, dataset.values, origins, horizon, dataset.season)).mean()
        assert error == pytest.approx(expected, rel=0.01)


SPLIT = Split(280, 40, 80)
SERIES = {
    "last": RNG.normal(size=400).cumsum(),
    "seasonal": 10 * np.sin(np.arange(400) * 2 * np.pi / 12) + RNG.normal(0, 0.1, 400),
    "none": RNG.normal(size=400),
}


@pytest.mark.parametrize("kind", SERIES)
def test_the_reference_suits_the_series_and_says_why(kind: str) -> None:
    reference, sentence = choose_reference(SERIES[kind][:, None], SPLIT, 24, 6, 12)
    assert reference == kind
    assert sentence.endswith(").")


def test_a_window_shorter_than_two_seasons_has_no_seasonal_reference() -> None:
    assert choose_reference(SERIES["seasonal"][:, None], SPLIT, 23, 6, 12)[0] != "seasonal"
    assert choose_reference(SERIES["seasonal"][:, None], SPLIT, 24, 6, 12)[0] == "seasonal"


def test_the_test_part_has_no_say_in_the_reference() -> None:
    changed = SERIES["seasonal"].copy()
    changed[SPLIT.test_start :] = RNG.normal(size=80).cumsum() * 100
    before = choose_reference(SERIES["seasonal"][:, None], SPLIT, 24, 6, 12)
    assert choose_reference(changed[:, None], SPLIT, 24, 6, 12) == before


def test_without_validation_windows_it_is_the_last_value() -> None:
    reference, sentence = choose_reference(ROWS, Split(30, 2, 8), 5, 4, 1)
    assert reference == "last"
    assert "no window" in sentence


def test_units_of_several_targets_do_not_matter() -> None:
    both = np.column_stack([SERIES["seasonal"], 1e6 * SERIES["seasonal"]])
    assert choose_reference(both, SPLIT, 24, 6, 12)[0] == "seasonal"
