"""A measurement of the tips as the supervisor takes it: a comparison whose one fit is that measurement.

So it waits its turn, has the machine to itself, is stopped, watched and kept like any other.
"""

from collections.abc import Mapping
from typing import Any

from core.data.dataset import Dataset
from core.errors import BadSettings, Problem
from core.runs.checks import check
from core.runs.command import command_line
from core.runs.devices import Devices
from core.runs.planning import plan_comparison
from core.runs.spec import TIPS, ComparisonSpec, FitSpec, Settings

BUDGET_S = 60.0
LEAST_S, MOST_S = 1.0, 3600.0
OWN = {"speed": "tuned", "maths": "stock", "order": "alternate", "compile": "auto", "seeds": (0,), "folds": 1}
TRIED = (  # settings that are rows of their own, or that no plain script has
    "precision",
    "fused",
    "steps_per_execution",
    "data_path",
    "workers",
    "pin_memory",
    "cache",
    "prefetch",
    "accumulate",
    "devices",
)
IDLE = ("patience", "margin", "baselines")  # a measurement ends with its budget, and scores nothing
ASKED = tuple(name for name in Settings.model_fields if name not in {*OWN, *TRIED, *IDLE})


def plan_tips(
    dataset: Dataset,
    values: Mapping[str, Any],
    devices: Devices,
    *,
    budget_s: float = BUDGET_S,
    file: str | None = None,
    reading: Mapping[str, str] = {},
    free: float | None = None,
) -> ComparisonSpec:
    """`values`: settings as `checks.check` takes them; of these all but `ASKED` are left out.

    Raises BadSettings with everything that is wrong at once.
    """
    settings = tips_settings(dataset, values, devices, budget_s)
    line = command_line(dataset, settings, file=file, out=None, reading=reading, command="tips")
    spec = plan_comparison(
        dataset,
        settings,
        name=f"Tips for {dataset.name}",
        frameworks=devices,
        command=f"{line} --budget {budget_s:g}",
        free=free,
    )
    fits = (FitSpec(id=TIPS, kind="tips", seed=0, maths="stock"),)
    plan = spec.plan.model_copy(update={"fits": fits, "tries": (), "tips_s": budget_s})
    return spec.model_copy(update={"plan": plan})


def tips_settings(dataset: Dataset, values: Mapping[str, Any], devices: Devices, budget_s: float) -> Settings:
    """Raises BadSettings."""
    if not LEAST_S <= budget_s <= MOST_S:
        what = f"The budget is {budget_s:g} seconds, and must be from {LEAST_S:.0f} to {MOST_S:,.0f}"
        raise BadSettings([Problem(what, "budget", "60 seconds tell most of it for a small model.")])
    asked = {name: value for name, value in values.items() if name in ASKED}
    return check({**asked, **OWN}, dataset, devices)
