"""What a person asks for. Names are the command line's; one flat model, frozen, JSON both ways."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MODELS = ("lstm", "gru")
FRAMEWORKS = ("pytorch", "tensorflow")

Reference = Literal["auto", "last", "seasonal", "none"]


class Frozen(BaseModel):
    """Immutable, and unknown names are an error rather than silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Settings(Frozen):
    """Every choice of one comparison, alike for both frameworks. Each default says why."""

    frameworks: tuple[str, ...] = Field(FRAMEWORKS, min_length=1)
    model: Literal["lstm", "gru"] = "lstm"  # the guide's own example; strong on all four samples
    hidden: int = Field(64, ge=1, le=4096)  # enough for one series, an epoch takes well under a second
    layers: int = Field(1, ge=1, le=8)  # a second layer rarely pays on one series
    dropout: float = Field(0.0, ge=0, lt=1)  # 0: masks differ between frameworks even with equal seeds
    bidirectional: bool = False
    lookback: int = Field(20, ge=1)
    horizon: int = Field(5, ge=1)
    reference: Reference = "auto"
    calendar: tuple[str, ...] | Literal["auto", "none"] = "auto"
    scaler: Literal["standard", "minmax", "none"] = "standard"
    epochs: int = Field(10, ge=1, le=10_000)
    patience: int | None = Field(None, ge=1)  # None: all epochs run, the best weights are used
    batch_size: int = Field(32, ge=1)
    optimizer: Literal["adam"] = "adam"
    learning_rate: float = Field(0.001, gt=0, le=1)  # both frameworks' own default for Adam
    schedule: Literal["constant"] = "constant"
    loss: Literal["mse"] = "mse"
    maths: Literal["stock", "matched"] = "stock"  # stock is what a newcomer gets, so it is what is judged
    speed: Literal["tuned"] = "tuned"
    device: str = "auto"  # auto, cpu or gpu:N
    threads: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    order: Literal["alternate", "together"] = "alternate"  # in turn: the only order with true timings
    seeds: tuple[int, ...] = Field((0,), min_length=1)
    folds: int = Field(1, ge=1, le=1)
    split: tuple[float, float, float] = (0.7, 0.1, 0.2)  # shares, or rows when all are whole numbers above 1


class FitSpec(Frozen):
    """A training: `score` is judged on the test part, `final` learns from all rows, `certificate` shows the match."""

    id: str  # "seed0-fold0", "final", "certificate"
    kind: Literal["score", "final", "certificate"]
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


class Plan(Frozen):
    """What every `auto` came to, decided once a comparison and for all frameworks alike; `notes` say why."""

    reference: Literal["last", "seasonal", "none"]
    calendar: tuple[str, ...]  # names of the calendar inputs, see core.data.calendar
    threads: int
    device: str  # cpu or gpu:N
    split: tuple[int, int, int]  # rows
    compile: bool  # whether TensorFlow compiles with XLA; PyTorch runs as it is
    fits: tuple[FitSpec, ...]
    load_before: float | None = None  # of an early version: state.json has it, measured as the comparison begins
    notes: tuple[str, ...] = ()


class ComparisonSpec(Frozen):
    """A whole comparison: what was asked, and what it came to."""

    id: str
    created: str  # ISO time, UTC
    name: str
    command: str  # the command line that repeats it
    dataset: DatasetSpec
    settings: Settings
    plan: Plan


class RunSpec(Frozen):
    """One framework's share of a comparison: everything its worker needs besides the arrays."""

    id: str  # "<comparison id>-<framework>"
    framework: str
    dataset: DatasetSpec
    settings: Settings
    plan: Plan
