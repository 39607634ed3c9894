"""The one supervisor of this server process, shared by every browser session, and what pages ask of it."""

import threading
import time
from collections.abc import Mapping
from typing import Any

from core import hardware
from core.data.dataset import Dataset
from core.errors import BadInput
from core.frameworks.base import Device
from core.runs import checks, estimate
from core.runs.checks import Devices
from core.runs.command import command_line
from core.runs.planning import plan_comparison
from core.runs.spec import ComparisonSpec
from core.runs.store import Store
from core.runs.supervisor import Supervisor
from core.runs.view import ComparisonView

_lock = threading.Lock()
_supervisor: Supervisor | None = None


def supervisor() -> Supervisor:
    """The running supervisor; started on the first call (by the server's lifespan, or by a page under test)."""
    global _supervisor
    with _lock:
        if _supervisor is None:
            _supervisor = Supervisor(Store())
            _supervisor.start()
        return _supervisor


def close() -> None:
    """End every worker; a later call of `supervisor` starts afresh."""
    global _supervisor
    with _lock:
        if _supervisor is not None:
            _supervisor.close()
            _supervisor = None


def store() -> Store:
    return supervisor().store


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


def plan(dataset: Dataset, values: Mapping[str, Any], time: str | None = None) -> ComparisonSpec:
    """What a form's values come to; `time` is the time column if one was chosen. Raises BadSettings, all at once."""
    found = devices()
    settings = checks.check(values, dataset, found)
    reading = {"time": time} if time else {}
    command = command_line(dataset, settings, reading=reading)
    return plan_comparison(dataset, settings, name=dataset.name, frameworks=found, command=command)


def start(dataset: Dataset, values: Mapping[str, Any], time: str | None = None) -> str:
    """Queue a comparison and return its id. Raises BadSettings, StoreFailed."""
    _await_devices()
    return supervisor().submit(plan(dataset, values, time), dataset)


def start_again(comparison: str) -> str:
    """The same data, settings and name once more. Raises NotFound, BadSettings, StoreFailed."""
    _await_devices()
    folder = store().open(comparison)
    spec, dataset = folder.spec(), folder.dataset()
    again = plan(dataset, spec.settings.model_dump())
    again = again.model_copy(update={"name": spec.name, "command": spec.command})
    return supervisor().submit(again, dataset)


def delete(comparison: str) -> None:
    """Remove a comparison, for everyone. Raises BadInput while it waits or trains, NotFound, StoreFailed."""
    if comparison in supervisor().active():
        raise BadInput(
            "This comparison is still waiting or training", view(comparison).name, "Stop it first, then delete it."
        )
    store().delete(comparison)


def _await_devices(seconds: float = 20) -> None:
    """Where the driver names a graphics processor, wait until every framework has said whether it finds it.

    Without one nothing is to be found, and nobody waits. Not measured: no such machine was at hand.
    """
    end = time.monotonic() + seconds
    while hardware.gpu_names() and time.monotonic() < end:
        if all(status.state != "starting" for status in supervisor().frameworks().values()):
            return
        time.sleep(0.2)


def estimate_words(spec: ComparisonSpec) -> str:
    """How long a comparison will take, in words."""
    return estimate.estimate_seconds(spec, estimate.history(store())).sentence
