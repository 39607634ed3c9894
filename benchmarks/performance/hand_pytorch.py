"""`python -m benchmarks.performance.hand_pytorch WORK`: the quickest loop in PyTorch that we could write.

Nothing but the loop: all windows are laid out in memory once, an epoch puts them into a new order with one copy, and a
batch is a slice of that. The loss stays in a tensor until the epoch has ended, and one kernel updates all weights.
"""

import sys

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.performance.gate import Gate
from benchmarks.performance.work import LEARNING_RATE, Work, from_text


class Forecaster(nn.Module):
    def __init__(self, work: Work) -> None:
        super().__init__()
        self.lstm = nn.LSTM(work.inputs, work.hidden, batch_first=True)
        self.head = nn.Linear(work.hidden, work.horizon)

    def forward(self, x: Tensor) -> Tensor:
        _, (state, _) = self.lstm(x)
        return self.head(state[0])


def main(work: Work) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    series = torch.from_numpy(work.series())
    x = series[: -work.horizon].unfold(0, work.lookback, 1).transpose(1, 2).contiguous()  # (windows, lookback, inputs)
    y = series[work.lookback :, 0].unfold(0, work.horizon, 1).contiguous()  # (windows, horizon)
    model = Forecaster(work)
    optimizer = torch.optim.Adam(model.parameters(), LEARNING_RATE, fused=True)
    gate = Gate()
    while True:
        gate.open()
        epoch(model, optimizer, x, y, work.batch)
        gate.close()


def epoch(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor, batch: int) -> float:
    order = torch.randperm(len(x))
    total = torch.zeros(())
    for window, target in zip(x[order].split(batch), y[order].split(batch), strict=True):
        optimizer.zero_grad()
        loss = F.mse_loss(model(window), target)
        loss.backward()
        optimizer.step()
        total += loss.detach()
    return total.item()


if __name__ == "__main__":
    main(from_text(sys.argv[1]))
