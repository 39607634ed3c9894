"""The worker by itself: what it says, and that it ends when nobody speaks to it any more."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.data.dataset import Dataset
from core.errors import FrameworkMissing
from core.runs.spec import ComparisonSpec
from core.runs.store import Store
from core.runs.turns import Turns
from core.runs.worker import problem_of

pytestmark = pytest.mark.slow

MakeSpec = Callable[..., ComparisonSpec]


@contextmanager
def start(
    name: str, log: Path | None = None, full: bool = False, **environment: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """`full`: no file can take another byte."""
    errors = os.open(log or os.devnull, os.O_WRONLY)
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.core.runs.stub_worker", name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        start_new_session=True,
        env={**os.environ, **environment},
        cwd=Path(__file__).parents[3],
        preexec_fn=fill if full else None,
    )
    os.close(errors)
    with worker:
        try:
            yield worker
        finally:
            worker.kill()


def first_message(worker: "subprocess.Popen[bytes]") -> Any:
    assert worker.stdout
    while "beat" in (message := json.loads(worker.stdout.readline())):
        pass
    return message


def test_it_describes_its_framework_and_ends_with_its_stdin() -> None:
    with start("pytorch") as worker:
        ready = first_message(worker)["ready"]
        assert ready["version"] == "1.0" and ready["devices"][0]["id"] == "cpu" and ready["import_s"] >= 0
        assert worker.stdin
        worker.stdin.close()
        assert worker.wait(2) != 0


def test_it_ends_with_its_stdin_while_it_imports() -> None:
    with start("pytorch") as worker:
        assert worker.stdin
        worker.stdin.close()
        worker.wait(2)


def test_a_missing_framework_is_said_with_its_remedy() -> None:
    with start("pytorch", TWINCAST_STUB_MISSING="pytorch") as worker:
        failed = first_message(worker)["failed"]
        assert failed == {
            "what": "pytorch is not installed",
            "where": "",
            "remedy": "Run: pip install pytorch",
            "missing": True,
        }
        assert worker.wait(5) == 0


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "memory"),
        (KeyError("column_7"), "unexpected error"),
        (FrameworkMissing("It is not installed"), "not installed"),
    ],
)
def test_every_error_becomes_a_sentence(error: Exception, words: str) -> None:
    problem = problem_of(error)
    assert words in problem.what and "column_7" not in problem.sentence()


def fill() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def last_messages(worker: "subprocess.Popen[bytes]", order: dict[str, Any]) -> list[dict[str, Any]]:
    """What it says of this run, to its end."""
    assert "ready" in first_message(worker)
    assert worker.stdin and worker.stdout
    worker.stdin.write(json.dumps(order).encode() + b"\n" + b'{"go": "seed0-fold0"}\n')
    worker.stdin.flush()
    messages = [json.loads(line) for line in worker.stdout]
    assert worker.wait(5) == 0, "in the ordinary way"
    return [message for message in messages if not {"beat", "wants", "done"} & message.keys()]


@pytest.mark.skipif(os.name != "posix", reason="RLIMIT_FSIZE")
@pytest.mark.parametrize(
    ("refuses", "words"),
    [("the log", "could not be saved"), ("the journal", "could not be saved"), ("every file", "larger file")],
)
@pytest.mark.parametrize("rescue", [False, True])
def test_a_run_that_cannot_write_says_so_once_and_as_the_runs_end(
    store: Store, dataset: Dataset, make_spec: MakeSpec, refuses: str, words: str, rescue: bool
) -> None:
    run = store.create(make_spec(("score",)), dataset).run("pytorch")
    unwritable = {"the log": run.log, "the journal": run.events}.get(refuses)
    if unwritable:
        unwritable.mkdir()
    with start("pytorch", full=refuses == "every file") as worker:
        (message,) = last_messages(worker, {"run": str(run.path), "rescue": rescue})
    assert message["ended"] == "failed" and words in " ".join(message["error"].values())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a file whose disk is full")
def test_a_framework_that_prints_into_a_full_log_is_told_as_a_full_disk(
    store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    folder = store.create(make_spec(("score",)), dataset).run("pytorch")
    folder.log.symlink_to("/dev/full")
    with start("pytorch") as worker:
        (message,) = last_messages(worker, {"run": str(folder.path)})
    assert message["ended"] == "failed" and "disk is full" in message["error"]["remedy"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a file whose disk is full")
def test_an_evaluation_that_fails_says_so_before_it_fills_its_log(
    store: Store, dataset: Dataset, make_spec: MakeSpec
) -> None:
    folder = store.create(make_spec(("score",)), dataset)
    (folder.path / "evaluation.log").symlink_to("/dev/full")
    with start("evaluation", TWINCAST_STUB_EVALUATION="fails") as worker:
        (message,) = last_messages(worker, {"run": str(folder.path)})
    assert "unexpected error" in message["failed"]["what"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a file whose disk is full")
def test_an_import_that_fails_says_so_though_the_log_is_full() -> None:
    printing = {"TWINCAST_STUB_DOES": "chatters", "PYTHONUNBUFFERED": ""}
    with start("pytorch", log=Path("/dev/full"), **printing) as worker:
        assert "disk is full" in first_message(worker)["failed"]["remedy"]
        assert worker.wait(5) == 0


def test_turns_alternate_who_goes_first() -> None:
    turns = Turns(("a", "b"), ("one", "two"), "alternate")
    turns.want("a", "one")
    assert turns.grant() == (), "the other one is still importing"
    turns.want("b", "one")
    assert turns.grant() == (("a", "one"),)
    assert turns.grant() == ()
    turns.done("a")
    turns.want("a", "two")
    assert turns.grant() == (("b", "one"),)
    turns.done("b")
    assert turns.grant() == (), "b goes first now, and has not asked yet"
    turns.want("b", "two")
    assert turns.grant() == (("b", "two"),)


def test_nobody_waits_for_one_that_has_left() -> None:
    turns = Turns(("a", "b"), ("one", "two"), "alternate")
    turns.want("b", "one")
    turns.leave("a")
    assert turns.grant() == (("b", "one"),)
    turns.leave("b")
    assert turns.grant() == ()
