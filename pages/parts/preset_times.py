"""How long each preset would take with this series on this machine, before anything is started."""

from core.data.dataset import Dataset
from core.errors import BadInput
from core.runs import estimate
from core.runs.presets import PRESETS
from pages.parts import engine, prefill, session


def words(dataset: Dataset, frameworks: tuple[str, ...]) -> str:
    """One sentence; worked out once for a series, and again when something new was measured here."""
    history = estimate.history(engine.store())
    key = (prefill.fingerprint(dataset), frameworks, tuple(measured.spec.id for measured in history))
    known = session.get("preset_times")
    if known is None or known[0] != key:
        known = key, [_of(name, dataset, frameworks, history) for name in PRESETS]
        session.put("preset_times", known)
    return f"With this series on this machine: {', '.join(known[1])}."


def _of(name: str, dataset: Dataset, frameworks: tuple[str, ...], history: tuple[estimate.Measured, ...]) -> str:
    label = PRESETS[name].label
    try:
        spec = engine.plan(dataset, {**prefill.preset_values(dataset, name), "frameworks": frameworks})
    except BadInput:
        return f"{label} cannot be used"
    return f"{label} about {estimate.in_words(estimate.estimate_seconds(spec, history).seconds)}"
