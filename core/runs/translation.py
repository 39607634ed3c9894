"""What was asked of a run, as a framework takes it."""

from typing import Any

from core.frameworks.base import ModelSpec, TrainingSpec
from core.runs.spec import RunSpec


def model_spec(spec: RunSpec, inputs: int) -> ModelSpec:
    """`inputs`: columns of the prepared values; what exceeds the data's own are calendar inputs."""
    settings, values = spec.settings, len(spec.dataset.columns)
    return ModelSpec(
        kind=settings.model,
        lookback=settings.lookback,
        horizon=settings.horizon,
        targets=len(spec.dataset.targets),
        values=values,
        calendar=inputs - values,
        hidden=settings.hidden,
        layers=settings.layers,
        dropout=settings.dropout,
        bidirectional=settings.bidirectional,
        reference=spec.plan.reference,
        season=spec.dataset.season,
    )


def training_spec(spec: RunSpec, maths: Any) -> TrainingSpec:
    settings = spec.settings
    return TrainingSpec(
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        optimizer=settings.optimizer,
        loss=settings.loss,
        maths=maths,
        compile=spec.plan.compile,
    )
