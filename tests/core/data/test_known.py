"""Inputs known in advance: the file's rows after the target's end give the models what is known of the forecast."""

import numpy as np
import pandas as pd
import pytest

from core.data.calendar import calendar_columns
from core.data.dataset import Dataset, Split, Table
from core.data.frequency import future_index
from core.data.prepare import Ahead, Prepared, columns_beside, prepare
from core.data.selection import describe, make_dataset
from core.data.windows import gather
from core.errors import BadSettings, NotFound

ROWS, LATER, H, L = 60, 8, 5, 7
NAN = float("nan")


def shop(index: pd.Index | None = None, frequency: str | None = "D", **changes: list[float]) -> Table:
    """60 days of sales; a price and a promotion that are set for 8 days more."""
    rows = ROWS + LATER
    columns = {
        "sales": [*np.arange(ROWS, dtype=float), *[NAN] * LATER],
        "price": (100 + np.arange(rows)).tolist(),
        "promo": (np.arange(rows) % 3 == 0).astype(float).tolist(),
        **changes,
    }
    frame = pd.DataFrame(columns, dtype="float64")
    frame.index = pd.date_range("2021-01-01", periods=rows, freq="D") if index is None else index
    return Table(frame=frame, sha256="0" * 64, file="shop.csv", time=("date",), frequency=frequency)


def told(dataset: Dataset) -> str:
    (notice,) = (each for each in dataset.notices if each.code == "rows_after_end")
    return notice.message


def test_the_rows_after_the_targets_end_are_the_future_of_what_is_known() -> None:
    dataset = make_dataset(shop(), ["sales"], known=["promo"])
    assert (dataset.rows, dataset.inputs, dataset.known) == (ROWS, ("price", "promo"), ("promo",))
    np.testing.assert_array_equal(dataset.future, (np.arange(ROWS, ROWS + LATER) % 3 == 0)[:, None])
    assert told(dataset) == "8 rows at the end without “sales” tell promo in advance."
    assert describe(dataset).endswith("forecasting sales from its own past and price; known in advance: promo")


def test_what_is_known_is_an_input_whether_it_is_named_as_one_or_not() -> None:
    dataset = make_dataset(shop(), ["sales"], "none", known=["promo", "price", "promo"])
    assert dataset.columns == ("sales", "promo", "price")
    assert dataset.future.shape == (LATER, 2) and dataset.future[0].tolist() == [1, 160]


def test_without_known_inputs_nothing_changes() -> None:
    dataset = make_dataset(shop(), ["sales"])
    assert dataset.known == () and not dataset.future.size
    assert told(dataset) == "8 rows at the end left out: “sales” has no values there."


@pytest.mark.parametrize("bad", [NAN, float("inf")])
def test_the_future_ends_where_something_known_is_missing(bad: float) -> None:
    price = (100 + np.arange(ROWS + LATER)).tolist()
    price[ROWS + 3] = bad
    dataset = make_dataset(shop(price=price), ["sales"], known=["price", "promo"])
    assert dataset.future.shape == (3, 2)
    assert told(dataset).startswith("Of 8 rows at the end without “sales”, the first 3 tell price and promo in advance")
    assert told(dataset).endswith("; after them price is missing.")
    price[ROWS] = bad
    dataset = make_dataset(shop(price=price), ["sales"], known=["price"])
    assert len(dataset.future) == 0
    assert told(dataset) == (
        "8 rows at the end left out: “sales” has no values there, and in the first of them price is missing."
    )


def test_the_future_ends_where_its_times_are_not_those_that_are_forecast() -> None:
    times = pd.date_range("2021-01-01", periods=ROWS + LATER, freq="D")
    gap = times[: ROWS + 2].append(times[ROWS + 2 :] + pd.Timedelta(days=1))
    dataset = make_dataset(shop(gap), ["sales"], known=["promo"])
    assert len(dataset.future) == 2 and "the times do not follow the step" in told(dataset)
    assert list(gap[ROWS : ROWS + 2]) == list(future_index(dataset.index, dataset.frequency, 2))
    uneven = times[:ROWS].append(times[ROWS:] + pd.Timedelta(hours=7))
    assert len(make_dataset(shop(uneven, None), ["sales"], known=["promo"]).future) == 0


def test_rows_without_times_go_on_by_their_numbers() -> None:
    dataset = make_dataset(shop(pd.RangeIndex(ROWS + LATER), None), ["sales"], known=["promo"])
    assert len(dataset.future) == LATER


def test_of_several_targets_the_first_to_end_begins_the_future() -> None:
    other = [*np.arange(ROWS + 4, dtype=float), *[NAN] * 4]
    dataset = make_dataset(shop(other=other), ["other", "sales"], known=["promo"])
    assert dataset.rows == ROWS and len(dataset.future) == LATER
    assert "without “sales”" in told(dataset)


def test_a_column_is_either_forecast_or_known() -> None:
    with pytest.raises(BadSettings, match="sales cannot be forecast and known in advance"):
        make_dataset(shop(), ["sales"], known=["sales"])
    with pytest.raises(NotFound, match="called weather"):
        make_dataset(shop(), ["sales"], known=["weather"])


def ready(dataset: Dataset, split: Split | None, **options: str) -> Prepared:
    places = tuple(dataset.columns.index(name) for name in dataset.known)
    ahead = Ahead(places, dataset.future, frequency=dataset.frequency)
    settings = {"scaler": "standard", "calendar": ("weekday",), **options}
    return prepare(
        dataset.values, dataset.index, split, targets=1, lookback=L, horizon=H, ahead=ahead, **settings
    )  # fmt: skip


def test_the_last_rows_of_a_window_carry_what_is_known_of_its_steps() -> None:
    dataset = make_dataset(shop(), ["sales"], known=["price"])
    made = ready(dataset, Split(40, 10, 10), scaler="none")
    assert made.values.shape == (ROWS, 3 + columns_beside(("weekday",), "none", 1))
    origins = np.concatenate((made.parts.train, made.parts.validation, made.parts.test))
    windows = gather(made.values, origins, -L, 0)
    np.testing.assert_array_equal(windows[:, -H:, -1], 100 + origins[:, None] + np.arange(H))
    final = ready(dataset, None, scaler="none")
    window = gather(final.values, np.array([ROWS]), -L, 0)
    np.testing.assert_array_equal(window[0, -H:, -1], 100 + np.arange(ROWS, ROWS + H))
    np.testing.assert_array_equal(window[0, :, 1], 100 + np.arange(ROWS - L, ROWS))  # as it was, beside it


def test_what_is_known_keeps_the_scale_of_its_own_past() -> None:
    dataset = make_dataset(shop(), ["sales"], known=["price"])
    made = ready(dataset, Split(40, 10, 10))
    np.testing.assert_allclose(made.values[: ROWS - H, -1], made.values[H:, 1], rtol=1e-6)
    assert made.scaler.mean[1] == dataset.values[:40, 1].mean()


def test_a_test_window_sees_nothing_of_its_own_steps_but_what_is_known() -> None:
    """Whatever happens to the other columns after a forecast was made, its window stays the same."""
    dataset = make_dataset(shop(), ["sales"], known=["promo"])
    before = ready(dataset, Split(40, 10, 10))
    for origin in before.parts.test:
        values = dataset.values.copy()
        values[origin:, :2] += np.random.default_rng(0).normal(size=(ROWS - origin, 2)) * 1000
        values[origin + H :, 2] += 1000  # of what is known, no more than the horizon
        changed = Dataset(**{**vars(dataset), "values": values, "future": dataset.future + 1000})
        after = ready(changed, Split(40, 10, 10))
        seen = (gather(made.values, np.array([origin]), -L, 0) for made in (before, after))
        np.testing.assert_array_equal(*seen)


@pytest.mark.parametrize("frequency", ["h", "D", "B", "MS", "W-SUN", "15min"])
def test_a_calendar_input_of_the_last_row_determines_that_of_every_step(frequency: str) -> None:
    """Why it is not led as well: on a regular step the same point is always followed by the same point."""
    index = pd.date_range("2019-01-07", periods=3000, freq=frequency)
    names = {"h": ("hour", "weekday"), "15min": ("hour", "weekday"), "MS": ("month",), "W-SUN": ()}
    columns = calendar_columns(index, names.get(frequency, ("weekday",)))
    for horizon in (1, 5, 24):
        points, later = np.round(columns[:-horizon], 4), np.round(columns[horizon:], 4)
        _, first, which = np.unique(points, axis=0, return_index=True, return_inverse=True)
        np.testing.assert_allclose(later, later[first[which.ravel()]], atol=1e-3)
