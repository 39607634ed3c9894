"""The training form: every setting with its meaning in plain words. Names are the settings' own."""

import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.data import public_holidays
from core.data.dataset import Dataset
from core.errors import BadSettings, TwincastError
from core.frameworks import catalogue, loss_catalogue
from core.frameworks.base import ModelSpec, is_loaded
from core.runs import presets, training_checks
from core.runs.speed_checks import OF_LOADERS
from pages.parts import session, widgets

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
    "margin",
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
MATHS = {"stock": "As each comes", "matched": "Matched: same numbers"}


WINDOW = (
    widgets.Number("lookback", "How many past rows the model sees for each forecast."),
    widgets.Number("horizon", "How many rows each forecast reaches into the future."),
)
MODEL = (
    widgets.Number("layers", "Layers on top of each other. One or two are enough for most series."),
    widgets.Number("hidden", "Numbers each layer gives on. More can learn more, and costs more time.", 8),
    widgets.Number("kernel", "How many rows a convolution sees at a time. Deeper layers see further."),
    widgets.Number("heads", "In how many ways patches are compared with each other. Must divide the hidden size."),
    widgets.Number(
        "dropout",
        "Share of connections switched off at random while training, against learning by heart. 0 is off.",
        0.05,
        "%.2f",
    ),
)
TRAINING = (
    widgets.Number("epochs", "How often the model goes through all training windows."),
    widgets.Number("batch_size", "Windows per learning step. Larger is faster, smaller often learns better.", 16),
    widgets.Number(
        "learning_rate",
        "How far each step goes. Too high and training diverges, too low and nothing happens.",
        0.0005,
        "%.5g",
    ),
)


EVIDENCE = (
    widgets.Number(
        "folds",
        "1: one training part, one test part. More cut the test part into so many blocks; each is forecast after a "
        "training on all that came before it, so that the answer rests on several moments in time.",
    ),
    widgets.Number(
        "margin",
        "A difference of the two frameworks' errors that is smaller than this share makes no difference to you: "
        "0.02 is 2 percent.",
        0.005,
        "%.3g",
    ),
)
LOSS = (
    widgets.Number(
        "quantile", "How often the values should stay below the forecast: 0.9 for nine times in ten.", 0.05, "%.3g"
    ),
    widgets.Number("direction_weight", "What a wrong direction costs more, in times the squared error.", 0.5, "%.3g"),
)
OPTIMIZER = (
    widgets.Number("momentum", "Share of the last step's direction that each step keeps. 0.9 is usual.", 0.05, "%.3g"),
    widgets.Number(
        "weight_decay",
        "How strongly weights are drawn towards 0. Empty: each framework's own, 0.01 in PyTorch and 0.004 in Keras.",
        0.001,
        "%.5g",
    ),
)
STEPS = (
    widgets.Number(
        "clip_norm",
        "A longer gradient is shortened to this, which keeps single steps from throwing the training off. "
        "Empty: no limit.",
        0.5,
        "%.5g",
    ),
    widgets.Number(
        "accumulate",
        "Batches whose gradients are added up to one step. The result is that of a batch so many times larger, "
        "in the memory of one.",
    ),
)


def model_fields(dataset: Dataset) -> DeltaGenerator:
    """Model and window: what learns, and from how much. Returns the place for what `size_words` says."""
    first, second = st.columns(2, gap="large")
    with first:
        widgets.choice("model", MODELS, _model_help(), on_change=lambda: _use_model(dataset))
        model = catalogue.find(session.settings()["model"])
        st.caption(f"{model.help} ({model.paper})")
        size = st.empty()
        widgets.numbers([field for field in MODEL if model.uses(field.name)])
        if model.uses("patch"):
            widgets.text("patch", "How many rows are taken together: auto for about sixteen patches, or a number.")
        if model.uses("bidirectional"):
            widgets.toggle(
                "bidirectional", "Also reads each window backwards. Doubles the model; seldom needed for forecasting."
            )
    with second:
        widgets.numbers(WINDOW)
        _value_fields(model)
    return size


def _value_fields(model: catalogue.Model) -> None:
    """What the values become before a model sees them."""
    if model.uses("reference"):
        widgets.choice(
            "reference",
            REFERENCES,
            "The model learns the change from this value. Without it, a series that grows cannot be forecast well.",
        )
    widgets.choice(
        "transform",
        TRANSFORMS,
        "Logarithms where swings grow with the level, changes where the level wanders. Forecasts and scores are "
        "always in the data's own units.",
    )
    if model.uses("calendar"):
        widgets.choice("calendar", CALENDAR, "Hour, weekday, month or day of the year as extra inputs.")
        widgets.choice(
            "holidays",
            {public_holidays.NONE: "None"} | _countries(),
            "Days off in this country as an extra input, also for the days to be forecast. For daily and finer data. "
            "Type a part of a country as in DE-BY.",
            own=True,
            on_change=_use_country,
        )
    widgets.choice("scaler", SCALERS, "How values are scaled first, measured on the training part alone.")


def _use_country() -> None:
    """Its name may have been typed in place of its letters."""
    widgets.to_own_settings()
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
    widgets.to_own_settings()
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
        widgets.numbers(TRAINING)
        widgets.choice("loss", LOSSES, _loss_help())
        widgets.numbers([field for field in LOSS if field.name not in unused])
    with second:
        st.number_input(
            widgets.LABELS["patience"],
            value=None,
            step=1,
            key=session.SETTING + "patience",
            persist_state="session",
            on_change=widgets.to_own_settings,
            placeholder="never",
            help="Stop when the validation loss has not improved for this many epochs. Empty: run all epochs. "
            "Either way the best epoch's weights are used.",
        )
        _evidence_fields()
    with st.expander("Optimiser and steps", key="more_training"):
        first, second = st.columns(2, gap="large")
        with first:
            widgets.choice("optimizer", OPTIMIZERS, OPTIMIZER_HELP)
            widgets.numbers([field for field in OPTIMIZER if field.name not in unused])
            widgets.choice("schedule", SCHEDULES, SCHEDULE_HELP)
        with second:
            widgets.numbers(STEPS)


def _evidence_fields() -> None:
    """On how many trainings the answer rests, and from which numbers they start."""
    widgets.text(
        "seeds",
        "Each seed is one training from other starting numbers, such as 0, 1, 2. Several seeds show how much "
        "of a difference is luck.",
    )
    widgets.numbers(EVIDENCE)
    widgets.choice(
        "maths",
        MATHS,
        "As each comes: every framework with its own starting numbers and defaults, which is what you would get. "
        "Matched: same starting numbers, same batches, same formulas, so both draw the same curve.",
    )


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
    names = {name: widgets.LABELS.get(name, name).split(" (")[0] for name in where.split(", ")}  # without the unit
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
    if not is_loaded(raw["data_path"], raw["speed"]):
        values = {name: value for name, value in values.items() if name not in OF_LOADERS}
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
