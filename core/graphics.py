"""Graphics processors, and what this machine cannot do; found without importing a framework."""

import functools
import platform
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import psutil
import pynvml

from core.frameworks import host, registry
from core.frameworks.base import Device

NOT_MEASURED = "not measured here"  # said of everything but processors: this code has not run on the rest


@dataclass(frozen=True)
class Gpu:
    """A graphics processor, as its driver describes it. `memory_gb` is None where the driver does not tell."""

    name: str
    memory_gb: float | None
    driver: str


@dataclass(frozen=True)
class System:
    """What decides, beside the frameworks' own devices, about what can be done."""

    name: str  # Linux, Darwin, Windows
    gpus: tuple[Gpu, ...]
    compiler: str | None  # of C++, which torch.compile needs on a processor


@dataclass(frozen=True)
class Limit:
    """A choice that this machine cannot carry out, and the reason in a sentence."""

    setting: str
    choice: str
    reason: str


@functools.cache
def gpus() -> tuple[Gpu, ...]:
    """NVIDIA's as their driver tells (NVML), or Apple's own; empty where there is none."""
    return nvidia_gpus() or apple_gpus()


def nvidia_gpus() -> tuple[Gpu, ...]:
    """Every one that the driver knows, in its order; empty without a driver."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:  # no driver is the usual case
        return ()
    try:
        return tuple(_nvidia_gpu(number) for number in range(pynvml.nvmlDeviceGetCount()))
    except pynvml.NVMLError:
        return ()
    finally:
        pynvml.nvmlShutdown()


def _nvidia_gpu(number: int) -> Gpu:
    handle = pynvml.nvmlDeviceGetHandleByIndex(number)
    try:
        memory = round(pynvml.nvmlDeviceGetMemoryInfo(handle).total / 2**30, 1)
    except pynvml.NVMLError:  # some share the machine's memory and have none of their own
        memory = None
    return Gpu(str(pynvml.nvmlDeviceGetName(handle)), memory, f"NVIDIA {pynvml.nvmlSystemGetDriverVersion()}")


def apple_gpus() -> tuple[Gpu, ...]:
    """The one in Apple's own processors, which uses the machine's memory."""
    if (platform.system(), platform.machine()) != ("Darwin", "arm64"):
        return ()
    return (Gpu(host.name(), round(psutil.virtual_memory().total / 2**30, 1), "Metal"),)


@functools.cache
def system() -> System:
    """This machine's."""
    compiler = next((name for name in ("g++", "clang++", "cl") if shutil.which(name)), None)
    return System(platform.system(), gpus(), compiler)


def limits(devices: Mapping[str, Sequence[Device]], here: System) -> tuple[Limit, ...]:
    """What cannot be chosen; `devices` by framework, as each has found them."""
    return tuple(_limits(devices, here))


def _limits(devices: Mapping[str, Sequence[Device]], here: System) -> Iterator[Limit]:
    found = {name: [device.id for device in those] for name, those in devices.items()}
    usable = any(_is_gpu(id) for ids in found.values() for id in ids)
    if not (found and all(any(map(_is_gpu, ids)) for ids in found.values())):
        yield Limit("device", "gpu", _why_no_gpu(found, here))
    if not any("mps" in ids for ids in found.values()):
        yield Limit("device", "mps", _why_no_mps(here))
    if not usable:
        yield Limit(
            "precision", "float16", "float16 needs a graphics processor; on a processor bfloat16 is the choice."
        )
        yield Limit("pin_memory", "on", "Pinned memory speeds up copies to a graphics processor, and none is usable.")
        if here.compiler is None:
            reason = "torch.compile needs a C++ compiler on a processor (g++, clang++ or cl), and none was found."
            yield Limit("compile", "pytorch", reason)
    if max((sum(map(_is_gpu, ids)) for ids in found.values()), default=0) < 2:
        yield Limit("devices", "several gpus", "Fewer than two graphics processors are usable.")


def _why_no_gpu(found: Mapping[str, Sequence[str]], here: System) -> str:
    if not here.gpus:
        return "No graphics processor was found on this machine."
    without = [registry.find(name).label for name, ids in found.items() if not any(map(_is_gpu, ids))]
    return f"{here.gpus[0].name} is there, but {' and '.join(without)} cannot use it: {_missing(without, here)}"


def _missing(without: Sequence[str], here: System) -> str:
    if here.name == "Windows" and "TensorFlow" in without:
        return "on Windows TensorFlow reaches graphics processors only inside WSL2. See docs/install.md."
    if here.name == "Darwin":
        return "only CUDA is reached as gpu:N. See docs/install.md."
    return "what is installed is a build for processors, or the driver is too old for it. See docs/install.md."


def _why_no_mps(here: System) -> str:
    if here.name != "Darwin" or not here.gpus:
        return "MPS is how Apple's own processors compute graphics, and this machine has none."
    return "The PyTorch that is installed does not reach Apple's graphics processor. See docs/install.md."


def _is_gpu(id: str) -> bool:
    return id.startswith("gpu")


def label(device: Device) -> str:
    """gpu:0: NVIDIA H100, 80 GB, not measured here."""
    memory = f", {device.memory_gb:.0f} GB" if device.memory_gb else ""
    return f"{device.id}: {device.name}{memory}{'' if device.id == 'cpu' else f', {NOT_MEASURED}'}"
