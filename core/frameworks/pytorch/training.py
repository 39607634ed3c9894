"""Training in PyTorch: the explicit loop, on windows gathered by position from one resident tensor."""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from core.frameworks.base import (
    Array,
    History,
    Listener,
    ModelSpec,
    Origins,
    TrainingData,
    TrainingSpec,
    Weights,
    epoch_order,
)
from core.frameworks.fit import Fit, prediction_batch, rows_of
from core.frameworks.pytorch import weights as layout
from core.frameworks.pytorch.models import Forecaster, build_model


class Trainer:
    """One model and its optimiser, for every fit of a run."""

    def __init__(self, model: ModelSpec, training: TrainingSpec, device: torch.device) -> None:
        self.spec, self.training, self.device = model, training, device
        self.before = torch.arange(-model.lookback, 0, device=device)  # rows of a window, seen from its origin
        self.behind = torch.arange(model.horizon, device=device)
        self.start(seed=0)
        self.parameters = sum(p.numel() for p in self.model.parameters() if p.requires_grad)
        self.applied = applied(self)

    def start(self, seed: int, weights: Weights | None = None) -> None:
        """Fresh weights (PyTorch's own, drawn from `seed`, or the given ones) and a fresh optimiser."""
        set_tf32(self.training.maths)
        torch.manual_seed(seed)
        self.model = build_model(self.spec)
        if self.training.maths == "matched":
            layout.freeze_second_bias(self.model)
        if weights is not None:
            layout.set_weights(self.model, weights)
        self.model.to(self.device)
        self.optimizer = build_optimizer(self.model, self.training, self.device)

    def train(self, data: TrainingData, epochs: int, patience: int | None, seed: int, listener: Listener) -> History:
        """Train for at most `epochs`; afterwards the model holds the weights of the best one."""
        series = self.on_device(data.values)
        shuffle = torch.Generator().manual_seed(seed)
        fit = Fit(listener, patience, windows=len(data.train))
        best = None
        while fit.epoch <= epochs and not fit.over:
            fit.begin_epoch()
            order = self.order(data.train, seed, fit.epoch, shuffle)
            train_loss = self.train_epoch(series, order, fit)
            if fit.stopped:  # before the epoch was through
                break
            validation_loss = self.evaluate(series, data.validation) if len(data.validation) else None
            if fit.end_epoch(train_loss, validation_loss):
                best = layout.snapshot(self.model)
        if best is not None:
            self.model.load_state_dict(best)
        return fit.history()

    def train_epoch(self, series: Tensor, order: Tensor, fit: Fit) -> float:
        """One pass over the windows in the given order; returns the mean loss of its windows."""
        self.model.train()
        total, done = torch.zeros((), dtype=torch.float64, device=self.device), 0
        for origins in order.split(self.training.batch_size):
            window, target = self.gather(series, origins)
            loss = F.mse_loss(self.model(window), target)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            total += loss.detach() * len(origins)  # stays on the device: .item() here would wait for every batch
            done += len(origins)
            if not fit.reached(done):
                break
        return total.item() / done

    @torch.inference_mode()
    def evaluate(self, series: Tensor, origins: Origins) -> float:
        """Mean loss of the windows at `origins`, without learning from them."""
        self.model.eval()
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        for batch in self.on_device(origins).split(prediction_batch(self.spec)):
            window, target = self.gather(series, batch)
            total += F.mse_loss(self.model(window), target) * len(batch)
        return total.item() / len(origins)

    @torch.inference_mode()
    def predict(self, values: Array, origins: Origins) -> Array:
        """Scaled forecasts (N, horizon, targets) of the windows at `origins`."""
        self.model.eval()
        forecasts = np.empty((len(origins), self.spec.horizon, self.spec.targets), np.float32)
        rows = rows_of(origins, self.spec)
        series, places = self.on_device(values[rows]), self.on_device(origins - rows.start)
        size = prediction_batch(self.spec)
        for first in range(0, len(origins), size):
            window = self.window(series, places[first : first + size])
            forecasts[first : first + size] = self.model(window).numpy(force=True)
        return forecasts

    def first_gradient(self, data: TrainingData, batch: Origins) -> Weights:
        """Gradient of the loss on one batch at the present weights, in the neutral layout."""
        window, target = self.gather(self.on_device(data.values), self.on_device(batch))
        self.model.eval()
        self.model.zero_grad()
        with torch.backends.cudnn.flags(enabled=False):  # cuDNN cannot go backwards through a model in eval mode
            F.mse_loss(self.model(window), target).backward()
        gradients = layout.get_gradients(self.model)
        self.model.zero_grad()
        return gradients

    def get_weights(self) -> Weights:
        return layout.get_weights(self.model)

    def set_weights(self, weights: Weights) -> None:
        layout.set_weights(self.model, weights)

    def gather(self, series: Tensor, origins: Tensor) -> tuple[Tensor, Tensor]:
        """Windows (batch, lookback, inputs) and what follows them (batch, horizon, targets)."""
        return self.window(series, origins), series[origins[:, None] + self.behind, : self.spec.targets]

    def window(self, series: Tensor, origins: Tensor) -> Tensor:
        return series[origins[:, None] + self.before]

    def order(self, origins: Origins, seed: int, epoch: int, shuffle: torch.Generator) -> Tensor:
        """The origins of one epoch: in torch's own random order, or in the order that every framework follows."""
        if self.training.maths == "matched":
            return self.on_device(origins[epoch_order(seed, epoch, len(origins))])
        return self.on_device(origins)[torch.randperm(len(origins), generator=shuffle)]

    def on_device(self, array: Array | Origins) -> Tensor:
        """The array as a tensor; on the CPU it shares the array's memory, unless that is read-only."""
        return torch.from_numpy(np.require(array, requirements=["C", "W"])).to(self.device)


def build_optimizer(model: Forecaster, training: TrainingSpec, device: torch.device) -> torch.optim.Optimizer:
    """torch's Adam as it comes; fused: one kernel updates all weights, with the same arithmetic."""
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return torch.optim.Adam(trainable, lr=training.learning_rate, fused=device.type in ("cpu", "cuda"))


RECURRENT_TF32: bool = torch.backends.cudnn.allow_tf32  # as torch comes: on, though its plain matrix products are exact


def set_tf32(maths: str) -> None:
    """Full float32 on GPUs under matched maths, torch's own choice under stock. Not measured on a GPU yet.

    TF32 keeps 10 of a product's 23 mantissa bits. The flag is the process's, so every fit sets it anew.
    """
    torch.backends.cudnn.allow_tf32 = RECURRENT_TF32 and maths == "stock"


def tf32(device: torch.device) -> str:
    """Where TF32 is in force; processors have none."""
    if device.type != "cuda" or not torch.backends.cudnn.allow_tf32:
        return "nowhere"
    return "everywhere" if torch.backends.cuda.matmul.allow_tf32 else "recurrent layers"


def applied(trainer: Trainer) -> dict[str, Any]:
    """Settings in force, read back from torch."""
    options = trainer.optimizer.param_groups[0]
    return {
        "maths": trainer.training.maths,
        "precision": str(next(trainer.model.parameters()).dtype).removeprefix("torch."),
        "tf32": tf32(trainer.device),
        "optimizer": type(trainer.optimizer).__name__,
        "learning_rate": options["lr"],
        "betas": list(options["betas"]),
        "epsilon": options["eps"],
        "fused": options["fused"],
        "batch_size": trainer.training.batch_size,
        "compile": False,  # torch.compile is not used
        "device": str(next(trainer.model.parameters()).device).replace("cuda", "gpu"),
        "threads": torch.get_num_threads(),
    }
