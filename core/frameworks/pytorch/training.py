"""Training in PyTorch: the explicit loop, on windows gathered by position from one resident tensor."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import utils

from core.frameworks.base import (
    Array,
    Epoch,
    History,
    Listener,
    ModelSpec,
    Origins,
    TrainingData,
    TrainingSpec,
    Weights,
    epoch_order,
)
from core.frameworks.fit import NORM_EVERY, Fit, prediction_batch, rows_of
from core.frameworks.pytorch import weights as layout
from core.frameworks.pytorch.dropout import restart_dropout
from core.frameworks.pytorch.losses import build_loss
from core.frameworks.pytorch.models import build_model
from core.frameworks.pytorch.optimizers import build_optimizer, in_force


class Trainer:
    """One model and its optimiser, for every fit of a run."""

    def __init__(self, model: ModelSpec, training: TrainingSpec, device: torch.device) -> None:
        self.spec = replace(model, matched=training.maths == "matched")
        self.training, self.device = training, device
        self.before = torch.arange(-model.lookback, 0, device=device)  # rows of a window, seen from its origin
        self.behind = torch.arange(model.horizon, device=device)
        self.loss = build_loss(training)
        self.start(seed=0)
        self.parameters = sum(p.numel() for p in self.model.parameters() if p.requires_grad)
        self.layers = layout.layer_table(self.model)
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
        restart_dropout(self.model.network, seed)
        self.model.to(self.device)
        self.optimizer = build_optimizer(self.model, self.training, self.device)

    def train(
        self,
        data: TrainingData,
        epochs: int,
        patience: int | None,
        seed: int,
        listener: Listener,
        earlier: Sequence[Epoch] = (),
    ) -> History:
        """Train for at most `epochs`; afterwards the model holds the weights of the best one."""
        series = self.on_device(data.values)
        shuffle = torch.Generator().manual_seed(seed)
        fit = Fit(listener, patience, len(data.train), self.training, earlier)
        best = None
        while fit.epoch <= epochs and not fit.over:
            fit.begin_epoch()
            for group in self.optimizer.param_groups:
                group["lr"] = fit.learning_rate
            order = self.order(data.train, seed, fit.epoch, shuffle)
            train_loss, norm = self.train_epoch(series, order, fit)
            if fit.stopped:  # before the epoch was through
                break
            validation_loss = self.evaluate(series, data.validation) if len(data.validation) else None
            if fit.end_epoch(train_loss, validation_loss, norm):
                best = layout.snapshot(self.model)
        if best is not None:
            self.model.load_state_dict(best)
        return fit.history()

    def train_epoch(self, series: Tensor, order: Tensor, fit: Fit) -> tuple[float, float]:
        """One pass over the windows in the given order; returns the means of their losses and of the gradients' norms.

        Both stay on the device: .item() would wait for every step.
        """
        self.model.train()
        total, done, norms = torch.zeros((), dtype=torch.float64, device=self.device), 0, []
        for step, origins in enumerate(order.split(self.training.batch_size * self.training.accumulate)):
            self.optimizer.zero_grad()
            for batch in origins.split(self.training.batch_size):
                total += self.learn(series, batch, len(batch) / len(origins)) * len(batch)
            watched = step % NORM_EVERY == 0
            norms += [self.clip()] if watched else []
            if self.training.clip_norm is not None and not watched:
                self.clip()
            self.optimizer.step()
            done += len(origins)
            if not fit.reached(done):
                break
        return total.item() / done, torch.stack(norms).mean().item()

    def learn(self, series: Tensor, origins: Tensor, share: float) -> Tensor:
        """Add a batch's share to the gradient of the step; returns the loss of the batch."""
        window, target = self.gather(series, origins)
        loss = self.loss(self.compute(window), target, window)
        loss.backward(None if share == 1 else loss.new_tensor(share))
        return loss.detach()

    def clip(self) -> Tensor:
        """The global norm of the gradients, which are then scaled down to `clip_norm` where one is set."""
        norm = utils.get_total_norm([each.grad for each in self.model.parameters() if each.grad is not None])
        if self.training.clip_norm is not None:
            utils.clip_grads_with_norm_(self.model.parameters(), self.training.clip_norm, norm)
        return norm

    @torch.inference_mode()
    def evaluate(self, series: Tensor, origins: Origins) -> float:
        """Mean loss of the windows at `origins`, without learning from them."""
        self.model.eval()
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        for batch in self.on_device(origins).split(prediction_batch(self.spec)):
            window, target = self.gather(series, batch)
            total += self.loss(self.compute(window), target, window) * len(batch)
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
            forecasts[first : first + size] = self.compute(window).numpy(force=True)
        return forecasts

    def first_gradient(self, data: TrainingData, batch: Origins) -> Weights:
        """Gradient of the loss on one batch at the present weights, in the neutral layout."""
        window, target = self.gather(self.on_device(data.values), self.on_device(batch))
        self.model.eval()
        self.model.zero_grad()
        with torch.backends.cudnn.flags(enabled=False):  # cuDNN cannot go backwards through a model in eval mode
            self.loss(self.compute(window), target, window).backward()
        gradients = layout.get_gradients(self.model)
        self.model.zero_grad()
        return gradients

    def compute(self, window: Tensor) -> Tensor:
        """What the model makes of a window (batch, horizon, targets), its large products in the precision asked for."""
        if self.training.precision == "float32":
            return self.model(window)  # type: ignore[no-any-return]
        with torch.autocast(self.device.type, torch.bfloat16):
            return self.model(window).float()  # type: ignore[no-any-return]

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


def precision(trainer: Trainer) -> str:
    """That of the numbers; mixed: weights stay in float32, and what is quick in fewer digits is computed so."""
    kept = str(next(trainer.model.parameters()).dtype).removeprefix("torch.")
    return kept if trainer.training.precision == kept else f"mixed_{trainer.training.precision}"


def applied(trainer: Trainer) -> dict[str, Any]:
    """Settings in force, read back from torch."""
    training = trainer.training
    return {
        "maths": training.maths,
        "speed": "tuned",
        "data_path": "resident",
        "precision": precision(trainer),
        "tf32": tf32(trainer.device),
        **in_force(trainer.optimizer, training),
        "fused": bool(trainer.optimizer.param_groups[0].get("fused")),
        "schedule": training.schedule,
        "loss": training.loss,
        "clip_norm": training.clip_norm,
        "batch_size": training.batch_size,
        "accumulate": training.accumulate,
        "compile": False,  # torch.compile is not used
        "device": str(next(trainer.model.parameters()).device).replace("cuda", "gpu"),
        "threads": torch.get_num_threads(),
    }
