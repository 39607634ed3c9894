"""From Start to the first point of the curve.

The Seattle weather sample with the form's default settings, by a supervisor whose workers are warm: from the moment of
Start (plan, save, hand over, build the model, scale the data) to the end of the first epoch as journalled, less the
seconds of that epoch itself. The bare script trains the same fit with the same trainer in a fresh process and pays the
import of its framework. A page shows the point at its next refresh, within a second.
"""

from benchmarks import comparing
from benchmarks.bare import run_bare
from benchmarks.comparing import Engine
from benchmarks.figure import Figure
from core.frameworks import registry
from core.frameworks.registry import NAMES
from core.runs.events import EpochDone
from core.runs.presets import default_settings
from core.runs.store import ComparisonFolder

LIMIT_S = 1


def measure(quick: bool) -> list[Figure]:
    found: dict[tuple[str, str], list[float]] = {}
    for _ in range(1 if quick else 3):
        for measured in (*alone(), *both()):
            found.setdefault(measured[:2], []).append(measured[2])
    return [
        Figure(f"{who}: {what}", values, "s", limit=None if what.startswith("bare") else LIMIT_S)
        for (who, what), values in sorted(found.items())
    ]


def alone() -> list[tuple[str, str, float]]:
    """Each framework by itself, then its bare script: (framework, what, seconds beyond the first epoch)."""
    measured = []
    for name in NAMES:
        label = registry.find(name).label
        with comparing.warm(name) as engine:
            folder, extra = first_points(engine)
            measured.append((label, "warm worker, beyond the first epoch", extra[name]))
            engine.await_warm()
            bare = run_bare(folder.run(name))
            measured.append((label, "bare script, beyond the first epoch", bare.at[0] - bare.seconds[0]))
    return measured


def both() -> list[tuple[str, str, float]]:
    """Both at once, as in a demo: they build their models side by side."""
    with comparing.warm(*NAMES) as engine:
        _, extra = first_points(engine, order="together")
    return [
        (registry.find(name).label, "warm worker, both frameworks together", seconds) for name, seconds in extra.items()
    ]


def first_points(engine: Engine, **changes: object) -> tuple[ComparisonFolder, dict[str, float]]:
    """Seconds beyond the first epoch, by framework. The comparison is stopped when all have it."""
    dataset = comparing.sample("weather")
    settings = default_settings(dataset).model_copy(update={"frameworks": engine.frameworks, **changes})
    began = comparing.now()
    folder = engine.start(dataset, settings)
    extra = {}
    for name in engine.frameworks:
        first = comparing.await_event(folder.run(name), lambda event: isinstance(event, EpochDone))
        assert isinstance(first, EpochDone)
        extra[name] = first.at - began - first.seconds
    engine.stop(folder)
    return folder, extra
