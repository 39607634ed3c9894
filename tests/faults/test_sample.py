"""A sample of the fault suite: a few cases of each of its subjects. The whole of it is `make faults`."""

import importlib
import os
import signal
from pathlib import Path

import pytest

from core.runs import files, folders, manifest
from core.runs.store import Store
from tests.faults import (
    SUBJECTS,
    cancels,
    damage,
    disks,
    driving,
    endurance,
    fairness,
    finished,
    kills,
    mischief,
    saves,
)
from tests.faults import missing as missing_frameworks
from tests.faults import servers as killed_servers

pytestmark = pytest.mark.slow

posix = pytest.mark.skipif(os.name != "posix", reason="fork, SIGKILL")


@posix
@pytest.mark.parametrize("name", ["weights", "a line of the journal", "a fit that goes on"])
def test_a_save_killed_at_any_step_is_old_or_new(name: str) -> None:
    (save,) = (save for save in saves.SAVES if save.name == name)
    kills = saves.kill_everywhere(save)
    assert kills.neither == () and kills.points >= 2


@posix
def test_a_save_in_place_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trial itself: it sees a save that overwrites the earlier file."""

    def in_place(path: Path, content: bytes) -> None:
        files.make_folder(path.parent)
        with path.open("wb") as file:
            file.write(content)

    monkeypatch.setattr(files, "write_atomic", in_place)
    (save,) = (save for save in saves.SAVES if save.name == "state")
    assert saves.kill_everywhere(save).neither


def test_no_damaged_folder_is_accepted_silently() -> None:
    found = damage.run(15, seed=15)
    assert (found.silent, found.errors, found.others) == ([], [], [])
    assert found.said >= 12


def test_damage_without_checks_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trial itself: without the checks it sees what was accepted silently."""
    monkeypatch.setattr(manifest, "_is", lambda path, entry: path.exists())
    monkeypatch.setattr(folders, "_intact", files.Latest(lambda path: None))
    assert damage.run(15, seed=15).silent


def test_a_full_disk_is_said_and_costs_nothing_that_was_there() -> None:
    outcome = disks.on_tmpfs(disks.full_disk)
    if outcome is None:
        pytest.skip("no tmpfs can be mounted here")
    assert outcome.wrong == [] and outcome.tried > 10


def test_a_read_only_folder_is_said_and_can_be_read() -> None:
    outcome = disks.on_tmpfs(disks.read_only)
    if outcome is None:
        pytest.skip("no tmpfs can be mounted here")
    assert outcome.wrong == []


def test_a_folder_that_vanishes_does_not_come_back_as_a_torso() -> None:
    assert disks.vanished().wrong == []


@posix
def test_a_second_process_on_the_same_folder_is_told() -> None:
    assert disks.second_process().wrong == []


linux = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks at processes through /proc")


@linux
@pytest.mark.parametrize("name", SUBJECTS)
def test_each_subject_says_what_it_does(name: str) -> None:
    module = importlib.import_module(f"tests.faults.{name}")
    title, _, how = module.__doc__.partition("\n\n")
    assert callable(module.measure) and title.endswith(".") and len(how) > 100


@linux
@pytest.mark.slow
def test_killed_workers_lose_nothing_and_are_explained() -> None:
    killed = kills.kill_stubs(5, seed=7)
    assert not [each.wrong for each in killed if each.wrong]
    assert sum(each.kept.told for each in killed) > 5
    assert all((each.kept.lost, each.kept.torn, each.kept.unscored) == (0, 0, 0) for each in killed)
    assert max(each.seconds for each in killed) < 1


@linux
def test_a_lost_epoch_a_torn_line_and_a_missing_forecast_are_found_out(tmp_path: Path) -> None:
    """The trial itself: it sees what a worse journal would lose."""
    store = Store(tmp_path)
    folder, witness = finished.make(store), tmp_path / driving.WITNESS
    run = folder.run("pytorch")
    witness.write_text("".join(f'["{run.path}", "seed0-fold0", {epoch}]\n' for epoch in (1, 2)))
    assert driving.kept(store, folder.id, witness) == driving.Kept(told=2, lost=0, torn=0, unscored=0)
    lines = run.events.read_bytes().splitlines(keepends=True)
    second = next(n for n, line in enumerate(lines) if b'"epoch": 2' in line and b"seed0-fold0" in line)
    run.events.write_bytes(b"".join(lines[:second] + lines[second + 1 :])[:-5])
    (run.fit("seed1-fold0") / "forecast.npy").unlink()
    assert driving.kept(store, folder.id, witness) == driving.Kept(told=2, lost=1, torn=2, unscored=1)


@linux
@pytest.mark.slow
def test_a_killed_server_leaves_no_process_and_its_successor_knows_what_was_going() -> None:
    killed = list(killed_servers.kill_stubs(2, seed=12))  # both while they train
    assert [each.number for each in killed] == [signal.SIGTERM, signal.SIGKILL]
    for each in killed:
        assert each.processes >= 7 and each.left == {} and each.wrong == ""
        assert all((kept.lost, kept.torn, kept.unscored) == (0, 0, 0) for kept in each.kept)


@linux
@pytest.mark.slow
def test_a_stop_at_any_stage_ends_soon_with_what_there_is() -> None:
    stopped = cancels.stop_stubs(len(cancels.STAGES), seed=3)
    assert {each.stage for each in stopped} == set(cancels.STAGES)
    assert {each.state for each in stopped} == {"stopped"}
    assert all((each.kept.lost, each.kept.torn, each.kept.unscored) == (0, 0, 0) for each in stopped)
    assert max(each.ended for each in stopped) < 5, [(each.stage, each.ended) for each in stopped]


@linux
@pytest.mark.slow
def test_a_server_has_no_more_threads_or_files_after_some_comparisons() -> None:
    with endurance.served() as server:
        figures = {figure.name: figure for figure in endurance.figures(server, warm_up=2, runs=3)}
    for name in ("of all, not finished", "more threads", "more file descriptors"):
        assert figures[name].met, figures[name]


@linux
@pytest.mark.slow
@pytest.mark.frameworks
def test_a_server_without_a_framework_says_so_and_trains_the_other() -> None:
    assert missing_frameworks.tried(missing_frameworks.CASES[1]).wrong == []


@linux
@pytest.mark.slow
def test_one_persons_run_waits_for_one_fit_of_anothers_five() -> None:
    (shared,) = fairness.share_stubs(1)
    assert shared.between <= 1 and shared.overlaps == 0 and shared.finished


@linux
@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["lines that mean nothing", "an error in deciding what to do", "clocks set back by an hour", "a frozen worker"],
)
def test_whatever_else_goes_wrong_is_said_and_nothing_hangs(name: str) -> None:
    assert mischief.TRIALS[name]().wrong == ""
