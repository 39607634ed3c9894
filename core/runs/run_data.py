"""What the fits of a run learn from: each fold's own scale and windows, of one fold at a time."""

import numpy as np
import sklearn.preprocessing  # noqa: F401  prepare() scales with it: a warm worker has paid its second of import

from core.data.dataset import Split
from core.data.prepare import Ahead, Prepared, prepare
from core.data.split import fold_splits
from core.frameworks.base import Origins, TrainingData
from core.runs.spec import CERTIFICATE_BATCHES, FitSpec
from core.runs.store import RunFolder


class RunData:
    """A framework's data, prepared when a fit asks for it; the latest fold's is kept."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder, self.spec = folder, folder.spec()
        self._latest: tuple[Split | None, Prepared] | None = None

    def prepared(self, fit: FitSpec) -> Prepared:
        """Scaled values and windows."""
        split = self.split(fit)
        if self._latest is None or self._latest[0] != split:
            self._latest = None  # two copies of a long series need not be in memory at once
            self._latest = split, self._prepare(split)
        return self._latest[1]

    def training(self, fit: FitSpec) -> TrainingData:
        """The windows a fit learns from; the certificate needs the first ones only."""
        prepared = self.prepared(fit)
        most = CERTIFICATE_BATCHES * self.spec.settings.batch_size if fit.kind == "certificate" else None
        return TrainingData(prepared.values, prepared.parts.train[:most], prepared.parts.validation[:most])

    def to_forecast(self, fit: FitSpec) -> Origins:
        """What a fit forecasts once it has learned: its fold's test windows, or what follows the last row."""
        prepared = self.prepared(fit)
        return np.array([len(prepared.values)], np.int64) if fit.kind == "final" else prepared.parts.test

    def split(self, fit: FitSpec) -> Split | None:
        """None for the final fit, which learns from all rows."""
        if fit.kind == "final":
            return None
        return fold_splits(Split(*self.spec.plan.split), self.spec.settings.folds)[fit.fold]

    def _prepare(self, split: Split | None) -> Prepared:
        settings, comparison = self.spec.settings, self.folder.comparison
        return prepare(
            comparison.values(),  # mapped while it is scaled: what was read of it counts as this process's memory
            comparison.index(),
            split,
            targets=len(self.spec.dataset.targets),
            lookback=settings.lookback,
            horizon=settings.horizon,
            scaler=settings.scaler,
            calendar=self.spec.plan.calendar,
            transform=settings.transform,
            ahead=self._ahead(),
        )

    def _ahead(self) -> Ahead:
        data = self.spec.dataset
        places = tuple(data.columns.index(name) for name in data.known)
        return Ahead(places, self.folder.comparison.future(), self.spec.settings.holidays, data.frequency)
