"""Regression on lags learns what there is to learn, from nothing at or after an origin, and takes whatever comes."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from core.data.dataset import Split
from core.data.prepare import Ahead, Prepared, prepare
from core.data.split import fold_splits
from core.data.windows import gather
from core.evaluation.lags import KINDS, Lags, Ridge, forecast
from core.evaluation.rolling import Floats, Unsuitable

pytestmark = pytest.mark.slow

SPLIT = Split(200, 40, 60)
LOOKBACK, H, SEASON = 14, 5, 7
DAYS = pd.date_range("2023-01-01", periods=300, freq="D")
RNG = np.random.default_rng(5)
AR = np.zeros(300)
for row in range(1, 300):  # best known by its last value and the noise that is not known
    AR[row] = 0.5 * AR[row - 1] + RNG.normal()


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    import sklearn.ensemble  # noqa: F401  brings libraries of its own
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


def windows(values: Floats, targets: int = 1, split: Split = SPLIT, **changes: object) -> Prepared:
    given = {"lookback": LOOKBACK, "horizon": H, "scaler": "standard", "calendar": ("weekday",), **changes}
    return prepare(values, DAYS[: len(values)], split, targets=targets, **given)  # type: ignore[arg-type]


def made(kind: str, prepared: Prepared) -> tuple[Floats, str]:
    return forecast(KINDS[kind], Lags(prepared, LOOKBACK, H, SEASON))


def error(kind: str, values: Floats, **changes: object) -> float:
    """Of one target, as a mean absolute error."""
    prepared = windows(values, **changes)
    actual = gather(values[:, :1], prepared.parts.test, 0, H)
    return float(np.abs(made(kind, prepared)[0] - actual).mean())


@pytest.mark.parametrize("kind", KINDS)
def test_it_comes_near_the_best_forecast_there_is(kind: str) -> None:
    origins = windows(AR[:, None]).parts.test
    best = np.stack([AR[origins - 1] * 0.5**step for step in range(1, H + 1)], axis=1)[..., None]
    possible = np.abs(best - gather(AR[:, None], origins, 0, H)).mean()
    assert error(kind, AR[:, None]) < 1.2 * possible
    assert np.abs(AR[origins - 1][:, None, None] - gather(AR[:, None], origins, 0, H)).mean() > 1.2 * possible


@pytest.mark.parametrize("kind", KINDS)
def test_it_uses_another_column_where_that_helps_and_leaves_out_noise(kind: str) -> None:
    leader = RNG.normal(size=300)
    follower = np.concatenate((np.zeros(H), leader[:-H])) + RNG.normal(0, 0.1, 300)  # one horizon later
    words = made(kind, windows(np.column_stack((follower, leader))))[1]
    assert "all columns" in words
    assert error(kind, np.column_stack((follower, leader))) < 0.6 * error(kind, follower[:, None])
    if kind == "ridge":  # which weighs every column; trees may pass one over
        noise = np.random.default_rng(1).normal(size=(300, 9)).cumsum(axis=0)
        assert "the target's own past" in made(kind, windows(np.column_stack((AR, noise))))[1]


@pytest.mark.parametrize("kind", KINDS)
def test_it_sees_no_row_at_or_after_an_origin(kind: str) -> None:
    """But what is known in advance of the rows to be forecast, which is what the last input is."""
    values = np.column_stack((AR, RNG.normal(size=300), np.sin(np.arange(300))))
    changed = values.copy()
    changed[260:, :2] = 1e3 * RNG.normal(size=(40, 2))
    ahead = Ahead((2,), np.zeros((H, 1)), frequency="D")
    origins = windows(values, ahead=ahead).parts.test
    before, after = (made(kind, windows(each, ahead=ahead))[0] for each in (values, changed))
    np.testing.assert_array_equal(before[origins <= 260], after[origins <= 260])
    assert not np.array_equal(before[origins > 260], after[origins > 260])


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_known_in_advance_is_seen_for_the_step_itself(kind: str) -> None:
    offers = (RNG.random(300) < 0.3).astype(float)
    sales = 10 + 5 * offers + RNG.normal(0, 0.1, 300)
    values = np.column_stack((sales, offers))
    known = error(kind, values, ahead=Ahead((1,), np.zeros((H, 1)), frequency="D"))
    assert known < 0.5 * error(kind, values)


@pytest.mark.parametrize("kind", KINDS)
def test_a_later_fold_learns_from_the_rows_before_it(kind: str) -> None:
    """The second one's validation part shows how the series has changed."""
    early, late = fold_splits(SPLIT, 2)
    values = np.where(np.arange(300) < 245, np.resize([0.0, 10], 300), np.resize([0.0, 0, 10], 300))[:, None]
    errors = [error(kind, values, split=fold) for fold in (early, late)]
    assert errors[1] < 0.8 * errors[0]


@pytest.mark.parametrize("kind", KINDS)
def test_several_targets_and_other_units(kind: str) -> None:
    values = np.column_stack((AR, 1e6 * np.cos(np.arange(300))))
    got, _ = made(kind, windows(values, targets=2))
    assert got.shape == (len(windows(values).parts.test), H, 2)
    if kind == "boosting":
        return  # the way back is the same
    log = windows(np.exp(values / 1e6), targets=2, transform="log")
    assert (made(kind, log)[0] > 0).all(), "back in the data's own units"
    step = windows(np.exp(values / 1e6), targets=2, transform="difference")
    assert np.isfinite(made(kind, step)[0]).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "values", [np.full(300, 5.0), np.zeros(300), np.where(np.arange(300) == 50, 1e9, AR), -100 - np.arange(300.0)]
)
def test_hostile_series(kind: str, values: Floats) -> None:
    got, _ = made(kind, windows(values[:, None]))
    assert np.isfinite(got).all()
    if np.ptp(values) == 0:
        np.testing.assert_allclose(got, values[0], atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_few_windows_are_enough_or_too_few_in_a_sentence(kind: str) -> None:
    for train in range(LOOKBACK + H, LOOKBACK + H + 14):
        prepared = windows(AR[: train + 20, None], split=Split(train, 8, 12))
        if train - LOOKBACK - H + 1 < 10:
            with pytest.raises(Unsuitable, match="at least 10 windows to learn from; there are"):
                made(kind, prepared)
        else:
            assert np.isfinite(made(kind, prepared)[0]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_window_in_the_validation_part(kind: str) -> None:
    prepared = windows(AR[:, None], split=Split(200, 2, 60))
    assert len(prepared.parts.validation) == 0
    assert np.isfinite(made(kind, prepared)[0]).all()


def test_wide_windows_are_cut_to_what_the_time_allows() -> None:
    values = RNG.normal(size=(300, 40))
    lags = Lags(windows(values), LOOKBACK, H, SEASON, everything=True)
    table = Ridge()._table(lags, lags.prepared.parts.test)
    assert table.shape[1] <= 1.5 * Ridge.lags
    few = lags.drawn(np.arange(1000), 30)
    assert len(few) == 30 == len(set(few.tolist())) and (np.diff(few) > 0).all()
