"""A framework that is missing, or fails when it is imported.

The real server is started with an environment in which PyTorch, TensorFlow or both cannot be found, or PyTorch raises
an ImportError or a RuntimeError when it is imported. It has to become ready, the page Train has to say which framework
cannot be used and why, in a sentence of its own and of no other framework, and a comparison of both has to carry the
other one to its end, with forecasts, and name the missing one's reason; with both missing it fails with that reason.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import processes
from benchmarks.figure import Figure
from core.frameworks import registry
from core.frameworks.registry import NAMES
from core.runs.store import Store
from core.runs.view import ComparisonView
from tests.faults import asked, driving
from tests.faults.serving import LOOK_S, Server, await_nothing_left

MODULES = {"pytorch": "torch", "tensorflow": "tensorflow"}
SENTENCES = ("is not installed", "is installed but fails when it is imported")

WITHOUT = """
import sys
from importlib.machinery import PathFinder

class Without(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name in {modules} else PathFinder.find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Without
"""


@dataclass(frozen=True)
class Case:
    """`raising`: what the module's first line raises; without it the module cannot be found."""

    name: str
    frameworks: tuple[str, ...]
    raising: str = ""

    @property
    def sentence(self) -> str:
        return SENTENCES[bool(self.raising)]


CASES = (
    Case("PyTorch missing", ("pytorch",)),
    Case("TensorFlow missing", ("tensorflow",)),
    Case("both missing", NAMES),
    Case("PyTorch raising ImportError", ("pytorch",), "ImportError('libtorch.so: cannot open shared object file')"),
    Case("PyTorch raising RuntimeError", ("pytorch",), "RuntimeError('built for another processor')"),
)


@dataclass(frozen=True)
class Outcome:
    ready: float  # seconds from the server's start
    wrong: Sequence[str]


def measure(quick: bool) -> list[Figure]:
    outcomes = {case.name: tried(case) for case in (CASES[:1] if quick else CASES)}
    for name, outcome in outcomes.items():
        print(*(f"{name}: {wrong}" for wrong in outcome.wrong), sep="\n", end="\n" * bool(outcome.wrong))  # noqa: T201
    return [
        Figure("start to /readyz answering 200", [each.ready for each in outcomes.values()], "s", 2, by="largest"),
        *(Figure(f"{name}: not as it should be", [len(each.wrong)], limit=0) for name, each in outcomes.items()),
    ]


def tried(case: Case) -> Outcome:
    with server_without(case) as server:
        ready = server.await_ready()
        return Outcome(ready, [*wrong_labels(server, case), *wrong_end(server, case)])


@contextmanager
def server_without(case: Case) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="twincast-faults-", ignore_cleanup_errors=True) as folder:
        shadow, home = Path(folder) / "shadow", Path(folder) / "home"
        home.mkdir()
        hide(case, shadow)
        server = Server(home, "real", PYTHONPATH=str(shadow))
        try:
            yield server
        finally:
            server.process.terminate()
            server.process.wait(driving.PATIENCE_S)
            await_nothing_left(home, 1.5)


def hide(case: Case, shadow: Path) -> None:
    """A folder for PYTHONPATH: Python imports sitecustomize at its start, and a module of that name before others."""
    shadow.mkdir()
    modules = [MODULES[name] for name in case.frameworks]
    if not case.raising:
        (shadow / "sitecustomize.py").write_text(WITHOUT.format(modules=modules))
        return
    for module in modules:
        (shadow / module).mkdir()
        (shadow / module / "__init__.py").write_text(f"raise {case.raising}\n")


def wrong_labels(server: Server, case: Case) -> Iterator[str]:
    """What the page Train says once every framework has been tried."""
    wanted = [f"{registry.find(name).label} {case.sentence}" for name in case.frameworks]
    said = [""]
    with server.visit() as visit:

        def look() -> bool:
            said[0] = visit.said("train")
            return all(sentence in said[0] for sentence in wanted)

        try:
            processes.until(look, 60, "the sentences", every=0.2)
        except TimeoutError:
            yield f"Train does not say {wanted}"
    for name in set(NAMES) - set(case.frameworks):
        if any(f"{registry.find(name).label} {sentence}" in said[0] for sentence in SENTENCES):
            yield f"Train says that {name} cannot be used"


def wrong_end(server: Server, case: Case) -> Iterator[str]:
    """How a comparison of both ends."""
    id = server.start(epochs=3)
    ended: list[ComparisonView] = []

    def look() -> bool:
        ended[:] = [server.view(id)]
        return ended[0].ended

    processes.until(look, driving.PATIENCE_S, "the end", every=LOOK_S)
    said, folder = driving.sentences(ended[0]), Store(server.home).open(id).path
    for name in NAMES:
        if name in case.frameworks and case.sentence not in said.get(name, ""):
            yield f"{name} ended with {said.get(name)!r}"
        if name not in case.frameworks and not driving.forecasts_read(folder, name, asked.FIT):
            yield f"{name} has no forecasts: {said.get(name)!r}"
    state = "failed" if set(case.frameworks) == set(NAMES) else "finished"
    if ended[0].state != state:
        yield f"the comparison is {ended[0].state}"
