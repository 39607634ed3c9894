"""A model's options are refused where they cannot be, and named where it has no use for them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.data.dataset import Dataset
from core.errors import BadSettings
from core.frameworks import catalogue
from core.frameworks.base import Device
from core.runs.checks import check
from core.runs.planning import plan_comparison
from core.runs.presets import default_settings, suited_to
from core.runs.spec import Plan, Settings
from core.runs.translation import planned_model

BOTH = {"pytorch": [Device("cpu", "processor")], "tensorflow": [Device("cpu", "processor")]}


def planned(dataset: Dataset, **settings: Any) -> Plan:
    return plan_comparison(dataset, Settings(**settings), name="", frameworks=BOTH, command="").plan


@pytest.mark.parametrize(
    ("settings", "what", "remedy"),
    [
        (
            {"model": "cnn", "kernel": 21},
            "A kernel of 21 rows is longer than the lookback of 20",
            "a kernel of at most 20",
        ),
        (
            {"model": "tcn", "kernel": 9, "lookback": 1},
            "longer than the lookback of 1",
            "Choose a lookback of at least 9",
        ),
        ({"model": "transformer", "patch": 30}, "A patch of 30 rows", "a lookback of at least 30"),
        (
            {"model": "transformer", "heads": 3},
            "3 attention heads do not share a hidden size of 64",
            "1, 2, 4, 8 or 16 heads, or a hidden size such as 63 or 66",
        ),
    ],
)
def test_options_that_cannot_be_are_refused(dataset: Dataset, settings: Any, what: str, remedy: str) -> None:
    with pytest.raises(BadSettings) as error:
        check(settings, dataset, BOTH)
    (problem,) = error.value.problems
    assert what in problem.what and remedy in problem.remedy and problem.where


def test_what_a_model_does_not_use_stops_nothing(dataset: Dataset) -> None:
    check({"model": "lstm", "kernel": 500, "heads": 7, "patch": 99}, dataset, BOTH)
    check({"model": "dlinear", "reference": "seasonal", "lookback": 5}, dataset, BOTH)


def test_what_a_model_does_not_use_is_named_where_it_was_asked_for(dataset: Dataset) -> None:
    alone = replace(dataset, values=dataset.values[:, :1], columns=("wave",))
    asked = {"hidden": 32, "kernel": 5, "dropout": 0.1, "reference": "last", "calendar": ("weekday",), "holidays": "DE"}
    notes = " ".join(planned(dataset, model="nlinear", **asked).notes)
    for words in ("a hidden size", "a kernel", "dropout", "reference than its own", "holidays", "columns other than"):
        assert words in notes
    assert "heads" not in notes and "number of layers" not in notes
    assert "has no use" not in " ".join(planned(alone, model="nlinear").notes)
    assert "has no use for a kernel:" in " ".join(planned(dataset, model="lstm", hidden=32, kernel=5).notes)


@pytest.mark.parametrize("model", ["dlinear", "nlinear"])
def test_a_published_linear_model_keeps_its_own_reference_and_takes_no_calendar_inputs(
    dataset: Dataset, model: str
) -> None:
    plan = planned(dataset, model=model, reference="seasonal", calendar=("weekday",))
    assert (plan.reference, plan.calendar) == ("none", ())
    assert any("keeps its own reference" in note for note in plan.notes)


def test_convolutions_are_not_compiled_with_xla_on_a_processor(dataset: Dataset) -> None:
    """Measured: 1.5 to 2 times as slow."""
    assert planned(dataset, model="lstm", epochs=1000).compile
    assert not planned(dataset, model="tcn", epochs=1000).compile


@pytest.mark.parametrize("model", catalogue.names())
def test_what_suits_a_model_can_be_run(dataset: Dataset, model: str) -> None:
    """On little data and on much; the lookback hint leaves most of the training part to learn from."""
    many = np.random.default_rng(0).normal(size=(30_000, 1))
    index = pd.date_range("2020-01-01", periods=len(many), freq="h")
    long = replace(dataset, values=many, index=index, columns=("wave",), frequency="h", season=24)
    for each in (dataset, long):
        settings = {**default_settings(each).model_dump(), "model": model, **suited_to(model, each)}
        assert check(settings, each, BOTH).lookback <= each.rows // 4
    assert suited_to(model, dataset)["lookback"] == default_settings(dataset).lookback
    assert suited_to("nlinear", long)["lookback"] == 336


def test_the_planned_model_has_the_columns_that_it_will_be_given(dataset: Dataset) -> None:
    """Two columns, and a sine and a cosine of the weekday; auto patches of two rows."""
    asked = Settings(model="transformer", reference="last", holidays="DE")
    model = planned_model(plan_comparison(dataset, asked, name="", frameworks=BOTH, command=""))
    assert (model.values, model.inputs) == (2, 6)
    assert (model.patch, model.patches) == (2, 10)
