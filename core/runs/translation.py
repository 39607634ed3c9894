"""What was asked of a run, as a framework takes it."""

from pathlib import Path
from typing import Any, Literal

from core.data.prepare import columns_beside
from core.frameworks.base import Hardware, ModelSpec, TrainingSpec, auto_patch
from core.runs.scratch import scratch_of
from core.runs.spec import ComparisonSpec, RunSpec, Settings

LOADING = ("speed", "data_path", "workers", "pin_memory", "cache", "prefetch")


def model_spec(spec: RunSpec | ComparisonSpec, inputs: int) -> ModelSpec:
    """`inputs`: columns of the prepared values; what exceeds the data's own is calendar, holidays and led inputs."""
    values, targets = len(spec.dataset.columns), len(spec.dataset.targets)
    return shape(spec.settings, values, inputs - values, targets, spec.plan.reference, spec.dataset.season)


def planned_model(spec: ComparisonSpec) -> ModelSpec:
    """The model of a comparison whose data are not prepared yet."""
    data = spec.dataset
    beside = columns_beside(spec.plan.calendar, spec.settings.holidays, len(data.known))
    return model_spec(spec, len(data.columns) + beside)


def shape(
    settings: Settings,
    values: int,
    calendar: int,
    targets: int,
    reference: Literal["last", "seasonal", "none"],
    season: int,
) -> ModelSpec:
    """The model that settings ask for, on so many columns."""
    read = settings.lookback - (season if reference == "seasonal" else 0)
    return ModelSpec(
        kind=settings.model,
        lookback=settings.lookback,
        horizon=settings.horizon,
        targets=targets,
        values=values,
        calendar=calendar,
        hidden=settings.hidden,
        layers=settings.layers,
        dropout=settings.dropout,
        bidirectional=settings.bidirectional,
        reference=reference,
        season=season,
        kernel=settings.kernel,
        heads=settings.heads,
        patch=auto_patch(read) if settings.patch == "auto" else settings.patch,
    )


def loading(settings: Settings) -> dict[str, Any]:
    """How windows reach the device."""
    return {name: getattr(settings, name) for name in LOADING}


def hardware(spec: RunSpec, run: Path) -> Hardware:
    """What trains; `run` is the run's folder."""
    return Hardware(spec.plan.device, spec.plan.threads, spec.plan.devices, scratch_of(run))


def training_spec(spec: RunSpec, maths: Any) -> TrainingSpec:
    settings = spec.settings
    return TrainingSpec(
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        optimizer=settings.optimizer,
        loss=settings.loss,
        maths=maths,
        compile=spec.framework in spec.plan.compile,
        quantile=settings.quantile,
        direction_weight=settings.direction_weight,
        momentum=settings.momentum,
        weight_decay=settings.weight_decay,
        schedule=settings.schedule,
        epochs=settings.epochs,
        clip_norm=settings.clip_norm,
        accumulate=settings.accumulate,
        devices=spec.plan.devices if maths == settings.maths else 1,  # the certificate needs no more
        precision=settings.precision if maths == "stock" else "float32",
        fused=settings.fused,
        steps_per_execution=None if settings.steps_per_execution == "auto" else settings.steps_per_execution,
        **(loading(settings) if maths == "stock" else {}),  # the certificate proves arithmetic, not speed
    )
