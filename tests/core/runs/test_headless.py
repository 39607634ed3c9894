"""What the command line can refuse before any framework is imported, and what has to wait for the devices they find."""

from pathlib import Path
from typing import Any

import pytest

from core import graphics
from core.data.dataset import Dataset
from core.errors import BadSettings
from core.frameworks.base import Device
from core.runs import headless
from core.runs.pool import FrameworkStatus
from core.runs.spec import ComparisonSpec
from core.runs.store import Store

CARD = graphics.Gpu("A card", 80.0, "NVIDIA 1")


class Submitted(Exception):
    """The plan that would be trained."""


class Workers:
    """A supervisor whose framework finds a graphics processor; `started` says whether it was asked."""

    started = False
    waits_for_machine = False

    def __init__(self, store: Store, warm: tuple[str, ...]) -> None: ...

    def start(self) -> None:
        Workers.started = True

    def frameworks(self) -> dict[str, FrameworkStatus]:
        devices = (Device("cpu", "processor"), Device("gpu:0", "A card"))
        return {"linear": FrameworkStatus("linear", "ready", "1", devices)}

    def refusal(self) -> None:
        return None

    def submit(self, spec: ComparisonSpec, dataset: Dataset) -> None:
        raise Submitted(spec)

    def close(self) -> None: ...


@pytest.fixture(autouse=True)
def workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Workers, "started", False)
    monkeypatch.setattr(headless, "Supervisor", Workers)


def run(dataset: Dataset, path: Path, **values: Any) -> None:
    request = headless.Request(dataset, {"frameworks": ("linear",), "lookback": 14, **values}, "waves.csv", "out", {})
    headless.run(request, Store(path), warn=print, watch=lambda view: None)


@pytest.mark.parametrize("device", [{}, {"device": "gpu:0"}], ids=["auto", "gpu:0"])
def test_float16_is_not_refused_where_there_may_be_a_graphics_processor(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: dict[str, str]
) -> None:
    monkeypatch.setattr(graphics, "gpus", lambda: (CARD,))
    with pytest.raises(Submitted) as submitted:
        run(dataset, tmp_path, precision="float16", **device)
    assert submitted.value.args[0].plan.device == "gpu:0"


def test_what_the_devices_decide_is_refused_with_the_rest(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphics, "gpus", lambda: ())
    with pytest.raises(BadSettings) as refused:
        run(dataset, tmp_path, device="gpu:3", threads=4096)
    assert {problem.where for problem in refused.value.problems} == {"device", "threads"}


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_nothing_is_imported_for_settings_that_cannot_be_used_on_a_processor(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    monkeypatch.setattr(graphics, "gpus", lambda: () if device == "auto" else (CARD,))
    with pytest.raises(BadSettings):
        run(dataset, tmp_path, device=device, precision="float16")
    assert not Workers.started
