"""Data: a file of one's own, which is shown while it is in use, and which a reload loses."""

import pytest
from visitor import Visitor

pytestmark = pytest.mark.slow

SHOP = "day,sales\n" + "".join(f"2024-01-{n:02d},{n * n % 7}\n" for n in range(1, 31))
LOST = "The file you had uploaded is not kept over a reload"


def reloaded(before: Visitor) -> Visitor:
    """The same address in a new session."""
    after = Visitor()
    return after.open(**before.at.query_params)


def test_the_file_in_use_is_shown_until_it_is_removed(visitor: Visitor) -> None:
    visitor.open().upload(SHOP, "shop.csv")
    assert "shop.csv" in visitor.text and f"{len(SHOP) / 1024:.1f}\u00a0KB" in visitor.text
    visitor.open("train.py").open()
    assert "shop.csv" in visitor.text and visitor.has("remove_file")
    visitor.click("remove_file")
    assert not visitor.has("remove_file")
    assert "US retail sales · " in visitor.text
    assert visitor.at.pills(key="sample").value == "retail"


def test_another_file_takes_the_place_of_the_one_in_use(visitor: Visitor) -> None:
    visitor.open().upload(SHOP, "shop.csv").upload(SHOP.replace("sales", "guests"), "hotel.csv")
    assert "hotel.csv" in visitor.text and "shop.csv" not in visitor.text


def test_a_hostile_file_name_is_text(visitor: Visitor) -> None:
    name = "**b** <i>x</i> :red[y].csv"
    visitor.open().upload(SHOP, name)
    assert name in visitor.text
    assert not any(name in text for text in visitor.drawn_as_markdown)


def test_the_address_names_the_file_as_long_as_it_is_in_use(visitor: Visitor) -> None:
    visitor.open().upload(SHOP)
    assert len(visitor.at.query_params["file"]) == 8
    for page in ("train.py", "compare.py", "history.py", "data.py"):
        assert "file" in visitor.open(page).at.query_params, page
    assert "file" not in visitor.set("sample", "stock").at.query_params
    assert "file" not in visitor.open("train.py").at.query_params


@pytest.mark.parametrize("page", ["data.py", "train.py"])
def test_a_reload_says_that_the_file_is_lost_and_shows_no_other_series(visitor: Visitor, page: str) -> None:
    after = reloaded(visitor.open().upload(SHOP)).open(page)
    (error,) = after.errors
    assert LOST in error and "Upload it again" in error
    assert not after.has("start") and not after.has("go_on")
    assert not after.charts and "US retail sales · " not in after.text


def test_a_second_reload_says_so_again(visitor: Visitor) -> None:
    after = reloaded(visitor.open().upload(SHOP)).open("train.py").open()
    assert LOST in reloaded(after).errors[0]


@pytest.mark.parametrize("choice", ["sample", "file"])
def test_a_series_chosen_after_the_reload_is_trained_on(visitor: Visitor, choice: str) -> None:
    after = reloaded(visitor.open().upload(SHOP))
    assert after.at.pills(key="sample").value is None
    after = after.set("sample", "retail") if choice == "sample" else after.upload(SHOP, "shop.csv")
    assert not after.errors
    assert not after.open("train.py").errors
    assert after.has("start")
    assert ("file" in after.at.query_params) == (choice == "file")


def test_going_back_in_the_browsers_history_loses_nothing(visitor: Visitor) -> None:
    visitor.open().upload(SHOP).set("sample", "stock")
    visitor.open(file="0123abcd")
    assert not visitor.errors
    assert "IBM share price · " in visitor.text
