"""This process's memory: how much it has, and how much more it may take.

psutil is imported where it is needed: a worker listens to its supervisor before it imports anything large.
"""

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.errors import BadInput

LINUX = sys.platform == "linux"
VARIABLE = "TWINCAST_MEMORY_GB"
RESERVE_GB = 0.5  # of the free memory stays free, for the system and the server
LEAST_GB = 0.25
SHORT_GB, SHORT_PERCENT = 0.3, 5.0  # with less free the kernel, or a daemon, may end processes
END_FIRST = 500  # of 1000, for oom_score_adj
ARENA_MB = 64  # address space that glibc reserves for an arena, of which a program may have 8 a core
CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Limit:
    """What this process may take beyond what it had when the limit was set; all in MB."""

    allowance: float
    resident: float
    data: float


_limit: Limit | None = None
_earlier: dict[int, tuple[int, int]] = {}  # what was in force before


def limit(device: str = "cpu") -> float | None:
    """Bound this process's memory from here on: an allocation beyond it fails and can be explained.

    To be called once the framework is imported. Returns the GB it may take beyond what it has now: TWINCAST_MEMORY_GB,
    or what is free; None where there is no limit (other systems than Linux, graphics processors, whose drivers reserve
    more address space than there is memory, and TWINCAST_MEMORY_GB=0). Raises BadInput for a value that is no number.
    """
    global _limit
    allowance = allowance_gb()
    if not LINUX or device != "cpu" or not allowance:
        return None
    import resource

    status, more = _status(), 1024 * allowance
    reserved = ARENA_MB * 8 * (os.cpu_count() or 1)
    _lower(resource.RLIMIT_DATA, status["VmData"] + more)  # what can be written to
    _lower(resource.RLIMIT_AS, status["VmSize"] + more + reserved)  # and all that is mapped
    _limit = Limit(more, status["VmRSS"], status["VmData"])
    return limited()


def limited() -> float | None:
    """The GB that the limit in force allows beyond the framework's own; None without one."""
    return round(_limit.allowance / 1024, 3) if _limit else None


def lift() -> None:
    """Take the limit off again, so that what went wrong can be told; `limited` still says what it was."""
    if LINUX:
        import resource

        for kind, limits in _earlier.items():
            resource.setrlimit(kind, limits)
        _earlier.clear()


def allowance_gb() -> float:
    """GB for a run: TWINCAST_MEMORY_GB, or what is free now without a reserve; 0 is without a limit."""
    asked = os.environ.get(VARIABLE, "").strip()
    if not asked:
        return max(LEAST_GB, free_gb() - RESERVE_GB)
    try:
        allowance = float(asked)
    except ValueError:
        allowance = -1.0
    if not 0 <= allowance < float("inf"):
        remedy = f"Set {VARIABLE} to the gigabytes that a run may take, such as 4, or to 0 for no limit."
        raise BadInput(f"{VARIABLE} is no number of gigabytes", asked, remedy)
    return allowance


def free_gb() -> float:
    """Free memory: of the machine, or of the container where that has less."""
    import psutil

    free = float(psutil.virtual_memory().available)
    return min([free, *_free_in_cgroups()]) / 2**30


def machine() -> dict[str, float]:
    """Whether the machine, or the container, is `short` of memory, and how often that ended a process: `oom_kills`.

    What cannot be read is left out: a death has to be told in any case.
    """
    import psutil

    found: dict[str, float] = {}
    with suppress(OSError, RuntimeError):
        found["short"] = free_gb() < SHORT_GB or 100 - psutil.virtual_memory().percent < SHORT_PERCENT
    kills = _oom_kills()
    return found if kills is None else {**found, "oom_kills": kills}


def end_first() -> None:
    """Where all processes together need more than there is, Linux ends this one and its children, not the server."""
    score = Path("/proc/self/oom_score_adj")
    with suppress(OSError, ValueError):  # not Linux; not allowed
        score.write_text(str(max(END_FIRST, int(score.read_text()))))


def vitals() -> dict[str, float]:
    """For a heartbeat. MB; `share`: of the memory that its limit allows, how much this process has taken at most."""
    times = os.times()
    found = {"cpu_s": times.user + times.system, "memory_mb": memory_mb(), "peak_mb": own_peak_mb(), **machine()}
    if _limit:
        taken = max(found["peak_mb"] - _limit.resident, _status()["VmData"] - _limit.data)
        found |= {"limit_gb": _limit.allowance / 1024, "share": round(taken / _limit.allowance, 3)}
    return found


def memory_mb() -> float:
    if LINUX:
        return _status()["VmRSS"]
    import psutil

    return float(psutil.Process().memory_info().rss) / 2**20


def peak_memory_mb() -> float:
    """Of this process and of the children it has now, such as PyTorch's ranks."""
    import psutil

    return own_peak_mb() + sum(_peak_of(child.pid) for child in psutil.Process().children(recursive=True))


def own_peak_mb() -> float:
    """On Linux VmHWM: ru_maxrss would begin with the parent's."""
    return _peak_of(os.getpid())


def _peak_of(pid: int) -> float:
    """0 where it has ended in between."""
    import psutil

    with suppress(OSError, KeyError, psutil.Error):
        if LINUX:
            return _status(pid)["VmHWM"]
        information = psutil.Process(pid).memory_info()
        return float(getattr(information, "peak_wset", information.rss)) / 2**20
    return 0.0


def _status(pid: int | str = "self") -> dict[str, float]:
    """The Vm… lines of a process's /proc/…/status, in MB."""
    lines = (line.split() for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("Vm"))
    return {words[0].rstrip(":"): int(words[1]) / 1024 for words in lines}


def _lower(kind: int, megabytes: float) -> None:
    import resource

    soft, hard = resource.getrlimit(kind)
    _earlier.setdefault(kind, (soft, hard))
    bounds = [int(megabytes * 2**20), *(bound for bound in (soft, hard) if bound != resource.RLIM_INFINITY)]
    resource.setrlimit(kind, (min(bounds), hard))


def _free_in_cgroups() -> list[float]:
    """Bytes that this process's control group, and each one above it, may still take (version 2)."""
    folder = _cgroup()
    groups = (folder, *folder.parents) if folder else ()
    return [free for group in groups if (free := _free_in_cgroup(group)) is not None]


def _cgroup() -> Path | None:
    try:
        return CGROUPS / Path("/proc/self/cgroup").read_text().split("0::/")[1].splitlines()[0]
    except (OSError, IndexError):
        return None


def _oom_kills() -> int | None:
    """Of this process's control group (version 2), else of the machine; None on other systems than Linux."""
    folder = _cgroup()
    for counts in (*((folder / "memory.events",) if folder else ()), Path("/proc/vmstat")):
        with suppress(OSError, ValueError, IndexError):
            return int(counts.read_text().split("oom_kill ")[1].split()[0])
    return None


def _free_in_cgroup(folder: Path) -> float | None:
    try:
        most, used = (folder / "memory.max").read_text().strip(), int((folder / "memory.current").read_text())
        files = (folder / "memory.stat").read_text().split("inactive_file ")[1].split()[0]  # given back when needed
    except (OSError, ValueError, IndexError):
        return None
    return None if most == "max" else float(int(most) - used + int(files))
