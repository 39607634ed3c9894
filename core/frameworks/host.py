"""The processor of this machine, as every framework describes it."""

import platform
from pathlib import Path

import psutil

from core.frameworks.base import Device


def processor() -> Device:
    """The CPU with its name and the machine's memory in GB."""
    return Device("cpu", _name(), round(psutil.virtual_memory().total / 2**30, 1))


def _name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # macOS, Windows
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
