"""Settings of speed and hardware: what cannot be is refused with a remedy, all else reaches the trainer."""

import shlex
from typing import Any

import pytest

from core import cli, graphics
from core.data.dataset import Dataset
from core.errors import BadSettings, Problem
from core.frameworks.base import Device
from core.runs import memory, speed_checks
from core.runs.checks import check
from core.runs.command import command_line
from core.runs.planning import plan_comparison
from core.runs.spec import Plan, RunSpec, Settings
from core.runs.training_checks import idle_words
from core.runs.translation import training_spec

CPU, GPU = Device("cpu", "processor"), Device("gpu:0", "accelerator")
BOTH = {"pytorch": [CPU], "tensorflow": [CPU]}
GPUS = {"pytorch": [CPU, GPU], "tensorflow": [CPU, GPU]}
LOADING: dict[str, Any] = {
    "data_path": "loader", "workers": 1, "pin_memory": "off", "cache": "on", "prefetch": "off", "compile": "on",
    "fused": "off", "steps_per_execution": 7, "precision": "bfloat16",
}  # fmt: skip


def refused(dataset: Dataset, devices: Any = BOTH, **values: Any) -> list[Problem]:
    with pytest.raises(BadSettings) as error:
        check(values, dataset, devices)
    return error.value.problems


def plan(dataset: Dataset, devices: Any = BOTH, **settings: Any) -> Plan:
    return plan_comparison(dataset, Settings(**settings), name="", frameworks=devices, command="").plan


def run(dataset: Dataset, framework: str = "pytorch", **settings: Any) -> RunSpec:
    spec = plan_comparison(dataset, Settings(**settings), name="", frameworks=BOTH, command="")
    return RunSpec(id="", framework=framework, dataset=spec.dataset, settings=spec.settings, plan=spec.plan)


@pytest.mark.parametrize(
    ("values", "where", "remedy"),
    [
        ({"precision": "float16"}, "precision, device", "bfloat16"),
        ({"precision": "float16", "device": "cpu"}, "precision, device", "bfloat16"),
        ({"precision": "bfloat16", "maths": "matched"}, "precision, maths", "float32"),
        ({"pin_memory": "on", "data_path": "loader"}, "pin_memory", "auto or off"),
        ({"workers": 8, "data_path": "loader"}, "workers", "at most 2"),
        ({"optimizer": "rmsprop", "fused": "on"}, "fused, optimizer", "adam, adamw or sgd"),
        ({"speed": "stock", "maths": "matched"}, "speed, maths", "tuned"),
        ({"data_path": "loader", "maths": "matched"}, "data_path, maths", "stock"),
        ({"speed": "stock", "data_path": "resident"}, "speed, data_path", "loader"),
        ({"workers": 1, "cache": "on"}, "workers, cache, data_path", "loader"),
        ({"data_path": "resident", "prefetch": "on"}, "prefetch, data_path", "loader"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], where: str, remedy: str
) -> None:
    monkeypatch.setattr(speed_checks, "cores", lambda: 2)
    (problem,) = refused(dataset, **values)
    assert problem.where == where and remedy in problem.remedy


def test_all_problems_are_told_at_once(dataset: Dataset) -> None:
    asked = {"precision": "float16", "maths": "matched", "workers": 1, "loss": "direction", "transform": "difference"}
    found = {problem.where for problem in refused(dataset, **asked)}
    assert found == {"precision, maths", "precision, device", "workers, data_path", "loss, transform"}


def test_a_graphics_processor_takes_float16_and_pinned_memory(dataset: Dataset) -> None:
    asked = {"precision": "float16", "pin_memory": "on", "data_path": "loader"}
    assert check(asked, dataset, GPUS).precision == "float16"
    assert len(refused(dataset, {**GPUS, "tensorflow": [CPU]}, **asked)) == 2, "one framework finds none"
    assert len(refused(dataset, GPUS, device="cpu", **asked)) == 2


def test_torch_compile_needs_a_compiler_on_a_processor(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphics, "system", lambda: graphics.System("Windows", (), None))
    (problem,) = refused(dataset, compile="on")
    assert problem.where == "compile" and "docs/install.md" in problem.remedy
    check({"compile": "on", "frameworks": ["tensorflow"]}, dataset, BOTH)
    check({"compile": "on"}, dataset, GPUS)
    check({"compile": "off"}, dataset, BOTH)


@pytest.mark.parametrize(
    ("values", "where"),
    [({"speed": "stock"}, "lookback, speed"), ({"data_path": "loader", "cache": "on"}, "lookback, cache")],
)
def test_windows_that_do_not_fit_into_memory_are_refused(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], where: str
) -> None:
    """300 rows of two columns and a lookback of 100: a quarter of a megabyte, and copies of it."""
    check({**values, "lookback": 100}, dataset, BOTH)
    monkeypatch.setattr(memory, "allowance_gb", lambda: 0.0002)
    (problem,) = refused(dataset, **values, lookback=100)
    assert problem.where == where and "shorter lookback" in problem.remedy
    check({"data_path": "loader", "lookback": 100}, dataset, BOTH)
    check({**values, "lookback": 100, "frameworks": ["pytorch"]}, dataset, BOTH)
    monkeypatch.setattr(memory, "allowance_gb", lambda: 0.0)  # without a limit
    check({**values, "lookback": 100}, dataset, BOTH)


def test_everything_asked_for_reaches_both_trainers(dataset: Dataset) -> None:
    for framework in BOTH:
        training = training_spec(run(dataset, framework, **LOADING), "stock")
        assert {name: getattr(training, name) for name in LOADING} == {**LOADING, "compile": True}


def test_the_certificate_is_exact_and_keeps_the_data_on_the_device(dataset: Dataset) -> None:
    spec = run(dataset, speed="stock", workers=1, cache="on", precision="bfloat16")
    plain, certificate = training_spec(spec, "stock"), training_spec(spec, "matched")
    assert (plain.speed, plain.loads, plain.precision) == ("stock", True, "bfloat16")
    assert (certificate.speed, certificate.loads, certificate.precision) == ("tuned", False, "float32")


def test_the_command_line_repeats_them(dataset: Dataset) -> None:
    for settings in (Settings(**LOADING), Settings(speed="stock", fused="on"), Settings(precision="float16")):
        words = shlex.split(command_line(dataset, settings, file="a.csv"))
        assert check(cli.setting_values(cli.parse(words[3:])), dataset, GPUS) == settings


def test_a_setting_of_a_framework_that_takes_no_part_is_told(dataset: Dataset) -> None:
    asked = {"fused": "off", "steps_per_execution": "7", "data_path": "loader", "cache": "on", "workers": 1}
    settings = check({**asked, "frameworks": ["pytorch"]}, dataset, BOTH)
    assert settings.steps_per_execution == 7
    words = idle_words(settings)
    assert words.count("TensorFlow's alone") == 2 and "cache" in words and "workers" not in words


@pytest.mark.parametrize(("epochs", "compiled"), [(10, ()), (2000, ("tensorflow",))])
def test_tensorflow_is_compiled_where_the_steps_repay_it(
    dataset: Dataset, epochs: int, compiled: tuple[str, ...]
) -> None:
    assert plan(dataset, epochs=epochs).compile == compiled
    assert plan(dataset, epochs=epochs, frameworks=("pytorch",)).compile == ()
    assert plan(dataset, epochs=epochs, compile="off").compile == ()
    assert plan(dataset, epochs=epochs, speed="stock").compile == ()
    assert plan(dataset, epochs=epochs, compile="on", speed="stock").compile == ("pytorch", "tensorflow")


def test_why_each_framework_compiles_or_does_not_is_told(dataset: Dataset) -> None:
    assert any("torch.compile takes ten seconds" in note for note in plan(dataset).notes)
    assert any("leaves LSTM and GRU layers as they are" in note for note in plan(dataset, compile="on").notes)
    assert not any("LSTM and GRU" in note for note in plan(dataset, compile="on", model="mlp").notes)
    assert any("loader" in note for note in plan(dataset, data_path="loader").notes)


def test_trial_steps_are_planned_where_nothing_else_trains_beside_them(dataset: Dataset) -> None:
    assert plan(dataset).tries == ("tensorflow",)
    for settings in ({"order": "together"}, {"frameworks": ("pytorch",)}, {"compile": "on"}, {"data_path": "loader"}):
        assert plan(dataset, **settings).tries == (), settings
    assert plan(dataset, GPUS).tries == ()
    said = [" ".join(plan(dataset, epochs=epochs).notes) for epochs in (10, 10_000)]
    assert ["trial steps" in notes for notes in said] == [False, True], "a short training is not worth them"


def test_a_plan_of_an_earlier_version_is_understood(dataset: Dataset) -> None:
    told = plan(dataset).model_dump()
    assert Plan(**{**told, "compile": True}).compile == ("tensorflow",)
    assert Plan(**{**told, "compile": False}).compile == ()
