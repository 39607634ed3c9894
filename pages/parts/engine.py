"""The one supervisor of this server process, shared by every browser session, and what pages ask of it."""

import functools
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import graphics, hardware
from core.data.dataset import Dataset
from core.errors import BadInput, NotFound, StoreFailed
from core.frameworks.base import Device
from core.runs import checks, estimate, extending, holding
from core.runs.command import command_line
from core.runs.devices import Devices
from core.runs.following import ENDED
from core.runs.planning import plan_comparison
from core.runs.schema import Comparison
from core.runs.spec import ComparisonSpec
from core.runs.store import UNENDED, Store
from core.runs.supervisor import Supervisor
from core.runs.tips_plan import plan_tips
from core.runs.view import ComparisonView
from pages.parts import session

_lock = threading.Lock()
_supervisor: Supervisor | None = None


def supervisor() -> Supervisor:
    """The running supervisor; started on the first call (by the server's lifespan, or by a page under test)."""
    global _supervisor
    with _lock:
        if _supervisor is None:
            _supervisor = Supervisor(Store(), recovers=True)
            _supervisor.start()
        return _supervisor


def close() -> None:
    """End every worker; a later call of `supervisor` starts afresh."""
    global _supervisor
    with _lock:
        if _supervisor is not None:
            _supervisor.close()
            holding.release(_supervisor.store.server_lock)
            _supervisor = None


def store() -> Store:
    return supervisor().store


def alive() -> bool:
    """Whether anything can be trained: the supervisor's own thread runs."""
    return supervisor().alive


def another_server() -> bool:
    """Whether another server works on the same folder. Asked again and again, so that one takes over from the other."""
    try:
        return not holding.try_hold(store().server_lock)
    except StoreFailed:  # a folder that cannot be written is told by whatever writes to it
        return False


def view(comparison: str) -> ComparisonView:
    """The comparison as it stands. Raises NotFound."""
    return supervisor().view(comparison)


def devices() -> Devices:
    """Devices each installed framework has found; the processor alone while one is still starting."""
    return {
        name: status.devices or (Device("cpu", "processor"),)
        for name, status in supervisor().frameworks().items()
        if status.state in ("ready", "starting")
    }


def plan(
    dataset: Dataset, values: Mapping[str, Any], reading: Mapping[str, str] = {}, free: float | None = None
) -> ComparisonSpec:
    """What a form's values come to; `reading` says how the file was read. Raises BadSettings, all at once.

    `free`: cores that are free just now; without, as far as is known without waiting.
    """
    found = devices()
    settings = checks.check(values, dataset, found)
    command = command_line(dataset, settings, reading=reading)
    free = watch().free() if free is None else free
    return plan_comparison(dataset, settings, name=dataset.name, frameworks=found, command=command, free=free)


@functools.cache
def watch() -> hardware.Watch:
    """On what others do with the processor."""
    return hardware.Watch()


def start(dataset: Dataset, values: Mapping[str, Any], reading: Mapping[str, str] = {}) -> str:
    """Queue a comparison and return its id. Raises BadInput, StoreFailed."""
    _await_devices()
    planned = plan(dataset, values, reading, hardware.free_cores())
    return supervisor().submit(planned, dataset, session=session.id())


def start_tips(dataset: Dataset, values: Mapping[str, Any], reading: Mapping[str, str], budget_s: float) -> str:
    """Queue a measurement of the tips and return its id. Raises BadInput, StoreFailed."""
    _await_devices()
    free = hardware.free_cores()
    spec = plan_tips(dataset, values, devices(), budget_s=budget_s, reading=reading, free=free)
    return supervisor().submit(spec, dataset, session=session.id())


def start_again(comparison: str) -> str:
    """The same data, settings and name once more, once a double click. Raises BadInput, StoreFailed."""
    _await_devices()
    folder = store().open(comparison)
    spec = folder.spec()
    for id in own():
        going = store().open(id).spec()
        if id != comparison and (going.settings, going.dataset) == (spec.settings, spec.dataset):
            return id
    dataset = folder.dataset()
    again = plan(dataset, spec.settings.model_dump(), free=hardware.free_cores())
    again = again.model_copy(update={"name": spec.name, "command": spec.command})
    return supervisor().submit(again, dataset, session=session.id())


def go_on(comparison: str) -> str:
    """Train what is missing, from the last weights saved, and score; returns its id. Raises BadInput, StoreFailed."""
    supervisor().resume(comparison, session.id())
    return comparison


def extend(comparison: str) -> str:
    """Train it with more seeds and judge it anew; returns its id. Raises BadInput, StoreFailed."""
    supervisor().extend(comparison, session.id())
    return comparison


def why_no_more_seeds(comparison: Comparison) -> str | None:
    """Why further seeds are not offered; None where they are."""
    try:
        why = extending.obstacle(store().open(comparison.id).spec())
    except (NotFound, StoreFailed):
        return "Its folder cannot be read."
    accuracy = comparison.verdict.accuracy if comparison.verdict else None
    if why is None and accuracy is not None and accuracy.more_seeds is None:
        more = f"{accuracy.more[0].upper()}{accuracy.more[1:]}." if accuracy.more else ""
        return f"{accuracy.reason} {more}".strip()
    return why


def can_go_on(view: ComparisonView) -> bool:
    """Whether it ended before its time, with weights that a training can go on from or scores can be made of."""
    if is_under_way(view) or (is_trained(view) and has_results(view.id)):
        return False
    return any((store().comparisons / view.id).glob("runs/*/fits/*/*.safetensors"))


def is_trained(view: ComparisonView) -> bool:
    """Whether its training is complete, scored or not."""
    return all(run.state == "finished" for run in view.runs.values())


def has_results(comparison: str) -> bool:
    """Whether there are scores and forecasts to look at."""
    return (store().comparisons / comparison / "comparison.json").is_file()


def trains_on(comparison: str, dataset: Dataset) -> bool:
    """Whether a comparison is under way, and of this very series, read and repaired in the same way."""
    try:
        if not is_under_way(view(comparison)):
            return False
        folder = store().open(comparison)
        of, values = folder.spec().dataset, folder.values()
    except (NotFound, StoreFailed):
        return False
    same = (of.targets, of.columns, of.known) == (dataset.targets, dataset.columns, dataset.known)
    return same and np.array_equal(values, dataset.values)


def delete(comparison: str) -> None:
    """Remove a comparison, for everyone. Raises BadInput while it waits or trains, NotFound, StoreFailed."""
    if comparison in supervisor().active():
        raise BadInput(
            "This comparison is still waiting or training", view(comparison).name, "Stop it first, then delete it."
        )
    store().delete(comparison)


def is_under_way(view: ComparisonView) -> bool:
    """Whether it waits, trains or is scored, here or in another process."""
    return view.state in UNENDED or is_scored_later(view)


def is_scored_later(view: ComparisonView) -> bool:
    """Whether it was interrupted, and what it had learned by then is still to be scored."""
    return view.state in ENDED and view.id in supervisor().active()


def own() -> tuple[str, ...]:
    """What this session started and has not ended."""
    present = supervisor()
    return tuple(id for id in present.active() if present.owner(id) == session.id())


def is_own(comparison: str) -> bool:
    return supervisor().owner(comparison) == session.id()


@dataclass(frozen=True)
class Waiting:
    """What a comparison in the queue waits for."""

    others: int
    seconds: float  # of the others' own training, as estimated
    elsewhere: bool  # another process of this installation has the machine


def waiting(comparison: str) -> Waiting:
    others = supervisor().ahead(comparison)
    return Waiting(len(others), sum(map(_seconds_left, others)), supervisor().waits_for_machine)


def _seconds_left(comparison: str) -> float:
    try:
        left = view(comparison).eta_s
        return _estimated(comparison) if left is None else left
    except (NotFound, StoreFailed):  # deleted meanwhile
        return 0.0


@functools.lru_cache(maxsize=64)
def _estimated(comparison: str) -> float:
    """Seconds that a comparison which has not begun will take, worked out once for all who wait for it."""
    spec = store().open(comparison).spec()
    return spec.plan.tips_s or estimate.estimate_seconds(spec, estimate.history(store())).seconds


def _await_devices(seconds: float = 20) -> None:
    """Where the driver names a graphics processor, wait until every framework has said whether it finds it.

    Without one nothing is to be found, and nobody waits. Not measured: no such machine was at hand.
    """
    end = time.monotonic() + seconds
    while graphics.gpus() and time.monotonic() < end:
        if all(status.state != "starting" for status in supervisor().frameworks().values()):
            return
        time.sleep(0.2)


def estimate_words(spec: ComparisonSpec) -> str:
    """How long a comparison will take from now on, in words: those before it included."""
    before = [_seconds_left(id) for id in supervisor().active()]
    return estimate.estimate_seconds(spec, estimate.history(store()), before=before).sentence


def going() -> ComparisonView | None:
    """What a window that watches nothing may want to see: its own comparison under way, or the one that trains now."""
    for id in (*own(), *supervisor().active()):
        try:
            return view(id)
        except (NotFound, StoreFailed):  # deleted meanwhile
            continue
    return None
