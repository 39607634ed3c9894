"""Classical methods roll on as their library would, see nothing of what they forecast, and take whatever comes."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from core.data.samples import load_sample
from core.data.selection import make_dataset
from core.data.split import make_split
from core.data.windows import gather, window_parts
from core.evaluation import arima, classical, ets, theta
from core.evaluation.arima_orders import Order
from core.evaluation.rolling import Floats, Rolled, Series, Unsuitable, quietly

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(3)
T = np.arange(240)
WAVE = 20 + T / 20 + 4 * np.sin(T * 2 * np.pi / 12) + RNG.normal(0, 0.5, 240)  # positive, with trend and season
WALK = RNG.normal(size=240).cumsum()  # crosses zero
END, H = 180, 14  # the horizon is longer than the season
ORIGINS = np.array([180, 181, 200, 226])


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """As in the worker: matrices this small only wait for each other."""
    import scipy.linalg  # noqa: F401  brings a library of its own
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


def part(values: Floats, season: int = 12) -> Series:
    return Series(values, END, ORIGINS, H, season)


@pytest.mark.parametrize(("values", "form"), [(WAVE, form) for form in ets.forms(WAVE[:END], 12)] + [
    (WALK, ets.Form("add", True, True, "add"))
])  # fmt: skip
def test_ets_rolls_on_as_statsmodels_does(values: Floats, form: ets.Form) -> None:
    """Its own model of all rows up to an origin, with the same parameters and the same first states."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    with quietly():
        _, model = ets.fit(form, values[:END], 12)
        got = ets.ahead(model, ets.states(model, values), part(values))
        first = {"initial_level": model.level, "initial_trend": model.slope, "initial_seasonal": model.seasonal}
        known = {"initial_level": model.level}
        known |= {"initial_trend": model.slope} if form.trend else {}
        known |= {"initial_seasonal": first["initial_seasonal"]} if form.season else {}
        for row, origin in enumerate(ORIGINS):
            theirs = ETSModel(
                values[:origin],
                error=form.error,
                trend="add" if form.trend else None,
                damped_trend=form.damped,
                seasonal=form.season,
                seasonal_periods=12 if form.season else None,
                initialization_method="known",
                **known,
            )
            given = [model.alpha, model.beta_star * model.alpha, model.gamma_star * (1 - model.alpha), model.phi]
            used = [True, form.trend, form.season is not None, form.damped]
            result = theirs.smooth(np.array([value for value, uses in zip(given, used, strict=True) if uses]))
            np.testing.assert_allclose(got[row], result.forecast(H), rtol=1e-8)


@pytest.mark.parametrize(("values", "multiplies"), [(WAVE, True), (WAVE - 25, False), (WALK, False)])
def test_theta_rolls_on_as_statsmodels_does(values: Floats, multiplies: bool) -> None:
    from statsmodels.tsa.forecasting.theta import ThetaModel, ThetaModelResults

    with quietly():
        lines = theta.fit(values[:END], 12)
        got = theta.ahead(lines, part(values))
        assert lines.multiplies is multiplies
        for row, origin in enumerate(ORIGINS):
            method = "mul" if multiplies else "add"
            model = ThetaModel(values[:origin], period=12, method=method)
            season = np.resize(lines.seasonal, origin)
            bare = values[:origin] / season if multiplies else values[:origin] - season
            level = bare[0]
            for value in bare:
                level += lines.alpha * (value - level)
            theirs = ThetaModelResults(
                lines.slope, lines.alpha, None, level, np.resize(lines.seasonal, 12), False, model
            )
            np.testing.assert_allclose(got[row], theirs.forecast(H), rtol=1e-8)


@pytest.mark.parametrize(
    ("order", "differences"),
    [
        (Order(2, 1, mean=True), (0, 0)),
        (Order(1, 1), (1, 0)),
        (Order(0, 1), (2, 0)),
        (Order(1, 0, 0, 1), (0, 1)),
        (Order(2, 2, 1, 1), (1, 1)),
    ],
)
def test_arima_rolls_on_as_statsmodels_does(order: Order, differences: tuple[int, int]) -> None:
    """Its own model with the differences in it and the same parameters, filtered anew up to each origin."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    by = arima.Differences(*differences, 12)
    values = WAVE - WAVE[:END].mean()
    with quietly():
        start = np.array([0.4] * order.p + [0.3] * order.q + [0.2] * order.seasonal_p + [-0.5] * order.seasonal_q + [1])
        parameters = arima._most_likely(order, by.of(values[:END]), 12, start / max(1, order.p))
        fitted = arima.Fitted(order, by, 0.0, 1.0, parameters)
        got = arima.ahead(fitted, part(values))
        seasonal = (order.seasonal_p, by.seasonal, order.seasonal_q)
        for row, origin in enumerate(ORIGINS):
            model = SARIMAX(
                values[:origin],
                order=(order.p, by.times, order.q),
                seasonal_order=(*seasonal, 12 if any(seasonal) else 0),
                simple_differencing=True,
            )
            changes = model.filter(parameters).forecast(H)
            np.testing.assert_allclose(got[row], integrated(changes, values[:origin], by), rtol=1e-8, atol=1e-8)
            whole = SARIMAX(
                values[:origin],
                order=(order.p, by.times, order.q),
                seasonal_order=(*seasonal, 12 if any(seasonal) else 0),
                use_exact_diffuse=True,
            )
            np.testing.assert_allclose(got[row], whole.filter(parameters).forecast(H), rtol=1e-4, atol=1e-3)


def integrated(changes: Floats, known: Floats, by: arima.Differences) -> list[float]:
    """What has these differences and goes on from the known rows."""
    rows = known.tolist()
    for change in changes:
        rows.append(change - sum(weight * rows[-lag] for lag, weight in enumerate(by.weights[1:], 1)))
    return rows[len(known) :]


@pytest.mark.parametrize("name", classical.METHODS)
@pytest.mark.parametrize("values", [WAVE, WALK], ids=["wave", "walk"])
def test_no_method_sees_a_row_at_or_after_an_origin(name: str, values: Floats) -> None:
    changed = values.copy()
    changed[200:] = RNG.normal(size=40) * 1e3
    before = classical.forecast(name, values[:, None], END, ORIGINS, H, 12)[0]
    after = classical.forecast(name, changed[:, None], END, ORIGINS, H, 12)[0]
    np.testing.assert_array_equal(before[ORIGINS <= 200], after[ORIGINS <= 200])
    assert not np.array_equal(before[ORIGINS > 200], after[ORIGINS > 200]), "and it does see the rows before it"


@pytest.mark.parametrize("name", classical.METHODS)
def test_nothing_is_fitted_on_the_test_part(name: str) -> None:
    """A forecast right at its beginning is the same, whatever comes."""
    other = np.concatenate((WAVE[:END], RNG.normal(size=60)))
    origins = np.array([END, END + 30])
    mine, theirs = (classical.forecast(name, each[:, None], END, origins, H, 12)[0] for each in (WAVE, other))
    np.testing.assert_array_equal(mine[0], theirs[0])
    assert not np.array_equal(mine[1], theirs[1])


def test_where_a_forecast_is_not_finite_the_last_value_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = np.full((4, H), 1.0)
    broken[1, 2:], broken[2, 0] = np.nan, -np.inf
    monkeypatch.setitem(classical.METHODS, "ets", (lambda series: Rolled(broken, "ETS(M,N,M)"), 5000))
    got = classical.one("ets", part(WAVE)).forecast
    assert (got[1, 2:] == WAVE[ORIGINS[1] - 1]).all() and got[2, 0] == WAVE[ORIGINS[2] - 1]
    assert np.isfinite(got).all() and (got[0] == WAVE[:END].max()).all()


HOSTILE: dict[str, Callable[[Floats], Any]] = {
    "constant": lambda t: np.full(len(t), 5.0),
    "zeros": np.zeros_like,
    "outlier": lambda t: np.where(t == 50, 1e9, np.sin(t)),
    "negative": lambda t: -100 - t + np.sin(t),
    "straight": lambda t: 3.0 * t,
    "pure_season": lambda t: 5 + t % 7.0,
    "huge": lambda t: 1e305 * np.sin(t),
    "tiny": lambda t: 1e-300 * (2 + np.sin(t)),
    "then_zero": lambda t: np.where(t < 90, 10 + np.sin(t), 0.0),
    "then_negative": lambda t: np.where(t < 90, 10 + t % 7, -10.0),
    "one_step": lambda t: np.where(t == 89, 1.0, 0.0),
    "exploding": lambda t: 1.5**t,
}


@pytest.mark.parametrize("name", classical.METHODS)
@pytest.mark.parametrize("kind", HOSTILE)
def test_whatever_the_series_there_is_a_forecast(name: str, kind: str) -> None:
    values = np.asarray(HOSTILE[kind](np.arange(110.0)))[:, None]
    for season in (1, 7, 52):
        forecast, models = classical.forecast(name, values, 90, np.arange(90, 106), 5, season)
        assert forecast.shape == (16, 5, 1) and np.isfinite(forecast).all() and len(models) == 1
    if kind in ("constant", "zeros"):
        assert (forecast == values[0]).all()


@pytest.mark.parametrize("name", classical.METHODS)
def test_few_rows_are_enough_or_too_few_in_a_sentence(name: str) -> None:
    for rows in range(2, 30):
        values, season = RNG.normal(size=(rows + 6, 1)), rows // 2 - 1
        origins = np.array([rows, rows + 1])
        if rows < 10:
            with pytest.raises(Unsuitable, match=f"at least 10 rows before the test part; there are {rows}"):
                classical.forecast(name, values, rows, origins, 5, season)
        else:
            assert np.isfinite(classical.forecast(name, values, rows, origins, 5, season)[0]).all()


def test_each_target_is_forecast_by_itself() -> None:
    both = np.column_stack((WAVE, 1e6 * WALK))
    together, models = classical.forecast("ets", both, END, ORIGINS, H, 12)
    for target in range(2):
        alone, model = classical.forecast("ets", both[:, target : target + 1], END, ORIGINS, H, 12)
        np.testing.assert_array_equal(together[..., target], alone[..., 0])
        assert models[target] == model[0]


def test_a_long_series_is_fitted_on_its_latest_rows() -> None:
    """Whatever stood before them: a million rows take no longer than some thousand."""
    values = np.tile(WALK, 30)  # 7,200 rows
    changed = values.copy()
    changed[:1000] = 1e9
    origins = np.arange(7000, 7100)
    for name, (_, tail) in classical.METHODS.items():
        before = classical.forecast(name, values[:, None], 7000, origins, 3, 1)[0]
        np.testing.assert_array_equal(before, classical.forecast(name, changed[:, None], 7000, origins, 3, 1)[0])
        assert classical.fitted_on(name, 7000) == tail and classical.fitted_on(name, 100) == 100


@pytest.mark.parametrize(
    ("name", "key", "horizon", "least", "most"),
    [("ets", "retail", 12, 5500, 6800), ("arima", "retail", 12, 5500, 7000), ("arima", "weather", 7, 2.9, 3.2)],
)
def test_the_samples_known_errors(name: str, key: str, horizon: int, least: float, most: float) -> None:
    table = load_sample(key)
    dataset = make_dataset(table, [str(table.target)], "none")
    split = make_split(dataset.rows, (0.7, 0.1, 0.2))
    origins = window_parts(split, 24, horizon).test
    forecast, _ = classical.forecast(name, dataset.values, split.test_start, origins, horizon, dataset.season)
    assert least < np.abs(forecast - gather(dataset.values, origins, 0, horizon)).mean() < most
