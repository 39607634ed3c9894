"""The installation's folder: one folder a comparison, one a run below it, one a fit below that.

    comparisons/<id>/  spec.json  name.json  state.json  values.npy  index.npy or rows.json  held.lock
                       comparison.json  forecasts.csv
        runs/<framework>/  spec.json  events.jsonl  worker.log  timing.json  manifest.json
            fits/<fit>/  forecast.npy  weights.safetensors  scaler.json  fit.json

Whatever replaces an earlier file is written under a temporary name, synced and renamed: old or new, never neither.
"""

import dataclasses
import json
import logging
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import platformdirs

from core.data.dataset import Dataset, Notice
from core.errors import BadInput, NotFound, Problem, StoreFailed
from core.runs import holding
from core.runs.files import damaged, refused, sha256, write_array, write_atomic, write_json
from core.runs.spec import ComparisonSpec, RunSpec

log = logging.getLogger(__name__)

ID = re.compile(r"\d{8}-\d{6}(\d{3})?-[0-9a-f]{4}")  # without milliseconds: of an early version
UNENDED = ("queued", "running", "evaluating")
PART = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")  # a framework or a fit: nothing that could leave its folder


@dataclass(frozen=True)
class State:
    """Where a comparison stands, as its supervisor last wrote it; times are Unix time."""

    state: str = "queued"  # queued, running, evaluating, finished, stopped, failed
    started_at: float | None = None
    ended_at: float | None = None
    error: Problem | None = None
    load_before: float | None = None  # cores that other processes kept busy while it began


@dataclass(frozen=True)
class Summary:
    """One line of the history."""

    id: str
    name: str
    created: str
    state: str  # interrupted, too: not ended, and nobody drives it any more
    frameworks: tuple[str, ...]
    targets: tuple[str, ...]
    file: str
    model: str
    horizon: int
    seeds: int


@dataclass(frozen=True)
class Damaged:
    """A comparison that cannot be read; `Store.delete` takes its id all the same."""

    id: str
    problem: Problem


class Store:
    """Every comparison of this installation, below `root` (TWINCAST_HOME, or the platform's folder for data)."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or default_root()
        self.comparisons = self.root / "comparisons"

    def create(self, spec: ComparisonSpec, dataset: Dataset, hold: bool = False) -> "ComparisonFolder":
        """A new comparison, waiting; `hold`: in this process's hands from the first moment on.

        Raises StoreFailed; what was half written is removed.
        """
        folder = ComparisonFolder(self._path(spec.id))
        with refused(folder.path):
            folder.path.mkdir(parents=True)
        try:
            folder.hold()  # while it is half written, nobody else may take it for a damaged one
            folder.write(spec, dataset)
        except BaseException:
            folder.release()
            shutil.rmtree(folder.path, ignore_errors=True)
            raise
        if not hold:
            folder.release()
        return folder

    def open(self, id: str) -> "ComparisonFolder":
        """Raises NotFound."""
        path = self._path(id)
        if not (path / "spec.json").is_file():
            raise NotFound("There is no such comparison", id, "Choose one from the history.")
        return ComparisonFolder(path)

    def list(self) -> tuple[Summary, ...]:
        """Newest first, without the damaged ones."""
        return tuple(found for found in self._scan() if isinstance(found, Summary))

    def damaged_comparisons(self) -> tuple[Damaged, ...]:
        """Those that cannot be read, newest first."""
        return tuple(found for found in self._scan() if isinstance(found, Damaged))

    def damaged(self) -> tuple[Problem, ...]:
        """One problem for each comparison that cannot be read."""
        return tuple(each.problem for each in self.damaged_comparisons())

    def rename(self, id: str, name: str) -> None:
        name = " ".join(name.split())[:120]
        if not name:
            raise BadInput("A comparison needs a name", "name", "Enter at least one letter.")
        write_json(self.open(id).path / "name.json", {"name": name})

    def delete(self, id: str) -> None:
        """Gone from the list at once, even when removing its files is interrupted; a damaged one too.

        Raises NotFound, StoreFailed, and BadInput while a process has it in its hands.
        """
        path = self._path(id)
        if not path.is_dir():
            raise NotFound("There is no such comparison", id, "Choose one from the history.")
        if ComparisonFolder(path).is_held():
            raise BadInput("This comparison is still waiting or training", id, "Stop it first, then delete it.")
        with refused(path):
            doomed = path.with_name(f".deleted-{id}-{secrets.token_hex(2)}")
            path.rename(doomed)
        for doomed in self.comparisons.glob(".deleted-*"):  # those of an interrupted removal too
            shutil.rmtree(doomed, ignore_errors=True)

    def _path(self, id: str) -> Path:
        if not ID.fullmatch(id):
            raise NotFound("There is no such comparison", id[:60], "Choose one from the history.")
        return self.comparisons / id

    def _scan(self) -> Iterator[Summary | Damaged]:
        if not self.comparisons.is_dir():
            return
        for path in sorted(self.comparisons.iterdir(), reverse=True):
            if not ID.fullmatch(path.name):
                continue
            folder = ComparisonFolder(path)
            try:
                yield folder.summary()
            except StoreFailed as error:
                if folder.is_held():  # being written
                    continue
                log.warning("%s", error)
                yield Damaged(folder.id, error.problems[0])


class ComparisonFolder:
    """What is kept of one comparison."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name
        self._lock = path / "held.lock"

    def hold(self) -> None:
        """This process drives it, from now until `release` or the process's end. Raises StoreFailed."""
        holding.hold(self._lock)

    def release(self) -> None:
        holding.release(self._lock)

    def is_held(self) -> bool:
        """Whether any process drives it: what has not ended and is not held was interrupted."""
        return holding.is_held(self._lock)

    def write(self, spec: ComparisonSpec, dataset: Dataset) -> None:
        write_array(self.path / "values.npy", np.asarray(dataset.values, np.float64))
        if isinstance(dataset.index, pd.DatetimeIndex):
            write_array(self.path / "index.npy", dataset.index.as_unit("us").asi8.view("datetime64[us]"))
        else:
            write_json(self.path / "rows.json", {"start": dataset.index.start, "step": dataset.index.step})
        for framework in spec.settings.frameworks:
            run = RunSpec(
                id=f"{spec.id}-{framework}",
                framework=framework,
                dataset=spec.dataset,
                settings=spec.settings,
                plan=spec.plan,
            )
            write_atomic(self.run(framework).path / "spec.json", run.model_dump_json().encode())
        write_json(self.path / "state.json", dataclasses.asdict(State()))
        write_atomic(self.path / "spec.json", spec.model_dump_json().encode())  # last: it makes the folder count

    def spec(self) -> ComparisonSpec:
        """As it was asked, with its present name. Raises StoreFailed."""
        with damaged(self.path / "spec.json"):
            spec = ComparisonSpec.model_validate_json((self.path / "spec.json").read_bytes())
        return spec.model_copy(update={"name": self.name(spec.name)})

    def name(self, default: str) -> str:
        try:
            return str(json.loads((self.path / "name.json").read_bytes())["name"])
        except (OSError, ValueError, KeyError, TypeError):
            return default

    def values(self) -> npt.NDArray[np.float64]:
        """(T, C), mapped: pages are read as they are used. Raises StoreFailed."""
        with damaged(self.path / "values.npy"):
            values: npt.NDArray[np.float64] = np.load(self.path / "values.npy", mmap_mode="r", allow_pickle=False)
        return values

    def index(self) -> pd.DatetimeIndex | pd.RangeIndex:
        """(T,): times, or row numbers for data without times. Raises StoreFailed."""
        path = self.path / "index.npy"
        if not path.exists():
            return self._row_numbers()
        with damaged(path):
            times = np.load(path, allow_pickle=False)
            return pd.DatetimeIndex(times.view("datetime64[ns]") if times.dtype == np.int64 else times)  # int64: early

    def _row_numbers(self) -> pd.RangeIndex:
        """From 0 unless rows.json says otherwise: an early version wrote none."""
        path, count = self.path / "rows.json", len(self.values())
        if not path.exists():
            return pd.RangeIndex(count)
        with damaged(path):
            rows = json.loads(path.read_bytes())
            start, step = int(rows["start"]), int(rows["step"])
            return pd.RangeIndex(start, start + step * count, step)

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
        )

    def run(self, framework: str) -> "RunFolder":
        return RunFolder(self.path / "runs" / _checked(framework))

    def runs(self) -> tuple["RunFolder", ...]:
        """One a framework, in the order they were asked for."""
        return tuple(self.run(framework) for framework in self.spec().settings.frameworks)

    def state(self) -> State:
        """Raises StoreFailed."""
        with damaged(self.path / "state.json"):
            content = json.loads((self.path / "state.json").read_bytes())
            error = content.pop("error", None)
            return State(**content, error=Problem(**error) if error else None)

    def set_state(self, state: State) -> None:
        write_json(self.path / "state.json", dataclasses.asdict(state))

    def summary(self) -> Summary:
        """Raises StoreFailed."""
        spec, state = self.spec(), self.state().state
        if state in UNENDED and not self.is_held():
            state = self.state().state  # it may have ended in between
            state = "interrupted" if state in UNENDED else state
        return Summary(
            id=self.id,
            name=spec.name,
            created=spec.created,
            state=state,
            frameworks=spec.settings.frameworks,
            targets=spec.dataset.targets,
            file=spec.dataset.file,
            model=spec.settings.model,
            horizon=spec.settings.horizon,
            seeds=len(spec.settings.seeds),
        )


class RunFolder:
    """What is kept of one framework's run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.framework = path.name
        self.events = path / "events.jsonl"
        self.log = path / "worker.log"

    @property
    def comparison(self) -> ComparisonFolder:
        return ComparisonFolder(self.path.parents[1])

    def spec(self) -> RunSpec:
        """Raises StoreFailed."""
        with damaged(self.path / "spec.json"):
            return RunSpec.model_validate_json((self.path / "spec.json").read_bytes())

    def fit(self, fit: str) -> Path:
        """The folder of one fit."""
        return self.path / "fits" / _checked(fit)

    def write_manifest(self) -> None:
        """SHA-256 of every result, so that a later reader can tell a damaged file from a good one."""
        files = {str(path.relative_to(self.path).as_posix()): sha256(path) for path in self._results()}
        write_json(self.path / "manifest.json", {"files": files})

    def verify(self) -> None:
        """Raises StoreFailed when a result is missing or differs from what the run wrote."""
        with damaged(self.path / "manifest.json"):
            files = json.loads((self.path / "manifest.json").read_bytes())["files"]
        for name, expected in files.items():
            with damaged(self.path / name):
                if sha256(self.path / name) != expected:
                    raise ValueError("checksum")

    def _results(self) -> list[Path]:
        return sorted(p for p in [*self.path.glob("fits/*/*"), self.path / "timing.json"] if p.is_file())


def default_root() -> Path:
    home = os.environ.get("TWINCAST_HOME")
    return Path(home).expanduser() if home else Path(platformdirs.user_data_dir("twincast", appauthor=False))


def new_id() -> str:
    """Sortable by time: 20261122-145203123-ab12 (UTC to the millisecond, and two random bytes)."""
    now = datetime.now(UTC)
    return f"{now:%Y%m%d-%H%M%S}{now.microsecond // 1000:03}-{secrets.token_hex(2)}"


def _checked(name: str) -> str:
    if not PART.fullmatch(name):
        raise NotFound("There is no such run or fit", name[:60], "Choose one from the comparison.")
    return name
