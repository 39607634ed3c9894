"""A comparison without a browser: the same supervisor, plan and store as the pages use."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import graphics, hardware
from core.data.dataset import Dataset
from core.errors import FrameworkMissing
from core.frameworks import registry
from core.frameworks.base import Device
from core.runs import checks
from core.runs.command import command_line
from core.runs.planning import plan_comparison
from core.runs.spec import FRAMEWORKS, ComparisonSpec, Settings
from core.runs.store import Store
from core.runs.supervisor import Supervisor
from core.runs.tips_plan import plan_tips, tips_settings
from core.runs.view import ComparisonView

KNOWN = (*FRAMEWORKS, "linear")  # linear: a small stand-in that makes tests quick
LOOK_S = 0.25  # between two looks at what goes on
Watcher = Callable[[ComparisonView], None]


@dataclass(frozen=True)
class Request:
    """What the command line asks for; `reading` are its options about the file, for the line that repeats it."""

    dataset: Dataset
    values: Mapping[str, Any]  # settings as given, without those left to their defaults
    file: str
    out: str
    reading: Mapping[str, str]
    tips_s: float | None = None  # seconds for a measurement of the tips, instead of a comparison


def run(request: Request, store: Store, warn: Callable[[str], None], watch: Watcher) -> tuple[Path, ComparisonView]:
    """Train and score; returns the comparison's folder and how it ended. An interrupt stops it and keeps what it has.

    `warn` is told of a framework that is left out. Raises BadSettings, FrameworkMissing, StoreFailed.
    """
    frameworks = _wanted(request, warn)
    values = {**request.values, "frameworks": frameworks}
    if _on_the_processor(values):  # else what goes together depends on devices that only the frameworks find
        _check(request, values, {name: () for name in frameworks if _installed(name)})  # before any import
    supervisor = Supervisor(store, warm=frameworks)
    supervisor.start()
    try:
        devices = _await_devices(supervisor, warn)
        if "frameworks" not in request.values:
            values["frameworks"] = _importable(supervisor, devices, warn)
        spec = _plan(request, values, devices)
        supervisor.submit(spec, request.dataset)
        view = _follow(supervisor, spec.id, watch)
        return store.open(spec.id).path, view
    finally:
        supervisor.close()


def _wanted(request: Request, warn: Callable[[str], None]) -> tuple[str, ...]:
    """The frameworks named, else those that are installed."""
    named = request.values.get("frameworks")
    if named is not None:
        return tuple(named)
    for name in FRAMEWORKS:
        if not _installed(name):
            found = registry.find(name)
            warn(f"{found.label} is not installed and is left out. {found.how_to_install}.")
    installed = tuple(name for name in FRAMEWORKS if _installed(name))
    if not installed:
        raise FrameworkMissing(
            "Neither PyTorch nor TensorFlow is installed", "", registry.find("pytorch").how_to_install
        )
    return installed


def _installed(name: str) -> bool:
    return name in KNOWN and registry.find(name).installed


def _on_the_processor(values: Mapping[str, Any]) -> bool:
    """Whether no graphics processor can be meant, which is known without a framework."""
    asked = str(values.get("device", "auto"))
    return not (asked.startswith("gpu") or (asked == "auto" and graphics.gpus()))


def _await_devices(supervisor: Supervisor, warn: Callable[[str], None]) -> dict[str, Sequence[Device]]:
    """Devices by framework, once every worker has imported its own or failed to.

    Nothing is imported while another process of the installation trains. Raises StoreFailed or TwincastError when no
    worker can be started.
    """
    told = False
    while any(status.state == "starting" for status in supervisor.frameworks().values()):
        if supervisor.waits_for_machine and not told:
            told = True
            warn("Another comparison of this installation is under way. This one begins when it has ended.")
        time.sleep(LOOK_S / 5)
    refusal = supervisor.refusal()
    if refusal is not None:
        raise refusal
    return {name: status.devices for name, status in supervisor.frameworks().items() if status.state == "ready"}


def _importable(
    supervisor: Supervisor, devices: Mapping[str, Sequence[Device]], warn: Callable[[str], None]
) -> tuple[str, ...]:
    """Of frameworks that nobody named, those that work; all of them when none does, to be refused by name."""
    for name, status in supervisor.frameworks().items():
        if status.problem is not None:
            warn(f"{registry.find(name).label} is left out: {status.problem.sentence()}")
    return tuple(devices) or FRAMEWORKS


def _check(request: Request, values: Mapping[str, Any], devices: Mapping[str, Sequence[Device]]) -> Settings:
    """Raises BadSettings."""
    if request.tips_s is not None:
        return tips_settings(request.dataset, values, devices, request.tips_s)
    return checks.check(values, request.dataset, devices)


def _plan(request: Request, values: Mapping[str, Any], devices: Mapping[str, Sequence[Device]]) -> ComparisonSpec:
    if request.tips_s is not None:
        return plan_tips(
            request.dataset,
            values,
            devices,
            budget_s=request.tips_s,
            file=request.file,
            reading=request.reading,
            free=hardware.free_cores(),
        )
    settings = checks.check(values, request.dataset, devices)
    line = command_line(request.dataset, settings, file=request.file, out=request.out, reading=request.reading)
    return plan_comparison(
        request.dataset,
        settings,
        name=request.dataset.name,
        frameworks=devices,
        command=line,
        free=hardware.free_cores(),
    )


def _follow(supervisor: Supervisor, id: str, watch: Watcher) -> ComparisonView:
    """Watch until it has ended; the first interrupt stops it, a second one leaves at once."""
    stopped = False
    while True:
        try:
            view = supervisor.wait(id, LOOK_S)
            if view.ended:
                return view
            watch(view)
        except KeyboardInterrupt:
            if stopped:
                raise
            stopped = True
            supervisor.stop(id)
