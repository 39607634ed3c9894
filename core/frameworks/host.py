"""The processor of this machine, as every framework describes it."""

import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil

from core.frameworks.base import Device


def processor() -> Device:
    """The CPU with its name and the machine's memory in GB."""
    return Device("cpu", name(), round(psutil.virtual_memory().total / 2**30, 1))


def name() -> str:
    """What the maker calls the processor; its kind, such as aarch64, where the system does not tell."""
    try:
        told = _told().strip()
    except (OSError, subprocess.SubprocessError):
        told = ""
    return told or platform.processor() or platform.machine()


def _told() -> str:
    """As the system tells it, each in its own way."""
    ways: dict[str, Callable[[], str]] = {"Linux": from_linux, "Darwin": from_macos, "Windows": from_windows}
    return ways[platform.system()]() if platform.system() in ways else ""


def from_linux(told: Path = Path("/proc/cpuinfo")) -> str:
    lines = told.read_text().splitlines()
    return next((line.partition(":")[2] for line in lines if line.startswith("model name")), "")


def from_macos(tool: str = "/usr/sbin/sysctl") -> str:
    command = [tool, "-n", "machdep.cpu.brand_string"]
    return subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout


def from_windows() -> str:
    """Not tried on Windows."""
    if sys.platform == "win32":
        import winreg

        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"HARDWARE\DESCRIPTION\System\CentralProcessor\0") as key:
            return str(winreg.QueryValueEx(key, "ProcessorNameString")[0])
    return ""
