"""The folder of a comparison and that of a run: what is written into them, and read back checked (core.runs.store)."""

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.data.dataset import Dataset, Notice
from core.errors import NotFound, Problem, StoreFailed
from core.runs import events, holding
from core.runs.files import (
    Latest,
    Weights,
    damaged,
    is_sealed,
    json_bytes,
    read_json,
    read_weights,
    refused,
    replacing,
    write_array,
    write_json,
)
from core.runs.manifest import Manifest
from core.runs.spec import ComparisonSpec, RunSpec

UNENDED = ("queued", "running", "evaluating")
PART = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")  # a framework or a fit: nothing that could leave its folder
LOCK = "held.lock"
WEIGHTS = ("weights.safetensors", "last.safetensors")


@dataclass(frozen=True)
class State:
    """Where a comparison stands, as its supervisor last wrote it; times are Unix time."""

    state: str = "queued"  # queued, running, evaluating, finished, stopped, failed, interrupted
    started_at: float | None = None
    ended_at: float | None = None
    error: Problem | None = None
    load_before: float | None = None  # cores that other processes kept busy while it began
    load_during: float | None = None  # and while a fit was trained, at most
    unscored: bool = False  # it was interrupted and what it had learned is still to be scored


class ComparisonFolder:
    """What is kept of one comparison."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name
        self.manifest = Manifest(path)
        self._lock = path / LOCK

    def hold(self) -> None:
        """This process drives it, from now until `release` or the process's end. Raises StoreFailed."""
        holding.hold(self._lock)

    def try_hold(self) -> bool:
        """Whether it was free, and is this process's now; a full disk or a read-only one keeps nobody from asking."""
        try:
            return not holding.holds(self._lock) and holding.try_hold(self._lock)
        except StoreFailed:
            return not self.is_held()

    def release(self) -> None:
        holding.release(self._lock)

    def is_held(self) -> bool:
        """Whether any process drives it: what has not ended and is not held was interrupted."""
        return holding.is_held(self._lock)

    @property
    def sealed(self) -> bool:
        """Whether every file must be sealed or listed; not in the folder of an earlier version."""
        try:
            return self.manifest.path.exists() or _sealed.get(self.path / "spec.json")
        except (OSError, StoreFailed):
            return True

    def write(self, spec: ComparisonSpec, dataset: Dataset) -> None:
        write_array(self.path / "values.npy", np.asarray(dataset.values, np.float64))
        if dataset.known:
            write_array(self.path / "future.npy", np.asarray(dataset.future, np.float64))
        if isinstance(dataset.index, pd.DatetimeIndex):
            write_array(self.path / "index.npy", dataset.index.as_unit("us").asi8.view("datetime64[us]"))
        else:
            write_json(self.path / "rows.json", {"start": dataset.index.start, "step": dataset.index.step})
        for path, content in self._specs(spec).items():
            write_json(path, content)
        self.manifest.write([*self.path.glob("*.*"), *self.path.glob("runs/*/spec.json")])
        self.set_state(State())  # this and the name are written again: each has its seal alone
        self.set_name(spec.name)

    def rewrite(self, spec: ComparisonSpec) -> None:
        """The comparison goes on with more to do. All specs are old or new at every moment, its own at last.

        Raises StoreFailed; only for one whose runs have withdrawn their manifests.
        """
        contents = {
            path.relative_to(self.path).as_posix(): json_bytes(path, it) for path, it in self._specs(spec).items()
        }
        own = {"spec.json": contents.pop("spec.json")}
        self.manifest.replace({name: partial(_put, content) for name, content in (own | contents).items()})

    def _specs(self, spec: ComparisonSpec) -> dict[Path, dict[str, Any]]:
        """The files that say what is to be done, the comparison's own last."""
        runs = {
            self.run(name).path / "spec.json": RunSpec(
                id=f"{spec.id}-{name}", framework=name, dataset=spec.dataset, settings=spec.settings, plan=spec.plan
            ).model_dump(mode="json")
            for name in spec.settings.frameworks
        }
        return {**runs, self.path / "spec.json": spec.model_dump(mode="json")}

    def spec(self) -> ComparisonSpec:
        """As it was asked, with its present name. Raises StoreFailed."""
        with damaged(self.path / "spec.json"):
            spec = ComparisonSpec.model_validate(self._spec())
        return spec.model_copy(update={"name": self.name(spec.name)})

    def _spec(self) -> dict[str, Any]:
        return read_json(self.path / "spec.json", unsealed=not self.sealed)

    def name(self, default: str) -> str:
        """Its present name. One that is damaged is said to be, and the comparison is read all the same."""
        try:
            return str(read_json(self.path / "name.json", unsealed=not self.sealed)["name"])
        except (StoreFailed, KeyError):
            return f"{default} (its later name is damaged)" if self.sealed else default

    def set_name(self, name: str) -> None:
        write_json(self.path / "name.json", {"name": name})

    def values(self) -> npt.NDArray[np.float64]:
        """(T, C), mapped: pages are read as they are used. Raises StoreFailed."""
        path = self.checked("values.npy")
        with damaged(path):
            values: npt.NDArray[np.float64] = np.load(path, mmap_mode="r", allow_pickle=False)
        return values

    def future(self) -> npt.NDArray[np.float64]:
        """(F, known): what is known in advance of the rows after the last. Raises StoreFailed."""
        if not self.has("future.npy"):
            return np.empty((0, 0))
        path = self.checked("future.npy")
        with damaged(path):
            future: npt.NDArray[np.float64] = np.load(path, allow_pickle=False)
        return future

    def index(self) -> pd.DatetimeIndex | pd.RangeIndex:
        """(T,): times, or row numbers for data without times. Raises StoreFailed."""
        if not self.has("index.npy"):
            return self._row_numbers()
        path = self.checked("index.npy")
        with damaged(path):
            times = np.load(path, allow_pickle=False)
            return pd.DatetimeIndex(times.view("datetime64[ns]") if times.dtype == np.int64 else times)  # int64: early

    def _row_numbers(self) -> pd.RangeIndex:
        """From 0 unless rows.json says otherwise: an early version wrote none."""
        path, count = self.path / "rows.json", len(self.values())
        if not self.sealed and not path.exists():
            return pd.RangeIndex(count)
        rows = read_json(path, unsealed=not self.sealed)
        with damaged(path):
            start, step = int(rows["start"]), int(rows["step"])
            return pd.RangeIndex(start, start + step * count, step)

    def has(self, name: str) -> bool:
        """Whether this file of it is there, or ought to be. Raises StoreFailed."""
        if not self.sealed:
            return (self.path / name).is_file()
        if not self.manifest.path.exists() and not (self.path / "spec.json").exists():
            return False
        self.manifest.check_itself()
        return self.manifest.lists(self.path / name)

    def checked(self, name: str) -> Path:
        """A file that is as it was written. Raises StoreFailed."""
        if self.sealed:
            self.manifest.check(self.path / name)
        return self.path / name

    def read(self, name: str) -> bytes:
        """The content of a file, as it was written. Raises StoreFailed."""
        path = self.path / name
        if self.sealed:
            return self.manifest.read(path)
        with damaged(path):
            return path.read_bytes()

    def publish(self, writers: Mapping[str, Callable[[BinaryIO], None]]) -> None:
        """Write results that readers may be reading, each old or new at every moment, and vouch for the runs that
        have a manifest and for the simple methods' forecasts. Raises StoreFailed."""
        if self.sealed:
            runs = [run.manifest.path for run in self.runs()]
            also = [*(path for path in runs if path.exists()), *self.path.glob("baselines/*.npy")]
            self.manifest.replace(writers, also)
            return
        with ExitStack() as stack:
            for name, write in writers.items():
                write(stack.enter_context(replacing(self.path / name)))

    def dataset(self) -> Dataset:
        spec = self.spec().dataset
        return Dataset(
            name=spec.name,
            file=spec.file,
            sha256=spec.sha256,
            index=self.index(),
            values=self.values(),
            columns=spec.columns,
            targets=spec.targets,
            frequency=spec.frequency,
            season=spec.season,
            notices=tuple(Notice(code, message) for code, message in spec.notices),
            known=spec.known,
            future=self.future(),
        )

    def run(self, framework: str) -> "RunFolder":
        return RunFolder(self.path / "runs" / _checked(framework))

    def runs(self) -> tuple["RunFolder", ...]:
        """One a framework, in the order they were asked for."""
        return tuple(self.run(framework) for framework in self.spec().settings.frameworks)

    def state(self) -> State:
        """Raises StoreFailed."""
        content = read_json(self.path / "state.json", unsealed=not self.sealed)
        with damaged(self.path / "state.json"):
            error = content.pop("error", None)
            return State(**content, error=Problem(**error) if error else None)

    def set_state(self, state: State) -> None:
        write_json(self.path / "state.json", dataclasses.asdict(state))


class RunFolder:
    """What is kept of one framework's run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.framework = path.name
        self.events = path / "events.jsonl"
        self.log = path / "worker.log"
        self.comparison = ComparisonFolder(path.parents[1])
        self.manifest = Manifest(path, self.comparison.manifest)

    def spec(self) -> RunSpec:
        """Raises StoreFailed."""
        path = self.path / "spec.json"
        with damaged(path):
            return RunSpec.model_validate(read_json(path, unsealed=not self.comparison.sealed))

    def fit(self, fit: str) -> Path:
        """The folder of one fit."""
        return self.path / "fits" / _checked(fit)

    def has(self, fit: str, name: str) -> bool:
        """Whether this file of a fit that is done is there, or ought to be. Raises StoreFailed."""
        path = self.fit(fit) / name
        return self._fit_manifest(fit).lists(path) if self.comparison.sealed else path.is_file()

    def checked(self, fit: str, name: str) -> Path:
        """A file of a fit that is done, as it was written. Raises StoreFailed."""
        path = self.fit(fit) / name
        if self.comparison.sealed:
            self._fit_manifest(fit).check(path)
        return path

    def weights(self, fit: str, which: Literal["weights", "last"] = "weights") -> tuple[Weights, int]:
        """The best or the last weights that were kept, while the fit goes on too, and their epoch.

        Raises StoreFailed.
        """
        name = f"{which}.safetensors"
        if self.has(fit, name):
            self.checked(fit, name)
        return read_weights(self.fit(fit) / name, unsealed=not self.comparison.sealed)

    def timing(self) -> dict[str, Any] | None:
        """What the run measured of itself; None when it did not get so far. Raises StoreFailed."""
        path, sealed = self.path / "timing.json", self.comparison.sealed
        if sealed and self.manifest.lists(path):
            self.manifest.check(path)
        return read_json(path, unsealed=not sealed) if path.is_file() else None

    def check_journal(self) -> None:
        """Raises StoreFailed when a line is damaged, or lines are gone that the run's manifest knows of."""
        if self.comparison.sealed and self.manifest.lists(self.events):
            self.manifest.check(self.events)
        if self.events.exists():
            with damaged(self.events):
                _intact.get(self.events)

    def write_fit_manifest(self, fit: str) -> None:
        """The fit is done, and all its files are written. Raises StoreFailed."""
        folder = self.fit(fit)
        if not self.comparison.sealed:
            return
        with refused(folder):
            files = [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
        self._fit_manifest(fit).write(path for path in files if path.name != "manifest.json")

    def withdraw_fit(self, fit: str) -> None:
        """The fit is to be trained, again or further: its results count as not there until it is done."""
        self._fit_manifest(fit).withdraw()

    def verify_fit(self, fit: str) -> None:
        """Raises StoreFailed when the fit is not done, or one of its files differs from what was written."""
        if self.comparison.sealed:
            self._fit_manifest(fit).check_all()

    def check(self) -> None:
        """Raises StoreFailed when a file that the run left is damaged."""
        if self.comparison.sealed:
            for _ in self._results():
                pass

    def write_manifest(self) -> None:
        """The run has ended: vouch for what it left, each file checked first. Raises StoreFailed."""
        if self.comparison.sealed:
            self.manifest.write(list(self._results()))

    def withdraw(self) -> None:
        """The run goes on. Raises StoreFailed."""
        self.manifest.withdraw()

    def verify(self) -> None:
        """Raises StoreFailed when a result is missing or differs from what the run wrote."""
        self.manifest.check_all()
        for path in sorted(self.path.glob("fits/*/manifest.json")):
            self.verify_fit(path.parent.name)
        self.check_journal()

    def _fit_manifest(self, fit: str) -> Manifest:
        return Manifest(self.fit(fit), self.manifest)

    def _results(self) -> Iterator[Path]:
        self.spec()
        yield self.path / "spec.json"
        if self.timing() is not None:
            yield self.path / "timing.json"
        self.check_journal()
        if self.events.exists():
            yield self.events
        for folder in sorted(self.path.glob("fits/*")):
            yield from self._fit_results(folder)

    def _fit_results(self, folder: Path) -> Iterator[Path]:
        """Its manifest when it is done, else the weights it got to."""
        manifest = self._fit_manifest(folder.name)
        if manifest.content() is not None:
            self.verify_fit(folder.name)
            yield manifest.path
            return
        for path in (folder / name for name in WEIGHTS):
            if path.is_file():
                read_weights(path)
                yield path


def _put(content: bytes, file: BinaryIO) -> None:
    file.write(content)


def _checked(name: str) -> str:
    if not PART.fullmatch(name):
        raise NotFound("There is no such run or fit", name[:60], "Choose one from the comparison.")
    return name


def _read_journal(path: Path) -> None:
    """Raises ValueError at a damaged line; half a line at the end is still being written."""
    content = path.read_bytes()
    for line in content[: content.rfind(b"\n") + 1].splitlines():
        events.parse(line)


_sealed: Latest[bool] = Latest(is_sealed)
_intact: Latest[None] = Latest(_read_journal)
