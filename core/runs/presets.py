"""Settings that suit a series: the defaults of the form, and the presets Demo, Standard and Decide.

All follow from the number of rows, the step and the season, never from what the series is called.
"""

from collections.abc import Callable
from dataclasses import dataclass

from core.data.dataset import Dataset
from core.data.frequency import suggest_windows
from core.data.split import make_split, most_folds
from core.frameworks import catalogue
from core.runs.spec import Settings

DEMO_EPOCHS = 5  # at least, so that there is a curve; on very long data a single epoch takes longer than a demo
QUICK_STEPS, QUICK_RATE = 500, 0.005  # about what all four samples need at such a learning rate
DECIDE_EPOCHS = 20  # at least, until nothing improves for a fifth of them


@dataclass(frozen=True)
class Preset:
    """A named choice of settings for a dataset."""

    name: str
    label: str
    help: str
    settings: Callable[[Dataset], Settings]


def default_settings(dataset: Dataset) -> Settings:
    """What the form shows first: the command line's defaults, with lookback, horizon and batch from the data."""
    lookback, horizon = suggest_windows(dataset.rows, dataset.frequency)
    if len(dataset.future):
        horizon = min(horizon, len(dataset.future))  # no further than the inputs known in advance reach
    return Settings(lookback=lookback, horizon=horizon, batch_size=128 if is_long(dataset) else 32)


def suited_to(model: str, dataset: Dataset) -> dict[str, int]:
    """What a model is best begun with on so many rows; its lookback leaves three quarters of the training part."""
    found = catalogue.find(model).suited(training_windows(dataset, Settings()))
    hint = min(found.get("lookback", 1), int(dataset.rows * Settings().split[0]) // 4)
    return {**found, "lookback": max(hint, default_settings(dataset).lookback)}


def demo(dataset: Dataset) -> Settings:
    """Quick to watch: both at once, one seed, stopped when nothing improves."""
    settings = default_settings(dataset)
    steps = _steps_an_epoch(dataset, settings)
    epochs = min(max(-(-QUICK_STEPS // steps), DEMO_EPOCHS if steps < QUICK_STEPS else 1), 40)
    return _changed(settings, {"order": "together", "epochs": epochs, "patience": 10, "learning_rate": QUICK_RATE})


def standard(dataset: Dataset) -> Settings:
    """Fair to look at: in turn, three seeds, as many epochs as validation asks for."""
    long = is_long(dataset)
    changes = {"epochs": 50 if long else 150, "learning_rate": 0.003 if long else 0.001, "patience": 10 if long else 15}
    return _changed(default_settings(dataset), {"order": "alternate", "seeds": (0, 1, 2), **changes})


def decide(dataset: Dataset) -> Settings:
    """Enough to judge by: five seeds and a backtest of three folds, raced, with a few fits in turn for true times."""
    settings = default_settings(dataset)
    epochs = min(max(DECIDE_EPOCHS, -(-QUICK_STEPS // _steps_an_epoch(dataset, settings))), 100)
    rate = 0.003 if is_long(dataset) else QUICK_RATE
    folds = min(3, max(1, most_folds(make_split(dataset.rows, settings.split), settings.horizon)))
    changes = {"epochs": epochs, "patience": epochs // 5, "learning_rate": rate, "folds": folds}
    return _changed(settings, {"order": "together", "seeds": (0, 1, 2, 3, 4), **changes})


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "demo",
            "Demo",
            "One training each, both at the same time. A first look: it shows how it goes and decides nothing.",
            demo,
        ),
        Preset(
            "standard",
            "Standard",
            "Three trainings each from different starts, in turn so that times are true, until nothing improves.",
            standard,
        ),
        Preset(
            "decide",
            "Decide",
            "Five trainings each on three stretches of the data, then a few in turn for true times: enough to say "
            "which is better, or that it makes no difference.",
            decide,
        ),
    )
}


def is_long(dataset: Dataset) -> bool:
    """Whether there are enough windows for large batches and quick steps."""
    return training_windows(dataset, Settings()) >= 3_000


def training_windows(dataset: Dataset, settings: Settings) -> int:
    """Windows of the training part under the default split."""
    return max(0, int(dataset.rows * settings.split[0]) - settings.lookback - settings.horizon + 1)


def _steps_an_epoch(dataset: Dataset, settings: Settings) -> int:
    return max(1, -(-training_windows(dataset, settings) // settings.batch_size))


def _changed(settings: Settings, changes: dict[str, object]) -> Settings:
    return Settings(**{**settings.model_dump(), **changes})
