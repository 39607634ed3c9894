"""A run's memory limit: exhaustion is an error of the run, and said in words."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from core.errors import BadInput
from core.runs import memory
from core.runs.deaths import Death, problem_of, problem_of_death

LIMITED = """
import json, sys, threading
import numpy as np
from core.runs import memory
from core.runs.deaths import problem_of
gigabytes = memory.limit()
threads = [threading.Thread(target=lambda: None) for _ in range(4)]
for thread in threads:
    thread.start()
small = np.ones(20 << 20, np.uint8)
try:
    np.ones(400 << 20, np.uint8)
    problem = None
except MemoryError as error:
    memory.lift()
    np.ones(400 << 20, np.uint8)
    problem = problem_of(error).sentence()
print(json.dumps([gigabytes, problem, memory.vitals()]))
"""


def limited(**environment: str) -> Any:
    answer = subprocess.run(
        [sys.executable, "-c", LIMITED],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", **environment},
    )
    return json.loads(answer.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS and RLIMIT_DATA")
def test_beyond_its_limit_a_run_is_told_that_memory_was_not_enough() -> None:
    gigabytes, problem, vitals = limited(TWINCAST_MEMORY_GB="0.2")
    assert gigabytes == 0.2
    assert "memory for this run was not enough" in problem and "205 MB" in problem
    assert "TWINCAST_MEMORY_GB" in problem
    assert vitals["limit_gb"] == pytest.approx(0.2) and vitals["share"] > 0.05


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS and RLIMIT_DATA")
@pytest.mark.parametrize("value", ["", "0"])
def test_what_the_machine_has_may_be_taken_by_default(value: str) -> None:
    gigabytes, problem, _ = limited(TWINCAST_MEMORY_GB=value)
    assert problem is None
    assert (gigabytes is None) if value else (0.5 < gigabytes < memory.free_gb() + 1)


@pytest.mark.parametrize("value", ["much", "-1", "nan", "inf"])
def test_a_limit_that_is_no_number_is_said(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(memory.VARIABLE, value)
    with pytest.raises(BadInput, match=memory.VARIABLE):
        memory.limit()


def test_a_container_with_less_memory_than_the_machine_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "memory.max").write_text("1073741824\n")
    (tmp_path / "memory.current").write_text("805306368\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 268435456\nactive_file 2\n")
    assert memory._free_in_cgroup(tmp_path) == 0.5 * 2**30
    (tmp_path / "memory.max").write_text("max\n")
    assert memory._free_in_cgroup(tmp_path) is None
    assert memory._free_in_cgroup(tmp_path / "none") is None


class OutOfMemoryError(RuntimeError):
    """As PyTorch calls it."""


class ResourceExhaustedError(Exception):
    """As TensorFlow calls it."""


TORCH_CPU = "[enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to"


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), "graphics processor's memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"), "graphics processor's memory"),
        (ResourceExhaustedError("OOM ... on device:GPU:0 by allocator GPU_0_bfc"), "graphics processor's memory"),
        (ResourceExhaustedError("OOM ... on device:CPU:0 by allocator mklcpu"), "machine's memory"),
        (RuntimeError(TORCH_CPU), "machine's memory"),
        (RuntimeError("std::bad_alloc"), "machine's memory"),
        (RuntimeError("can't start new thread"), "machine's memory"),
        (OSError(12, "Cannot allocate memory"), "machine's memory"),
        (MemoryError(), "machine's memory"),
        (KeyError("out of memory"), "unexpected error"),
    ],
)
def test_errors_about_memory_are_recognised_whoever_raises_them(error: Exception, what: str) -> None:
    problem = problem_of(error)
    assert what in problem.what
    assert "hidden size" in problem.remedy or "unexpected" in what


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("DataLoader worker (pid 23966) is killed by signal: Killed. ", "Killed"),
        ("DataLoader worker (pid 7) is killed by signal: Bus error. It is possible that dataloader's", "Bus error"),
        ("DataLoader worker (pid(s) 23, 24) exited unexpectedly", ""),
    ],
)
def test_a_loaders_process_that_ends_names_the_settings_to_lower(text: str, where: str) -> None:
    problem = problem_of(RuntimeError(text))
    assert "PyTorch's loader" in problem.what and problem.where == where
    assert "fewer workers" in problem.remedy and "worker.log" in problem.remedy


def test_an_error_that_followed_from_exhausted_memory_is_one_about_memory() -> None:
    try:
        try:
            raise MemoryError
        except MemoryError as cause:
            raise ValueError("no such layer") from cause
    except ValueError as error:
        assert "memory" in problem_of(error).what


@pytest.mark.parametrize(
    ("share", "log", "what"),
    [(0.9, "", "memory ran out"), (0.1, "", "PyTorch crashed"), (0.1, "pthread_create() failed", "memory ran out")],
)
def test_a_crash_close_to_its_limit_is_put_down_to_memory(share: float, log: str, what: str) -> None:
    beat = {"peak_mb": 900.0, "limit_gb": 0.3, "share": share}
    problem = problem_of_death("PyTorch", Death(-6, beat=beat, log=log))
    assert what in problem.what
    assert ("allowed 307 MB" in problem.where) == ("memory" in problem.what)
    assert "smaller" in problem.remedy


@pytest.mark.parametrize(
    ("beat", "machine", "starved"),
    [
        ({}, {}, False),
        ({"share": 0.1, "short": False, "oom_kills": 3}, {"short": False, "oom_kills": 3}, False),
        ({"short": False, "oom_kills": 3}, {"short": False, "oom_kills": 4}, True),
        ({"share": 0.9}, {}, True),
        ({"short": True}, {"short": False}, True),
        ({"short": False}, {"short": True}, True),
        ({}, {"oom_kills": 4}, False),  # of whatever time
    ],
)
def test_a_kill_is_put_down_to_memory_only_where_something_points_to_it(
    beat: dict[str, float], machine: dict[str, float], starved: bool
) -> None:
    problem = problem_of_death("PyTorch", Death(-9, beat={"peak_mb": 116.0, **beat}, machine=machine))
    assert ("memory ran out" in problem.what) == starved
    assert ("PyTorch was killed from outside" in problem.what and "SIGKILL" in problem.where) != starved
    assert "held up to 116 MB" in problem.where and "memory" in problem.sentence()


@pytest.mark.parametrize(("free_gb", "percent", "short"), [(8.0, 50.0, False), (0.2, 50.0, True), (8.0, 96.0, True)])
def test_a_machine_or_container_with_hardly_any_memory_left_is_short_of_it(
    monkeypatch: pytest.MonkeyPatch, free_gb: float, percent: float, short: bool
) -> None:
    monkeypatch.setattr(memory, "free_gb", lambda: free_gb)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(percent=percent))
    assert memory.machine()["short"] == short


def test_the_kernels_count_is_that_of_the_own_group(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "memory.events").write_text("low 0\nhigh 0\nmax 9\noom 4\noom_kill 2\noom_group_kill 7\n")
    monkeypatch.setattr(memory, "_cgroup", lambda: tmp_path)
    assert memory.machine()["oom_kills"] == 2


def test_a_death_is_explained_though_nothing_can_be_read_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(psutil, "virtual_memory", fail)
    monkeypatch.setattr(Path, "read_text", fail)
    assert memory.machine() == {}


def test_a_full_disk_that_a_library_meets_is_said() -> None:
    problem = problem_of(OSError(28, "No space left on device"))
    assert "could not be written" in problem.what and "disk is full: free some space" in problem.remedy
