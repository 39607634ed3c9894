"""The training form: every setting with its meaning in plain words. Names are the settings' own."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import graphics
from core.data import public_holidays
from core.data.dataset import Dataset
from core.errors import BadSettings, TwincastError
from core.frameworks import catalogue, loss_catalogue
from core.frameworks.base import Device, ModelSpec
from core.runs import presets, training_checks
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
    "maths": "Arithmetic",
    "speed": "Speed",
    "precision": "Precision",
    "fused": "Fused optimiser (PyTorch)",
    "steps_per_execution": "Steps in one go (TensorFlow)",
    "device": "Device",
    "threads": "Threads",
    "order": "Frameworks train",
    "target": "Forecast",
    "known": "Known in advance",
    "split": "",
}
ON_DATA = ("target", "known")  # chosen there
MODELS = {name: model.label for name, model in catalogue.models().items()}
REFERENCES = {
    "auto": "Choose for me",
    "last": "Last known value",
    "seasonal": "Value one season back",
    "none": "None",
}
TRANSFORMS = {
    "none": "Values as measured",
    "log": "Logarithms",
    "difference": "Changes",
    "percent": "Changes in percent",
}
FRACTIONS = (  # numbers with a point
    "learning_rate",
    "dropout",
    "quantile",
    "direction_weight",
    "momentum",
    "weight_decay",
    "clip_norm",
)
SCALERS = {"standard": "Mean 0, deviation 1", "minmax": "Between 0 and 1", "none": "None"}
CALENDAR = {"auto": "Where it helps", "none": "None"}
LOSSES = {name: loss.label for name, loss in loss_catalogue.losses().items()}
OPTIMIZERS = training_checks.OPTIMIZERS
SCHEDULES = {
    "constant": "Stays as it is",
    "cosine": "Falls along a cosine",
    "halve": "Halves every epoch",
    "plateau": "Halves on a plateau",
}
ORDERS = {"alternate": "In turn: true timings", "together": "Together: a race"}
PRECISIONS = {"float32": "float32", "bfloat16": "bfloat16, mixed"}
SWITCH = {"auto": "Choose for me", "on": "On", "off": "Off"}
SPEEDS = {"tuned": "As quick as it can be", "stock": "Plain script"}
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
    Number("layers", "Layers on top of each other. One or two are enough for most series."),
    Number("hidden", "Numbers each layer gives on. More can learn more, and costs more time.", 8),
    Number("kernel", "How many rows a convolution sees at a time. Deeper layers see further."),
    Number("heads", "In how many ways patches are compared with each other. Must divide the hidden size."),
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


LOSS = (
    Number("quantile", "How often the values should stay below the forecast: 0.9 for nine times in ten.", 0.05, "%.3g"),
    Number("direction_weight", "What a wrong direction costs more, in times the squared error.", 0.5, "%.3g"),
)
OPTIMIZER = (
    Number("momentum", "Share of the last step's direction that each step keeps. 0.9 is usual.", 0.05, "%.3g"),
    Number(
        "weight_decay",
        "How strongly weights are drawn towards 0. Empty: each framework's own, 0.01 in PyTorch and 0.004 in Keras.",
        0.001,
        "%.5g",
    ),
)
STEPS = (
    Number(
        "clip_norm",
        "A longer gradient is shortened to this, which keeps single steps from throwing the training off. "
        "Empty: no limit.",
        0.5,
        "%.5g",
    ),
    Number(
        "accumulate",
        "Batches whose gradients are added up to one step. The result is that of a batch so many times larger, "
        "in the memory of one.",
    ),
)


def model_fields(dataset: Dataset) -> DeltaGenerator:
    """Model and window: what learns, and from how much. Returns the place for what `size_words` says."""
    first, second = st.columns(2, gap="large")
    with first:
        _choice("model", MODELS, _model_help(), on_change=lambda: _use_model(dataset))
        model = catalogue.find(session.settings()["model"])
        st.caption(f"{model.help} ({model.paper})")
        size = st.empty()
        _numbers([field for field in MODEL if model.uses(field.name)])
        if model.uses("patch"):
            _text("patch", "How many rows are taken together: auto for about sixteen patches, or a number.")
        if model.uses("bidirectional"):
            _toggle(
                "bidirectional", "Also reads each window backwards. Doubles the model; seldom needed for forecasting."
            )
    with second:
        _numbers(WINDOW)
        _value_fields(model)
    return size


def _value_fields(model: catalogue.Model) -> None:
    """What the values become before a model sees them."""
    if model.uses("reference"):
        _choice(
            "reference",
            REFERENCES,
            "The model learns the change from this value. Without it, a series that grows cannot be forecast well.",
        )
    _choice(
        "transform",
        TRANSFORMS,
        "Logarithms where swings grow with the level, changes where the level wanders. Forecasts and scores are "
        "always in the data's own units.",
    )
    if model.uses("calendar"):
        _choice("calendar", CALENDAR, "Hour, weekday, month or day of the year as extra inputs.")
        _choice(
            "holidays",
            {public_holidays.NONE: "None"} | _countries(),
            "Days off in this country as an extra input, also for the days to be forecast. For daily and finer data. "
            "Type a part of a country as in DE-BY.",
            own=True,
            on_change=_use_country,
        )
    _choice("scaler", SCALERS, "How values are scaled first, measured on the training part alone.")


def _use_country() -> None:
    """Its name may have been typed in place of its letters."""
    _to_own_settings()
    session.put_settings({"holidays": public_holidays.letters(str(session.settings()["holidays"]))})


def size_words(spec: ModelSpec) -> str:
    """How many numbers a model has to learn, and in which parts of it."""
    parts = catalogue.parameters_by_part(spec)
    total, several = sum(parts.values()), len(parts) > 1
    listed = ", ".join(f"{name} {count:,}" for name, count in parts.items())
    return f"{total:,} numbers to learn{f' ({listed})' if several else ''}" if parts else ""


def model_words(settings: Mapping[str, Any]) -> str:
    """A model with its sizes: LSTM, 2 layers of 64."""
    model = catalogue.find(settings["model"])
    if not model.uses("hidden"):
        return model.label
    layers = settings["layers"] if model.uses("layers") else 0
    many = f", {layers} layer{'s' if layers > 1 else ''}" if layers else ""
    return f"{model.label}{many} of {settings['hidden']}"


def _model_help() -> str:
    return "\n\n".join(f"**{model.label}**: {model.help}" for model in catalogue.models().values())


def _use_model(dataset: Dataset) -> None:
    """A newly chosen model begins with sizes that suit it and the data, where the person has not set others."""
    _to_own_settings()
    fields, usual = session.settings(), presets.default_settings(dataset).model_dump()
    before, now = session.get("suited") or {}, presets.suited_to(fields["model"], dataset)
    session.put("suited", now)
    session.put_settings({name: now[name] for name in now if fields[name] in (before.get(name), usual[name])})


def training_fields() -> None:
    """How it learns."""
    first, second = st.columns(2, gap="large")
    chosen = session.settings()
    unused = training_checks.idle(chosen["optimizer"], chosen["loss"])
    with first:
        _numbers(TRAINING)
        _choice("loss", LOSSES, _loss_help())
        _numbers([field for field in LOSS if field.name not in unused])
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
        _text(
            "seeds",
            "Each seed is one training from other starting numbers, such as 0, 1, 2. Several seeds show how much "
            "of a difference is luck.",
        )
        _choice(
            "maths",
            MATHS,
            "As each comes: every framework with its own starting numbers and defaults, which is what you would get. "
            "Matched: same starting numbers, same batches, same formulas, so both draw the same curve.",
        )
    with st.expander("Optimiser and steps", key="more_training"):
        first, second = st.columns(2, gap="large")
        with first:
            _choice("optimizer", OPTIMIZERS, OPTIMIZER_HELP)
            _numbers([field for field in OPTIMIZER if field.name not in unused])
            _choice("schedule", SCHEDULES, SCHEDULE_HELP)
        with second:
            _numbers(STEPS)


OPTIMIZER_HELP = (
    "How a gradient becomes a step. Adam suits almost everything; AdamW also keeps weights small; SGD and RMSprop "
    "mostly need another learning rate, SGD one about a hundred times larger."
)
SCHEDULE_HELP = (
    "A rate that falls lets the last epochs settle. On a plateau it halves after every three epochs in which the "
    "validation loss has not improved."
)


def _loss_help() -> str:
    return "\n\n".join(f"**{loss.label}**: {loss.help}" for loss in loss_catalogue.losses().values())


def hardware_fields(devices: Sequence[Device], limits: Sequence[graphics.Limit]) -> None:
    """Where it runs. Only devices that a framework has found are offered; of the others it is said why not."""
    first, second, third = st.columns(3, gap="large")
    names = {"auto": "Choose for me"} | {device.id: graphics.label(device) for device in devices}
    with first:
        _choice("device", names, "Where the training runs. Only devices found on this machine are listed.")
        _choice(
            "precision",
            PRECISIONS,
            "bfloat16 computes large products with about three digits, which is quicker on processors made for it and "
            "slower on others. Weights stay in float32.",
        )
        for limit in limits:
            if (limit.setting, limit.choice) == ("device", "gpu"):
                st.caption(limit.reason)
    with second:
        _text("threads", "Processor threads a framework: auto, or a number. More threads than free cores is slower.")
    with third:
        _choice(
            "order",
            ORDERS,
            "In turn, so that neither slows the other and timings are true; or both at once, for a demo.",
        )
        _choice(
            "speed",
            SPEEDS,
            "As quick as it can be: the quickest way that leaves the results alone. Plain script: the way most "
            "tutorials train, with PyTorch's DataLoader and Keras' fit on arrays, to see what that costs.",
        )
    if session.settings()["speed"] == "tuned":
        _speed_fields()


def _speed_fields() -> None:
    """What makes the tuned training quick, one by one; none of it changes results."""
    with st.expander("Speed, one by one", key="more_speed"):
        first, second = st.columns(2, gap="large")
        with first:
            _choice("fused", SWITCH, "Whether PyTorch's optimiser updates all weights in one kernel. RMSprop has none.")
        with second:
            _text(
                "steps_per_execution",
                "How many steps Keras runs before it looks up again: auto for half a second's worth, or a number. "
                "With a large one, Stop is noticed late.",
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


def _choice(
    name: str, options: dict[str, str], help: str, own: bool = False, on_change: Callable[[], None] | None = None
) -> None:
    """`own`: something that is not among the options may be typed."""
    st.selectbox(
        LABELS[name],
        list(options),
        format_func=lambda key: options.get(key, str(key)),
        key=session.SETTING + name,
        persist_state="session",
        on_change=on_change or _to_own_settings,
        help=help,
        accept_new_options=own,
    )


def _text(name: str, help: str) -> None:
    st.text_input(
        LABELS[name],
        key=session.SETTING + name,
        persist_state="session",
        on_change=_to_own_settings,
        help=help,
    )


def _toggle(name: str, help: str) -> None:
    st.toggle(
        LABELS[name],
        key=session.SETTING + name,
        persist_state="session",
        on_change=_to_own_settings,
        help=help,
    )


@functools.cache
def _countries() -> dict[str, str]:
    return {code: f"{name} ({code})" for code, name in public_holidays.countries().items()}


def as_labelled(error: TwincastError) -> TwincastError:
    """The same problems, each at the fields as they are called on the page."""
    problems = [replace(problem, where=_labels(problem.where)) for problem in error.problems]
    return BadSettings(problems) if isinstance(error, BadSettings) else error


def _labels(where: str) -> str:
    """Settings in words: “Known in advance” on the page Data, “Forecast ahead”."""
    on_data = " on the page Data"
    names = {name: LABELS.get(name, name).split(" (")[0] for name in where.split(", ")}  # without the unit
    parts = [f"“{label}”{on_data if name in ON_DATA else ''}" for name, label in names.items() if label]
    return ", ".join(parts)


def to_values(raw: dict[str, Any]) -> dict[str, Any]:
    """What the widgets hold, as Settings takes it. Text that is no number is passed on, to be refused by name.

    Fields that the model, loss and optimiser do not use, and that are not shown, hold what was left there by others
    that do: they are left out.
    """
    model, unused = catalogue.find(raw["model"]), training_checks.idle(raw["optimizer"], raw["loss"])
    values = {name: value for name, value in raw.items() if model.uses({"holidays": "calendar"}.get(name, name))}
    values = {name: value for name, value in values.items() if name not in unused}
    if values.get("speed") == "stock":
        unused = ("fused", "steps_per_execution")
        values = {name: value for name, value in values.items() if name not in unused}
    for name in {"threads", "patch", "steps_per_execution"} & values.keys():
        values[name] = _whole(values[name])
    values["seeds"] = [
        _whole(part) for part in str(values.get("seeds", "0")).replace(";", ",").split(",") if part.strip()
    ]
    return values


def to_widgets(values: dict[str, Any]) -> dict[str, Any]:
    """Settings as the widgets hold them."""
    raw = dict(values)
    for name in ("threads", "patch", "steps_per_execution"):
        raw[name] = str(raw[name])
    raw["seeds"] = ", ".join(str(seed) for seed in raw["seeds"])
    for name in FRACTIONS:
        raw[name] = None if raw[name] is None else float(raw[name])
    return raw


def _whole(text: Any) -> Any:
    try:
        return int(str(text))
    except ValueError:
        return str(text).strip()
