"""What the templates are written for: known when a script is written, so that nothing of it is left in it."""

from typing import Any

from core.frameworks.base import ModelSpec, TrainingSpec

spec: ModelSpec
training: TrainingSpec
run: Any  # core.codegen.scripts.Taken
