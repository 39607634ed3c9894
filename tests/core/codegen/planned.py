"""Comparisons that were planned and never trained: all that code is written from."""

from typing import Any

from core.codegen.taken import Taken, taken
from core.frameworks.base import Device
from core.runs.planning import plan_comparison
from core.runs.spec import ComparisonSpec, Settings
from tests.core.codegen.running import series

PROCESSOR = (Device("cpu", "a processor"), Device("cpu", "a processor"))
FEW: dict[str, Any] = {}
MANY: dict[str, Any] = {  # every choice that adds code, but for those that exclude each other
    "dropout": 0.1,
    "layers": 2,
    "bidirectional": True,
    "reference": "seasonal",
    "schedule": "cosine",
    "clip_norm": 1.0,
    "accumulate": 2,
    "loss": "direction",
    "transform": "log",
    "optimizer": "sgd",
    "patience": 3,
    "maths": "matched",
    "holidays": "DE-BY",
    "calendar": ("weekday", "month"),
}
OTHERS: dict[str, Any] = {
    "scaler": "minmax",
    "schedule": "plateau",
    "reference": "none",
    "loss": "quantile",
    "transform": "difference",
    "optimizer": "adamw",
    "weight_decay": 0.1,
    "precision": "bfloat16",
    "calendar": "none",
    "compile": "on",
}


def planned(model: str = "lstm", **asked: Any) -> ComparisonSpec:
    settings = Settings(
        model=model, **{"lookback": 30, "horizon": 5, "heads": 2, "hidden": 8, "device": "cpu", **asked}
    )
    return plan_comparison(
        series(), settings, name="Days", frameworks=dict.fromkeys(settings.frameworks, PROCESSOR[:1]), command=""
    )


def of(framework: str, model: str = "lstm", **asked: Any) -> Taken:
    return taken(planned(model, **asked), framework)
