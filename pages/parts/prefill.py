"""What the training form holds before a person changes it: a preset that suits the series, or windows that do."""

from typing import Any

from core.data.dataset import Dataset
from core.runs.presets import PRESETS, default_settings
from pages.parts import forms, session, widgets


def prefill(dataset: Dataset) -> None:
    """Settings that suit the series, whenever another series is chosen."""
    if not is_for(dataset):
        session.put("settings_for", fingerprint(dataset))
        use_preset(dataset, session.get("preset") or "demo")


def is_for(dataset: Dataset) -> bool:
    """Whether the form was filled in for this series."""
    return bool(session.get("settings_for") == fingerprint(dataset))


def use_preset(dataset: Dataset, name: str) -> None:
    session.put_settings(forms.to_widgets(preset_values(dataset, name)))


def use_windows(dataset: Dataset, lookback: int, horizon: int) -> None:
    """Both as given, all else as it is; the settings are then the person's own."""
    prefill(dataset)
    session.put_settings({"lookback": lookback, "horizon": horizon})
    session.put("preset", widgets.OWN)


def preset_values(dataset: Dataset, name: str) -> dict[str, Any]:
    settings = PRESETS[name].settings(dataset) if name in PRESETS else default_settings(dataset)
    return settings.model_dump(exclude={"frameworks"})


def fingerprint(dataset: Dataset) -> tuple[Any, ...]:
    """What settings that suit a series follow from."""
    what = dataset.sha256, dataset.targets, dataset.rows, dataset.frequency
    return *what, dataset.known, len(dataset.future)  # the horizon ends with what is known in advance
