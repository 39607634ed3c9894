"""TensorFlow (Keras) behind the Framework protocol. Importing this folder imports tensorflow."""

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"  # a person's keras.json may name another
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # start-up notices of the C++ runtime would bury the log

import tensorflow as tf

from core.frameworks.base import Description, Device, Hardware, ModelSpec, TrainingSpec
from core.frameworks.host import processor
from core.frameworks.tensorflow.parallel import ParallelTrainer
from core.frameworks.tensorflow.plain import PlainTrainer
from core.frameworks.tensorflow.training import Trainer


class TensorFlow:
    name = "tensorflow"
    label = "TensorFlow"

    def __init__(self) -> None:
        self._device = "cpu"

    def describe(self) -> Description:
        return Description(self.name, self.label, tf.__version__, (processor(), *_gpus()))

    def configure(self, hardware: Hardware) -> dict[str, Any]:
        """Threads and device for everything that follows; returns what is in force."""
        threading, gpus = tf.config.threading, tf.config.list_physical_devices("GPU")
        threads = hardware.threads * hardware.ids.count("cpu") or hardware.threads  # for all parts of the processor
        with contextlib.suppress(RuntimeError):  # can be set once a process, before the first operation
            threading.set_intra_op_parallelism_threads(threads)
            threading.set_inter_op_parallelism_threads(threads)
            tf.config.set_visible_devices(_chosen(hardware, gpus), "GPU")
            _divide_processor(hardware)
        self._device = hardware.device if tf.config.get_visible_devices("GPU") else "cpu"
        if hardware.scratch is not None and Path(hardware.scratch).is_dir():  # the worker's, which it makes and removes
            tempfile.tempdir = hardware.scratch  # for the code that AutoGraph makes of functions: it would stay there
        return {
            "device": self._device,
            "threads": threading.get_intra_op_parallelism_threads(),
            "interop_threads": threading.get_inter_op_parallelism_threads(),
        }

    def build(self, model: ModelSpec, training: TrainingSpec) -> Trainer:
        kind = PlainTrainer if training.loads else Trainer
        kind = ParallelTrainer if training.devices > 1 else kind
        return kind(model, training, self._device)


def _gpus() -> tuple[Device, ...]:
    """GPUs as TensorFlow sees them, their memory unknown: its public interface counts only what TensorFlow itself uses.

    Not measured on a GPU machine yet.
    """
    found = [tf.config.experimental.get_device_details(gpu) for gpu in tf.config.list_physical_devices("GPU")]
    return tuple(Device(f"gpu:{n}", details.get("device_name", "GPU")) for n, details in enumerate(found))


def _chosen(hardware: Hardware, gpus: list[Any]) -> list[Any]:
    """The GPUs to use, growing their memory as needed, or none: TensorFlow takes every GPU it can see."""
    chosen = [gpus[int(id.removeprefix("gpu:"))] for id in hardware.ids if id != "cpu"]
    for gpu in chosen:
        tf.config.experimental.set_memory_growth(gpu, True)
    return chosen


def _divide_processor(hardware: Hardware) -> None:
    """One device for each part of the processor that trains."""
    parts = hardware.ids.count("cpu")
    if parts > 1:
        processor, *_ = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * parts)


framework = TensorFlow()
