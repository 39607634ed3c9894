"""Dropout in PyTorch: its own under stock maths; under matched maths one whose masks are alike everywhere."""

import torch
from torch import Tensor, nn

from core.frameworks.base import ModelSpec
from core.frameworks.neutral import MASK_BITS, MIXER, dropout_key


def dropout(spec: ModelSpec) -> nn.Module:
    """What stands between two layers: while training it leaves out a share of the numbers and scales up the others."""
    if not spec.dropout:
        return nn.Identity()
    return MatchedDropout(spec.dropout) if spec.matched else nn.Dropout(spec.dropout)


class MatchedDropout(nn.Module):
    """Leaves out what a hash of seed, layer, step and place says: no generator of a framework is asked."""

    key: Tensor
    step: Tensor

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.register_buffer("key", torch.zeros((), dtype=torch.int64), persistent=False)
        self.register_buffer("step", torch.zeros((), dtype=torch.int64), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        self.step += 1
        places = torch.arange(x.numel(), device=x.device).view(x.shape)  # window after window
        kept = mix(mix(self.key + self.step) + places) >= round(self.rate * 2**32)
        return torch.where(kept, x / (1 - self.rate), 0.0)


def mix(x: Tensor) -> Tensor:
    """A hash of 32 bits, kept in 64 so that no product overflows (Thomas Mueller's, on the scale of MurmurHash3's)."""
    for _ in range(2):
        x = x & MASK_BITS
        x = (x ^ (x >> 16)) * MIXER
    x = x & MASK_BITS
    return x ^ (x >> 16)


def restart_dropout(model: nn.Module, seed: int) -> None:
    """Masks from their first step on, as they follow from `seed`."""
    for name, layer in model.named_modules():
        if isinstance(layer, MatchedDropout):
            layer.key.fill_(dropout_key(seed, name))
            layer.step.zero_()
