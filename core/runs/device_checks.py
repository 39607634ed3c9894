"""Reasons why several devices cannot train together, and what is said where they can."""

from collections.abc import Callable

from core.data.dataset import Dataset
from core.errors import Problem
from core.frameworks import registry
from core.frameworks.base import Hardware
from core.hardware import cores
from core.runs.devices import Devices, decide_device
from core.runs.spec import Settings


def check_devices(settings: Settings, dataset: Dataset, devices: Devices) -> list[Problem]:
    """Whatever stands against sharing every batch among several devices."""
    if settings.devices == 1:
        return []
    device = decide_device(settings, devices)[0]
    missing = _cores(settings) if device == "cpu" else _missing(settings, device, devices)
    return missing + [problem for check in CHECKS if (problem := check(settings))]


def devices_words(settings: Settings, device: str, threads: int, free: float | None) -> str:
    """How they share the work, and a warning where there is too little room for it."""
    if settings.devices == 1:
        return ""
    each = settings.batch_size // settings.devices
    shared = f"Each of the {settings.devices} devices learns from {each:,} of the {settings.batch_size:,} windows"
    said = f"{shared} of a batch, and the results are those of one device."
    if device != "cpu":
        return said
    said += " Parts of a processor show that it works; they make nothing quicker."
    needed = settings.devices * threads
    if free is None or needed <= free:
        return said
    return f"{said} They keep {needed} cores busy and {free:.1f} are free just now: this may be many times slower."


def _cores(settings: Settings) -> list[Problem]:
    """Of a processor each part needs one for each thread."""
    threads = 1 if settings.threads == "auto" else settings.threads
    if settings.devices * threads <= cores():
        return []
    if threads > 1:
        what, where = f"{settings.devices} parts of the processor with {threads} threads each", "devices, threads"
        remedy = f"Choose auto for the threads, and at most {cores()} devices."
    else:
        what, where = f"{settings.devices} parts of the processor", "devices"
        remedy = f"Choose at most {cores()}, or graphics processors where there are several."
    return [Problem(f"{what} are more than the {cores()} cores of this machine", where, remedy)]


def _missing(settings: Settings, device: str, devices: Devices) -> list[Problem]:
    asked, found = Hardware(device, 1, settings.devices).ids, []
    if device == "mps":
        return [Problem("A machine has one graphics processor of Apple's", "device, devices", "Choose 1 for devices.")]
    for name in settings.frameworks:
        there = [each.id for each in devices.get(name, ())]
        if device in there and not set(asked) <= set(there):
            usable = next(n for n, id in enumerate((*asked, "")) if id not in there)
            what = f"{registry.find(name).label} finds {usable} of the {settings.devices} graphics processors {device}"
            remedy = f"Choose at most {usable}, or the device cpu to try it out on parts of the processor."
            found.append(Problem(f"{what} to {asked[-1]}", "devices", remedy))
    return found


def _uneven(settings: Settings) -> Problem | None:
    """An equal share for each, so that none waits and short last batches alone need care."""
    over = settings.batch_size % settings.devices
    if not over:
        return None
    more, less = settings.batch_size + settings.devices - over, settings.batch_size - over
    return Problem(
        f"A batch of {settings.batch_size:,} windows cannot be shared out equally among {settings.devices} devices",
        "devices, batch_size",
        f"Choose a batch size of {f'{less:,} or ' if less else ''}{more:,}, or another number of devices.",
    )


def _loaded(settings: Settings) -> Problem | None:
    if not settings.loads:
        return None
    return Problem(
        "Loaders and plain scripts bring their batches to one device",
        "devices, data_path" if settings.data_path == "loader" else "devices, speed",
        "Choose 1 device, or the speed tuned with the data path auto.",
    )


def _compiled(settings: Settings) -> Problem | None:
    if settings.compile != "on":
        return None
    return Problem("Several devices train without compiling", "devices, compile", "Choose 1 device, or auto or off.")


def _scaled(settings: Settings) -> Problem | None:
    if settings.precision != "float16":
        return None
    return Problem(
        "The scaled losses of float16 are not worked out for several devices",
        "devices, precision",
        "Choose 1 device, or the precision bfloat16 or float32.",
    )


def _masked(settings: Settings) -> Problem | None:
    """Its masks follow from the place of a window in its batch."""
    if settings.maths == "stock" or not settings.dropout:
        return None
    return Problem(
        "Matched dropout is not worked out for several devices",
        "devices, dropout, maths",
        "Choose 1 device, no dropout, or the maths stock.",
    )


CHECKS: tuple[Callable[[Settings], Problem | None], ...] = (_uneven, _loaded, _compiled, _scaled, _masked)
