"""A worker as its supervisor holds it: it never outlives its server, never hangs, and its death is explained."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.runs import channel, groups, logs, process, pulse
from core.runs.process import WorkerProcess

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="signals and process groups")]

Start = Callable[[str], "Held"]


class Held:
    """A stub worker, and what it said."""

    def __init__(self, log: Path) -> None:
        self.said: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.worker = WorkerProcess("pytorch", log, lambda _, message: self.said.put(message))

    def says(self, kind: str, seconds: float = 10) -> Any:
        """The next message of this kind; meanwhile the supervisor looks after its worker."""
        deadline = time.monotonic() + seconds
        while True:
            self.worker.enforce()
            with contextlib.suppress(queue.Empty):
                message = self.said.get(timeout=0.02)
                if kind in message:
                    return message
            assert time.monotonic() < deadline, f"no {kind}"

    def dies(self, seconds: float = 10) -> str:
        problem = self.says("died", seconds)["problem"]
        assert problem["remedy"], "always something to do"
        return str(problem["what"])


@pytest.fixture
def start(tmp_path: Path, stubs: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a worker that does what stub_mischief.py calls so."""
    started: list[Held] = []

    def make(does: str = "") -> Held:
        monkeypatch.setenv("TWINCAST_STUB_DOES", does)
        started.append(Held(tmp_path / "worker.log"))
        return started[-1]

    yield make
    for held in started:
        held.worker.kill()


def await_true(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def child_of(pid: int) -> int:
    """Its only child, once that is there."""
    await_true(lambda: psutil.Process(pid).children())
    return int(psutil.Process(pid).children()[0].pid)


@pytest.mark.parametrize("how", ["stop", "death"])
def test_the_children_of_a_worker_end_with_it(start: Start, how: str) -> None:
    held = start("child,stuck")
    child = child_of(held.worker.pid)
    if how == "stop":
        held.worker.kill()
    else:
        os.kill(held.worker.pid, signal.SIGKILL)
    held.dies()
    await_true(lambda: not is_alive(child), 1)


SERVER = """
import os, signal, sys, time
from pathlib import Path
from core.runs import groups, process
process.COMMAND = (sys.executable, "-m", "tests.core.runs.stub_worker")
worker = process.WorkerProcess("pytorch", Path(sys.argv[1]), lambda *_: None)
if "without its reaper" in sys.argv:
    groups.GROUPS._reaper.kill()
    groups.GROUPS._reaper.wait()
    worker.enforce()
print(worker.pid, groups.GROUPS._reaper.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("whole", ["the server", "its process group", "without its reaper"])
def test_a_killed_server_leaves_nothing_though_its_worker_hears_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: str
) -> None:
    monkeypatch.setenv("TWINCAST_STUB_DOES", "child,stuck")
    arguments = [sys.executable, "-c", SERVER, str(tmp_path / "worker.log"), whole]
    server = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=Path.cwd(), start_new_session=True)
    with server:
        assert server.stdout
        worker, reaper = map(int, server.stdout.readline().split())
        left = [worker, reaper, child_of(worker)]
        if whole == "its process group":
            os.killpg(server.pid, signal.SIGKILL)
        else:
            server.kill()
    await_true(lambda: not any(map(is_alive, left)), 1.5)


def test_the_reaper_spares_groups_that_were_taken_off() -> None:
    known = groups.Groups()
    sleepers = [subprocess.Popen(["sleep", "1000"], start_new_session=True) for _ in range(2)]
    try:
        for sleeper in sleepers:
            known.add(sleeper.pid)
        known.remove(sleepers[0].pid)
        known.close()
        assert sleepers[1].wait(2) == -signal.SIGKILL
        assert sleepers[0].poll() is None
    finally:
        for sleeper in sleepers:
            sleeper.kill()
            sleeper.wait()


@pytest.mark.parametrize("does", ["", "busy_child"])
def test_a_stopped_worker_is_ended_and_explained(start: Start, monkeypatch: pytest.MonkeyPatch, does: str) -> None:
    monkeypatch.setattr(pulse, "SILENT_S", 1.5)
    held = start(does)
    held.says("ready")
    os.kill(held.worker.pid, signal.SIGSTOP)
    began = time.monotonic()
    assert "PyTorch stopped responding" in held.dies(5)
    assert time.monotonic() - began > 1, "not before it was silent for a while"
    assert not held.worker.killed, "its supervisor takes it for a death, not for a wish"


def test_a_worker_that_waits_goes_on_beating(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "SILENT_S", 1.5)
    held = start("")
    held.says("ready")
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        held.worker.enforce()
        time.sleep(0.05)
    assert held.worker.alive and held.said.empty(), "beats stay within"
    beat = held.worker.pulse.beat
    assert beat["cpu_s"] > 0 and 0 < beat["memory_mb"] <= beat["peak_mb"]


def test_a_long_compilation_is_not_silence(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "SILENT_S", 1.0)
    held = start("compiles")
    await_true(lambda: held.worker.pulse.beat)
    longest, latest = 0.0, held.worker.pulse._sign
    while held.worker.importing and held.said.empty():
        held.worker.enforce()
        if held.worker.pulse._cpu is not None:  # beats are missed
            longest = max(longest, time.monotonic() - latest)
        else:
            latest = time.monotonic()
        time.sleep(0.02)
    held.says("ready")
    assert longest > 1.2, "it kept the beats from coming for longer than silence may last"


def test_after_the_machine_slept_it_starts_counting_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(pulse.time, "monotonic", lambda: now)
    monkeypatch.setattr(pulse, "group_seconds", lambda pid: 1.0)
    watched = pulse.Pulse(1)
    now += 3600
    assert not watched.is_silent(), "the supervisor itself did not look"
    silent_after = 0.0
    while not watched.is_silent():
        now += watched.every
        silent_after += watched.every
    assert 30 <= silent_after <= 36


def test_a_beat_that_comes_while_silence_is_looked_for_disturbs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(pulse.Pulse):
        """Another thread hears a beat as soon as it has been read how much processor time there was."""

        @property
        def _cpu(self) -> float | None:
            found, self.used = self.used, None
            return found

        @_cpu.setter
        def _cpu(self, used: float | None) -> None:
            self.used = used

    now = 100.0
    monkeypatch.setattr(pulse.time, "monotonic", lambda: now)
    monkeypatch.setattr(pulse, "group_seconds", lambda pid: 1.0)
    watched = Interrupted(1)
    for _ in range(3):
        now += watched.every
        assert not watched.is_silent()


def test_one_that_said_it_is_done_and_does_not_go_is_ended(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "LEAVE_S", 0.5)
    held = start("ends,stuck")
    held.says("ended")
    began = time.monotonic()
    held.worker.leave()
    assert held.dies(5) == "PyTorch was stopped", "no failure"
    assert time.monotonic() - began >= 0.5


def test_one_that_goes_by_itself_is_no_failure_either(start: Start) -> None:
    held = start("ends,aborts")
    held.says("ended")
    held.worker.leave()
    assert held.dies() == "PyTorch was stopped"


def test_a_worker_that_does_not_read_is_ended_and_nobody_waits(start: Start) -> None:
    held = start("stuck")
    await_true(lambda: held.worker.pulse.beat)
    os.kill(held.worker.pid, signal.SIGSTOP)
    began = time.monotonic()
    for number in range(20_000):
        held.worker.send(go=f"seed{number}-fold0")
    assert time.monotonic() - began < 5
    assert "stopped responding" in held.dies(2)


@pytest.mark.parametrize("does", ["babbles", "babbles_without_newline"])
def test_masses_of_data_that_mean_nothing_end_it(start: Start, monkeypatch: pytest.MonkeyPatch, does: str) -> None:
    monkeypatch.setattr(channel, "JUNK", 4 << 20)
    before = psutil.Process().memory_info().rss
    assert "PyTorch was ended, as its process sent masses of data" in start(does).dies()
    assert psutil.Process().memory_info().rss - before < 16 << 20


def test_a_flooded_log_is_short_again_at_once_and_keeps_its_beginning_and_its_end(start: Start, tmp_path: Path) -> None:
    start("prints").dies()
    log = (tmp_path / "worker.log").read_bytes()
    assert len(log) <= logs.LIMIT
    assert log.startswith(b"the first line\n") and b"the last line\n" in log[-100:]
    assert b"MB were left out here" in log


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (signal.SIGKILL, "PyTorch was killed from outside"),
        (signal.SIGTERM, "PyTorch was ended from outside"),
        (signal.SIGSEGV, "PyTorch crashed"),
    ],
)
def test_each_way_to_die_has_its_sentence(start: Start, number: int, sentence: str) -> None:
    held = start("")
    held.says("ready")
    await_true(lambda: held.worker.pulse.beat)
    os.kill(held.worker.pid, number)
    message = held.says("died")
    assert message["died"] == -number and message["problem"]["what"] == sentence
    where = message["problem"]["where"]
    assert signal.Signals(number).name in where
    assert number != signal.SIGKILL or "it held up to" in where
    assert not held.worker.alive and held.worker.enforce() is None


def test_a_crash_for_want_of_memory_is_told_from_others(start: Start) -> None:
    assert start("aborts").dies() == "PyTorch crashed, most likely because its memory ran out"


def test_what_an_earlier_process_wrote_into_the_same_log_explains_no_later_death(start: Start, tmp_path: Path) -> None:
    run = tmp_path / "run.log"
    run.write_text("terminate called after throwing an instance of 'std::bad_alloc'\n")
    assert start(f"logs_to:{run},crashes").dies() == "PyTorch crashed"
    assert start(f"logs_to:{run},aborts").dies() == "PyTorch crashed, most likely because its memory ran out"
    assert start(f"logs_to:{run},crashes").dies() == "PyTorch crashed"
    assert run.read_text().count("bad_alloc") == 2, "and the log keeps it"


def test_the_log_of_a_process_is_still_its_own_once_it_was_cut(start: Start, tmp_path: Path) -> None:
    run = tmp_path / "run.log"
    run.write_bytes(b"bad_alloc\n" * ((logs.LIMIT + (1 << 20)) // 10))
    assert start(f"logs_to:{run},crashes_late").dies() == "PyTorch crashed"
    assert run.stat().st_size < logs.LIMIT // 2
    assert start(f"logs_to:{run},prints").dies() == "PyTorch was killed from outside"
    assert b"the last line\n" in run.read_bytes()[-100:]


@pytest.mark.skipif(sys.platform != "linux", reason="oom_score_adj")
def test_where_memory_runs_out_the_kernel_ends_a_worker_first(start: Start) -> None:
    held = start("")
    held.says("ready")
    scores = [int(Path(f"/proc/{pid}/oom_score_adj").read_text()) for pid in (held.worker.pid, os.getpid())]
    assert scores[0] >= 500 and scores[0] > scores[1]


def test_a_stopped_machine_clock_or_one_set_back_changes_nothing(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines are measured by the monotonic clock alone."""
    monkeypatch.setattr(process, "ACKNOWLEDGE_S", 0.2)
    monkeypatch.setattr(process, "TERMINATE_S", 0.4)
    held = start("stuck")
    await_true(lambda: held.worker.pulse.beat)
    monkeypatch.setattr(time, "time", lambda: 0.0)
    held.worker.stop()
    assert held.says("died", 3)["died"] in (-signal.SIGTERM, -signal.SIGKILL)
