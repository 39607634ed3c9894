"""The machine it runs on, described without importing a framework."""

import functools
import os
import shutil
import subprocess
import time
from dataclasses import dataclass

import psutil

from core.frameworks.host import processor

WORKING = ("user", "nice", "system", "irq", "softirq", "steal")  # guests are in user; steal: another machine's work
NOISE = 0.25  # cores: an idle system's own work, and what clocks of 10 ms make of a third of a second


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


@dataclass(frozen=True)
class CpuReading:
    """What the clocks say at a moment, in seconds; the difference of two readings tells who worked in between."""

    at: float  # monotonic
    busy: float  # of the cores that this process may use, by everyone
    own: float  # by this process's descendants, ended ones included, and by itself where that was asked for


def read_cpu(with_this: bool = True) -> CpuReading:
    """Takes some milliseconds: the processes of the machine are looked through for descendants."""
    each = psutil.cpu_times(percpu=True)
    if hasattr(os, "sched_getaffinity"):
        each = [times for core, times in enumerate(each) if core in os.sched_getaffinity(0)] or each
    busy = sum(getattr(times, name, 0.0) for times in each for name in WORKING)
    return CpuReading(time.monotonic(), busy, _own_seconds(with_this))


def other_load(before: CpuReading, after: CpuReading) -> float:
    """How many cores other processes kept busy between two readings."""
    seconds = (after.busy - before.busy) - (after.own - before.own)
    return round(max(0.0, seconds / (after.at - before.at)), 2)


def busy(load_before: float | None, threads: int) -> bool:
    """Whether `threads` more than the load found before leave no core free, so that timings are not to be trusted."""
    return load_before is not None and load_before - NOISE + threads > cores()


def _own_seconds(with_this: bool) -> float:
    seconds = 0.0
    this = psutil.Process()
    if not with_this:  # those of its children that have ended are in its own times alone
        times = this.cpu_times()
        seconds += times.children_user + times.children_system
    for process in (*((this,) if with_this else ()), *this.children(recursive=True)):
        try:
            seconds += sum(process.cpu_times()[:4])  # user, system, and both of children that have ended
        except psutil.Error:  # it ended in between
            continue
    return seconds


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
