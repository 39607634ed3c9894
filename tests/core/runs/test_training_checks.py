"""Losses, optimisers and steps as settings: refused where they make no sense, told where they change nothing."""

import shlex
from typing import Any

import pytest

from core import cli
from core.data.dataset import Dataset
from core.errors import BadSettings
from core.frameworks.base import Device
from core.runs.checks import check
from core.runs.command import command_line
from core.runs.planning import plan_comparison
from core.runs.spec import RunSpec, Settings
from core.runs.training_checks import idle, idle_words
from core.runs.translation import training_spec

BOTH = {"pytorch": [Device("cpu", "processor")], "tensorflow": [Device("cpu", "processor")]}
ALL: dict[str, Any] = {
    "optimizer": "sgd", "momentum": 0.5, "weight_decay": 0.02, "schedule": "plateau", "clip_norm": 0.5,
    "accumulate": 4, "loss": "quantile", "quantile": 0.9, "direction_weight": 2.5, "epochs": 7,
}  # fmt: skip


@pytest.mark.parametrize("transform", ["difference", "percent"])
def test_a_direction_cannot_be_that_of_changes(dataset: Dataset, transform: str) -> None:
    with pytest.raises(BadSettings) as error:
        check({"loss": "direction", "transform": transform}, dataset, BOTH)
    problem = next(each for each in error.value.problems if "loss" in each.where)
    assert problem.where == "loss, transform" and "as measured" in problem.remedy
    check({"loss": "direction"}, dataset, BOTH)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("loss", "hinge", "mse, mae, huber, quantile or direction"),
        ("optimizer", "lion", "adam, adamw, sgd or rmsprop"),
        ("schedule", "warm", "constant, cosine, halve or plateau"),
        ("quantile", 1, "below 1"),
        ("momentum", 1, "below 1"),
        ("weight_decay", -0.1, "at least 0"),
        ("clip_norm", 0, "above 0"),
        ("accumulate", 0, "at least 1"),
        ("direction_weight", "much", "a number"),
    ],
)
def test_wrong_values_are_told_with_what_is_right(dataset: Dataset, name: str, value: Any, words: str) -> None:
    with pytest.raises(BadSettings) as error:
        check({name: value}, dataset, BOTH)
    (problem,) = error.value.problems
    assert problem.where == name and words in problem.remedy


def test_what_has_no_use_is_told(dataset: Dataset) -> None:
    assert idle("adam", "mse") == ("momentum", "weight_decay", "quantile", "direction_weight")
    assert idle("sgd", "quantile") == ("weight_decay", "direction_weight")
    settings = Settings(momentum=0.5, quantile=0.9)
    words = "Adam with the loss mse has no use for a momentum or a quantile: what was chosen changes nothing."
    assert idle_words(settings) == words
    assert words in plan_comparison(dataset, settings, name="", frameworks=BOTH, command="").plan.notes
    assert idle_words(Settings()) == idle_words(Settings(optimizer="sgd", momentum=0.5)) == ""


def test_everything_asked_for_reaches_the_trainer(dataset: Dataset) -> None:
    spec = plan_comparison(dataset, Settings(**ALL), name="", frameworks=BOTH, command="")
    run = RunSpec(id="", framework="pytorch", dataset=spec.dataset, settings=spec.settings, plan=spec.plan)
    training = training_spec(run, "stock")
    assert {name: getattr(training, name) for name in ALL} == ALL


def test_the_command_line_repeats_them(dataset: Dataset) -> None:
    words = shlex.split(command_line(dataset, Settings(**ALL), file="a.csv"))
    assert "--direction-weight" in words and "--clip-norm" in words
    assert check(cli.setting_values(cli.parse(words[3:])), dataset, BOTH) == Settings(**ALL)
