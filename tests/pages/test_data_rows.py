"""Data: the rows as understood, as they are looked at and as they are downloaded."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from visitor import Visitor

from pages.parts import data_rows

pytestmark = pytest.mark.slow

UGLY = Path(__file__).parents[1] / "data" / "ugly"
SHOP = "day;sales;price;shop\n" + "".join(
    f"2024-01-{n:02d};{n * n % 17 * 1000};{n * n % 13 + 0.25};{'north' if n % 2 else 'south'}\n" for n in range(1, 31)
)


def preview(visitor: Visitor) -> Any:
    return visitor.at.dataframe[-1]


def titles(visitor: Visitor) -> dict[str, str]:
    """What stands above each column, by the name that it has in the table's own download."""
    config = json.loads(preview(visitor).proto.columns)
    return {name: each.get("label") for name, each in config.items()}


def test_text_stands_beside_the_rows_and_is_said_not_to_be_learned_from(visitor: Visitor) -> None:
    visitor.open().upload(SHOP)
    assert list(preview(visitor).value["shop"])[:2] == ["north", "south"]
    assert "Text is shown beside the rows, and not learned from: “shop”." in visitor.text
    assert visitor.find("targets").options == ["sales", "price"]


def test_after_a_repair_that_leaves_no_text_the_rows_are_still_shown(visitor: Visitor) -> None:
    days = pd.date_range("2023-01-02", periods=200)
    visitor.open().upload("day;sales;shop\n" + "".join(f"{day:%Y-%m-%d};{day.day};north\n" for day in days))
    visitor.set(visitor.find("step_").key, "W-MON")
    assert len(preview(visitor).value) == 29
    assert not visitor.errors


def test_names_are_shown_as_they_are_and_marked_in_the_tables_own_download(visitor: Visitor) -> None:
    visitor.open().upload(SHOP.replace("price", "=SUM(A1)").replace("shop", "@shop").replace("north", "=1+1"))
    assert titles(visitor) | {"_index": None} == {
        "_index": None,
        "sales": "sales",
        "'=SUM(A1)": "=SUM(A1)",
        "'@shop": "@shop",
    }
    shown = preview(visitor).value
    assert list(shown.columns) == ["sales", "'=SUM(A1)", "'@shop"]
    assert shown["'@shop"].iloc[0] == "'=1+1"


def test_the_download_is_what_is_shown(visitor: Visitor) -> None:
    (file,) = UGLY.glob("30_*")
    visitor.open().upload(file.read_bytes(), file.name)
    shown = preview(visitor).value
    rows = list(csv.reader(io.StringIO(visitor.download("download_table").decode())))
    assert len(rows) == 1 + len(shown)
    assert [float(row[1]) for row in rows[1:]] == list(shown.iloc[:, 0])


def test_rows_that_are_not_used_are_counted_beside_those_that_are(visitor: Visitor) -> None:
    visitor.open().upload(SHOP.replace("29;8000;", "29;;").replace("30;16000;", "30;;"))
    assert "28 rows, daily" in visitor.text
    assert "30 rows in the file as understood, 28 used" in visitor.text
    visitor.upload(SHOP)
    assert "30 rows in the file as understood; 2 columns of numbers." in visitor.text


@pytest.mark.parametrize(
    ("values", "form"),
    [
        ([1000.0, 2.0, np.nan, 13_620.0], "%,.0f"),
        ([12_152.29, 13_228.96, 14_125.9], "%,.2f"),
        ([*[1.25] * 19, 13_620.3667], "%,.2f"),
        ([*[3.0] * 19, 2.5], "%,.2f"),
        ([1.25, 2.5, 347.71, 2.123456], "%,.2f"),
        ([1 / 3, 2 / 3, 22 / 7], "%,.6f"),
        ([1e5 / 3, 1e6 / 7], "%,.1f"),
        ([0.00012345678], "%,.9f"),
        ([1e-9, 2e-9], "%.6g"),
        ([1.0, 1e18], "%.6g"),
        ([np.nan, 0.0, np.inf], None),
    ],
)
def test_numbers_have_the_decimals_they_were_written_with_or_six_digits(values: list[float], form: str | None) -> None:
    assert data_rows.number_format(np.array(values)) == form
