"""What is kept of the simple methods that are fitted: baselines/<name>.npy and <name>.json beside the runs.

The forecasts are of all test windows, fold after fold. The JSON is written last: without it there is nothing. Once
results are published the comparison's manifest lists the forecasts.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import NotFound, StoreFailed
from core.evaluation import baselines
from core.runs.files import damaged, read_json, write_blocks, write_json
from core.runs.store import ComparisonFolder

FOLDER = "baselines"

Forecast = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Made:
    """What became of a method. Where it was finished, each fold has its seconds, and what was fitted on what."""

    name: str
    why_not: str = ""  # why it was not finished
    notes: tuple[str, ...] = ()
    seconds: tuple[float, ...] = ()

    @property
    def finished(self) -> bool:
        return not self.why_not


def save(
    folder: ComparisonFolder, made: Made, shape: tuple[int, int, int], blocks: Iterable[npt.NDArray[np.float32]]
) -> None:
    """The forecasts (N, H, K) of a method, from its folds'. Raises StoreFailed."""
    write_blocks(folder.path / _array(made.name), shape, blocks)
    write_json(folder.path / FOLDER / f"{made.name}.json", {"notes": list(made.notes), "seconds": list(made.seconds)})


def told(folder: ComparisonFolder, name: str) -> Made:
    """What was saved of a method. Raises StoreFailed."""
    path = folder.path / FOLDER / f"{name}.json"
    content = read_json(path)
    with damaged(path):
        return Made(name, "", tuple(map(str, content["notes"])), tuple(map(float, content["seconds"])))


def kept(folder: ComparisonFolder, name: str) -> Made | None:
    """A method that was finished for an earlier evaluation, where its forecasts are intact."""
    try:
        if folder.sealed and folder.has(_array(name)):
            folder.checked(_array(name))
            return told(folder, name)
    except StoreFailed:  # it is fitted again
        pass
    return None


def read(folder: ComparisonFolder, name: str) -> Forecast:
    """The forecasts (N, H, K) of a fitted method, as published. Raises NotFound, StoreFailed."""
    if not folder.has(_array(name)):
        raise NotFound(f"There are no forecasts of {baselines.METHODS[name].words}", folder.id, "Choose another one.")
    folder.checked(_array(name))
    return mapped(folder, name)


def mapped(folder: ComparisonFolder, name: str) -> Forecast:
    """The same as they lie there: for who has just made or checked them. Raises StoreFailed."""
    path = folder.path / _array(name)
    with damaged(path):
        forecast: Forecast = np.load(path, mmap_mode="r", allow_pickle=False)
    return forecast


def _array(name: str) -> str:
    return f"{FOLDER}/{name}.npy"
