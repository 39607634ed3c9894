"""Settings that suit a series: the defaults of the form, and the presets Demo and Standard.

All follow from the number of rows, the step and the season, never from what the series is called.
"""

from collections.abc import Callable
from dataclasses import dataclass

from core.data.dataset import Dataset
from core.data.frequency import suggest_windows
from core.runs.spec import Settings


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
    return Settings(lookback=lookback, horizon=horizon, batch_size=batch_size(dataset))


def demo(dataset: Dataset) -> Settings:
    """Quick to watch: both at once, one seed, stopped when nothing improves."""
    changes = {"order": "together", "epochs": 15, "patience": 4, "hidden": 32 if dataset.rows > 5_000 else 64}
    return _changed(default_settings(dataset), changes)


def standard(dataset: Dataset) -> Settings:
    """Fair to look at: in turn, three seeds, as many epochs as validation asks for."""
    return _changed(default_settings(dataset), {"order": "alternate", "epochs": 50, "patience": 8, "seeds": (0, 1, 2)})


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "demo",
            "Demo",
            "Both frameworks train together, once, within a minute. Shows how it works; decides nothing.",
            demo,
        ),
        Preset(
            "standard",
            "Standard",
            "The frameworks take turns, so that times are true, and train with three seeds until nothing improves.",
            standard,
        ),
    )
}


def batch_size(dataset: Dataset) -> int:
    """Larger batches for longer series, so that an epoch has some hundred steps at most."""
    if dataset.rows < 1_000:
        return 16
    return 64 if dataset.rows < 5_000 else 128


def _changed(settings: Settings, changes: dict[str, object]) -> Settings:
    return Settings(**{**settings.model_dump(), **changes})
