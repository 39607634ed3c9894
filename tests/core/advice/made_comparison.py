"""A finished comparison as comparison.json has it, made by hand: only what the guide reads."""

from functools import partial
from typing import Any

from core.runs.schema import Comparison
from core.runs.store import ComparisonFolder, State

ERRORS = {"pytorch": 0.2, "tensorflow": 0.21}


def comparison(
    id: str = "20260321-140500000-ab12",
    errors: dict[str, float] = ERRORS,
    baseline: float = 0.3,
    verdict: dict[str, Any] | None = None,
    timing: dict[str, Any] | None = None,
    device: str = "cpu",
    **asked: Any,
) -> Comparison:
    """Both frameworks with these scaled errors; TensorFlow's times are twice PyTorch's."""
    return Comparison.model_validate(
        {
            "id": id,
            "created": "2026-03-21T14:05:00+00:00",
            "name": "Waves",
            "command": "python -m core compare waves.csv",
            "machine": {"cpu": "a processor", "cores": 2, "memory_gb": 8.0, "gpus": []},
            "versions": {},
            "data": data(),
            "runs": [
                run(name, error, times, {"model": "lstm", "maths": "stock", **asked}, device, timing or {})
                for times, (name, error) in enumerate(errors.items(), start=1)
            ],
            "baselines": [{"name": "naive", "fold": 0, "test": {"scaled_mae": baseline}, "seconds": 0.1}],
            "verdict": verdict,
        }
    )


def data() -> dict[str, Any]:
    split = {"train": 200, "validation": 40, "test": 60}
    told = {"file": "waves.csv", "sha256": "00", "rows": 300, "first": "2020-01-01", "last": "2020-10-26"}
    return {**told, "targets": ["wave"], "inputs": [], "split": split, "season": 7, "notices": []}


def run(
    name: str, error: float, times: int, asked: dict[str, Any], device: str, timing: dict[str, Any]
) -> dict[str, Any]:
    fit = {"id": "seed0-fold0", "seed": 0, "fold": 0, "final": False, "history": [], "test": {"scaled_mae": error}}
    return {
        "id": f"{name}-1",
        "framework": name,
        "status": "finished",
        "settings": {"asked": asked, "applied": {"device": device}, "notes": []},
        "fits": [fit],
        "timing": {"import_s": 2.0 * times, "first_epoch_s": 1.0 * times, "epoch_s": 0.5 * times, **timing},
        "peak_memory_mb": 300.0 * times,
    }


def accuracy(outcome: str) -> dict[str, Any]:
    """A verdict with this outcome."""
    return {"headline": "", "accuracy": {"outcome": outcome, "margin": 0.02, "rests_on": "15 trainings each"}}


def epochs(outcome: str, n: int = 5) -> dict[str, Any]:
    """A verdict on the epochs alone."""
    none = {"outcome": "not_measured"}
    judged = {"outcome": outcome, "n": n, "pytorch": 0.4, "tensorflow": 0.3, "ratio": 0.75}
    speed = {"import": none, "first_epoch": none, "epoch": judged, "forecast": none}
    return {**accuracy("cannot_tell"), "speed": speed}


def published(folder: ComparisonFolder, **changes: Any) -> ComparisonFolder:
    """A comparison in the store that has ended like this."""
    content = comparison(folder.id, **changes).model_dump_json(by_alias=True).encode()
    folder.publish({"comparison.json": partial(_write, content)})
    folder.set_state(State("finished"))
    return folder


def _write(content: bytes, file: Any) -> None:
    file.write(content)
