"""What each tip buys, as far as it was measured: the rows, and how a whole measurement is read back from its folder.

A measurement is kept like a comparison and run like one (core.runs.tips_plan); its workers write a line of their
journals for whatever becomes known, so that a page sees rows come in, and what was stopped keeps what it has.
"""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from core import hardware
from core.errors import Problem, TwincastError
from core.evaluation.ratio import Ratio
from core.runs import events
from core.runs.files import Latest, damaged
from core.runs.folders import ComparisonFolder, RunFolder
from core.runs.results import label
from core.runs.spec import Frozen
from core.runs.store import Store
from core.runs.tips_catalogue import tips_for

Outcome = Literal["faster", "slower", "no_gain", "cannot_tell", "not_available", "not_measured"]
MARGIN = 0.03  # a smaller gain or loss is worth no setting
RULED_OUT = 0.10  # no gain is said where the interval leaves no room for so much
FEWEST = 3  # rounds, for an interval that means anything
TOGETHER, SAME_MATHS = "together", "together_same_maths"
STOPPED = "Stopped before its turn came."


class Row(Frozen):
    """One tip, measured alone against the plain script, or all together that help."""

    tip: str
    label: str
    available: bool = True
    reason: str = ""  # why it is not available, was not measured, or what else there is to say
    ratio: float | None = None  # how many times as fast as the plain script
    interval: tuple[float, float] | None = None  # 95%; from the third round on
    n: int = 0  # rounds
    setup_s: float | None = None  # until it ran evenly: building, compiling; not in the ratio
    loss_difference: float | None = None  # largest, of the train loss after the same number of windows, as a share
    changes_maths: bool = False
    outcome: Outcome = "not_measured"
    members: tuple[str, ...] = ()  # tips that are in it, where it is several


class Plain(Frozen):
    """The plain script, that every tip is measured against."""

    windows_per_second: float
    n: int  # rounds
    setup_s: float
    windows: int  # of the epochs that were measured
    windows_in_data: int  # that a whole epoch would have
    epochs: int  # that were timed each time, behind one that warms up
    threads: int
    device: str
    order_difference: float | None = None  # of the train loss, when only the order of the windows is another


class FrameworkTips(Frozen):
    """One framework's rows, in the order of the catalogue."""

    label: str
    version: str = ""
    state: str = "waiting"  # measuring, finished, stopped, failed
    stage: str = ""
    problem: tuple[str, str, str] | None = None  # what, where, remedy
    plain: Plain | None = None
    rows: tuple[Row, ...] = ()
    together: Row | None = None  # all that help
    together_same_maths: Row | None = None  # those of them that leave the results alone, where that is not all


class Report(Frozen):
    """A whole measurement so far. `model` is what the person asked for."""

    id: str
    name: str
    created: str
    file: str
    machine: dict[str, Any]
    versions: dict[str, str]
    model: dict[str, Any]
    budget_s: float
    contended: bool  # others kept the machine busy meanwhile
    frameworks: dict[str, FrameworkTips]


def judged(found: Ratio) -> Outcome:
    """What the interval says. One measurement or two say nothing; a wide interval around 1 neither."""
    if found.interval is None or found.n < FEWEST:
        return "cannot_tell"
    low, high = found.interval
    if low > 1 and found.ratio >= 1 + MARGIN:
        return "faster"
    if high < 1 and found.ratio <= 1 / (1 + MARGIN):
        return "slower"
    return "no_gain" if high < 1 + RULED_OUT else "cannot_tell"


def latest(store: Store) -> Report | None:
    """The newest measurement with an interval in at least one row; for whoever wants this machine's own figures."""
    for summary in store.list(tips=True):
        try:
            found = report(store.open(summary.id))
        except TwincastError:
            continue
        if any(row.interval is not None for each in found.frameworks.values() for row in each.rows):
            return found
    return None


def report(folder: ComparisonFolder) -> Report:
    """As it stands. Raises StoreFailed."""
    spec, state = folder.spec(), folder.state()
    frameworks = {run.framework: _read.get(run.events) if run.events.exists() else None for run in folder.runs()}
    told = {name: found or folded(name, []) for name, found in frameworks.items()}
    load = max(state.load_before or 0.0, state.load_during or 0.0)
    return Report(
        id=spec.id,
        name=spec.name,
        created=spec.created,
        file=spec.dataset.file,
        machine=asdict(_machine()),
        versions={name: each.version for name, each in told.items() if each.version},
        model=spec.settings.model_dump(mode="json", include=set(SHOWN)),
        budget_s=spec.plan.tips_s or 0.0,
        contended=hardware.busy(load, spec.plan.threads),
        frameworks=told,
    )


SHOWN = ("model", "hidden", "layers", "lookback", "horizon", "batch_size", "optimizer", "learning_rate", "loss")


def read_journal(path: Path) -> FrameworkTips:
    """What a run's journal tells. Raises StoreFailed where it is damaged."""
    with damaged(path):
        content = path.read_bytes()
        lines = content[: content.rfind(b"\n") + 1].splitlines()
        return folded(RunFolder(path.parent).framework, [event for event in map(events.parse, lines) if event])


def folded(framework: str, told: list[events.Event]) -> FrameworkTips:
    """The rows as the latest events have them; one of a tip replaces the one before."""
    found: dict[str, Any] = {"label": label(framework)}
    rows: dict[str, Row] = {}
    for event in told:
        match event:
            case events.Resumed():
                found, rows = {"label": label(framework)}, {}
            case events.Started():
                found["version"] = event.version
            case events.Stage():
                found |= {"state": "measuring", "stage": event.text}
            case events.Tip():
                _keep(event, found, rows)
            case events.Finished():
                found |= {"state": event.status, "stage": ""}
            case events.Failed():
                found |= {"state": "failed", "stage": "", "problem": (event.what, event.where, event.remedy)}
    return FrameworkTips(**found, rows=tuple(with_the_rest(framework, rows, found)))


def with_the_rest(framework: str, rows: Mapping[str, Row], found: Mapping[str, Any]) -> Iterator[Row]:
    """In the order of the catalogue, with those of which nothing is known yet."""
    ended = found.get("state") in ("stopped", "failed")
    for tip in tips_for(framework):
        rest = Row(tip=tip.name, label=tip.label, reason=STOPPED if ended else "", changes_maths=tip.changes_maths)
        yield rows.get(tip.name, rest)


def problem_of(tips: FrameworkTips) -> Problem | None:
    return Problem(*tips.problem) if tips.problem else None


def _keep(event: events.Tip, found: dict[str, Any], rows: dict[str, Row]) -> None:
    """Raises ValueError: what no version has written."""
    content: Mapping[str, Any] = event.content
    if event.kind == "plain":
        found["plain"] = Plain.model_validate(content)
        return
    row = Row.model_validate(content)
    if event.kind == "row":
        rows[row.tip] = row
    elif event.kind in (TOGETHER, SAME_MATHS):
        found[event.kind] = row


_machine = functools.cache(hardware.describe_machine)
_read: Latest[FrameworkTips] = Latest(read_journal)
