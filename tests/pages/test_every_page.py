"""What holds on every page: names are text, surprises are told calmly, one place for state and one for errors."""

import ast
import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from visitor import CALM, HOSTILE, Visitor

from core.runs import holding
from core.runs.store import Store
from pages.parts import engine, source

PAGES = Path(__file__).parents[2] / "pages"
SOURCES = sorted(PAGES.rglob("*.py"))


def hostile_file() -> str:
    rows = (
        ",".join([f"2024-{m:02d}-{d:02d}", *(str(d * m + k) for k in range(len(HOSTILE)))])
        for m in range(1, 7)
        for d in range(1, 29)
    )
    return "\n".join([",".join(["day", *HOSTILE]), *rows])


@pytest.mark.parametrize("page", ["data.py", "train.py"])
def test_names_of_columns_and_files_are_only_text(visitor: Visitor, page: str) -> None:
    visitor.open().upload(hostile_file(), "".join(HOSTILE[:3]).replace("/", "-") + ".csv")
    visitor.set(str(visitor.find("targets").key), list(HOSTILE[:4]))
    visitor.set(str(visitor.find("inputs").key), list(HOSTILE[4:]))
    visitor.open(page)
    assert not visitor.errors
    assert all(name.replace("**", "") in visitor.text for name in HOSTILE)
    for text in visitor.drawn_as_markdown:
        assert not any(name in text for name in HOSTILE), text


def test_a_hostile_cell_in_an_error_is_only_text(visitor: Visitor) -> None:
    cell = "**b** <script>x</script>"
    rows = "".join(f"2024-01-{n:02d},{n * n % 7},{cell}\n" for n in range(1, 31))
    visitor.open().upload(f"day,v,{cell}\n{rows}", "**bold**.csv")
    visitor.set(str(visitor.find("time_").key), [cell])
    (error,) = (each.value for each in visitor.at.error)
    assert "script" in error
    assert "<script>" not in error and "**" not in error


@pytest.mark.parametrize(
    ("page", "module", "name"),
    [
        ("data.py", source, "dataset"),
        ("train.py", engine, "plan"),
        ("compare.py", engine, "view"),
        ("history.py", engine, "store"),
    ],
)
def test_a_surprise_is_told_calmly(
    visitor: Visitor,
    page: str,
    module: Any,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("a detail for the log")

    monkeypatch.setattr(module, name, fail)
    visitor.calm = False
    visitor.open(page, **({"comparison": "20260101-000000000-abcd"} if name == "view" else {}))
    (error,) = visitor.errors
    assert CALM in error and "reference" in error
    assert "ZeroDivisionError" not in visitor.text and "Traceback" not in visitor.text
    reference = error.split("reference ")[1][:6]
    assert reference in caplog.text and "a detail for the log" in caplog.text


def test_a_surprise_in_a_callback_is_told_calmly(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    visitor.open("train.py")

    def fail(*_: Any) -> None:
        raise ZeroDivisionError("a detail for the log")

    monkeypatch.setattr(engine, "start", fail)
    visitor.calm = False
    visitor.click("start")
    assert CALM in "".join(visitor.errors)
    assert "ZeroDivisionError" not in visitor.text
    assert not store.list()


@pytest.mark.parametrize("page", ["data.py", "train.py", "compare.py", "history.py"])
def test_when_the_trainings_thread_has_ended_every_page_says_what_to_do(
    visitor: Visitor, page: str, idle: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle, "alive", False)
    visitor.open(page)
    assert any("Nothing can be trained" in error and "Restart the server" in error for error in visitor.errors)
    assert visitor.title, "the page itself is still there"


def test_ready_no_more_when_nothing_can_be_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    import app

    monkeypatch.setattr(app.ready, "is_set", lambda: True)
    monkeypatch.setattr(app.engine, "alive", lambda: False)
    with ThreadPoolExecutor(1) as thread:  # a thread of its own: this one may have a running loop, of the browser tests
        answer = thread.submit(lambda: asyncio.run(app.readyz(None))).result()  # type: ignore[arg-type]
    assert (answer.status_code, answer.body) == (503, b'{"ready":false}')


HOLD = """
import sys, pathlib
from core.runs import holding
print(holding.try_hold(pathlib.Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


def test_a_second_server_on_the_folder_is_said_as_long_as_it_is_there(visitor: Visitor, store: Store) -> None:
    store.root.mkdir(exist_ok=True)
    command = [sys.executable, "-c", HOLD, str(store.root / "server.lock")]
    with subprocess.Popen(command, cwd=PAGES.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "True\n"
        for page in ("data.py", "train.py", "compare.py", "history.py"):
            assert "Another Twincast server works on the same folder" in visitor.open(page).text
        assert not visitor.errors
        other.communicate()
    assert "Another Twincast server" not in visitor.open("data.py").text
    assert holding.is_held(store.root / "server.lock"), "this one has taken over"


@pytest.mark.parametrize(
    ("names", "home"),
    [
        ({"session_state", "query_params"}, "parts/session.py"),
        ({"error", "exception"}, "parts/errors.py"),
    ],
)
def test_state_and_errors_have_one_home_each(names: set[str], home: str) -> None:
    """`st.session_state`, `st.error` and the like stand in one file; names of other modules do not count."""
    using = {
        path.relative_to(PAGES).as_posix()
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in names and getattr(node.value, "id", "") == "st"
    }
    assert using == {home}
    imported = {
        alias.name
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "streamlit"
        for alias in node.names
    }
    assert not imported & names


def test_no_page_imports_a_framework() -> None:
    heavy = {"torch", "tensorflow", "keras", "sklearn", "statsmodels"}
    for path in [*SOURCES, PAGES.parent / "app.py"]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                assert not heavy & {alias.name.split(".")[0] for alias in node.names}, path
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] not in heavy, path
