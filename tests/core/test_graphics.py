"""Graphics processors are named by their driver, without a framework; what cannot be done is said with its reason."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pynvml
import pytest

from core import graphics
from core.frameworks import host
from core.frameworks.base import Device
from core.graphics import Gpu, System, limits

CPU, GPU, SECOND = Device("cpu", "processor"), Device("gpu:0", "H100", 80.0), Device("gpu:1", "H100", 80.0)
H100 = Gpu("NVIDIA H100", 80.0, "NVIDIA 580.126")
LINUX = System("Linux", (), "g++")


class Driver:
    """What NVML tells, without a driver."""

    def __init__(self, *memories: int | None) -> None:
        self.memories, self.open = memories, False

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("Init", "Shutdown", "DeviceGetCount", "SystemGetDriverVersion"):
            monkeypatch.setattr(pynvml, f"nvml{name}", getattr(self, f"{name[0].lower()}{name[1:]}"))
        monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByIndex", lambda number: number)
        monkeypatch.setattr(pynvml, "nvmlDeviceGetName", lambda number: f"Card {number}")
        monkeypatch.setattr(pynvml, "nvmlDeviceGetMemoryInfo", self.memory)

    def init(self) -> None:
        self.open = True

    def shutdown(self) -> None:
        self.open = False

    def deviceGetCount(self) -> int:  # noqa: N802
        return len(self.memories)

    def systemGetDriverVersion(self) -> str:  # noqa: N802
        return "580.126"

    def memory(self, number: int) -> SimpleNamespace:
        total = self.memories[number]
        if total is None:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return SimpleNamespace(total=total)


def test_every_card_is_named_by_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver(80 * 2**30, None)
    driver.install(monkeypatch)
    assert graphics.nvidia_gpus() == (
        Gpu("Card 0", 80.0, "NVIDIA 580.126"),
        Gpu("Card 1", None, "NVIDIA 580.126"),
    )
    assert not driver.open


def test_no_driver_is_no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", missing)
    assert graphics.nvidia_gpus() == ()


def test_apple_s_own_processor_brings_its_graphics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphics.platform, "system", lambda: "Darwin")
    monkeypatch.setattr(graphics.platform, "machine", lambda: "arm64")
    monkeypatch.setattr(host, "name", lambda: "Apple M2")
    memory = round(psutil.virtual_memory().total / 2**30, 1)
    assert graphics.apple_gpus() == (Gpu("Apple M2", memory, "Metal"),)
    monkeypatch.setattr(graphics.platform, "machine", lambda: "x86_64")  # Intel, or Python for Intel
    assert graphics.apple_gpus() == ()


def test_naming_them_imports_no_framework() -> None:
    script = (
        "import sys; from core import graphics; graphics.limits({}, graphics.system()); "
        "assert not {'torch', 'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def reasons(here: System, **devices: tuple[Device, ...]) -> dict[tuple[str, str], str]:
    return {(limit.setting, limit.choice): limit.reason for limit in limits(devices, here)}


def test_without_a_card_the_reasons_say_so() -> None:
    found = reasons(LINUX, pytorch=(CPU,), tensorflow=(CPU,))
    assert found["device", "gpu"] == "No graphics processor was found on this machine."
    assert "Apple" in found["device", "mps"]
    assert "needs a graphics processor" in found["precision", "float16"]
    assert ("pin_memory", "on") in found and ("devices", "several gpus") in found
    assert ("compile", "pytorch") not in found


def test_compiling_needs_a_compiler_on_a_processor_only() -> None:
    bare = System("Windows", (), None)
    assert "C++ compiler" in reasons(bare, pytorch=(CPU,))["compile", "pytorch"]
    assert ("compile", "pytorch") not in reasons(bare, pytorch=(CPU, GPU))


def test_with_two_cards_that_both_find_only_apple_s_is_out() -> None:
    here = System("Linux", (H100, H100), "g++")
    assert set(reasons(here, pytorch=(CPU, GPU, SECOND), tensorflow=(CPU, GPU, SECOND))) == {("device", "mps")}


@pytest.mark.parametrize(
    ("system", "words"),
    [("Windows", "only inside WSL2"), ("Linux", "a build for processors"), ("Darwin", "only CUDA")],
)
def test_a_card_that_a_framework_does_not_find_has_its_reason(system: str, words: str) -> None:
    found = reasons(System(system, (H100,), "g++"), pytorch=(CPU, GPU), tensorflow=(CPU,))
    assert found["device", "gpu"].startswith("NVIDIA H100 is there, but TensorFlow cannot use it")
    assert words in found["device", "gpu"]
    assert ("precision", "float16") not in found


def test_what_has_not_run_here_is_labelled() -> None:
    assert graphics.label(CPU) == "cpu: processor"
    assert graphics.label(GPU) == "gpu:0: H100, 80 GB, not measured here"


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for the tool")
def test_the_processor_is_called_what_its_maker_calls_it(tmp_path: Path) -> None:
    told = tmp_path / "cpuinfo"
    told.write_text("processor\t: 0\nmodel name\t: A CPU @ 3 GHz\nprocessor\t: 1\n")
    assert host.from_linux(told).strip() == "A CPU @ 3 GHz"
    tool = tmp_path / "sysctl"
    tool.write_text('#!/bin/sh\n[ "$*" = "-n machdep.cpu.brand_string" ] && echo Apple M2\n')
    tool.chmod(0o755)
    assert host.from_macos(str(tool)).strip() == "Apple M2"


@pytest.mark.parametrize("system", ["Darwin", "Plan9"])
def test_a_system_that_does_not_tell_leaves_the_kind_of_processor(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(host, "from_macos", missing)
    monkeypatch.setattr(host.platform, "system", lambda: system)
    monkeypatch.setattr(host.platform, "processor", lambda: "")
    monkeypatch.setattr(host.platform, "machine", lambda: "arm64")
    assert host.name() == "arm64"
