"""The fields of the training form: each is one setting, with its label and help."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import streamlit as st

from pages.parts import session

OWN = "own"  # the preset of those who choose for themselves
LABELS = {  # what each setting is called on the page; one that it does not have has no name
    "frameworks": "Which framework?",
    "model": "Model",
    "layers": "Layers",
    "hidden": "Hidden size",
    "dropout": "Dropout",
    "bidirectional": "Read in both directions",
    "kernel": "Kernel (rows)",
    "heads": "Attention heads",
    "patch": "Patch (rows)",
    "lookback": "Look back (rows)",
    "horizon": "Forecast ahead (rows)",
    "reference": "Forecast relative to",
    "calendar": "Calendar inputs",
    "holidays": "Public holidays",
    "transform": "Learn the target as",
    "scaler": "Scaling",
    "epochs": "Epochs at most",
    "batch_size": "Batch size",
    "learning_rate": "Learning rate",
    "loss": "Loss",
    "quantile": "Quantile",
    "direction_weight": "Weight of a wrong direction",
    "optimizer": "Optimiser",
    "momentum": "Momentum",
    "weight_decay": "Weight decay",
    "schedule": "Learning rate over the epochs",
    "clip_norm": "Longest gradient",
    "accumulate": "Batches a step",
    "patience": "Stop early after (epochs)",
    "seeds": "Seeds",
    "folds": "Folds",
    "margin": "The gap that matters (share)",
    "maths": "Arithmetic",
    "speed": "Speed",
    "precision": "Precision",
    "compile": "Compile",
    "fused": "Fused optimiser (PyTorch)",
    "steps_per_execution": "Steps in one go (TensorFlow)",
    "data_path": "Data path",
    "workers": "Loader processes (PyTorch)",
    "pin_memory": "Pinned memory (PyTorch)",
    "cache": "Cache (TensorFlow)",
    "prefetch": "Prefetch (TensorFlow)",
    "device": "Device",
    "devices": "Devices that share a batch",
    "threads": "Threads",
    "order": "Frameworks train",
    "target": "Forecast",
    "known": "Known in advance",
    "split": "",
}


@dataclass(frozen=True)
class Number:
    """A number field: its setting, help, and the step of its buttons."""

    name: str
    help: str
    step: float = 1
    format: str | None = None


def to_own_settings() -> None:
    """What a person changed is no preset any more."""
    session.put("preset", OWN)


def numbers(fields: Sequence[Number]) -> None:
    for field in fields:
        st.number_input(
            LABELS[field.name],
            step=field.step,
            format=field.format,
            value=None,
            key=session.SETTING + field.name,
            persist_state="session",
            on_change=to_own_settings,
            help=field.help,
        )


def choice(
    name: str,
    options: Mapping[str, str],
    help: str,
    own: bool = False,
    on_change: Callable[[], None] | None = None,
    barred: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """`own`: something that is not among the options may be typed.

    `barred`: options that are not offered here, with the reason, which stands below. One that was chosen while it was
    possible stays, and is refused.
    """
    chosen = session.settings()[name]
    st.selectbox(
        LABELS[name],
        [option for option in options if option not in barred or option == chosen],
        format_func=lambda key: options.get(key, str(key)),
        key=session.SETTING + name,
        persist_state="session",
        on_change=on_change or to_own_settings,
        help=help,
        accept_new_options=own,
    )
    for option, reason in barred.items():
        not_here(options.get(option, option), reason)


def not_here(what: str, reason: str) -> None:
    """A choice that this machine cannot carry out, and why."""
    st.caption(f":material/block: **{what}**, not here: {reason}")


def text(name: str, help: str) -> None:
    st.text_input(
        LABELS[name],
        key=session.SETTING + name,
        persist_state="session",
        on_change=to_own_settings,
        help=help,
    )


def toggle(name: str, help: str) -> None:
    st.toggle(
        LABELS[name],
        key=session.SETTING + name,
        persist_state="session",
        on_change=to_own_settings,
        help=help,
    )
