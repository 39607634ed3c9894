"""Training on several devices in PyTorch: DistributedDataParallel, and a process for each device.

All of them, the ranks, run the same training in step, each on its share of every batch, so that losses and weights are
those of one device with the same batch. Rank 0 is the process that was asked (core.frameworks.pytorch.ranks).
"""

from collections.abc import Sequence
from contextlib import nullcontext, suppress
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from core.errors import TrainingFailed
from core.frameworks.base import Epoch, History, Listener, ModelSpec, Origins, TrainingData, TrainingSpec, Weights
from core.frameworks.fit import Fit
from core.frameworks.pytorch.precision import LOW
from core.frameworks.pytorch.ranks import Orders, Others, join, meeting, receive
from core.frameworks.pytorch.training import Trainer


class ParallelTrainer(Trainer):
    """One rank's trainer. Rank 0 has the `others` do as it does; it alone is asked for forecasts and weights."""

    def __init__(
        self, model: ModelSpec, training: TrainingSpec, device: torch.device, others: Others | None = None
    ) -> None:
        self.others, self.rank, self.ranks = others, dist.get_rank(), dist.get_world_size()
        self.number = others.build(model, training) if others else 0
        super().__init__(model, training, device)
        # Averages the gradients of all ranks while they are still being computed, layer by layer from the last one.
        self.replica = DistributedDataParallel(self.model)
        self.applied |= {"devices": self.ranks, "backend": dist.get_backend()}

    def start(self, seed: int, weights: Weights | None = None) -> None:
        """Fresh weights and a fresh optimiser, on every rank; what dropout leaves out differs from rank to rank."""
        if self.others:
            self.others.start(self.number, seed)
        super().start(seed, weights)
        if self.rank:
            torch.manual_seed(seed + (self.rank << 32))

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
        with self.others or nullcontext():
            if self.others:
                self.others.train(self.number, data, epochs, patience, seed, earlier)
            for weights in self.model.state_dict().values():
                dist.broadcast(weights, src=0)
            return super().train(data, epochs, patience, seed, InStep(listener), earlier)

    def train_epoch(self, series: Tensor, order: Tensor, fit: Fit) -> tuple[float, float]:
        """One pass over the windows in the given order; returns the means of losses and of the gradients' norms."""
        loss, norm = super().train_epoch(series, order, fit)
        return self.added(loss), norm

    def learn(self, window: Tensor, target: Tensor, share: float) -> Tensor:
        """Add this rank's windows of a batch to the gradient of the step; returns what they add to its mean loss."""
        own = slice(self.rank, None, self.ranks)
        part = len(window[own]) / len(window)
        if not part:  # of a short last batch; still no rank may be missing when gradients are averaged
            own = slice(1)
        return super().learn(window[own], target[own], share * part * self.ranks) * part

    def evaluate(self, series: Tensor, origins: Origins) -> float:
        """Mean loss of the windows at `origins`, without learning from them."""
        own = origins[self.rank :: self.ranks]
        return self.added(super().evaluate(series, own) * len(own) if len(own) else 0.0) / len(origins)

    def compute(self, window: Tensor, learning: bool = False) -> Tensor:
        """What the model makes of a window (batch, horizon, targets), its large products in the precision asked for."""
        if not learning:
            return super().compute(window)
        low = LOW.get(self.training.precision)
        with torch.autocast(self.device.type, low, enabled=low is not None):
            return self.replica(window).float()  # type: ignore[no-any-return]

    def added(self, number: float) -> float:
        """The sum over all ranks, as rank 0 makes it: all decide by the same number, to the last digit."""
        total = torch.tensor(number, dtype=torch.float64)
        dist.reduce(total, dst=0)
        dist.broadcast(total, src=0)
        return total.item()


class InStep:
    """Rank 0's listener, for all ranks: they stop when it says so, after the same step."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener

    def on_progress(self, epoch: int, share: float, windows_per_second: float) -> None:
        self.listener.on_progress(epoch, share, windows_per_second)

    def on_epoch(self, epoch: Epoch, best: bool) -> None:
        self.listener.on_epoch(epoch, best)

    def should_stop(self) -> bool:
        stop = torch.tensor(self.listener.should_stop())
        dist.broadcast(stop, src=0)
        return bool(stop)


class Nobody:
    """The listener of every other rank."""

    def on_progress(self, epoch: int, share: float, windows_per_second: float) -> None: ...

    def on_epoch(self, epoch: Epoch, best: bool) -> None: ...

    def should_stop(self) -> bool:
        return False


def serve() -> None:
    """Another rank than 0, in a process of its own: does as it is told until there is nothing more to do."""
    orders = Orders()
    orders.start()
    place = orders.next()
    device = torch.device(place["device"])
    torch.set_num_threads(place["threads"])
    join(meeting(place["port"], place["ranks"]), place["rank"], place["ranks"], device)
    trainers: list[ParallelTrainer] = []
    while True:
        order = orders.next()
        if asked := order.get("build"):
            trainers.append(ParallelTrainer(ModelSpec(**asked["model"]), TrainingSpec(**asked["training"]), device))
        elif asked := order.get("train"):
            follow(trainers[order["trainer"]], **asked)
        else:
            trainers[order["trainer"]].start(order["start"])


def follow(
    trainer: ParallelTrainer,
    sizes: Sequence[int],
    epochs: int,
    patience: int | None,
    seed: int,
    earlier: Sequence[dict[str, Any]],
) -> None:
    """Train with rank 0, which tells what comes of it."""
    with suppress(TrainingFailed):
        trainer.train(receive(sizes), epochs, patience, seed, Nobody(), [Epoch(**each) for each in earlier])
