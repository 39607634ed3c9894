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

from core.errors import FrameworkMissing
from core.runs.spec import ComparisonSpec
from core.runs.turns import Turns
from core.runs.worker import problem_of

MakeSpec = Callable[..., ComparisonSpec]


@contextmanager
def start(name: str, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.core.runs.stub_worker", name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, **environment},
        cwd=Path(__file__).parents[3],
    )
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
