"""Every file of the collection of ugly ones, as its manifest says a good reader understands it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.data import table_csv, understood
from core.data.dataset import Table
from core.data.reader import read_table
from core.errors import BadInput

UGLY = Path(__file__).parents[2] / "data" / "ugly"
CASES: list[dict[str, Any]] = json.loads((UGLY / "manifest.json").read_text())["files"]
DAY = "2021-01-01"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_every_expectation_of_the_manifest_is_met(case: dict[str, Any]) -> None:
    content = (UGLY / case["file"]).read_bytes()
    try:
        table = read_table(content, case["file"])
    except BadInput as error:
        told = understood.refusal(error)
        assert case["expect"] != "accept", told
        assert any(word in told["reason"].lower() for word in case["reason_any"]) and told["remedy"]
        return
    assert case["expect"] != "reject"
    _check(table, case)


def _check(table: Table, case: dict[str, Any]) -> None:
    told = understood.as_json(table, None)
    same = {"encoding": "encoding", "delimiter": "delimiter", "decimal": "decimal", "layout": "layout", "rows": "rows"}
    same |= {"time": "time", "freq": "frequency", "dup": "duplicates", "gaps": "gaps", "first": "first", "last": "last"}
    expected = {name: case[name] for name in same if name in case}
    assert {name: told[same[name]] for name in expected} == expected
    names = _names(told["values"], case)
    assert list(names) == case["values"] and names[case["target"]] == table.target
    assert set(told["dropped"]) == set(case["drop"])
    assert set(case.get("warn", [])) <= {notice["code"] for notice in told["notices"]}
    rows = table.frame if table.pairs is None else table.pairs
    assert {name: told["missing"][names[name]] for name in case["missing"]} == case["missing"]
    for name, total in case.get("sums", {}).items():
        assert rows[names[name]].sum() == pytest.approx(total, rel=1e-12)
    for check in case.get("checks", []):
        _check_cell(rows, table.id, names, check)
    for id, total in case.get("sums_per_id", {}).items():
        assert rows[rows[table.id] == id][case["target"]].sum() == total


def _names(values: list[str], case: dict[str, Any]) -> dict[str, str]:
    """Our names by the manifest's, in the order of the file: “#3” is the third column of the file."""
    if case["values"][0] == "#1":
        return dict(zip(case["values"], values, strict=True))
    return {name: name for name in values}


def _check_cell(rows: pd.DataFrame, id: str | None, names: dict[str, str], check: list[Any]) -> None:
    *of, time, name, value = check
    rows = rows[rows[id] == of[0]] if of else rows
    found = rows.loc[time if isinstance(time, int) else pd.Timestamp(time), names[name]]
    assert found == value


@pytest.mark.parametrize("case", [case for case in CASES if case["expect"] == "accept"], ids=lambda case: case["file"])
def test_what_was_written_reads_as_the_same_table(case: dict[str, Any]) -> None:
    table = read_table((UGLY / case["file"]).read_bytes(), case["file"])
    again = read_table(table_csv.write(table), "again.csv")
    assert list(again.frame.columns) == list(table.frame.columns)
    assert np.array_equal(again.frame.to_numpy(), table.frame.to_numpy(), equal_nan=True)
    assert (again.frame.index == table.frame.index).all() and again.frequency == table.frequency
    assert (again.ids, again.utc) == (table.ids, table.utc)
