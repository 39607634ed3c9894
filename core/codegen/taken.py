"""The run whose code is taken along: its settings as the templates know them, and how they are written."""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.codegen.constants import literal
from core.codegen.pieces import CORE, source, used
from core.codegen.settled import Known, settle
from core.data.public_holidays import NONE
from core.data.spreadsheet import marked
from core.data.transforms import lost_rows
from core.frameworks.base import ModelSpec, TrainingSpec
from core.frameworks.catalogue import literal as literal_of
from core.runs.spec import ComparisonSpec, RunSpec
from core.runs.translation import planned_model, training_spec

TURNS = {
    "hour": "(times.hour + times.minute / 60) / 24",
    "weekday": "times.day_of_week / 7",
    "month": "(times.month - 1) / 12",
    "day_of_year": "(times.day_of_year - 1) / 366",
}


@dataclass(frozen=True)
class Run:
    """What the templates call `run`."""

    seed: int
    epochs: int
    patience: int | None
    train: int
    validation: int
    test: int
    transform: str
    scaler: str
    calendar: tuple[str, ...]
    one_turn: bool
    holidays: bool
    holiday: str  # column of data.csv
    times: bool  # whether rows have times
    known: list[int]
    threads: int
    device: str
    device_type: str
    weights: bool  # whether the initial ones come in a file
    second_bias: bool
    masks: bool  # whether dropout is the matched one
    loss_sees_window: bool
    target_names: list[str]


@dataclass(frozen=True)
class Taken:
    """One framework's script: everything that is settled about it."""

    framework: str
    spec: ModelSpec
    training: TrainingSpec
    run: Run
    written: Mapping[str, str] = field(default_factory=dict)

    @property
    def known(self) -> Known:
        unused = frozenset() if self.run.loss_sees_window else frozenset({"window"})
        objects = {"spec": self.spec, "training": self.training, "run": self.run}
        return Known(objects, self.written, unused)

    @property
    def values(self) -> dict[str, Any]:
        """Of the constants."""
        of_all = {**vars(self.spec), **vars(self.training), **vars(self.run)}
        more = {name: getattr(self.spec, name) for name in ("inputs", "blocks", "patches", "read", "seen")}
        return {name.upper(): value for name, value in {**of_all, **more}.items()} | {"TARGETS": self.run.target_names}


def taken(comparison: ComparisonSpec, framework: str) -> Taken:
    """The first training of a framework: of the first seed, on the training rows before the test part."""
    run = RunSpec(
        id=f"{comparison.id}-{framework}",
        framework=framework,
        dataset=comparison.dataset,
        settings=comparison.settings,
        plan=comparison.plan,
    )
    maths = comparison.settings.maths
    spec = planned_model(comparison)
    spec = replace(spec, matched=maths == "matched")
    training = training_spec(run, maths)
    facts = _run(run, framework, spec)
    return Taken(framework, spec, training, facts, _written(framework, spec, training, facts))


def short(taken: Taken) -> Taken:
    """For the short script: stock maths, and the framework's own names for optimiser and loss."""
    table = "frame" if taken.run.transform == "none" else "values"
    scaled_by = taken.written["scaled_by"].replace("values", table)
    spec, training = replace(taken.spec, matched=False), replace(taken.training, maths="stock")
    run = replace(taken.run, weights=False, second_bias=False, masks=False)
    own = {"table": table, "scaled_by": scaled_by, **SHORT[taken.framework](taken)}
    return replace(taken, spec=spec, training=training, run=run, written={**taken.written, **own})


def _short_pytorch(taken: Taken) -> dict[str, str]:
    """The loss as an expression, where it is no more than that."""
    path = CORE / "frameworks" / "pytorch" / "losses.py"
    function = source(path).tables["FUNCTIONS"][taken.training.loss]
    definition = ast.parse(settle(_piece(path, function), taken.known)).body[0]
    assert isinstance(definition, ast.FunctionDef)
    *before, last = [each for each in definition.body if not isinstance(each, ast.Expr)]
    loss = f"{function}({', '.join(each.arg for each in definition.args.args)})"
    if not before and isinstance(last, ast.Return) and last.value is not None:
        loss = ast.unparse(last.value)
    for name, of_a_batch in OF_A_BATCH.items():
        loss = re.sub(rf"\b{name}\b", of_a_batch, loss)
    optimizer = taken.written["optimizer"].replace("trainable", "model.parameters()")
    return {"loss": loss.replace("F.", "nn.functional."), "optimizer": optimizer, "turns": _short_turns(taken)}


def _short_turns(taken: Taken) -> str:
    return taken.written["turns"].replace("times.", "frame.index.")


OF_A_BATCH = {"target": "target[batch]", "window": "window[batch]", "forecast": "model(window[batch])"}


def _piece(path: Path, name: str) -> str:
    return next(each.text for each in source(path).pieces if name in each.names)


def _short_keras(taken: Taken) -> dict[str, str]:
    own = {"mse": '"mse"', "mae": '"mae"', "huber": "keras.losses.Huber()"}
    name = source(CORE / "frameworks" / "tensorflow" / "losses.py").tables["FUNCTIONS"][taken.training.loss]
    behind = "target[:, 1:], target[:, :1]" if taken.run.loss_sees_window else "target"
    optimizer = taken.written["optimizer"].replace("Matched", "keras.optimizers.")
    loss = own.get(taken.training.loss, f"lambda target, forecast: {name}(forecast, {behind})")
    return {"loss": loss, "optimizer": optimizer, "turns": _short_turns(taken)}


SHORT = {"pytorch": _short_pytorch, "tensorflow": _short_keras}


def _run(run: RunSpec, framework: str, spec: ModelSpec) -> Run:
    settings, data, plan = run.settings, run.dataset, run.plan
    matched = settings.maths == "matched"
    return Run(
        seed=settings.seeds[0],
        epochs=settings.epochs,
        patience=settings.patience,
        train=plan.split[0],
        validation=plan.split[1],
        test=plan.split[2],
        transform=settings.transform,
        scaler=settings.scaler,
        calendar=plan.calendar,
        one_turn=len(plan.calendar) == 1,
        holidays=settings.holidays != NONE,
        holiday=holiday_name(data.columns),
        times=data.frequency is not None or bool(plan.calendar),
        known=[data.columns.index(name) for name in data.known],
        threads=plan.threads,
        device=plan.device.replace("gpu", "cuda"),
        device_type="cpu" if plan.device == "cpu" else "cuda",
        weights=matched,
        second_bias=matched and spec.kind == "lstm",
        masks=matched and spec.dropout > 0,
        loss_sees_window=sees_window(framework, settings.loss),
        target_names=[marked(name) for name in data.targets],
    )


def holiday_name(columns: Sequence[str]) -> str:
    """One that no column has."""
    name = "holiday"
    while name in columns:
        name += "_"
    return name


def sees_window(framework: str, loss: str) -> bool:
    """Whether a loss looks at the window too."""
    losses = CORE / "frameworks" / framework / "losses.py"
    return "window" in used(_piece(losses, source(losses).tables["FUNCTIONS"][loss]))


def _written(framework: str, spec: ModelSpec, training: TrainingSpec, run: Run) -> dict[str, str]:
    """How the templates' expressions are written in the script."""
    seasonal, lost = spec.reference == "seasonal", lost_rows(run.transform)  # type: ignore[arg-type]
    return {
        "targets": "len(TARGETS)",
        "target_names": "TARGETS",
        "outputs": "HORIZON * len(TARGETS)",
        "seen": "SEEN" if seasonal else "INPUTS",
        "read": "READ" if seasonal else "LOOKBACK",
        "directions": str(spec.directions),
        "scaled_by": f"values[{lost or ''}:TRAIN]",
        "first_origin": f"LOOKBACK + {lost}" if lost else "LOOKBACK",
        "turns": f"[{', '.join(TURNS[name] for name in run.calendar)}]",
        "step_windows": "BATCH_SIZE * ACCUMULATE" if training.accumulate > 1 else "BATCH_SIZE",
        "optimizer": OPTIMIZER[framework](training),
    }


def _pytorch_optimizer(training: TrainingSpec) -> str:
    stock = source(CORE / "frameworks" / "pytorch" / "optimizers.py").tables["STOCK"]
    return f"{stock[training.optimizer]}(trainable, lr=LEARNING_RATE{_asked(training)})"


def _keras_optimizer(training: TrainingSpec) -> str:
    path = CORE / "frameworks" / "tensorflow" / "optimizers.py"
    options = _asked(training)
    if training.maths == "matched":
        found = literal_of(path, "PYTORCH")[training.optimizer]
        found = {name: value for name, value in found.items() if f"{name}=" not in options}
        options = "".join(f", {name}={literal(value)}" for name, value in found.items()) + options
    if training.clip_norm:
        options += ", global_clipnorm=CLIP_NORM"
    table = source(path).tables["MATCHED" if training.maths == "matched" else "STOCK"]
    return f"{table[training.optimizer]}(LEARNING_RATE{options})"


def _asked(training: TrainingSpec) -> str:
    if training.optimizer == "sgd":
        return ", momentum=MOMENTUM"
    if training.optimizer == "adamw" and training.weight_decay is not None:
        return ", weight_decay=WEIGHT_DECAY"
    return ""


OPTIMIZER = {"pytorch": _pytorch_optimizer, "tensorflow": _keras_optimizer}
