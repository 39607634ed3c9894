"""Which device trains."""

from collections.abc import Mapping, Sequence

from core.frameworks.base import Device
from core.runs.spec import Settings

Devices = Mapping[str, Sequence[Device]]  # by framework; one that is not installed is not in it


def decide_device(settings: Settings, frameworks: Devices) -> tuple[str, str]:
    """`auto` is the first graphics processor that every chosen framework finds, else the processor."""
    if settings.device != "auto":
        return settings.device, ""
    found = [[device.id for device in frameworks.get(name, ())] for name in settings.frameworks]
    for device in found[0]:
        if device.startswith("gpu") and all(device in others for others in found):
            return device, f"Device {device}: every chosen framework finds it."
    if any(each.startswith("gpu") for devices in found for each in devices):
        return "cpu", "Device cpu: not every chosen framework finds the graphics processor."
    return "cpu", "Device cpu: no graphics processor was found."
