"""The plain training script in PyTorch: a DataLoader over a Dataset, and the loss of every step fetched as it comes."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import utils
from torch.utils.data import DataLoader, Dataset

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
        self.applied |= {"speed": "stock", "data_path": "DataLoader"}

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
        shuffle = torch.Generator().manual_seed(seed)
        train = Windows(data.values, data.train, self.spec)
        loader = DataLoader(train, self.training.batch_size, shuffle=True, generator=shuffle)
        validation = DataLoader(Windows(data.values, data.validation, self.spec), prediction_batch(self.spec))
        fit = Fit(listener, patience, len(train), self.training, earlier)
        best = None
        while fit.epoch <= epochs and not fit.over:
            fit.begin_epoch()
            for group in self.optimizer.param_groups:
                group["lr"] = fit.learning_rate
            train_loss = self.learn_from(loader, fit)
            if fit.stopped:  # before the epoch was through
                break
            validation_loss = self.judge(validation) if len(data.validation) else None
            if fit.end_epoch(train_loss, validation_loss):
                best = layout.snapshot(self.model)
        if best is not None:
            self.model.load_state_dict(best)
        return fit.history()

    def learn_from(self, loader: DataLoader[tuple[Tensor, Tensor]], fit: Fit) -> float:
        """One pass over the windows; returns the mean loss of its windows."""
        self.model.train()
        total, done = 0.0, 0
        for window, target in loader:
            window, target = window.to(self.device), target.to(self.device)
            self.optimizer.zero_grad()
            loss = self.loss(self.compute(window), target, window)
            loss.backward()
            if self.training.clip_norm is not None:
                utils.clip_grad_norm_(self.model.parameters(), self.training.clip_norm)
            self.optimizer.step()
            total += loss.item() * len(window)
            done += len(window)
            if not fit.reached(done):
                break
        return total / done

    @torch.no_grad()
    def judge(self, loader: DataLoader[tuple[Tensor, Tensor]]) -> float:
        """Mean loss over windows that are not learned from."""
        self.model.eval()
        total, done = 0.0, 0
        for window, target in loader:
            window, target = window.to(self.device), target.to(self.device)
            total += self.loss(self.compute(window), target, window).item() * len(window)
            done += len(window)
        return total / done


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
