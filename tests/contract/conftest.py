"""Every framework, once a test session, on one thread; and small data that each can learn in a second."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from core.data.windows import origins_between
from core.frameworks import registry
from core.frameworks.base import Epoch, Framework, Hardware, ModelSpec, TrainingData, TrainingSpec

FRAMEWORKS = (
    "linear",
    pytest.param("pytorch", marks=pytest.mark.frameworks),
    pytest.param("tensorflow", marks=pytest.mark.frameworks),
)
SPEC = ModelSpec(
    kind="lstm", lookback=8, horizon=3, targets=2, values=3, calendar=1,
    hidden=8, layers=1, dropout=0.0, bidirectional=False, reference="last", season=4,
)  # fmt: skip
TRAINING = TrainingSpec(
    batch_size=4, learning_rate=0.01, optimizer="adam", loss="mse", maths="stock", compile=False
)  # fmt: skip


@dataclass
class Audience:
    """A listener that remembers what it was told, and asks to stop in the middle of a given epoch."""

    stop_in_epoch: int | None = None
    epochs: list[Epoch] = field(default_factory=list)
    best: list[bool] = field(default_factory=list)
    progress: list[tuple[int, float, float]] = field(default_factory=list)
    questions: int = 0  # asked in the epoch under way

    def on_progress(self, epoch: int, share: float, windows_per_second: float) -> None:
        self.progress.append((epoch, share, windows_per_second))

    def on_epoch(self, epoch: Epoch, best: bool) -> None:
        self.epochs.append(epoch)
        self.best.append(best)
        self.questions = -1  # the next one still belongs to the epoch that has just ended

    def should_stop(self) -> bool:
        self.questions += 1
        return self.stop_in_epoch == len(self.epochs) + 1 and self.questions > 0


@pytest.fixture(scope="session", params=FRAMEWORKS)
def framework(request: pytest.FixtureRequest) -> Framework:
    return configured(request.param)


@pytest.fixture(scope="session")
def pytorch() -> Framework:
    return configured("pytorch")


@pytest.fixture(scope="session")
def tensorflow() -> Framework:
    return configured("tensorflow")


@pytest.fixture(scope="session")
def data() -> TrainingData:
    return waves()


def configured(name: str) -> Framework:
    framework = registry.load(name)
    framework.configure(Hardware("cpu", 1))
    return framework


def waves(rows: int = 300, seed: int = 0) -> TrainingData:
    """Noisy sines in three columns and a calendar column: three quarters to train on, the rest to validate."""
    draw, time = np.random.default_rng(seed), np.arange(rows)
    columns = [np.sin(2 * np.pi * time / period) for period in (12, 17, 23)] + [np.cos(2 * np.pi * time / 7)]
    values = (np.stack(columns, axis=1) + draw.normal(0, 0.1, (rows, 4))).astype(np.float32)
    cut = rows * 3 // 4
    train = origins_between(SPEC.lookback, cut, SPEC.horizon)
    return TrainingData(values, train, origins_between(cut, rows, SPEC.horizon))
