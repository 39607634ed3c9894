"""PyTorch behind the Framework protocol. Importing this folder imports torch."""

import contextlib
import os
from typing import Any

os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")  # else torch.compile starts a pool of processes that stays
os.environ.setdefault("TORCHINDUCTOR_CPP_CACHE_PRECOMPILE_HEADERS", "0")  # they would be left in the temporary folder

import torch
import torch._dynamo  # the first optimiser would import it, at a second that belongs to the import

from core.frameworks.base import Description, Device, Hardware, ModelSpec, TrainingSpec
from core.frameworks.host import processor
from core.frameworks.pytorch.parallel import ParallelTrainer
from core.frameworks.pytorch.plain import PlainTrainer
from core.frameworks.pytorch.ranks import Others
from core.frameworks.pytorch.training import Trainer


class PyTorch:
    name = "pytorch"
    label = "PyTorch"

    def __init__(self) -> None:
        self._device = torch.device("cpu")
        self._devices: tuple[torch.device, ...] = (self._device,)
        self._others: Others | None = None

    def describe(self) -> Description:
        return Description(self.name, self.label, torch.__version__, (processor(), *_gpus(), *_apple()))

    def configure(self, hardware: Hardware) -> dict[str, Any]:
        """Threads and device for everything that follows; returns what is in force."""
        torch.set_num_threads(hardware.threads)
        with contextlib.suppress(RuntimeError):  # can be set once a process, before the first parallel work
            torch.set_num_interop_threads(hardware.threads)
        self._devices = tuple(torch.device(id.replace("gpu", "cuda")) for id in hardware.ids)
        self._device = self._devices[0]
        if hardware.scratch is not None:
            os.environ["TORCHINDUCTOR_CACHE_DIR"] = hardware.scratch
        return {
            "device": str(self._device).replace("cuda", "gpu"),
            "threads": torch.get_num_threads(),
            "interop_threads": torch.get_num_interop_threads(),
        }

    def build(self, model: ModelSpec, training: TrainingSpec) -> Trainer:
        if training.devices > 1:
            if self._others is None or self._others.ended:
                self._others = Others(self._devices, torch.get_num_threads())
            return ParallelTrainer(model, training, self._device, self._others)
        kind = PlainTrainer if training.loads else Trainer
        return kind(model, training, self._device)


def _gpus() -> tuple[Device, ...]:
    """CUDA devices as torch sees them. Not measured on a GPU machine yet."""
    found = [torch.cuda.get_device_properties(n) for n in range(torch.cuda.device_count())]
    return tuple(Device(f"gpu:{n}", gpu.name, round(gpu.total_memory / 2**30, 1)) for n, gpu in enumerate(found))


def _apple() -> tuple[Device, ...]:
    """The graphics processor in Apple's own processors, which uses the machine's memory. Not measured yet."""
    here = processor()
    return (Device("mps", here.name, here.memory_gb),) if torch.backends.mps.is_available() else ()


framework = PyTorch()
