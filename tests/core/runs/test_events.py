"""The journal: every line whole, nothing lost, whatever a writer died of."""

import os
import signal
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from core.errors import StoreFailed
from core.runs.events import EpochDone, Failed, FitDone, Started, from_line, parse, to_line
from core.runs.files import Journal


def test_events_come_back_from_their_lines() -> None:
    event = Started("pytorch", "2.0", 1.5, True, 10, {"threads": 1}, ["a note"], [{"name": "head"}], at=5.0)  # type: ignore[arg-type]
    assert from_line(to_line(event)) == event


def test_a_loss_that_is_not_a_number_becomes_null() -> None:
    event = from_line(to_line(EpochDone("final", 1, float("nan"), float("inf"), 0.1, 10.0)))
    assert isinstance(event, EpochDone) and event.train_loss is None and event.validation_loss is None


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b'{"event": "Later"}', b'{"event": "Failed"}', b"\xff", b"7"])
def test_lines_that_cannot_be_read_are_no_events(line: bytes) -> None:
    assert from_line(line) is None


@pytest.mark.parametrize("torn", [b"", b'{"event": "EpochD', b"x" * 200_000])
@pytest.mark.parametrize("whole", [b"", to_line(EpochDone("f", 1, 0.5, None, 0.1, 10.0))])
def test_a_torn_line_is_cut_off_and_the_next_stands_alone(tmp_path: Path, whole: bytes, torn: bytes) -> None:
    path, failed = tmp_path / "events.jsonl", Failed("It crashed", "", "")
    path.write_bytes(whole + torn)
    journal = Journal(path)
    journal.write(failed)
    journal.close()
    assert path.read_bytes() == whole + to_line(failed)


def test_a_disk_that_fills_up_within_a_line_leaves_the_earlier_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, write = tmp_path / "events.jsonl", os.write
    journal = Journal(path)
    journal.write(Failed("One", "", ""))
    monkeypatch.setattr(os, "write", lambda file, line: write(file, line[:10]))
    with pytest.raises(StoreFailed, match="disk is full"):
        journal.write(Failed("Two", "", ""))
    monkeypatch.setattr(os, "write", write)
    journal.write(Failed("Three", "", ""))
    journal.close()
    assert [event.what for line in path.read_bytes().splitlines() if isinstance(event := parse(line), Failed)] == [
        "One",
        "Three",
    ]


def test_no_changed_line_is_believed() -> None:
    line = to_line(EpochDone("final", 1, 0.25, None, 0.1, 10.0, at=5.0))
    for place in range(len(line) - 1):
        for bit in range(8):
            changed = line[:place] + bytes([line[place] ^ 1 << bit]) + line[place + 1 :]
            with pytest.raises(ValueError):
                parse(changed)
            assert from_line(changed) is None


def test_lines_of_an_earlier_version_are_events() -> None:
    line = b'{"event": "FitDone", "at": 5.0, "fit": "final", "best_epoch": 2, "epochs": 3, "stopped": false}'
    assert parse(line) == FitDone("final", 2, 3, False, at=5.0)


def test_a_kind_of_a_later_version_is_passed_over() -> None:
    text = b'{"event": "Later", "more": 1'
    assert parse(text + b', "crc": "%08x"}' % zlib.crc32(text)) is None


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_kill_loses_no_line_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    code = (
        "import sys; from pathlib import Path; from core.runs.files import Journal;"
        "from core.runs.events import EpochDone; journal = Journal(Path(sys.argv[1]))\n"
        "for n in range(1, 10**6):\n journal.write(EpochDone('f', n, 1.0, 1.0, 1.0, 1.0)); print(n, flush=True)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        for _ in range(500):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        told = 500 + len(writer.stdout.read().splitlines())
    epochs = [event.epoch for line in path.read_bytes().splitlines() if isinstance(event := from_line(line), EpochDone)]
    assert epochs == list(range(1, len(epochs) + 1)) and len(epochs) >= told - 1


def test_a_folder_that_cannot_be_written_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFailed, match="could not be saved"):
        Journal(tmp_path / "file" / "events.jsonl")
