"""What every framework offers, in NumPy terms. Tensors never leave a framework's folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Origins = npt.NDArray[np.int64]
Weights = Mapping[str, Array]  # the neutral layout, see core.frameworks.neutral
Optimizer = Literal["adam", "adamw", "sgd", "rmsprop"]
Schedule = Literal["constant", "cosine", "halve", "plateau"]
Precision = Literal["float32", "bfloat16", "float16"]
DataPath = Literal["auto", "resident", "loader"]
Speed = Literal["tuned", "stock"]
Switch = Literal["auto", "on", "off"]


@dataclass(frozen=True)
class ModelSpec:
    """The shape of a model. Input columns: `targets` first, then other values, then those given as they are.

    Of the options a model reads those that its entry in `MODELS` names (core.frameworks.catalogue).
    """

    kind: str
    lookback: int
    horizon: int
    targets: int  # K columns to forecast
    values: int  # V >= K columns of measured values: the ones a reference is taken from
    calendar: int  # columns behind them: calendar inputs, holidays, and inputs led by the horizon
    hidden: int
    layers: int
    dropout: float  # between layers and before the head
    bidirectional: bool
    reference: Literal["last", "seasonal", "none"]
    season: int
    kernel: int = 3  # rows that a convolution sees at a time
    heads: int = 4  # of attention
    patch: int = 1  # rows that a transformer takes together
    matched: bool = False  # dropout leaves out the same numbers in every framework

    @property
    def inputs(self) -> int:
        """Columns of the window as it is gathered."""
        return self.values + self.calendar

    @property
    def seen(self) -> int:
        """Columns the network reads: under `seasonal`, each value's change over one season comes on top."""
        return self.inputs + (self.values if self.reference == "seasonal" else 0)

    @property
    def read(self) -> int:
        """Rows the network reads: under `seasonal` the first season only serves the changes over one season."""
        return self.lookback - (self.season if self.reference == "seasonal" else 0)

    @property
    def outputs(self) -> int:
        """Numbers of a forecast: every step of every target."""
        return self.horizon * self.targets

    @property
    def directions(self) -> int:
        """Ways in which a recurrent layer reads the window."""
        return 2 if self.bidirectional else 1

    @property
    def patches(self) -> int:
        """Patches that hold all rows read; the first one may begin before them."""
        return -(-self.read // self.patch)

    @property
    def blocks(self) -> int:
        """Blocks of two convolutions, each dilated twice as far as the one before, until the last row sees them all."""
        blocks = 1
        while 1 + 2 * (self.kernel - 1) * (2**blocks - 1) < self.read and self.kernel > 1:
            blocks += 1
        return blocks


def auto_patch(read: int) -> int:
    """Rows of a patch so that about sixteen of them hold the rows read."""
    return max(1, -(-read // 16))


@dataclass(frozen=True)
class Layer:
    """A layer of a built model that holds numbers to learn."""

    name: str
    kind: str  # the framework's own word for it
    output: tuple[int, ...]  # shape of what it gives on, for one window
    parameters: int


@dataclass(frozen=True)
class TrainingSpec:
    """How a model is trained; the same for every fit of a run."""

    batch_size: int
    learning_rate: float  # of the first epoch
    optimizer: Optimizer
    loss: str  # of `LOSSES`, see core.frameworks.loss_catalogue
    maths: Literal["stock", "matched"]
    compile: bool  # TensorFlow: with XLA; PyTorch: with torch.compile
    quantile: float = 0.5  # that the quantile loss aims at
    direction_weight: float = 1.0  # what a wrong direction costs more, in squared errors
    momentum: float = 0.9  # of sgd
    weight_decay: float | None = None  # of adamw; None: the framework's own, PyTorch's under matched maths
    schedule: Schedule = "constant"
    epochs: int = 1  # that the schedule is laid out for
    clip_norm: float | None = None  # longest global norm of the gradients of a step
    accumulate: int = 1  # batches whose gradients make a step
    devices: int = 1  # that share every batch: each learns from its part, and their gradients are added up
    speed: Speed = "tuned"  # what `auto` and None mean below: what is quick, or the plain script's
    fused: Switch = "auto"  # PyTorch: one kernel updates all weights; others have none
    precision: Precision = "float32"  # others: of large products; weights stay in float32
    steps_per_execution: int | None = None  # TensorFlow: steps that `fit` runs in one go; None: as many as suit
    data_path: DataPath = "auto"  # resident: windows are gathered on the device; loader: they are brought to it
    workers: int = 0  # PyTorch's loader: processes that gather windows; 0: the training's own
    pin_memory: Switch = "auto"  # PyTorch's loader: copies to a graphics processor need not wait
    cache: Literal["on", "off"] = "off"  # TensorFlow's loader: windows stay in memory from the first epoch on
    prefetch: Switch = "auto"  # TensorFlow's loader: the next batch is gathered while this one is learned

    @property
    def loads(self) -> bool:
        """Whether a loader brings the windows, as in plain scripts."""
        return is_loaded(self.data_path, self.speed)


@dataclass(frozen=True)
class Hardware:
    device: str  # cpu, gpu:N, or mps for Apple's own
    threads: int
    devices: int = 1  # from `device` on: so many graphics processors, or parts of the processor
    scratch: str | None = None  # folder for what a compiler leaves; None: the framework's own choice

    @property
    def ids(self) -> tuple[str, ...]:
        """Those that train together: graphics processors from `device` on, or the processor in so many parts."""
        if not self.device.startswith("gpu"):
            return (self.device,) * self.devices
        first = int(self.device.removeprefix("gpu:"))
        return tuple(f"gpu:{number}" for number in range(first, first + self.devices))


@dataclass(frozen=True)
class Device:
    """A device that was found. `id` is cpu, gpu:N or mps; memory in GB, None when unknown."""

    id: str
    name: str
    memory_gb: float | None = None


@dataclass(frozen=True)
class Description:
    name: str
    label: str
    version: str
    devices: tuple[Device, ...]


@dataclass(frozen=True)
class TrainingData:
    """The resident array and the origins of its windows; a final fit has no validation origins."""

    values: Array  # (T, inputs), scaled
    train: Origins
    validation: Origins


@dataclass(frozen=True)
class Epoch:
    epoch: int  # from 1
    train_loss: float  # mean over the epoch's windows, as it was during the epoch
    validation_loss: float | None
    seconds: float  # training and validation
    learning_rate: float | None = None
    gradient_norm: float | None = None  # mean over the steps looked at of the global norm, before it is clipped


@dataclass(frozen=True)
class History:
    epochs: tuple[Epoch, ...]
    best_epoch: int  # whose weights the trainer now holds; 0 when stopped before the first epoch ended
    stopped: bool


class Listener(Protocol):
    """Whom a trainer tells how it goes. All calls come from the training thread."""

    def on_progress(self, epoch: int, share: float, windows_per_second: float) -> None: ...

    def on_epoch(self, epoch: Epoch, best: bool) -> None:
        """After each epoch; `best` when its weights are the best so far and may be fetched by get_weights."""

    def should_stop(self) -> bool:
        """Asked after every batch, or after half a second's worth of them; True ends the fit with what it has."""


class Trainer(Protocol):
    """One built model and its optimiser, used for every fit of a run: nothing is rebuilt or compiled twice."""

    parameters: int  # trainable numbers
    layers: tuple[Layer, ...]  # of the built model, in the order in which a window passes through them
    applied: dict[str, Any]  # settings in force, read back from the framework

    def start(self, seed: int, weights: Weights | None = None) -> None:
        """Fresh weights (the framework's own initialisers from `seed`, or the given ones) and a fresh optimiser."""

    def train(
        self,
        data: TrainingData,
        epochs: int,
        patience: int | None,
        seed: int,
        listener: Listener,
        earlier: Sequence[Epoch] = (),
    ) -> History:
        """Train from where `start` left it; afterwards it holds the weights of the best epoch.

        The schedule goes on from the `earlier` epochs of a fit that was cut short; they are not in the history.
        Without validation the last epoch counts as the best. Raises TrainingFailed when the loss is not finite.
        """

    def predict(self, values: Array, origins: Origins) -> Array:
        """Scaled forecasts (N, horizon, targets) of the windows at `origins`, reference added back."""

    def first_gradient(self, data: TrainingData, batch: Origins) -> Weights:
        """Gradient of the loss on one batch at the present weights, in the neutral layout."""

    def get_weights(self) -> Weights: ...

    def set_weights(self, weights: Weights) -> None: ...


class Framework(Protocol):
    """A framework's folder exports one of these as `framework`. Importing the folder imports the framework."""

    name: str
    label: str

    def describe(self) -> Description: ...

    def configure(self, hardware: Hardware) -> dict[str, Any]:
        """Set threads and device before the first operation; returns what is in force."""

    def build(self, model: ModelSpec, training: TrainingSpec) -> Trainer: ...


def is_loaded(data_path: DataPath, speed: Speed) -> bool:
    """Whether windows are brought to the device by a loader rather than gathered there."""
    return data_path == "loader" or (data_path == "auto" and speed == "stock")


def improves(loss: float, best: float) -> bool:
    """Whether a validation loss beats the best one by more than float noise: 1e-4 of it, alike in every framework."""
    return loss < best * (1 - 1e-4)


def epoch_order(seed: int, epoch: int, windows: int) -> npt.NDArray[np.int64]:
    """Matched maths: the order of the windows in one epoch (from 1), the same in every framework."""
    return np.random.default_rng([seed, epoch]).permutation(windows)
