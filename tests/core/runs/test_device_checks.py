"""Several devices as a setting: refused with a remedy where they cannot share the work, explained where they do."""

from pathlib import Path
from typing import Any

import pytest

from core import cli
from core.data.dataset import Dataset
from core.errors import BadSettings
from core.frameworks.base import Device, Hardware, ModelSpec
from core.runs import device_checks
from core.runs.checks import check
from core.runs.command import command_line
from core.runs.device_checks import devices_words
from core.runs.planning import plan_comparison
from core.runs.spec import RunSpec, Settings
from core.runs.threads import decide_threads
from core.runs.translation import hardware, training_spec

CPU, GPUS = Device("cpu", "processor"), [Device(f"gpu:{number}", "card") for number in range(2)]
PROCESSOR = {"pytorch": [CPU], "tensorflow": [CPU]}
CARDS = {"pytorch": [CPU, *GPUS], "tensorflow": [CPU, *GPUS]}


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_checks, "cores", lambda: 4)


@pytest.mark.parametrize(
    ("asked", "found", "where", "words"),
    [
        ({"devices": 0}, PROCESSOR, "devices", "at least 1"),
        ({"devices": 8}, PROCESSOR, "devices", "8 parts of the processor are more than the 4 cores"),
        ({"devices": 4, "threads": 2}, PROCESSOR, "devices, threads", "with 2 threads each"),
        ({"devices": 2, "device": "gpu:1"}, CARDS, "devices", "finds 1 of the 2 graphics processors gpu:1 to gpu:2"),
        ({"devices": 4}, CARDS, "devices", "Choose at most 2, or the device cpu"),
        ({"devices": 3}, PROCESSOR, "devices, batch_size", "Choose a batch size of 30 or 33"),
        ({"devices": 4, "batch_size": 2}, PROCESSOR, "devices, batch_size", "Choose a batch size of 4"),
        ({"devices": 2, "speed": "stock"}, PROCESSOR, "devices, speed", "to one device"),
        ({"devices": 2, "data_path": "loader"}, PROCESSOR, "devices, data_path", "to one device"),
        ({"devices": 2, "compile": "on"}, PROCESSOR, "devices, compile", "auto or off"),
        ({"devices": 2, "precision": "float16"}, CARDS, "devices, precision", "bfloat16 or float32"),
        ({"devices": 2, "maths": "matched", "dropout": 0.2}, PROCESSOR, "devices, dropout, maths", "no dropout"),
    ],
)
def test_what_cannot_be_shared_is_refused(
    dataset: Dataset, asked: dict[str, Any], found: dict[str, Any], where: str, words: str
) -> None:
    with pytest.raises(BadSettings) as error:
        check(asked, dataset, found)
    told = [problem for problem in error.value.problems if problem.where == where]
    assert told and words in told[0].sentence()


@pytest.mark.parametrize("asked", [{"devices": 4}, {"devices": 2, "threads": 2}, {"devices": 2, "accumulate": 4}])
def test_what_fits_is_accepted(dataset: Dataset, asked: dict[str, Any]) -> None:
    assert check(asked, dataset, PROCESSOR).devices == asked["devices"]
    assert check({**asked, "devices": 2}, dataset, CARDS)


def test_the_plan_says_how_the_work_is_shared(dataset: Dataset) -> None:
    settings = Settings(devices=2)
    roomy, crowded = (devices_words(settings, "cpu", 1, free) for free in (3.0, 1.2))
    assert "learns from 16 of the 32 windows of a batch" in roomy and "make nothing quicker" in roomy
    assert "slower" not in roomy and "keep 2 cores busy and 1.2 are free just now" in crowded
    assert "processor" not in devices_words(settings, "gpu:0", 1, 1.2)
    assert devices_words(Settings(), "cpu", 1, 1.2) == ""


def test_parts_of_a_processor_share_its_free_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.hardware.physical_cores", lambda: 16)
    large = ModelSpec("lstm", 20, 5, 1, 10, 0, 512, 1, 0.0, False, "last", 1)
    assert decide_threads(Settings(), large, 8.5)[0] == 8
    threads, why = decide_threads(Settings(), large, 8.5, parts=2)
    assert threads == 4 and "for 2 parts at once" in why


def test_a_run_gets_what_was_asked_and_its_certificate_one_device(dataset: Dataset) -> None:
    spec = plan_comparison(dataset, Settings(devices=2), name="x", frameworks=PROCESSOR, command="")
    assert (spec.plan.devices, spec.plan.cores, spec.plan.compile, spec.plan.tries) == (2, 2, (), ())
    run = RunSpec(id="x", framework="tensorflow", dataset=spec.dataset, settings=spec.settings, plan=spec.plan)
    assert [training_spec(run, maths).devices for maths in ("stock", "matched")] == [2, 1]
    asked = hardware(run, Path("run"))
    assert (asked.device, asked.devices) == ("cpu", 2)
    cards = plan_comparison(dataset, Settings(devices=2), name="x", frameworks=CARDS, command="").plan
    assert (cards.device, cards.cores) == ("gpu:0", cards.threads)


def test_they_are_counted_from_the_device_asked_for() -> None:
    assert Hardware("cpu", 2).ids == ("cpu",)
    assert Hardware("cpu", 1, devices=3).ids == ("cpu", "cpu", "cpu")
    assert Hardware("gpu:1", 1, devices=2).ids == ("gpu:1", "gpu:2")


def test_the_command_line_asks_for_them(dataset: Dataset) -> None:
    options = cli.parse(["compare", "waves.csv", "--out", "out", "--target", "wave", "--devices", "2"])
    settings = check(cli.setting_values(options), dataset, PROCESSOR)
    assert settings.devices == 2
    assert "--devices 2" in command_line(dataset, settings)
