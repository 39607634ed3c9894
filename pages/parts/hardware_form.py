"""The part of the training form that says where and how quickly it runs; what this machine cannot do says why."""

from collections.abc import Sequence

import streamlit as st

from core import graphics
from core.frameworks.base import Device, is_loaded
from pages.parts import session, widgets

ORDERS = {"alternate": "In turn: true timings", "together": "Together: a race"}
PRECISIONS = {"float32": "float32", "bfloat16": "bfloat16, mixed", "float16": "float16, mixed"}
COMPILE = {"auto": "Choose for me", "on": "On: XLA and torch.compile", "off": "Off"}
DATA_PATHS = {"auto": "Choose for me", "resident": "Data stay on the device", "loader": "A loader brings batches"}
SWITCH = {"auto": "Choose for me", "on": "On", "off": "Off"}
SPEEDS = {"tuned": "As quick as it can be", "stock": "Plain script"}
PRECISION_HELP = (
    "bfloat16 and float16 compute large products with about three digits, which is quicker on processors made for it "
    "and slower on others. Weights stay in float32. float16 reaches less far, so that losses are scaled."
)
SPEED_HELP = (
    "What “choose for me” means below. As quick as it can be: the quickest way that leaves the results alone. Plain "
    "script: the way most tutorials train, with PyTorch's DataLoader and Keras' fit on arrays, to see what that costs."
)
COMPILE_HELP = (
    "Turns the arithmetic of a step into one program first: XLA in TensorFlow in about two seconds, torch.compile in "
    "PyTorch in ten or more. It pays where many steps follow. Results stay the same but for the last digits."
)
DATA_PATH_HELP = (
    "Series are small, so both frameworks can keep them on the device and gather windows there. A loader brings them "
    "batch by batch instead: PyTorch's DataLoader, TensorFlow's tf.data."
)


def hardware_fields(devices: Sequence[Device], limits: Sequence[graphics.Limit]) -> None:
    """Where it runs. Only devices that a framework has found are offered."""
    first, second, third = st.columns(3, gap="large")
    names = {"auto": "Choose for me"} | {device.id: graphics.label(device) for device in devices}
    with first:
        widgets.choice("device", names, "Where the training runs. Only devices found on this machine are listed.")
        for limit in limits:
            if limit.setting == "device":
                widgets.not_here({"gpu": "Graphics processor", "mps": "Apple's MPS"}[limit.choice], limit.reason)
        widgets.choice("precision", PRECISIONS, PRECISION_HELP, barred=_barred("precision", limits))
    with second:
        widgets.text(
            "threads", "Processor threads a framework: auto, or a number. More threads than free cores is slower."
        )
        widgets.numbers([DEVICES])
        for limit in limits:
            if limit.setting == "devices":
                widgets.not_here("Several graphics processors", limit.reason)
    with third:
        widgets.choice(
            "order",
            ORDERS,
            "In turn, so that neither slows the other and timings are true; or both at once, for a demo.",
        )
        widgets.choice("speed", SPEEDS, SPEED_HELP)
    _speed_fields(limits)


DEVICES = widgets.Number(
    "devices",
    "Each learns from its part of every batch, and gives the result of one device. On a processor these are parts of "
    "it, to see that it works; it gets no quicker.",
)
WORKERS = widgets.Number("workers", "Processes that gather windows while the training computes. 0: none but its own.")


def _speed_fields(limits: Sequence[graphics.Limit]) -> None:
    """What makes a training quick, one by one; none of it changes results beyond the last digits."""
    with st.expander("Speed, one by one", key="more_speed"):
        first, second = st.columns(2, gap="large")
        chosen = session.settings()
        loads = is_loaded(chosen["data_path"], chosen["speed"])
        with first:
            widgets.choice("compile", COMPILE, COMPILE_HELP, barred=_barred("compile", limits))
            widgets.choice(
                "fused", SWITCH, "Whether PyTorch's optimiser updates all weights in one kernel. RMSprop has none."
            )
            widgets.text(
                "steps_per_execution",
                "How many steps Keras runs before it looks up again: auto for half a second's worth, or a number. "
                "With a large one, Stop is noticed late.",
            )
        with second:
            widgets.choice("data_path", DATA_PATHS, DATA_PATH_HELP)
            if loads:
                _loader_fields(limits)


def _loader_fields(limits: Sequence[graphics.Limit]) -> None:
    """What each framework's loader can be told."""
    widgets.numbers([WORKERS])
    widgets.choice(
        "pin_memory",
        SWITCH,
        "Memory from which batches reach a graphics processor without waiting.",
        barred=_barred("pin_memory", limits),
    )
    widgets.choice(
        "cache",
        {"on": "On", "off": "Off"},
        "Whether windows stay in memory once they are gathered: lookback times the memory of the data.",
    )
    widgets.choice("prefetch", SWITCH, "Whether the next batch is gathered while this one is learned from.")


def _barred(setting: str, limits: Sequence[graphics.Limit]) -> dict[str, str]:
    """Choices that this machine cannot carry out, with the reason; one may concern PyTorch alone."""
    without_torch = session.get("frameworks") == "tensorflow"
    return {
        {"pytorch": "on"}.get(each.choice, each.choice): each.reason
        for each in limits
        if each.setting == setting and not (each.choice == "pytorch" and without_torch)
    }
