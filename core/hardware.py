"""The machine it runs on, described without importing a framework."""

import functools
import os
import shutil
import subprocess
from dataclasses import dataclass

import psutil

from core.frameworks.host import processor


@dataclass(frozen=True)
class Machine:
    """Processor, memory (GB) and graphics processors."""

    cpu: str
    cores: int  # logical cores this process may use
    physical_cores: int | None
    memory_gb: float
    gpus: tuple[str, ...]


def describe_machine() -> Machine:
    """What this machine is made of."""
    found = processor()
    return Machine(
        cpu=found.name,
        cores=cores(),
        physical_cores=psutil.cpu_count(logical=False),
        memory_gb=found.memory_gb or 0.0,
        gpus=gpu_names(),
    )


def cores() -> int:
    """Logical cores that this process may run on, which a container can make fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load() -> float:
    """Load average of the last minute: how many cores' worth of work there was."""
    return round(float(psutil.getloadavg()[0]), 2)


def busy(load_before: float | None, threads: int) -> bool:
    """Whether `threads` more than the load found before leave no core free, so that timings are not to be trusted."""
    return load_before is not None and load_before + threads > cores()


@functools.cache
def gpu_names() -> tuple[str, ...]:
    """Names of NVIDIA graphics processors, by the driver's own tool; empty where there is none."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ()
    try:
        answer = subprocess.run(
            [tool, "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(line.strip() for line in answer.stdout.splitlines() if line.strip())
