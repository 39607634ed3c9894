"""The training form: every setting with its meaning in plain words. Names are the settings' own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from core.errors import BadSettings, TwincastError
from core.frameworks.base import Device
from pages.parts import session

OWN = "own"  # the preset of those who choose for themselves
LABELS = {  # what each setting is called on the page; one that it does not have has no name
    "frameworks": "Which framework?",
    "model": "Model",
    "layers": "Layers",
    "hidden": "Hidden size",
    "dropout": "Dropout",
    "bidirectional": "Read in both directions",
    "lookback": "Look back (rows)",
    "horizon": "Forecast ahead (rows)",
    "reference": "Forecast relative to",
    "calendar": "Calendar inputs",
    "scaler": "Scaling",
    "epochs": "Epochs at most",
    "batch_size": "Batch size",
    "learning_rate": "Learning rate",
    "patience": "Stop early after (epochs)",
    "seeds": "Seeds",
    "maths": "Arithmetic",
    "device": "Device",
    "threads": "Threads",
    "order": "Frameworks train",
    "target": "Forecast, on the page Data",
    "split": "",
}
MODELS = {"lstm": "LSTM", "gru": "GRU"}
REFERENCES = {
    "auto": "Choose for me",
    "last": "Last known value",
    "seasonal": "Value one season back",
    "none": "None",
}
SCALERS = {"standard": "Mean 0, deviation 1", "minmax": "Between 0 and 1", "none": "None"}
CALENDAR = {"auto": "Where it helps", "none": "None"}
ORDERS = {"alternate": "In turn: true timings", "together": "Together: a race"}
MATHS = {"stock": "As each comes", "matched": "Matched: same numbers"}


@dataclass(frozen=True)
class Number:
    """A number field: its setting, help, and the step of its buttons."""

    name: str
    help: str
    step: float = 1
    format: str | None = None


WINDOW = (
    Number("lookback", "How many past rows the model sees for each forecast."),
    Number("horizon", "How many rows each forecast reaches into the future."),
)
MODEL = (
    Number("layers", "Recurrent layers on top of each other. One is enough for most series."),
    Number("hidden", "Numbers each layer keeps in memory. More can learn more, and costs more time.", 8),
    Number(
        "dropout",
        "Share of connections switched off at random while training, against learning by heart. 0 is off.",
        0.05,
        "%.2f",
    ),
)
TRAINING = (
    Number("epochs", "How often the model goes through all training windows."),
    Number("batch_size", "Windows per learning step. Larger is faster, smaller often learns better.", 16),
    Number(
        "learning_rate",
        "How far each step goes. Too high and training diverges, too low and nothing happens.",
        0.0005,
        "%.5g",
    ),
)


def model_fields() -> None:
    """Model and window: what learns, and from how much."""
    first, second = st.columns(2, gap="large")
    with first:
        _choice("model", MODELS, "Two recurrent networks: LSTM, and the slightly smaller GRU.")
        _numbers(MODEL)
        st.toggle(
            LABELS["bidirectional"],
            key=session.SETTING + "bidirectional",
            persist_state="session",
            on_change=_to_own_settings,
            help="Also reads each window backwards. Doubles the model; seldom needed for forecasting.",
        )
    with second:
        _numbers(WINDOW)
        _choice(
            "reference",
            REFERENCES,
            "The model learns the change from this value. Without it, a series that grows cannot be forecast well.",
        )
        _choice("calendar", CALENDAR, "Hour, weekday, month or day of the year as extra inputs.")
        _choice("scaler", SCALERS, "How values are scaled first, measured on the training part alone.")


def training_fields() -> None:
    """How it learns."""
    first, second = st.columns(2, gap="large")
    with first:
        _numbers(TRAINING)
    with second:
        st.number_input(
            LABELS["patience"],
            value=None,
            step=1,
            key=session.SETTING + "patience",
            persist_state="session",
            on_change=_to_own_settings,
            placeholder="never",
            help="Stop when the validation loss has not improved for this many epochs. Empty: run all epochs. "
            "Either way the best epoch's weights are used.",
        )
        st.text_input(
            LABELS["seeds"],
            key=session.SETTING + "seeds",
            persist_state="session",
            on_change=_to_own_settings,
            help="Each seed is one training from other starting numbers, such as 0, 1, 2. Several seeds show how much "
            "of a difference is luck.",
        )
        _choice(
            "maths",
            MATHS,
            "As each comes: every framework with its own starting numbers and defaults, which is what you would get. "
            "Matched: same starting numbers, same batches, same formulas, so both draw the same curve.",
        )


def hardware_fields(devices: Sequence[Device]) -> None:
    """Where it runs. Only devices that a framework has found are offered."""
    first, second, third = st.columns(3, gap="large")
    names = {"auto": "Choose for me"} | {device.id: _device_words(device) for device in devices}
    with first:
        _choice("device", names, "Where the training runs. Only devices found on this machine are listed.")
    with second:
        st.text_input(
            LABELS["threads"],
            key=session.SETTING + "threads",
            persist_state="session",
            on_change=_to_own_settings,
            help="Processor threads for each framework: auto, or a number. More threads than free cores is slower.",
        )
    with third:
        _choice(
            "order",
            ORDERS,
            "In turn, so that neither slows the other and timings are true; or both at once, for a demo.",
        )


def _to_own_settings() -> None:
    """What a person changed is no preset any more."""
    session.put("preset", OWN)


def _numbers(fields: Sequence[Number]) -> None:
    for field in fields:
        st.number_input(
            LABELS[field.name],
            step=field.step,
            format=field.format,
            value=None,
            key=session.SETTING + field.name,
            persist_state="session",
            on_change=_to_own_settings,
            help=field.help,
        )


def _choice(name: str, options: dict[str, str], help: str) -> None:
    st.selectbox(
        LABELS[name],
        list(options),
        format_func=lambda key: options.get(key, str(key)),
        key=session.SETTING + name,
        persist_state="session",
        on_change=_to_own_settings,
        help=help,
    )


def _device_words(device: Device) -> str:
    memory = f", {device.memory_gb:.0f} GB" if device.memory_gb else ""
    return f"{device.id}: {device.name}{memory}"


def as_labelled(error: TwincastError) -> TwincastError:
    """The same problems, each at the fields as they are called on the page."""
    problems = [replace(problem, where=_labels(problem.where)) for problem in error.problems]
    return BadSettings(problems) if isinstance(error, BadSettings) else error


def _labels(where: str) -> str:
    names = [LABELS.get(name, name).split(" (")[0] for name in where.split(", ")]  # without the unit
    return ", ".join(f"“{name}”" for name in names if name)


def to_values(raw: dict[str, Any]) -> dict[str, Any]:
    """What the widgets hold, as Settings takes it. Text that is no number is passed on, to be refused by name."""
    values = dict(raw)
    values["threads"] = _whole(values.get("threads", "auto"))
    values["seeds"] = [
        _whole(part) for part in str(values.get("seeds", "0")).replace(";", ",").split(",") if part.strip()
    ]
    return values


def to_widgets(values: dict[str, Any]) -> dict[str, Any]:
    """Settings as the widgets hold them."""
    raw = dict(values)
    raw["threads"] = str(raw["threads"])
    raw["seeds"] = ", ".join(str(seed) for seed in raw["seeds"])
    raw["learning_rate"] = float(raw["learning_rate"])
    raw["dropout"] = float(raw["dropout"])
    return raw


def _whole(text: Any) -> Any:
    try:
        return int(str(text))
    except ValueError:
        return str(text).strip()
