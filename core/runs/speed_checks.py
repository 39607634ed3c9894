"""Reasons why settings of speed and hardware cannot be used, and what to choose instead."""

from collections.abc import Callable

from core import graphics
from core.data.dataset import Dataset
from core.data.split import make_split
from core.data.words import listed
from core.errors import BadInput, Problem
from core.hardware import cores
from core.runs import memory
from core.runs.devices import Devices, decide_device
from core.runs.spec import Settings

OF_LOADERS = {"workers": "workers", "pin_memory": "pinned memory", "cache": "a cache", "prefetch": "prefetching"}
COPIES = 3  # of every window while `fit` trains on arrays: gathered, handed over, and some of both again to validate


def check_speed(settings: Settings, dataset: Dataset, devices: Devices) -> list[Problem]:
    """Whatever a framework, a device or plain scripts cannot do."""
    device = decide_device(settings, devices)[0]
    return [problem for check in CHECKS if (problem := check(settings, device))] + _too_large(settings, dataset)


def _rounded(settings: Settings, device: str) -> Problem | None:
    if settings.precision == "float32" or settings.maths == "stock":
        return None
    return Problem(
        f"With the three digits of {settings.precision} two frameworks cannot be matched: each rounds at other places",
        "precision, maths",
        "Choose the precision float32, or the maths stock.",
    )


def _half(settings: Settings, device: str) -> Problem | None:
    if settings.precision != "float16" or device != "cpu":
        return None
    return Problem(
        "float16 needs a graphics processor, and the processor is what would train",
        "precision, device",
        "Choose the precision bfloat16 or float32, or a graphics processor where there is one.",
    )


def _uncompiled(settings: Settings, device: str) -> Problem | None:
    if settings.compile != "on" or "pytorch" not in settings.frameworks or device != "cpu":
        return None
    if graphics.system().compiler is not None:
        return None
    return Problem(
        "torch.compile needs a C++ compiler on a processor (g++, clang++ or cl), and none was found",
        "compile",
        "Choose auto or off, install a compiler (see docs/install.md), or leave out PyTorch.",
    )


def _not_fused(settings: Settings, device: str) -> Problem | None:
    if settings.fused != "on" or settings.optimizer != "rmsprop" or "pytorch" not in settings.frameworks:
        return None
    return Problem(
        "PyTorch has no RMSprop in one kernel",
        "fused, optimizer",
        "Choose auto for fused, or the optimiser adam, adamw or sgd.",
    )


def _shuffled(settings: Settings, device: str) -> Problem | None:
    """By each framework's loader in a way of its own."""
    if settings.maths == "stock" or not settings.loads:
        return None
    who, where = (
        ("Loaders", "data_path, maths") if settings.data_path == "loader" else ("Plain scripts", "speed, maths")
    )
    return Problem(
        f"{who} shuffle in their own ways, so their curves cannot be matched",
        where,
        "Choose the speed tuned with the data path auto, or the maths stock.",
    )


def _resident(settings: Settings, device: str) -> Problem | None:
    if settings.speed != "stock" or settings.data_path != "resident":
        return None
    return Problem(
        "Plain scripts bring every batch to the device, so the data cannot stay there",
        "speed, data_path",
        "Choose the data path auto or loader, or the speed tuned.",
    )


def _unloaded(settings: Settings, device: str) -> Problem | None:
    """Settings of a loader where there is none."""
    asked = [name for name in OF_LOADERS if getattr(settings, name) not in ("auto", "off", 0)]
    if settings.loads or not asked:
        return None
    return Problem(
        f"Only a loader has a use for {listed([OF_LOADERS[name] for name in asked], 'or')}, and here the data stay "
        "on the device",
        ", ".join((*asked, "data_path")),
        "Choose the data path loader, or leave these as they were.",
    )


def _unpinned(settings: Settings, device: str) -> Problem | None:
    if settings.pin_memory != "on" or device != "cpu":
        return None
    return Problem(
        "Pinned memory speeds up copies to a graphics processor, and the processor is what would train",
        "pin_memory",
        "Choose auto or off.",
    )


def _crowded(settings: Settings, device: str) -> Problem | None:
    if settings.workers <= cores():
        return None
    return Problem(
        f"{settings.workers} workers are more than the {cores()} cores of this machine",
        "workers",
        f"Choose at most {cores()}: they would only wait for each other.",
    )


def _too_large(settings: Settings, dataset: Dataset) -> list[Problem]:
    """Keras' `fit` on arrays, and a cache, hold every window at once: lookback times what the data need."""
    if not settings.loads or "tensorflow" not in settings.frameworks:
        return []
    piped = settings.data_path == "loader" or settings.prefetch == "on" or settings.cache == "on"
    if piped and settings.cache == "off":
        return []
    try:
        rows, allowed = make_split(dataset.rows, settings.split).end, memory.allowance_gb()
    except BadInput:  # told elsewhere
        return []
    each = settings.lookback * len(dataset.columns) + (settings.horizon + 1) * len(dataset.targets)
    gigabytes = 4 * rows * each * (1 if piped else COPIES) / 2**30
    if not allowed or gigabytes <= allowed:
        return []
    what = "A cache holds" if piped else "Keras' plain script holds"
    return [
        Problem(
            f"{what} every window in memory, about {gigabytes:,.1f} GB, and {allowed:,.1f} GB are free for it",
            "lookback, cache" if piped else "lookback, speed",
            f"Choose a shorter lookback, or {'the cache off' if piped else 'the data path loader'}.",
        )
    ]


CHECKS: tuple[Callable[[Settings, str], Problem | None], ...] = (
    _rounded,
    _half,
    _uncompiled,
    _not_fused,
    _shuffled,
    _resident,
    _unloaded,
    _unpinned,
    _crowded,
)
