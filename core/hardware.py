"""The machine it runs on, described without importing a framework."""

import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.frameworks.host import processor
from core.graphics import Gpu, gpus

WORKING = ("user", "nice", "system", "irq", "softirq", "steal")  # guests are in user; steal: another machine's work
NOISE = 0.25  # cores: an idle system's own work, and what clocks of 10 ms make of a third of a second


@dataclass(frozen=True)
class Machine:
    """Processor, memory (GB) and graphics processors."""

    cpu: str
    cores: int  # logical cores this process may use
    physical_cores: int | None
    memory_gb: float
    gpus: tuple[Gpu, ...]


def describe_machine() -> Machine:
    """What this machine is made of."""
    found = processor()
    return Machine(
        cpu=found.name,
        cores=cores(),
        physical_cores=psutil.cpu_count(logical=False),
        memory_gb=found.memory_gb or 0.0,
        gpus=gpus(),
    )


def cores() -> int:
    """Logical cores that this process may use, which a container can make fewer than the machine has."""
    return max(1, math.floor(min(allowed_cores(), quota())))


def allowed_cores() -> int:
    """Logical cores that this process may run on; of their time a container may give it a part."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def physical_cores() -> int:
    """Cores that this process may use, threads that share one counted once."""
    return max(1, min(cores(), psutil.cpu_count(logical=False) or cores()))


def quota(told: Path = Path("/sys/fs/cgroup/cpu.max")) -> float:
    """How many cores' worth of time a container gives (docker run --cpus); infinite where nothing limits it."""
    try:
        given, period = told.read_text().split()  # microseconds in a period of so many
        return int(given) / int(period)
    except (OSError, ValueError):  # no such file, or "max"
        return math.inf


def free_cores(window: float = 0.3) -> float:
    """How many cores others left free just now; waits `window` seconds. What Twincast's own workers do is not counted.

    They take turns: whoever trains now waits when the next one trains.
    """
    before = read_cpu()
    time.sleep(window)
    return free_between(before, read_cpu())


def free_between(before: "CpuReading", after: "CpuReading") -> float:
    """Cores that others left free between two readings, at most those that this process may use."""
    return round(max(0.0, min(float(cores()), allowed_cores() - other_load(before, after))), 2)


class Watch:
    """Free cores without waiting: from the clocks since the last look."""

    def __init__(self) -> None:
        self._last = read_cpu()
        self._free: float | None = None

    def free(self) -> float | None:
        """None until a second has passed."""
        if time.monotonic() - self._last.at >= 1:
            now = read_cpu()
            self._free, self._last = free_between(self._last, now), now
        return self._free


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
