"""Transformations, holidays and known inputs that cannot be are refused before anything starts, with a remedy each."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.data.dataset import Dataset
from core.errors import BadSettings, Problem
from core.frameworks.base import Device
from core.runs.checks import check
from core.runs.spec import Settings

BOTH = {"pytorch": [Device("cpu", "processor")], "tensorflow": [Device("cpu", "processor")]}


def refused(dataset: Dataset, **values: Any) -> list[Problem]:
    with pytest.raises(BadSettings) as error:
        check(values, dataset, BOTH)
    assert all(problem.what and problem.where and problem.remedy for problem in error.value.problems)
    return list(error.value.problems)


def changed(dataset: Dataset, **cells: float) -> Dataset:
    values = dataset.values.copy()
    for row, value in cells.items():
        values[int(row[1:]), 0] = value
    return replace(dataset, values=values)


def test_a_logarithm_of_what_is_not_positive_names_how_many_and_the_first(dataset: Dataset) -> None:
    (problem,) = refused(changed(dataset, r290=0, r31=-2.5), transform="log")
    assert problem.what.startswith("“wave” is zero or below in 2 rows (the first is -2.5, 1 February 2020)")
    assert "none or difference" in problem.remedy
    (problem,) = refused(replace(changed(dataset, r290=0), index=pd.RangeIndex(300)), transform="log")
    assert "1 row (it is 0, row 290)" in problem.what
    assert check({"transform": "log"}, dataset, BOTH).transform == "log"  # an input may have any sign


def test_a_change_in_percent_through_zero_is_refused(dataset: Dataset) -> None:
    (problem,) = refused(changed(dataset, r7=0, r9=-1), transform="percent")
    assert "touches or crosses zero in 2 rows (the first is 0, 8 January 2020)" in problem.what
    assert "difference" in problem.remedy
    check({"transform": "percent"}, replace(dataset, values=-dataset.values), BOTH)  # all below zero


def test_a_change_relative_to_the_last_value_once_more_is_refused(dataset: Dataset) -> None:
    for transform in ("difference", "percent"):
        (problem,) = refused(dataset, transform=transform, reference="last")
        assert "auto or none" in problem.remedy
        for reference in ("auto", "none", "seasonal"):
            check({"transform": transform, "reference": reference}, dataset, BOTH)
    check({"transform": "log", "reference": "last"}, dataset, BOTH)


def test_a_series_that_always_changes_by_the_same_has_nothing_to_learn(dataset: Dataset) -> None:
    line = np.column_stack((0.1 * np.arange(1, 301), np.arange(300)))
    steady = replace(dataset, values=line)
    (problem,) = refused(steady, transform="difference")
    assert "always changes by the same" in problem.what
    check({"transform": "none"}, steady, BOTH)
    check({"transform": "percent"}, steady, BOTH)
    grown = replace(dataset, values=np.column_stack((1.01 ** np.arange(300), np.arange(300))))
    (problem,) = refused(grown, transform="percent")
    assert "always changes by the same" in problem.what


def test_a_window_needs_one_row_more_where_the_first_has_no_change(dataset: Dataset) -> None:
    check({"lookback": 205, "horizon": 5}, dataset, BOTH)
    (problem,) = refused(dataset, lookback=205, horizon=5, transform="difference")
    assert "needs 211 rows, and the training part has 210" in problem.what and "at most 204" in problem.remedy
    check({"lookback": 204, "horizon": 5, "transform": "difference"}, dataset, BOTH)


@pytest.mark.parametrize(
    ("rows", "has", "remedy"),
    [(0, "no such row", "Add rows with other"), (1, "1 such row", "at most 1,"), (4, "4 such rows", "at most 4,")],
)
def test_a_file_without_enough_known_rows_says_how_many_it_has(
    dataset: Dataset, rows: int, has: str, remedy: str
) -> None:
    known = replace(dataset, known=("other",), future=np.ones((rows, 1)))
    (problem,) = refused(known, horizon=5)
    assert problem.what == (
        "A forecast of 5 steps needs 5 rows of other after the last one of wave, and the file has "
        f"{has} at the right times"
    )
    assert remedy in problem.remedy and "not known in advance" in problem.remedy
    check({"horizon": 5}, replace(known, future=np.ones((5, 1))), BOTH)


def test_an_unknown_country_is_one_problem_among_others(dataset: Dataset) -> None:
    found = refused(dataset, holidays="Germny", epochs=0)
    assert {problem.where for problem in found} == {"holidays", "epochs"}
    assert any("DE" in problem.remedy for problem in found)
    (problem,) = refused(replace(dataset, index=pd.RangeIndex(300)), holidays="DE")
    assert "no times" in problem.what or "have none" in problem.what


def test_a_transformation_that_does_not_exist_names_those_that_do(dataset: Dataset) -> None:
    (problem,) = refused(dataset, transform="sqrt")
    assert problem.remedy == "Choose none, log, difference or percent."


def test_settings_of_an_earlier_version_still_load() -> None:
    kept = Settings().model_dump()
    for name in ("transform", "holidays"):
        del kept[name]
    assert Settings.model_validate(kept) == Settings(transform="none", holidays="none")
