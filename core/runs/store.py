"""The installation's folder: one folder a comparison, one a run below it, one a fit below that.

    machine.lock  server.lock
    comparisons/<id>/  spec.json  name.json  state.json  values.npy  index.npy or rows.json  held.lock
                       comparison.json  forecasts.csv  newer_rows.json  manifest.json
        runs/<framework>/  spec.json  events.jsonl  worker.log  timing.json  manifest.json
            fits/<fit>/  forecast.npy  weights.safetensors  last.safetensors  scaler.json  fit.json  manifest.json

Whatever replaces an earlier file is written under a temporary name, synced and renamed: old or new, never neither.
Nothing but logs is read back unchecked: a file has its own seal (core.runs.files) or is listed in the manifest of its
folder (core.runs.manifest). A comparison of an earlier version has neither, which its spec.json tells: it is read as
it is. Where spec.json has its seal, or a manifest lies beside it, every seal is expected.
"""

import errno
import logging
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from core.data.dataset import Dataset
from core.errors import BadInput, NotFound, Problem, StoreFailed
from core.runs import holding
from core.runs.files import COMPARISONS, DRAFT, refused
from core.runs.folders import LOCK, UNENDED, ComparisonFolder, RunFolder, State
from core.runs.spec import ComparisonSpec

__all__ = [
    "UNENDED",
    "ComparisonFolder",
    "Damaged",
    "RunFolder",
    "State",
    "Store",
    "Summary",
    "default_root",
    "new_id",
]

log = logging.getLogger(__name__)

ID = re.compile(r"\d{8}-\d{6}(\d{3})?-[0-9a-f]{4}")  # without milliseconds: of an early version
DRAFT_S = 60.0  # a half-written comparison that nobody has held for so long was left by a process that died


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
    tips: bool = False  # a measurement of the tips, which is no line of the history


@dataclass(frozen=True)
class Damaged:
    """A comparison that cannot be read; `Store.delete` takes its id all the same."""

    id: str
    problem: Problem


class Store:
    """Every comparison of this installation, below `root` (TWINCAST_HOME, or the platform's folder for data)."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or default_root()
        self.comparisons = self.root / COMPARISONS
        self.machine_lock = self.root / "machine.lock"  # held while any worker imports or trains
        self.server_lock = self.root / "server.lock"  # held by a server; a further one says that it is not alone

    def create(self, spec: ComparisonSpec, dataset: Dataset, hold: bool = False) -> "ComparisonFolder":
        """A new comparison, waiting; `hold`: in this process's hands from the first moment on.

        It is written under another name and appears whole. Raises StoreFailed; what was half written is removed.
        """
        path = self._path(spec.id)
        draft = ComparisonFolder(path.with_name(f"{DRAFT}{spec.id}"))
        self._clear_drafts()
        with refused(path):
            if path.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
            draft.path.mkdir(parents=True)
        try:
            draft.hold()
            draft.write(spec, dataset)
            with refused(path):
                holding.move(draft.path, path, LOCK)
        except BaseException:
            for half in (draft, ComparisonFolder(path)):
                half.release()
                shutil.rmtree(half.path, ignore_errors=True)
            raise
        folder = ComparisonFolder(path)
        if not hold:
            folder.release()
        return folder

    def open(self, id: str) -> "ComparisonFolder":
        """Raises NotFound."""
        path = self._path(id)
        if not (path / "spec.json").is_file():
            raise NotFound("There is no such comparison", id, "Choose one from the history.")
        return ComparisonFolder(path)

    def list(self, tips: bool = False) -> tuple[Summary, ...]:
        """Comparisons, or measurements of the tips; newest first, without the damaged ones."""
        return tuple(found for found in self._scan() if isinstance(found, Summary) and found.tips == tips)

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
        self.open(id).set_name(name)

    def delete(self, id: str) -> None:
        """Gone from the list at once, even when removing its files is interrupted; a damaged one too.

        Raises NotFound, StoreFailed, and BadInput while a process has it in its hands.
        """
        path = self._path(id)
        if not path.is_dir():
            raise NotFound("There is no such comparison", id, "Choose one from the history.")
        folder, doomed = ComparisonFolder(path), path.with_name(f".deleted-{id}-{secrets.token_hex(2)}")
        if not folder.try_hold():
            raise BadInput("This comparison is still waiting or training", id, "Stop it first, then delete it.")
        try:
            with refused(path):
                path.rename(doomed)
        finally:
            folder.release()
        for doomed in self.comparisons.glob(".deleted-*"):  # those of an interrupted removal too
            shutil.rmtree(doomed, ignore_errors=True)

    def _clear_drafts(self) -> None:
        for path in self.comparisons.glob(f"{DRAFT}*"):
            with suppress(OSError):
                left = path.stat().st_mtime < time.time() - DRAFT_S
                if left and not ComparisonFolder(path).is_held():
                    shutil.rmtree(path, ignore_errors=True)

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
                yield summarized(folder)
            except StoreFailed as error:
                if folder.is_held():  # being written
                    continue
                log.warning("%s", error)
                yield Damaged(folder.id, error.problems[0])


def summarized(folder: ComparisonFolder) -> Summary:
    """Raises StoreFailed."""
    spec, state = folder.spec(), folder.state().state
    if folder.sealed:
        folder.manifest.check_itself()
    if state in UNENDED and not folder.is_held():
        state = folder.state().state  # it may have ended in between
        state = "interrupted" if state in UNENDED else state
    return Summary(
        id=folder.id,
        name=spec.name,
        created=spec.created,
        state=state,
        frameworks=spec.settings.frameworks,
        targets=spec.dataset.targets,
        file=spec.dataset.file,
        model=spec.settings.model,
        horizon=spec.settings.horizon,
        seeds=len(spec.settings.seeds),
        tips=spec.plan.tips_s is not None,
    )


def default_root() -> Path:
    home = os.environ.get("TWINCAST_HOME")
    return Path(home).expanduser() if home else Path(platformdirs.user_data_dir("twincast", appauthor=False))


def new_id() -> str:
    """Sortable by time: 20261122-145203123-ab12 (UTC to the millisecond, and two random bytes)."""
    now = datetime.now(UTC)
    return f"{now:%Y%m%d-%H%M%S}{now.microsecond // 1000:03}-{secrets.token_hex(2)}"
