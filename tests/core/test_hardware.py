"""Whose work the clocks show: other processes' counts, our own does not."""

import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core import hardware
from core.hardware import CpuReading

SPIN = "import time; end = time.monotonic() + 5\nwhile time.monotonic() < end: pass"
ORPHAN = (
    "import subprocess, sys\n"  # with a pipe left open in the orphan, whoever reads it would wait for its end
    "print(subprocess.Popen([sys.executable, '-c', sys.argv[1]], stdout=subprocess.DEVNULL).pid)"
)


def test_other_load_is_what_is_left_of_the_busy_cores() -> None:
    before = CpuReading(at=10.0, busy=100.0, own=40.0)
    assert hardware.other_load(before, CpuReading(at=10.5, busy=101.0, own=40.75)) == 0.5
    assert hardware.other_load(before, CpuReading(at=10.5, busy=100.1, own=40.2)) == 0.0, "clocks are coarse"


def test_our_own_processes_work_is_known_as_ours() -> None:
    before = hardware.read_cpu()
    with subprocess.Popen([sys.executable, "-c", SPIN]) as child:
        time.sleep(0.6)
        between = hardware.read_cpu()
        child.kill()
    assert between.own - before.own > 0.1
    assert hardware.read_cpu().own >= between.own, "what an ended child has used stays ours"


@pytest.mark.skipif(sys.platform == "win32", reason="orphans keep their parent's number")
def test_another_process_work_is_seen() -> None:
    found = subprocess.run([sys.executable, "-c", ORPHAN, SPIN], stdout=subprocess.PIPE, text=True, check=True)
    try:
        time.sleep(0.2)
        before = hardware.read_cpu()
        time.sleep(0.6)
        assert hardware.other_load(before, hardware.read_cpu()) > 0.3
    finally:
        os.kill(int(found.stdout), signal.SIGKILL)


@pytest.mark.parametrize(("load", "busy"), [(None, False), (0.1, False), (1.0, True)])
def test_an_idle_system_s_own_work_is_no_contention(load: float | None, busy: bool) -> None:
    assert hardware.busy(load, hardware.cores()) is busy


def reading(at: float, busy: float) -> CpuReading:
    return CpuReading(at=at, busy=busy, own=0.0)


def test_free_cores_are_what_others_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "allowed_cores", lambda: 4)
    monkeypatch.setattr(hardware, "quota", lambda: math.inf)
    assert hardware.free_between(reading(0, 0), reading(2, 1)) == 3.5
    assert hardware.free_between(reading(0, 0), reading(2, 12)) == 0.0, "others may ask for more than there is"
    monkeypatch.setattr(hardware, "quota", lambda: 2.5)
    assert hardware.cores() == 2
    assert hardware.free_between(reading(0, 0), reading(2, 1)) == 2.0, "a container gives no more than its share"


@pytest.mark.parametrize(("told", "quota"), [("max 100000\n", math.inf), ("150000 100000\n", 1.5), (None, math.inf)])
def test_a_container_s_share_is_read(told: str | None, quota: float, tmp_path: Path) -> None:
    if told is not None:
        (tmp_path / "cpu.max").write_text(told)
    assert hardware.quota(tmp_path / "cpu.max") == quota


def test_a_watch_tells_what_was_free_since_the_last_look(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(hardware, "read_cpu", lambda: reading(clock[0], clock[0] - 100))  # one core is busy
    monkeypatch.setattr(hardware, "allowed_cores", lambda: 4)
    monkeypatch.setattr(hardware, "quota", lambda: math.inf)
    watch = hardware.Watch()
    assert watch.free() is None, "too soon"
    clock[0] = 105.0
    assert watch.free() == 3.0
