"""A framework of NumPy alone, for tests of runs and pages: one linear map, trained in milliseconds."""

from typing import Any

import numpy as np

from core.frameworks.base import Description, Hardware, ModelSpec, TrainingSpec
from core.frameworks.host import processor
from core.frameworks.linear.training import Trainer


class Linear:
    name = "linear"
    label = "Linear (NumPy)"

    def describe(self) -> Description:
        return Description(self.name, self.label, np.__version__, (processor(),))

    def configure(self, hardware: Hardware) -> dict[str, Any]:
        """NumPy's threads are set by the environment before it is imported: nothing to set, one is assumed."""
        return {"device": "cpu", "threads": 1, "interop_threads": 1}

    def build(self, model: ModelSpec, training: TrainingSpec) -> Trainer:
        return Trainer(model, training)


framework = Linear()
