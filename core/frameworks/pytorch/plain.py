"""The plain training script in PyTorch: a DataLoader over a Dataset, and the loss of every step fetched as it comes."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import utils
from torch.utils.data import DataLoader, Dataset, RandomSampler

from core.frameworks.base import (
    Array,
    Epoch,
    History,
    Listener,
    ModelSpec,
    Origins,
    TrainingData,
    TrainingSpec,
)
from core.frameworks.fit import Fit, prediction_batch
from core.frameworks.pytorch import weights as layout
from core.frameworks.pytorch.training import Trainer


class PlainTrainer(Trainer):
    """Trains as most tutorials do. All else, forecasts among it, is the trainer's own."""

    def __init__(self, model: ModelSpec, training: TrainingSpec, device: torch.device) -> None:
        super().__init__(model, training, device)
        empty = np.zeros((0, model.inputs), np.float32), np.zeros(0, np.int64)
        loader = self.loader(Windows(*empty, model))
        self.applied |= {"speed": training.speed, "data_path": type(loader).__name__}
        self.applied |= {"workers": loader.num_workers, "pin_memory": loader.pin_memory}

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
        loader = self.loader(Windows(data.values, data.train, self.spec), torch.Generator().manual_seed(seed))
        validation = self.loader(Windows(data.values, data.validation, self.spec))
        fit = Fit(listener, patience, len(data.train), self.training, earlier)
        best = None
        while fit.epoch <= epochs and not fit.over:
            fit.begin_epoch()
            for group in self.optimizer.param_groups:
                group["lr"] = fit.learning_rate
            train_loss = self.learn_from(loader, fit)
            if fit.stopped:  # before the epoch was through
                break
            validation_loss = self.judge(validation) if len(data.validation) else None
            if fit.end_epoch(train_loss, validation_loss, finite=layout.is_finite(self.model)):
                best = layout.snapshot(self.model)
        if best is not None:
            self.model.load_state_dict(best)
        return fit.history()

    def learn_from(self, loader: DataLoader[tuple[Tensor, Tensor]], fit: Fit) -> float:
        """One pass over the windows; returns the mean loss of its windows."""
        self.model.train()
        self.optimizer.zero_grad()
        total, done, batches = 0.0, 0, self.training.accumulate
        for number, (window, target) in enumerate(loader, start=1):
            window, target = self.brought(window), self.brought(target)
            loss = self.loss(self.compute(window, learning=True), target, window)
            self.scaler.scale(loss / batches).backward()
            if number % batches == 0 or number == len(loader):
                self.step()
            total += loss.item() * len(window)
            done += len(window)
            if not fit.reached(done):
                break
        return total / done

    def step(self) -> None:
        """One update from the gradients that have been added up."""
        if self.training.clip_norm is not None:
            self.scaler.unscale_(self.optimizer)
            utils.clip_grad_norm_(self.model.parameters(), self.training.clip_norm)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad()

    @torch.no_grad()
    def judge(self, loader: DataLoader[tuple[Tensor, Tensor]]) -> float:
        """Mean loss over windows that are not learned from."""
        self.model.eval()
        total, done = 0.0, 0
        for window, target in loader:
            window, target = self.brought(window), self.brought(target)
            total += self.loss(self.compute(window), target, window).item() * len(window)
            done += len(window)
        return total / done

    def brought(self, batch: Tensor) -> Tensor:
        """The batch on the device; from pinned memory nothing waits until it is there."""
        return batch.to(self.device, non_blocking=True)

    def loader(self, windows: "Windows", shuffle: torch.Generator | None = None) -> DataLoader[tuple[Tensor, Tensor]]:
        """Batches to learn from in the order that `shuffle` draws, or without it to judge, in their own order.

        Generators of their own keep order and dropout apart from the number of workers, which the loader seeds too.
        """
        training = self.training
        pinned = training.pin_memory == "on" or (training.pin_memory == "auto" and training.speed == "tuned")
        return DataLoader(
            windows,
            training.batch_size if shuffle else prediction_batch(self.spec),
            sampler=RandomSampler(windows, generator=shuffle) if shuffle else None,
            num_workers=training.workers,
            persistent_workers=training.workers > 0,
            pin_memory=pinned and self.device.type == "cuda",
            generator=torch.Generator(),
        )


class Windows(Dataset[tuple[Tensor, Tensor]]):
    """One window (lookback, inputs) at a time, and what follows it (horizon, targets)."""

    def __init__(self, values: Array, origins: Origins, spec: ModelSpec) -> None:
        self.values = torch.from_numpy(np.require(values, requirements=["C", "W"]))
        self.origins, self.spec = origins, spec

    def __len__(self) -> int:
        return len(self.origins)

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor]:
        origin, spec = self.origins[number], self.spec
        window = self.values[origin - spec.lookback : origin]
        return window, self.values[origin : origin + spec.horizon, : spec.targets]
