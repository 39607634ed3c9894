"""Settings that suit a series: the defaults of the form, and the presets Demo and Standard.

All follow from the number of rows, the step and the season, never from what the series is called.
"""

from collections.abc import Callable
from dataclasses import dataclass

from core.data.dataset import Dataset
from core.data.frequency import suggest_windows
from core.frameworks import catalogue
from core.runs.spec import Settings

DEMO_EPOCHS = 5  # at least, so that there is a curve; on very long data a single epoch takes longer than a demo
DEMO_STEPS = 500  # at a learning rate of 0.005 about what all four samples need


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
    steps = -(-training_windows(dataset, settings) // settings.batch_size)  # in one epoch
    epochs = min(max(-(-DEMO_STEPS // max(steps, 1)), DEMO_EPOCHS if steps < DEMO_STEPS else 1), 40)
    return _changed(settings, {"order": "together", "epochs": epochs, "patience": 10, "learning_rate": 0.005})


def standard(dataset: Dataset) -> Settings:
    """Fair to look at: in turn, three seeds, as many epochs as validation asks for."""
    long = is_long(dataset)
    changes = {"epochs": 50 if long else 150, "learning_rate": 0.003 if long else 0.001, "patience": 10 if long else 15}
    return _changed(default_settings(dataset), {"order": "alternate", "seeds": (0, 1, 2), **changes})


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "demo",
            "Demo",
            "One training each, all at the same time, within a minute on all but very long data. Decides nothing.",
            demo,
        ),
        Preset(
            "standard",
            "Standard",
            "Three trainings each, in turn so that times are true, until nothing improves.",
            standard,
        ),
    )
}


def is_long(dataset: Dataset) -> bool:
    """Whether there are enough windows for large batches and quick steps."""
    return training_windows(dataset, Settings()) >= 3_000


def training_windows(dataset: Dataset, settings: Settings) -> int:
    """Windows of the training part under the default split."""
    return max(0, int(dataset.rows * settings.split[0]) - settings.lookback - settings.horizon + 1)


def _changed(settings: Settings, changes: dict[str, object]) -> Settings:
    return Settings(**{**settings.model_dump(), **changes})
