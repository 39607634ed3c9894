"""Training in PyTorch: the explicit loop, on windows gathered by position from one resident tensor."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
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
from core.frameworks.pytorch.precision import LOW, precision, set_tf32, tf32

GATHERED = 2**17  # numbers: half a megabyte


class Trainer:
    """One model and its optimiser, for every fit of a run."""

    def __init__(self, model: ModelSpec, training: TrainingSpec, device: torch.device) -> None:
        self.spec = replace(model, matched=training.maths == "matched")
        self.training, self.device = training, device
        self.before = torch.arange(-model.lookback, 0, device=device)  # rows of a window, seen from its origin
        self.behind = torch.arange(model.horizon, device=device)
        self.loss = build_loss(training)
        self.model = build_model(self.spec).to(device)
        if training.maths == "matched":
            layout.freeze_second_bias(self.model)
        # Without dynamic shapes: those of a whole batch are all that is compiled, see `compute`.
        self.compiled = torch.compile(self.model, dynamic=False) if training.compile else self.model
        self.start(seed=0)
        self.parameters = sum(p.numel() for p in self.model.parameters() if p.requires_grad)
        self.layers = layout.layer_table(self.model)
        self.applied = applied(self)

    def start(self, seed: int, weights: Weights | None = None) -> None:
        """Fresh weights (PyTorch's own, drawn from `seed`, or the given ones) and a fresh optimiser."""
        set_tf32(self.training.maths)
        torch.manual_seed(seed)
        fresh = build_model(self.spec)  # lends its numbers only: another model would be compiled anew
        if self.training.maths == "matched":
            layout.freeze_second_bias(fresh)
        self.model.load_state_dict(fresh.state_dict())
        if weights is not None:
            layout.set_weights(self.model, weights)
        restart_dropout(self.model.network, seed)
        self.optimizer = build_optimizer(self.model, self.training, self.device)
        self.scaler = torch.GradScaler(self.device.type, enabled=self.training.precision == "float16")

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
            if fit.end_epoch(train_loss, validation_loss, norm, layout.is_finite(self.model)):
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
        batches, size = self.batches(series, order), self.training.batch_size * self.training.accumulate
        for step in range(-(-len(order) // size)):
            windows = min(size, len(order) - done)
            self.optimizer.zero_grad()
            for window, target in islice(batches, self.training.accumulate):
                total.add_(self.learn(window, target, len(window) / windows), alpha=len(window))
            watched = step % NORM_EVERY == 0
            norms += [self.clip()] if watched else []
            if self.training.clip_norm is not None and not watched:
                self.clip()
            self.scaler.step(self.optimizer)
            self.scaler.update()
            done += windows
            if not fit.reached(done):
                break
        found = torch.stack(norms)
        return total.item() / done, found[found.isfinite()].mean().item()  # a step that float16 overflows is left out

    def batches(self, series: Tensor, order: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Windows and targets of each batch; as many as a cache holds are gathered in one go, which is quicker."""
        batch, some = self.training.batch_size, GATHERED // (self.spec.lookback * self.spec.inputs)
        for origins in order.split(batch * max(1, some // batch)):
            window, target = self.gather(series, origins)
            yield from zip(window.split(batch), target.split(batch), strict=True)

    def learn(self, window: Tensor, target: Tensor, share: float) -> Tensor:
        """Add a batch's share to the gradient of the step; returns the loss of the batch."""
        loss = self.loss(self.compute(window, learning=True), target, window)
        self.scaler.scale(loss).backward(None if share == 1 else loss.new_tensor(share))
        return loss.detach()

    def clip(self) -> Tensor:
        """The global norm of the gradients, which are then scaled down to `clip_norm` where one is set."""
        self.scaler.unscale_(self.optimizer)
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

    def compute(self, window: Tensor, learning: bool = False) -> Tensor:
        """What the model makes of a window (batch, horizon, targets), its large products in the precision asked for.

        A short last batch goes through the model as it is: other shapes would have to be compiled anew.
        """
        model = self.compiled if learning and len(window) == self.training.batch_size else self.model
        if self.training.precision == "float32":
            return model(window)  # type: ignore[no-any-return]
        with torch.autocast(self.device.type, LOW[self.training.precision]):
            return model(window).float()  # type: ignore[no-any-return]

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


def applied(trainer: Trainer) -> dict[str, Any]:
    """Settings in force, read back from torch."""
    training = trainer.training
    return {
        "maths": training.maths,
        "speed": "tuned",
        "data_path": "resident",
        "precision": precision(trainer.model, training),
        "loss_scaling": trainer.scaler.is_enabled(),
        "tf32": tf32(trainer.device),
        **in_force(trainer.optimizer, training),
        "fused": bool(trainer.optimizer.param_groups[0].get("fused")),
        "schedule": training.schedule,
        "loss": training.loss,
        "clip_norm": training.clip_norm,
        "batch_size": training.batch_size,
        "accumulate": training.accumulate,
        "compile": trainer.compiled is not trainer.model,  # by torch.compile
        "device": str(next(trainer.model.parameters()).device).replace("cuda", "gpu"),
        "threads": torch.get_num_threads(),
    }
