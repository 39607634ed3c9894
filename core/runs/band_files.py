"""What is kept of the prediction intervals that are drawn: bands-<framework>.npz beside comparison.json.

Pages read this instead of making the bands again, which takes SciPy.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from core.errors import NotFound
from core.runs.files import damaged
from core.runs.store import ComparisonFolder

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ModelBands:
    """The prediction intervals of one model: of each test window, made anew at some of them, and of the future.

    Blocks 0 … B − 1 are of the test part, block B is of the future.
    """

    levels: Floats  # (L,)
    starts: Rows  # (B,) first test window of each block
    half_widths: Floats  # (B + 1, L, H, K); nan: no band
    kinds: npt.NDArray[np.str_]  # (B + 1,) full, uncertain or none: what is promised
    reasons: npt.NDArray[np.str_]  # (B + 1,) and why
    ratio: bool  # half widths are of logarithms

    def blocks(self, windows: Rows) -> Rows:
        """Of each of these test windows (N,); -1 before the first band."""
        return np.searchsorted(self.starts, windows, side="right") - 1

    def around(
        self, forecast: npt.NDArray[np.floating], windows: Rows, target: int, steps: slice = slice(None)
    ) -> Floats:
        """Limits (N, L, 2, H) about the forecasts (N, H) of one target in these test windows; nan: no band.

        `steps` are those of the horizon that `forecast` has.
        """
        block = self.blocks(windows)
        widths = self.half_widths[:, :, steps, target][block]
        return self._limits(forecast, np.where(block[:, None, None] >= 0, widths, np.nan))

    def ahead(self, forecast: npt.NDArray[np.floating], target: int) -> Floats:
        """Limits (1, L, 2, H) about the forecast (H,) of the future."""
        return self._limits(forecast[None], self.half_widths[-1:, :, :, target])

    def _limits(self, forecast: npt.NDArray[np.floating], widths: Floats) -> Floats:
        middle = np.asarray(forecast, np.float64)[:, None]  # (N, 1, H)
        with np.errstate(over="ignore", invalid="ignore"):  # a diverged forecast
            if self.ratio:
                return np.stack([middle * np.exp(-widths), middle * np.exp(widths)], axis=2)
            return np.stack([middle - widths, middle + widths], axis=2)


def writers(bands: Mapping[str, ModelBands]) -> dict[str, Callable[[BinaryIO], None]]:
    """By framework, for ComparisonFolder.publish."""
    return {_name(framework): partial(_write, each) for framework, each in bands.items()}


def has(folder: ComparisonFolder, framework: str) -> bool:
    """Raises StoreFailed."""
    return folder.has(_name(framework))


def read(folder: ComparisonFolder, framework: str) -> ModelBands:
    """Raises NotFound where there are none, StoreFailed."""
    name = _name(framework)
    if not folder.has(name):
        raise NotFound("There are no prediction intervals", folder.id, "Run it again to have them.")
    path = folder.checked(name)
    with damaged(path), np.load(path, allow_pickle=False) as kept:
        return ModelBands(**{**{field: kept[field] for field in kept}, "ratio": bool(kept["ratio"])})


def _write(bands: ModelBands, file: BinaryIO) -> None:
    arrays: dict[str, Any] = {field: np.asarray(value) for field, value in vars(bands).items()}
    np.savez(file, **arrays)


def _name(framework: str) -> str:
    return f"bands-{framework}.npz"
