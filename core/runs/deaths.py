"""Why a run or its process ended, each way with its own sentence. No framework is imported for it."""

import errno
import re
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import Problem, TwincastError
from core.runs import memory

SMALLER = "Choose a smaller hidden size, batch size or lookback"
LOG = "the log of the run, worker.log, has the details."
DEVICE_MEMORY = re.compile(
    r"(CUDA|HIP|XPU|MPS backend) out of memory|CUDA_ERROR_OUT_OF_MEMORY|ALLOC_FAILED|GPU_\d+_bfc|device:GPU", re.I
)
MEMORY = re.compile(  # as C++, the frameworks and the system say it
    r"bad_alloc|MemoryError|out of memory|(can't|cannot|could not|unable to|failed to) allocate|not enough memory"
    r"|RESOURCE_EXHAUSTED|ResourceExhausted|can't start new thread|Resource temporarily unavailable"
    r"|failed to map segment|pthread_create",
    re.I,
)
LOADER = re.compile(r"DataLoader worker.*?(?:killed by signal: (?P<signal>[\w ]+)|exited unexpectedly)")
NEAR = 0.75  # of the limit: a crash with so much taken is put down to memory


@dataclass(frozen=True)
class Death:
    """What is known of a process that has ended."""

    code: int  # as in Popen.returncode
    ended: str = ""  # why its supervisor ended it: silent, flooded, asked
    beat: Mapping[str, Any] = field(default_factory=dict)  # its last one
    log: str = ""  # its last lines
    machine: Mapping[str, float] = field(default_factory=dict)  # core.runs.memory.machine, once it was dead


def problem_of(error: BaseException) -> Problem:
    """What a person reads; the traceback is for the log alone."""
    if isinstance(error, TwincastError):
        return error.problems[0]
    for each in _chain(error):
        if _is_device_memory(each):
            what = "The graphics processor's memory was not enough for these settings"
            return Problem(what, "", f"{SMALLER}, or the processor as the device.")
        if _is_memory(each):
            return shortage(memory.limited())
        if _speaks(each) and (loader := LOADER.search(str(each))):
            return _loader(loader["signal"] or "")
        if isinstance(each, OSError) and each.errno in (errno.ENOSPC, errno.EDQUOT):
            return _no_space(each)
    return Problem("It was stopped by an unexpected error", "", LOG[0].upper() + LOG[1:])


def _loader(signal_name: str) -> Problem:
    """One of PyTorch's processes that gather windows: it takes memory too, and shares what it gathered."""
    what = "A process of PyTorch's loader has ended while others trained"
    return Problem(what, signal_name, f"If memory is short, choose fewer workers or a smaller batch size; {LOG}")


def _no_space(error: OSError) -> Problem:
    """A library's own file, or its words for the log."""
    from core.runs.files import REMEDIES  # imports more than a worker may before it listens

    what = f"Something could not be written: {error.strerror}"
    return Problem(what, str(error.filename or ""), REMEDIES[error.errno or 0])


def shortage(limit_gb: float | None) -> Problem:
    """An allocation failed; `limit_gb`: what the run was allowed beyond its framework's own."""
    if limit_gb is None:
        remedy = f"{SMALLER}, or close other programs."
        return Problem("The machine's memory was not enough for these settings", "", remedy)
    what = "The memory for this run was not enough for these settings"
    return Problem(what, f"{_allowed(limit_gb)} beside what the framework itself takes", _more_memory())


def problem_of_death(label: str, death: Death) -> Problem:
    """Why a worker ended that had not said so itself."""
    again = f"Start again; if it happens again, {LOG}"
    if death.ended == "silent":
        return Problem(f"{label} stopped responding and was ended", "no sign of life for half a minute", again)
    if death.ended == "flooded":
        return Problem(f"{label} was ended, as its process sent masses of data that mean nothing", "", again)
    if death.ended == "asked":
        return Problem(f"{label} was stopped", "", "Start again.")
    if death.code in (-signal.SIGTERM, -signal.SIGINT, -1):
        return Problem(f"{label} was ended from outside", _signal_name(death.code), "Start again.")
    if death.code in (-9, 137):
        return _killed(label, death)
    if MEMORY.search(death.log) or death.beat.get("share", 0.0) >= NEAR:
        what = f"{label} crashed, most likely because its memory ran out"
        return Problem(what, _peak(death.beat), _more_memory())
    if death.code < 0:  # a library that gets no memory may crash before a heartbeat tells how near the limit was
        perhaps = f"{SMALLER} in case memory ran out, and start again; if it happens again, {LOG}"
        return Problem(f"{label} crashed", _signal_name(death.code), perhaps)
    return Problem(f"{label} ended without a result", f"exit code {death.code}", f"Start again; {LOG}")


def _killed(label: str, death: Death) -> Problem:
    """By the kernel for want of memory, where anything points to that; else by whomever."""
    if _is_starved(death):
        what = f"{label} was ended by the system, most likely because memory ran out"
        return Problem(what, _peak(death.beat), f"{SMALLER}, or close other programs, and start again.")
    where = "; ".join(filter(None, ("SIGKILL", _peak(death.beat))))
    remedy = f"{SMALLER[0].lower()}{SMALLER[1:]}, or close other programs."
    again = f"Start again; if it happens again, memory may be short: {remedy}"
    return Problem(f"{label} was killed from outside", where, again)


def _is_starved(death: Death) -> bool:
    beat, machine = death.beat, death.machine
    ended_processes = machine.get("oom_kills", 0) > beat.get("oom_kills", float("inf"))  # since its last beat
    short = beat.get("short") or machine.get("short")
    return bool(ended_processes or short or beat.get("share", 0.0) >= NEAR)


def _more_memory() -> str:
    return f"{SMALLER}, close other programs, or set {memory.VARIABLE} to a larger number."


def _peak(beat: Mapping[str, Any]) -> str:
    """Of its last beat, such as: it held up to 1,234 MB."""
    parts = [f"it held up to {beat['peak_mb']:,.0f} MB"] if "peak_mb" in beat else []
    if "limit_gb" in beat:
        parts.append(f"it was allowed {_allowed(beat['limit_gb'])} beside what the framework itself takes")
    return "; ".join(parts)


def _allowed(gigabytes: float) -> str:
    return f"{gigabytes:.1f} GB" if gigabytes >= 1 else f"{1024 * gigabytes:.0f} MB"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it, at most eight."""
    for _ in range(8):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _is_device_memory(error: BaseException) -> bool:
    return type(error).__name__ == "OutOfMemoryError" or bool(_speaks(error) and DEVICE_MEMORY.search(str(error)))


def _is_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    return _speaks(error) and bool(MEMORY.search(f"{type(error).__name__}: {error}"))


def _speaks(error: BaseException) -> bool:
    """Whether its text is a library's own; that of a KeyError or ValueError may be the data's."""
    return type(error).__module__ != "builtins" or isinstance(error, (RuntimeError, OSError, ImportError, SystemError))


def _signal_name(code: int) -> str:
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
