"""Impossible settings are refused before anything starts: all at once, in plain words, each with its remedy."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.data.dataset import Dataset
from core.errors import BadSettings, Problem
from core.frameworks.base import Device
from core.hardware import cores
from core.runs.checks import check

CPU = Device("cpu", "processor")
GPU = Device("gpu:0", "accelerator", 16)
BOTH = {"pytorch": [CPU, GPU], "tensorflow": [CPU]}


def refused(dataset: Dataset, devices: Any = BOTH, **values: Any) -> list[Problem]:
    with pytest.raises(BadSettings) as error:
        check(values, dataset, devices)
    assert all(problem.what and problem.where and problem.remedy for problem in error.value.problems)
    return list(error.value.problems)


def test_settings_that_can_run_are_returned(dataset: Dataset) -> None:
    settings = check({"epochs": "7", "learning_rate": "0.01", "seeds": ["1", "2"]}, dataset, BOTH)
    assert (settings.epochs, settings.learning_rate, settings.seeds) == (7, 0.01, (1, 2))


def test_everything_that_is_wrong_is_said_at_once(dataset: Dataset) -> None:
    found = refused(
        dataset,
        epochs=0,
        hidden="many",
        model="wavenet",
        lookback=500,
        horizon=70,
        device="gpu:3",
        seeds=[1, 1],
        frameworks=["pytorch", "jax"],
    )
    places = {place for problem in found for place in problem.where.split(", ")}
    assert places == {"epochs", "hidden", "model", "lookback", "horizon", "split", "device", "seeds", "frameworks"}


@pytest.mark.parametrize(("lookback", "horizon", "largest"), [(206, 5, "205"), (1000, 10, "200")])
def test_a_window_longer_than_the_training_part_names_the_largest_that_fits(
    dataset: Dataset, lookback: int, horizon: int, largest: str
) -> None:
    (problem,) = refused(dataset, lookback=lookback, horizon=horizon)
    assert "the training part has 210" in problem.what
    assert f"a lookback of at most {largest}" in problem.remedy
    check({"lookback": int(largest), "horizon": horizon}, dataset, BOTH)


def test_parts_without_a_window_are_named_with_the_largest_horizon(dataset: Dataset) -> None:
    (problem,) = refused(dataset, horizon=31)  # 30 rows to validate on, 60 to test
    assert "validation part has 30 rows" in problem.what and "at most 30" in problem.remedy
    check({"horizon": 30}, dataset, BOTH)
    (problem,) = refused(dataset, horizon=21, split=(200, 60, 20))
    assert "test part has 20 rows" in problem.what


def test_of_two_parts_that_are_too_short_the_shorter_one_is_told(dataset: Dataset) -> None:
    (problem,) = refused(dataset, lookback=10, horizon=70)
    assert "validation part has 30 rows" in problem.what and "at most 30" in problem.remedy


def test_every_remedy_can_be_followed_on_the_page(dataset: Dataset) -> None:
    """What only the command line has stands apart, in brackets."""
    still = replace(dataset, values=np.ones_like(dataset.values))
    for problem in [*refused(dataset, horizon=31), *refused(dataset, lookback=300), *refused(still)]:
        before = problem.remedy.split("(On the command line")[0]
        assert "file" in before and "share" not in before and "split" not in before


def test_an_impossible_split_is_one_problem(dataset: Dataset) -> None:
    (problem,) = refused(dataset, split=(0.9, 0.3, 0.2))
    assert problem.where == "split"
    (problem,) = refused(dataset, split=["0.7", "0.3"])
    assert "three parts" in problem.what


def test_a_wrong_value_does_not_bring_problems_of_its_default(dataset: Dataset) -> None:
    short = replace(dataset, index=dataset.index[:22], values=dataset.values[:22])
    (problem,) = [problem for problem in refused(short, lookback="x", horizon=1) if "lookback" in problem.where]
    assert problem.what == "x is not a whole number"


def test_a_target_that_never_moves_is_refused(dataset: Dataset) -> None:
    values = dataset.values.copy()
    values[:210, 0] = 5
    (problem,) = refused(replace(dataset, values=values))
    assert "wave never changes in the training part" in problem.what


def test_a_seasonal_reference_needs_two_seasons_within_the_lookback(dataset: Dataset) -> None:
    (problem,) = refused(dataset, reference="seasonal", lookback=13)
    assert "at least 14" in problem.remedy
    check({"reference": "seasonal", "lookback": 14}, dataset, BOTH)
    (problem,) = refused(replace(dataset, season=1), reference="seasonal")
    assert "no season" in problem.what


def test_calendar_inputs_are_checked(dataset: Dataset) -> None:
    (problem,) = refused(dataset, calendar=["weekday", "moon"])
    assert "moon" in problem.what and "weekday" in problem.remedy
    untimed = replace(dataset, index=pd.RangeIndex(300))
    (problem,) = refused(untimed, calendar=["weekday"])
    assert problem.where == "calendar"
    check({"calendar": "auto"}, untimed, BOTH)


def test_a_device_that_is_not_there_names_those_that_are(dataset: Dataset) -> None:
    (problem,) = refused(dataset, device="gpu:0")
    assert "TensorFlow finds no device gpu:0" in problem.what and "Found: cpu" in problem.remedy
    check({"device": "gpu:0", "frameworks": ["pytorch"]}, dataset, BOTH)
    (problem,) = refused(dataset, device="cuda")
    assert "gpu:0" in problem.remedy


def test_a_framework_that_is_not_there_says_how_to_install_it(dataset: Dataset) -> None:
    (problem,) = refused(dataset, {"pytorch": [CPU]})
    assert "TensorFlow" in problem.what and "pip install tensorflow" in problem.remedy
    (problem,) = refused(dataset, frameworks=["jax"])
    assert "jax" in problem.what and "pytorch, tensorflow" in problem.remedy


def test_threads_beyond_the_cores_are_refused(dataset: Dataset) -> None:
    (problem,) = refused(dataset, threads=cores() + 1)
    assert problem.where == "threads" and str(cores()) in problem.remedy
    check({"threads": cores()}, dataset, BOTH)


def test_apple_s_graphics_processor_is_taken_where_it_is_found(dataset: Dataset) -> None:
    first, second = refused(dataset, device="mps")
    assert first.what == "PyTorch finds no device mps on this machine"
    assert second.what == "TensorFlow finds no device mps on this machine"
    found = {"pytorch": [*BOTH["pytorch"], Device("mps", "Apple M4")]}
    assert check({"frameworks": ("pytorch",), "device": "mps"}, dataset, found).device == "mps"
    with pytest.raises(BadSettings, match="one graphics processor of Apple's"):
        check({"frameworks": ("pytorch",), "device": "mps", "devices": 2}, dataset, found)


def test_too_many_folds_are_refused_with_the_most_that_would_fit(dataset: Dataset) -> None:
    (problem,) = refused(dataset, folds=13, horizon=5)
    assert problem.where == "folds, horizon" and "60 rows, too few for 13 folds" in problem.what
    assert "Choose at most 12 folds" in problem.remedy
    assert check({"folds": 12, "horizon": 5}, dataset, BOTH).folds == 12


def test_the_gap_that_matters_is_a_share(dataset: Dataset) -> None:
    for margin in (0, 1, -0.1):
        (problem,) = refused(dataset, margin=margin)
        assert problem.where == "margin"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"epochs": 0}, "at least 1"),
        ({"dropout": 1}, "below 1"),
        ({"learning_rate": 0}, "above 0"),
        ({"threads": "some"}, "a whole number or auto"),
        ({"scaler": "robust"}, "standard, minmax or none"),
        ({"epochs": 2.5}, "a whole number"),
        ({"frameworks": []}, "at least one"),
        ({"epoch": 5}, "Leave it out"),
        ({"seeds": [-1]}, "from 0"),
        ({"seeds": ["abc"]}, "Give whole numbers with commas between them, such as 0, 1, 2."),
        ({"seeds": ["0-5"]}, "Write each number, as in 0, 1, 2, 3, 4, 5."),
        ({"seeds": ["7", "5-1"]}, "Write each number, as in 0, 1, 2."),
        ({"split": ["0.7", "x", "0.1"]}, "Give numbers with commas between them, such as 0.7,0.1,0.2."),
    ],
)
def test_a_wrong_value_is_told_in_plain_words(dataset: Dataset, values: dict[str, Any], words: str) -> None:
    (problem,) = refused(dataset, **values)
    assert words in problem.remedy
    assert problem.where == next(iter(values))


def test_a_short_series_is_refused_before_it_starts(dataset: Dataset) -> None:
    short = replace(dataset, index=dataset.index[:20], values=np.asarray(dataset.values[:20]))
    assert any("lookback" in problem.where for problem in refused(short))
