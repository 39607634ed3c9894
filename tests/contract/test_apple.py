"""Apple's graphics processor, of which there is none here: it is named, taken and read back, and nothing more."""

import pytest

from core.frameworks import registry
from core.frameworks.base import Device, Hardware

pytestmark = pytest.mark.frameworks


def test_it_is_found_taken_and_read_back_where_torch_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    framework = registry.load("pytorch")
    assert all(device.id != "mps" for device in framework.describe().devices)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    found = framework.describe().devices[-1]
    assert isinstance(found, Device) and found.id == "mps" and found.memory_gb
    try:
        assert framework.configure(Hardware("mps", 1))["device"] == "mps"
    finally:
        framework.configure(Hardware("cpu", 1))
