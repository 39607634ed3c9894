"""What a comparison looks like right now, for everyone who watches: read once for all.

`ComparisonReader.view` costs well under a millisecond when nothing is new, so that every session may ask each second.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.errors import Problem, StoreFailed
from core.runs.files import Latest, read_json
from core.runs.following import ENDED, Follower, RunView
from core.runs.results import label
from core.runs.spec import ComparisonSpec
from core.runs.store import ComparisonFolder, State

PARKED = "waiting for another comparison's training"


@dataclass(frozen=True)
class ComparisonView:
    """A whole comparison so far."""

    id: str
    name: str
    created: str
    state: str  # queued, running, evaluating, finished, stopped, failed, interrupted
    position: int | None  # in the queue, from 1
    runs: dict[str, RunView]  # by framework, in the order asked for
    started_at: float | None
    ended_at: float | None
    error: Problem | None
    parked: bool  # under way, while another comparison has the machine
    eta_s: float | None  # to the end of all training; the frameworks' own added up when they take turns
    tips: bool = False  # it is a measurement of the tips, see core.runs.tips
    scoring: str = ""  # while it is evaluated: the simple methods that are being fitted

    @property
    def ended(self) -> bool:
        return self.state in ENDED


@dataclass(frozen=True)
class Live:
    """What only the supervisor of a comparison knows."""

    position: int | None = None
    stopping: bool = False
    parked: bool = False  # another comparison has the machine
    scoring: str = ""


class ComparisonReader:
    """Reads one comparison for every session that watches it."""

    def __init__(self, folder: ComparisonFolder) -> None:
        self.folder = folder
        self.spec: ComparisonSpec = folder.spec()
        self._followers = [Follower(folder.run(name), self.spec) for name in self.spec.settings.frameworks]
        self._read = Latest(lambda path: read_json(path, unsealed=not folder.sealed))
        self._lock = threading.Lock()

    def view(self, live: Live | None) -> ComparisonView:
        """`live` is None where this process's supervisor does not have it.

        What has not ended is then another process's, or was interrupted when no process holds it.
        """
        with self._lock:
            state = self.state()
            if live is None and state.state not in ENDED and not self.folder.is_held():
                state = self.state()  # it may have ended in between
                state = state if state.state in ENDED else replace(state, state="interrupted")
            runs = [present(follower.read(), state.state, live) for follower in self._followers]
            name = (self._json("name.json") or {}).get("name", self.spec.name)
        return ComparisonView(
            id=self.folder.id,
            name=name,
            created=self.spec.created,
            state=state.state,
            position=live.position if live else None,
            runs={run.framework: run for run in runs},
            started_at=state.started_at,
            ended_at=state.ended_at,
            error=state.error,
            parked=bool(live and live.parked),
            eta_s=together(runs, self.spec.settings.order),
            tips=self.spec.plan.tips_s is not None,
            scoring=live.scoring if live else "",
        )

    def state(self) -> State:
        content = self._json("state.json")
        if content is None:
            return State("interrupted", error=Problem("Its state is missing or damaged", str(self.folder.path)))
        error = content.get("error")
        return State(**{**content, "error": Problem(**error) if error else None})

    def _json(self, name: str) -> dict[str, Any] | None:
        """None when it is missing or damaged."""
        try:
            return self._read.get(self.folder.path / name)
        except (OSError, StoreFailed):
            return None


def present(run: RunView, state: str, live: Live | None) -> RunView:
    """The run as it stands in a comparison of this state: waiting, starting and interrupted leave no event."""
    if run.state == "finished" or (run.state in ENDED and state != "queued"):
        return run
    if state in (*ENDED, "evaluating"):  # while it is scored, one that has not ended lost its process
        ended = "stopped" if state == "stopped" else "interrupted"
        return replace(run, state=ended, stage=ended, fit=None, eta_s=None)
    if state == "queued":
        return replace(run, state="waiting", stage="waiting to start", error=None)
    if live and live.stopping:
        return replace(run, stage="stopping")
    if live and live.parked and run.fit is None:
        return replace(run, stage=PARKED)
    if not run.version:
        return replace(run, state="starting", stage=f"starting {label(run.framework)}")
    return run


def together(runs: Sequence[RunView], order: str) -> float | None:
    """Seconds to the end of all training; None until every run that goes on has an estimate."""
    left = [run.eta_s for run in runs if run.state not in ENDED]
    known = [seconds for seconds in left if seconds is not None]
    if not known or len(known) < len(left):
        return None
    return sum(known) if order == "alternate" else max(known)
