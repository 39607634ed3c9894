"""What every rival trains: a model's shape, its windows, and the made-up series that they are cut from."""

import json
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

LEARNING_RATE = 0.001  # every rival's own default for Adam


@dataclass(frozen=True)
class Work:
    """One LSTM layer and a dense one on the first column of `inputs`; no scaling, no reference, no validation."""

    hidden: int = 64
    batch: int = 32
    windows: int = 8_000  # an epoch
    lookback: int = 20
    horizon: int = 5
    inputs: int = 10

    @property
    def rows(self) -> int:
        return self.windows + self.lookback + self.horizon - 1

    @property
    def steps(self) -> int:
        """Of an epoch."""
        return -(-self.windows // self.batch)

    @property
    def parameters(self) -> int:
        """Numbers to learn of the LSTM layer, with one bias a gate."""
        return 4 * self.hidden * (self.inputs + self.hidden + 1)

    @property
    def gigaflop(self) -> float:
        """Of an epoch: two operations a multiplication, forward and twice that backward; gates' curves left out."""
        layer = self.lookback * 4 * self.hidden * (self.inputs + self.hidden)
        return 3 * 2 * self.windows * (layer + self.hidden * self.horizon) / 1e9

    def series(self) -> npt.NDArray[np.float32]:
        """Hourly waves of different phase with noise (rows, inputs), about as large as scaled values are."""
        hours, noise = np.arange(self.rows)[:, None], np.random.default_rng(0)
        waves = np.sin(2 * np.pi * hours / 24 + np.arange(self.inputs))
        return (waves + noise.normal(0, 0.3, waves.shape)).astype(np.float32)

    def text(self) -> str:
        return json.dumps(asdict(self))


def from_text(text: str) -> Work:
    return Work(**json.loads(text))
