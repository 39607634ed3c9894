"""Data: a sample or a file of one's own, what was understood of it, and the way on."""

from typing import Any

import pandas as pd
import pytest
from visitor import Visitor

from core.data.samples import SAMPLES
from core.runs.store import State, Store
from pages.parts import source

SEMICOLONS = "day;sales;visitors;shop\n" + "".join(
    f"2024-01-{n:02d};{n * 3.5};{100 + n * n % 17};north\n" for n in range(1, 31)
)
OTHER = "day,income,guests\n" + "".join(f"2024-01-{n:02d},{n * n % 7},{n * n % 5}\n" for n in range(1, 31))


def key(visitor: Visitor, role: str) -> str:
    return str(visitor.find(role).key)


def test_the_first_visit_shows_a_sample_and_one_button_to_go_on(visitor: Visitor) -> None:
    visitor.open()
    assert "US retail sales · 293 rows, monthly, January 1992 to May 2016, forecasting y from its own past" in (
        visitor.text
    )
    assert visitor.at.pills(key="sample").value == "retail"
    assert next(iter(visitor.charts)) == "series"
    primary = [button for button in visitor.at.button if button.proto.type == "primary"]
    assert [button.label for button in primary] == ["Train on this"]
    visitor.click("go_on")
    assert visitor.title == "Train"
    assert not visitor.errors


@pytest.mark.parametrize("sample", SAMPLES)
def test_each_sample_can_be_chosen(visitor: Visitor, sample: str) -> None:
    visitor.open().set("sample", sample)
    assert f"{SAMPLES[sample].title} · " in visitor.text
    assert SAMPLES[sample].sentence in visitor.text
    assert visitor.find("targets").value == [SAMPLES[sample].target]
    assert not visitor.errors


def test_the_chosen_sample_is_still_there_after_a_page_switch(visitor: Visitor) -> None:
    visitor.open().set("sample", "stock").open("train.py")
    assert "IBM share price · " in visitor.text
    assert visitor.open().at.pills(key="sample").value == "stock"


def test_a_sample_is_always_chosen(visitor: Visitor) -> None:
    visitor.open()
    assert visitor.at.pills(key="sample").proto.required


@pytest.mark.parametrize(
    ("page", "says", "offers"),
    [
        ("train.py", "US retail sales · ", []),
        ("compare.py", "Nothing has been trained yet", ["Train", "Earlier comparisons"]),
        ("history.py", "Nothing here yet. Train a sample", ["Train"]),
    ],
)
def test_an_empty_installation_says_what_to_do(visitor: Visitor, page: str, says: str, offers: list[str]) -> None:
    visitor.open(page)
    assert says in visitor.text
    assert visitor.links == offers
    assert not visitor.errors


def test_a_file_with_semicolons_is_understood(visitor: Visitor) -> None:
    visitor.open().upload(SEMICOLONS, "shop.csv")
    assert "shop · 30 rows, daily, 1 January 2024 to 30 January 2024, forecasting sales from its own past" in (
        visitor.text
    )
    assert visitor.find("targets").options == ["sales", "visitors"]
    assert visitor.at.pills(key="sample").value is None


def test_the_form_of_the_chosen_series_comes_even_after_another_comparison(
    visitor: Visitor, make: Any, leave: Any
) -> None:
    folder = make()
    visitor.open("train.py", comparison=folder.id).open()
    visitor.click("go_on")
    assert "comparison" not in visitor.at.query_params
    assert visitor.find("start") and not visitor.has("stop")
    assert "US retail sales · 293 rows" in visitor.text
    assert "Waves compared is waiting for its turn: watch it" in visitor.links
    leave(folder)
    folder.set_state(State("finished"))
    visitor.open("train.py", comparison=folder.id).open().click("go_on")
    assert not visitor.has("to_compare") and not visitor.links


def test_what_trains_on_the_chosen_series_stays_in_view_until_its_end(
    visitor: Visitor, store: Store, leave: Any
) -> None:
    visitor.open().click("go_on").click("start")
    (summary,) = store.list()
    visitor.open().click("go_on")
    assert visitor.has("stop")
    assert visitor.at.query_params["comparison"] == summary.id
    leave(store.open(summary.id))
    store.open(summary.id).set_state(State("finished"))
    visitor.open().click("go_on")
    assert not visitor.has("to_compare")
    assert visitor.find("start")


def test_where_the_samples_come_from_is_said(visitor: Visitor) -> None:
    help = visitor.open().at.pills(key="sample").proto.help
    for sample in SAMPLES.values():
        assert f"{sample.title}: {sample.source}" in help
    assert ".md" not in help


def test_targets_and_inputs_survive_a_page_switch(visitor: Visitor) -> None:
    visitor.open().upload(SEMICOLONS, "shop.csv")
    visitor.set(key(visitor, "targets"), ["visitors"])
    visitor.set(key(visitor, "inputs"), ["sales"])
    assert "forecasting visitors from its own past and sales" in visitor.text
    visitor.open("train.py")
    assert "forecasting visitors from its own past and sales" in visitor.text
    visitor.open()
    assert "forecasting visitors from its own past and sales" in visitor.text
    assert visitor.find("targets").value == ["visitors"]
    assert visitor.find("inputs").value == ["sales"]


def test_several_columns_are_forecast_at_once(visitor: Visitor) -> None:
    visitor.open().upload(SEMICOLONS, "shop.csv")
    visitor.set(key(visitor, "targets"), ["sales", "visitors"])
    assert "forecasting sales and visitors from their own past" in visitor.text
    assert visitor.find("inputs").options == []


def test_a_target_that_was_an_input_is_no_input_any_more(visitor: Visitor) -> None:
    visitor.open().upload(SEMICOLONS, "shop.csv")
    visitor.set(key(visitor, "inputs"), ["visitors"])
    visitor.set(key(visitor, "targets"), ["visitors"])
    assert "forecasting visitors from its own past" in visitor.text
    assert visitor.find("inputs").value == []


def test_a_column_known_in_advance_has_no_other_role(visitor: Visitor) -> None:
    visitor.open().upload(SEMICOLONS, "shop.csv")
    visitor.set(key(visitor, "known"), ["visitors"])
    assert "known in advance: visitors" in visitor.text
    assert visitor.find("inputs").options == []
    visitor.set(key(visitor, "targets"), ["visitors"])
    assert "known in advance" not in visitor.text
    assert visitor.find("known").options == ["sales"]


@pytest.mark.parametrize(
    ("later", "says"),
    [
        (0, "No row of “visitors” is known after the last of “sales”; the suggested forecast of 3 rows needs as many."),
        (1, "1 row is known after the last of “sales”: a forecast can reach no further, though 3 ahead are suggested."),
        (9, "9 rows are known after the last of “sales”, enough for the 3 that are suggested to forecast."),
    ],
)
def test_how_far_a_column_is_known_in_advance_is_said_at_once(visitor: Visitor, later: int, says: str) -> None:
    rows = [f"{day:%Y-%m-%d};{n * 3.5};{n * n % 17}" for n, day in enumerate(pd.date_range("2024-01-01", periods=60))]
    rows += [f"2024-03-{n + 1:02d};;{n}" for n in range(later)]
    visitor.open().upload("\n".join(["day;sales;visitors", *rows]))
    visitor.set(key(visitor, "known"), ["visitors"])
    assert says in visitor.text


def test_where_to_change_what_is_known_in_advance_is_readable_on_the_form(visitor: Visitor) -> None:
    visitor.open().upload(SEMICOLONS, "shop.csv")
    visitor.set(key(visitor, "known"), ["visitors"])
    (error,) = visitor.open("train.py").errors
    assert "(“Known in advance” on the page Data, “Forecast ahead”)" in error


def test_another_file_starts_with_its_own_columns(visitor: Visitor) -> None:
    visitor.open().upload(SEMICOLONS, "shop.csv")
    visitor.set(key(visitor, "targets"), ["visitors"])
    visitor.upload(OTHER, "hotel.csv")
    assert "hotel · " in visitor.text
    assert visitor.find("targets").value == ["income"]
    assert visitor.find("targets").options == ["income", "guests"]


def test_without_the_file_the_first_sample_is_back(visitor: Visitor) -> None:
    visitor.open().upload(SEMICOLONS, "shop.csv").upload(None)
    assert "US retail sales · " in visitor.text
    assert visitor.at.pills(key="sample").value == "retail"


def test_a_sample_replaces_the_file(visitor: Visitor) -> None:
    visitor.open().upload(SEMICOLONS, "shop.csv").set("sample", "weather")
    assert "Seattle weather · " in visitor.text


def test_a_file_that_is_too_large_is_refused_by_the_server_too(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "largest_upload", lambda: len(OTHER.encode()))
    assert not visitor.open().upload(OTHER).errors
    (error,) = visitor.upload(OTHER + "2024-01-31,31,62\n").errors
    assert "The file is larger than" in error and "Upload fewer rows" in error
    assert visitor.has("sample"), "a sample can be chosen instead"


def test_no_column_to_forecast_is_said_where_one_can_be_chosen(visitor: Visitor) -> None:
    visitor.open().upload(SEMICOLONS, "shop.csv")
    visitor.set(key(visitor, "targets"), [])
    (error,) = visitor.errors
    assert "No column is chosen" in error and "sales or visitors" in error
    visitor.set(key(visitor, "targets"), ["visitors"])
    assert not visitor.errors
    assert "forecasting visitors" in visitor.text


def test_a_target_with_too_few_values_can_be_changed(visitor: Visitor) -> None:
    sparse = "day,seldom,often\n" + "".join(f"2024-01-{n:02d},{n if n < 4 else ''},{n * n % 7}\n" for n in range(1, 31))
    visitor.open().upload(sparse)
    (error,) = visitor.errors
    assert "Only 3 rows hold values" in error
    visitor.set(key(visitor, "targets"), ["often"])
    assert not visitor.errors
