"""What a person asks for. Names are the command line's; one flat model, frozen, JSON both ways."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from core.data.public_holidays import NONE
from core.data.transforms import Transform
from core.frameworks import catalogue, loss_catalogue
from core.frameworks.base import DataPath, Optimizer, Precision, Schedule, Speed, Switch, is_loaded

FRAMEWORKS = ("pytorch", "tensorflow")

SHORT_EPOCHS = {"certificate": 3, "timed": 4}  # kinds of fits that are not trained to their end, and their epochs
TIPS = "tips"  # kind and id of the one fit of a measurement of the tips, see core.runs.tips
CERTIFICATE_BATCHES = 64  # enough steps for two curves to part if they are going to, in about a second

Reference = Literal["auto", "last", "seasonal", "none"]


def _known_model(name: str) -> str:
    """Whatever the frameworks' models.py offer."""
    if name not in catalogue.names():
        raise PydanticCustomError("literal_error", "It is no model")
    return name


def _known_loss(name: str) -> str:
    """Whatever the frameworks' losses.py offer."""
    if name not in loss_catalogue.names():
        raise PydanticCustomError("literal_error", "It is no loss")
    return name


ModelName = Annotated[str, AfterValidator(_known_model), Field(json_schema_extra={"enum": list(catalogue.names())})]
LossName = Annotated[str, AfterValidator(_known_loss), Field(json_schema_extra={"enum": list(loss_catalogue.names())})]


class Frozen(BaseModel):
    """Immutable, and unknown names are an error rather than silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Settings(Frozen):
    """Every choice of one comparison, alike for both frameworks. Each default says why."""

    frameworks: tuple[str, ...] = Field(FRAMEWORKS, min_length=1)
    model: ModelName = "lstm"  # the guide's own example; strong on all four samples
    hidden: int = Field(64, ge=1, le=4096)  # enough for one series, an epoch takes well under a second
    layers: int = Field(1, ge=1, le=8)  # a second layer rarely pays on one series
    dropout: float = Field(0.0, ge=0, lt=1)  # 0: under stock maths masks differ even with equal seeds
    bidirectional: bool = False
    kernel: int = Field(3, ge=2, le=1024)  # rows; small ones, as deeper layers see further
    heads: int = Field(4, ge=1, le=256)
    patch: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"  # rows; auto: about sixteen patches a window
    lookback: int = Field(20, ge=1)
    horizon: int = Field(5, ge=1)
    reference: Reference = "auto"
    calendar: tuple[str, ...] | Literal["auto", "none"] = "auto"
    holidays: str = NONE  # a country such as DE, or a part of one such as DE-BY; none: no data say where they are from
    transform: Transform = "none"  # of the targets; none: a reference already takes out a level that moves
    scaler: Literal["standard", "minmax", "none"] = "standard"
    epochs: int = Field(10, ge=1, le=10_000)
    patience: int | None = Field(None, ge=1)  # None: all epochs run, the best weights are used
    batch_size: int = Field(32, ge=1)
    accumulate: int = Field(1, ge=1, le=4096)  # batches a step; more are for what does not fit into memory at once
    optimizer: Optimizer = "adam"  # needs the least tuning
    momentum: float = Field(0.9, ge=0, lt=1)  # of sgd; the usual value, as both frameworks' own 0 is seldom wanted
    weight_decay: float | None = Field(None, ge=0, lt=1)  # of adamw; None: each framework's own, which differ
    learning_rate: float = Field(0.001, gt=0, le=1)  # both frameworks' own default for Adam
    schedule: Schedule = "constant"  # what each framework does by itself
    clip_norm: float | None = Field(None, gt=0, le=1e6)  # None: neither framework clips by itself
    loss: LossName = "mse"  # forecasts of the mean, as the scores judge them
    quantile: float = Field(0.5, gt=0, lt=1)  # 0.5: the median
    direction_weight: float = Field(1.0, ge=0, le=1000)  # a wrong direction costs twice
    maths: Literal["stock", "matched"] = "stock"  # stock is what a newcomer gets, so it is what is judged
    speed: Speed = "tuned"  # the results are the same, only sooner
    precision: Precision = "float32"  # what both compute in by themselves
    compile: Switch = "auto"  # auto: where the steps to come repay it, measured on a processor
    fused: Switch = "auto"  # PyTorch's optimiser in one kernel; auto: wherever there is one
    steps_per_execution: Annotated[int, Field(ge=1, le=10_000)] | Literal["auto"] = "auto"  # Keras; auto: half a second
    data_path: DataPath = "auto"  # auto: resident, and the plain script's own under speed stock
    workers: int = Field(0, ge=0, le=8)  # of PyTorch's loader; 0: as it comes
    pin_memory: Switch = "auto"  # PyTorch's loader; auto: where a graphics processor trains
    cache: Literal["on", "off"] = "off"  # Keras' loader; a copy of every window, so only where asked
    prefetch: Switch = "auto"  # Keras' loader; auto: wherever there is a pipeline
    device: str = "auto"  # auto, cpu or gpu:N
    devices: int = Field(1, ge=1, le=64)  # that share every batch, from `device` on; 1: more pay for large models alone
    threads: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    order: Literal["alternate", "together"] = "alternate"  # in turn: the only order with true timings
    seeds: tuple[int, ...] = Field((0,), min_length=1)
    folds: int = Field(1, ge=1, le=50)  # of the rolling-origin backtest; 1: the test part as a whole
    split: tuple[float, float, float] = (0.7, 0.1, 0.2)  # shares, or rows when all are whole numbers above 1
    baselines: Literal["all", "simple"] = "all"  # simple: arithmetic alone; those that are fitted take some seconds
    margin: float = Field(0.02, gt=0, lt=1)  # of the error: a smaller difference changes nothing for most people

    @property
    def loads(self) -> bool:
        """Whether a loader brings the windows, as in plain scripts."""
        return is_loaded(self.data_path, self.speed)


class FitSpec(Frozen):
    """A training: `score` is judged on its fold's test part, `final` learns from all rows.

    `certificate` shows the match; `timed` is a few epochs with nothing else beside them, for their seconds alone.
    """

    id: str  # "seed0-fold0", "final", "timed0", "certificate"
    kind: Literal["score", "final", "timed", "certificate", "tips"]
    seed: int
    fold: int = 0
    maths: Literal["stock", "matched"]


class DatasetSpec(Frozen):
    """The part of a Dataset that is not arrays."""

    name: str
    file: str
    sha256: str
    columns: tuple[str, ...]
    targets: tuple[str, ...]
    frequency: str | None
    season: int
    notices: tuple[tuple[str, str], ...] = ()  # (code, message)
    known: tuple[str, ...] = ()  # inputs that are known in advance


def _of_earlier_versions(compiled: object) -> object:
    """Only TensorFlow could be compiled, and the plan said whether it was."""
    return {True: ("tensorflow",), False: ()}[compiled] if isinstance(compiled, bool) else compiled


class Plan(Frozen):
    """What every `auto` came to, decided once a comparison and for all frameworks alike; `notes` say why."""

    reference: Literal["last", "seasonal", "none"]
    calendar: tuple[str, ...]  # names of the calendar inputs, see core.data.calendar
    threads: int
    device: str  # cpu or gpu:N
    devices: int = 1  # from `device` on
    split: tuple[int, int, int]  # rows
    compile: Annotated[tuple[str, ...], BeforeValidator(_of_earlier_versions)]  # frameworks that compile
    fits: tuple[FitSpec, ...]
    tips_s: float | None = None  # seconds that a measurement of the tips may take; None: a comparison
    tries: tuple[str, ...] = ()  # frameworks for which trial steps may correct `compile`
    steps: float = 0  # of a framework's fits, as expected
    load_before: float | None = None  # of an early version: state.json has it, measured as the comparison begins
    notes: tuple[str, ...] = ()

    @property
    def cores(self) -> int:
        """Of the processor, that a framework's training keeps busy."""
        return self.threads * (self.devices if self.device == "cpu" else 1)


class ComparisonSpec(Frozen):
    """A whole comparison: what was asked, and what it came to."""

    id: str
    created: str  # ISO time, UTC
    name: str
    command: str  # the command line that repeats it
    dataset: DatasetSpec
    settings: Settings
    plan: Plan
    looks: int = 1  # how often it has been judged with enough seeds, this time included
    extensions: int = 0  # how often seeds were added


class RunSpec(Frozen):
    """One framework's share of a comparison: everything its worker needs besides the arrays."""

    id: str  # "<comparison id>-<framework>"
    framework: str
    dataset: DatasetSpec
    settings: Settings
    plan: Plan
