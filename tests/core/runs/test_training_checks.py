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


def test_a_plain_script_is_neither_matched_nor_accumulated(dataset: Dataset) -> None:
    with pytest.raises(BadSettings) as error:
        check({"speed": "stock", "maths": "matched", "accumulate": 4, "batch_size": 16}, dataset, BOTH)
    problems = error.value.problems
    assert [problem.where for problem in problems] == ["speed, maths", "speed, accumulate"]
    assert "a batch size of 64" in problems[1].remedy
    check({"speed": "stock"}, dataset, BOTH)


def test_of_a_plain_comparison_only_the_certificate_is_tuned_and_nothing_is_compiled(dataset: Dataset) -> None:
    spec = plan_comparison(dataset, Settings(speed="stock", epochs=10_000), name="", frameworks=BOTH, command="")
    run = RunSpec(id="", framework="tensorflow", dataset=spec.dataset, settings=spec.settings, plan=spec.plan)
    assert (training_spec(run, "stock").speed, training_spec(run, "matched").speed) == ("stock", "tuned")
    assert not spec.plan.compile and spec.plan.tries == ()
    assert any("plain script" in note for note in spec.plan.notes)


def test_speed_settings_are_refused_where_there_is_nothing_to_set(dataset: Dataset) -> None:
    with pytest.raises(BadSettings) as error:
        check({"optimizer": "rmsprop", "fused": "on"}, dataset, BOTH)
    assert [problem.where for problem in error.value.problems] == ["fused, optimizer"]
    for values in ({"fused": "on"}, {"steps_per_execution": 20}):
        with pytest.raises(BadSettings) as error:
            check({"speed": "stock", **values}, dataset, BOTH)
        assert [problem.where for problem in error.value.problems] == ["speed, fused, steps_per_execution"]
    check({"speed": "stock", "fused": "off", "steps_per_execution": 1}, dataset, BOTH)
    check({"optimizer": "rmsprop", "fused": "on", "frameworks": ["tensorflow"]}, dataset, BOTH)


def test_a_setting_of_a_framework_that_takes_no_part_is_told(dataset: Dataset) -> None:
    settings = check({"fused": "off", "steps_per_execution": "7", "frameworks": ["pytorch"]}, dataset, BOTH)
    assert settings.steps_per_execution == 7
    assert idle_words(settings) == "The setting steps_per_execution is TensorFlow's alone, which does not take part."


def test_speed_settings_make_the_round_trip(dataset: Dataset) -> None:
    for settings in (Settings(fused="off", steps_per_execution=7), Settings(speed="stock")):
        words = shlex.split(command_line(dataset, settings, file="a.csv"))
        assert check(cli.setting_values(cli.parse(words[3:])), dataset, BOTH) == settings


def test_few_digits_are_not_matched_and_not_the_certificates(dataset: Dataset) -> None:
    with pytest.raises(BadSettings) as error:
        check({"precision": "bfloat16", "maths": "matched"}, dataset, BOTH)
    assert [problem.where for problem in error.value.problems] == ["precision, maths"]
    spec = plan_comparison(dataset, Settings(precision="bfloat16"), name="", frameworks=BOTH, command="")
    run = RunSpec(id="", framework="pytorch", dataset=spec.dataset, settings=spec.settings, plan=spec.plan)
    assert [training_spec(run, maths).precision for maths in ("stock", "matched")] == ["bfloat16", "float32"]
