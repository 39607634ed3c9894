"""The hardware part of the training form: what this machine cannot do says why, and is not offered."""

from typing import Any

import pytest
from visitor import Visitor

from core import graphics
from core.frameworks.base import Device
from core.runs.spec import Settings
from core.runs.store import Store
from core.runs.supervisor import FrameworkStatus

CPU, GPUS = Device("cpu", "a processor", 8.0), (Device("gpu:0", "a card", 80.0), Device("gpu:1", "a card", 80.0))
LOADERS = ("workers", "pin_memory", "cache", "prefetch")


@pytest.fixture
def train(visitor: Visitor) -> Visitor:
    return visitor.open("train.py").set("preset", "own")


def choose(visitor: Visitor, **settings: Any) -> Visitor:
    for name, each in settings.items():
        visitor.find(f"setting_{name}").set_value(each)
    return visitor.run()


def offered(visitor: Visitor, setting: str) -> list[str]:
    return list(visitor.find(f"setting_{setting}").options)


def started(visitor: Visitor, store: Store) -> Settings:
    visitor.click("start")
    assert not visitor.errors
    (found,) = store.list()
    return store.open(found.id).spec().settings


def test_what_a_processor_cannot_do_is_not_offered_and_says_why(train: Visitor) -> None:
    assert offered(train, "precision") == ["float32", "bfloat16, mixed"]
    assert "float16, mixed, not here: float16 needs a graphics processor" in train.text
    assert "Graphics processor, not here: No graphics processor was found" in train.text
    assert "Apple's MPS, not here" in train.text and "Several graphics processors, not here" in train.text
    choose(train, data_path="loader")
    assert offered(train, "pin_memory") == ["Choose for me", "Off"]
    assert "On, not here: Pinned memory speeds up copies" in train.text


def test_with_graphics_processors_all_is_offered(visitor: Visitor, idle: Any) -> None:
    here = (CPU, *GPUS)
    idle.set_frameworks({name: FrameworkStatus(name, "ready", "1", here) for name in ("pytorch", "tensorflow")})
    train = visitor.open("train.py").set("preset", "own")
    choose(train, data_path="loader")
    assert "float16, mixed" in offered(train, "precision") and "On" in offered(train, "pin_memory")
    assert train.text.count("not here") == 1, "Apple's alone"
    choose(train, precision="float16")
    assert not train.errors


def test_without_a_compiler_pytorch_is_not_compiled(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphics, "system", lambda: graphics.System("Linux", (), None))
    train = visitor.open("train.py").set("preset", "own")
    assert offered(train, "compile") == ["Choose for me", "Off"]
    assert "torch.compile needs a C++ compiler" in train.text
    train.set("frameworks", "tensorflow")
    assert "On: XLA and torch.compile" in offered(train, "compile")
    assert "needs a C++ compiler" not in train.text


def test_a_choice_that_became_impossible_stays_and_is_refused(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphics, "system", lambda: graphics.System("Linux", (), None))
    train = visitor.open("train.py").set("preset", "own").set("frameworks", "tensorflow")
    choose(train, compile="on")
    assert not train.errors
    train.set("frameworks", "both")
    assert train.find("setting_compile").value == "on"
    (error,) = train.errors
    assert "needs a C++ compiler" in error and "“Compile”" in error
    assert train.find("start").disabled


def test_a_loader_has_fields_of_its_own_and_what_is_left_in_them_is_not_sent(train: Visitor, store: Store) -> None:
    assert not any(train.has(f"setting_{name}") for name in LOADERS)
    choose(train, data_path="loader")
    choose(train, workers=1, cache="on", prefetch="off")
    assert not train.errors
    choose(train, data_path="auto")
    assert not any(train.has(f"setting_{name}") for name in LOADERS)
    settings = started(train, store)
    assert (settings.data_path, settings.workers, settings.cache, settings.prefetch) == ("auto", 0, "off", "auto")


def test_settings_go_on_top_of_the_plain_script(train: Visitor, store: Store) -> None:
    choose(train, speed="stock")
    choose(train, fused="on", steps_per_execution="7", workers=1, accumulate=2)
    settings = started(train, store)
    assert (settings.speed, settings.fused, settings.steps_per_execution) == ("stock", "on", 7)
    assert (settings.workers, settings.accumulate) == (1, 2)
