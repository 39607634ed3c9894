"""A run's folder as a worker leaves it, made by hand: forecasts, journal, timing."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.runs.events import EpochDone, Event, Failed, Finished, FitDone, FitStarted, Started, to_line
from core.runs.files import write_json, write_weights
from core.runs.store import ComparisonFolder


def journal(folder: ComparisonFolder, framework: str, events: Sequence[Event]) -> None:
    path = folder.run(framework).events
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(map(to_line, events)))


def begun(framework: str, **applied: object) -> Event:
    kind = "Linear" if framework == "pytorch" else "Dense"
    head = {"name": "head", "kind": kind, "output": [5], "parameters": 777}
    return Started(
        framework, "1.2.3", 2.5, True, 777, {"threads": 1, "reference": "last", **applied}, ("why",), (head,)
    )


def fit_events(fit: str, losses: Sequence[float], best: int) -> list[Event]:
    epochs = [EpochDone(fit, n, loss, loss + 0.1, 0.5, 100.0) for n, loss in enumerate(losses, start=1)]
    return [FitStarted(fit, "score", 0, 0, 3, 180), *epochs, FitDone(fit, best, len(losses), False)]


def finished_run(
    folder: ComparisonFolder,
    framework: str,
    forecasts: dict[str, npt.NDArray[np.floating]],
    status: str = "finished",
) -> None:
    """At its end, with the forecasts (N, H, K) of each fit."""
    events = [begun(framework)]
    for fit, forecast in forecasts.items():
        events += fit_events(fit, (0.9, 0.4, 0.6), best=2)
        save_forecast(folder, framework, fit, forecast)
    journal(folder, framework, [*events, Finished(status, 4.5, 321.0)])
    folder.run(framework).withdraw()
    timing = {"import_s": 2.5, "warm": True, "first_epoch_s": 1.0, "epoch_s": 0.5, "forecast_ms": 0.3, "total_s": 4.5}
    path = folder.run(framework).path / "timing.json"
    write_json(path, {**timing, "peak_memory_mb": 321.0, "parameters": 777})


def failed_run(folder: ComparisonFolder, framework: str) -> None:
    journal(folder, framework, [begun(framework), Failed("The training diverged", "epoch 1", "Lower the rate.")])


def save_forecast(folder: ComparisonFolder, framework: str, fit: str, forecast: npt.NDArray[np.floating]) -> None:
    path = folder.run(framework).fit(fit)
    path.mkdir(parents=True, exist_ok=True)
    np.save(path / "forecast.npy", forecast.astype(np.float32))
    folder.run(framework).write_fit_manifest(fit)


def save_probe(folder: ComparisonFolder, framework: str, fit: str, losses: Sequence[float], shift: float = 0.0) -> None:
    """A matched fit: what two frameworks must agree on, `shift` away from the common numbers."""
    path: Path = folder.run(framework).fit(fit)
    path.mkdir(parents=True, exist_ok=True)
    weights = {"kernel": np.full((2, 3), 0.5 + shift, np.float32)}
    write_weights(path / "initial_weights.safetensors", weights, 0)
    write_weights(path / "first_gradient.safetensors", weights, 0)
    np.save(path / "initial_output.npy", np.full((4, 5, 1), 1 + 2 * shift, np.float32))
    epochs = [{"epoch": n, "train_loss": loss, "validation_loss": None} for n, loss in enumerate(losses, start=1)]
    write_json(path / "fit.json", {"epochs": epochs, "windows": 64})
    folder.run(framework).write_fit_manifest(fit)
