"""Reasons why a transformation, holidays or inputs known in advance cannot be used with a dataset."""

import numpy as np

from core.data import public_holidays
from core.data.dataset import Dataset
from core.data.transforms import Floats, forward, lost_rows, unfit
from core.data.words import listed, moment, shortened
from core.errors import Problem
from core.runs.spec import Settings

STILL = 1e-9  # of their size: changes that differ by less are the same but for rounding


def check_transform(settings: Settings, dataset: Dataset, devices: object) -> list[Problem]:
    """Every target must have the transformed values, and a reference must still make sense of them."""
    found = []
    for place, target in enumerate(dataset.targets):
        cells = unfit(settings.transform, dataset.values[:, place])
        if cells.any():
            found.append(_unfit(settings.transform, target, dataset, int(cells.argmax()), int(cells.sum())))
    if lost_rows(settings.transform) and settings.reference == "last":
        what = "A change is already relative to the last value, so its forecasts cannot be relative to it once more"
        remedy = "Choose the reference auto or none, or the transformation none or log."
        found.append(Problem(what, "reference, transform", remedy))
    return found


def check_holidays(settings: Settings, dataset: Dataset, devices: object) -> list[Problem]:
    problem = public_holidays.problem(settings.holidays, dataset.index, dataset.frequency)
    return [problem] if problem else []


def check_known(settings: Settings, dataset: Dataset, devices: object) -> list[Problem]:
    """The forecast of what follows needs the known inputs of each of its steps."""
    there, horizon = len(dataset.future), settings.horizon
    if not dataset.known or there >= horizon:
        return []
    names, targets = listed(dataset.known), listed(dataset.targets)
    has = "no such row" if not there else "1 such row" if there == 1 else f"{there:,} such rows"
    ways = [f"Choose a horizon of at most {there:,}"] if there else []
    ways += [f"add rows with {names} alone to the file", f"or take {names} as an input that is not known in advance"]
    steps = "one step needs a row" if horizon == 1 else f"{horizon:,} steps needs {horizon:,} rows"
    what = (
        f"A forecast of {steps} of {names} after the last one of {targets}, and the file has {has} at the right times"
    )
    return [Problem(what, "known, horizon", f"{ways[0][0].upper()}{', '.join(ways)[1:]}.")]


def still(settings: Settings, values: Floats) -> list[bool]:
    """Which targets (T, K) never move in the training rows, or always by the same change."""
    for column in values.T:
        if unfit(settings.transform, column).any():
            return [False] * values.shape[1]  # told by check_transform
    learned = forward(settings.transform, values)[lost_rows(settings.transform) :]
    if not len(learned):
        return [False] * values.shape[1]
    rounding = 0.0 if settings.transform == "none" else STILL * np.abs(learned).max(axis=0)
    return list(np.ptp(learned, axis=0) <= rounding)


def _unfit(transform: str, target: str, dataset: Dataset, first: int, count: int) -> Problem:
    name, value = shortened(target), dataset.values[first, dataset.targets.index(target)]
    rows = "1 row" if count == 1 else f"{count:,} rows"
    place = f"{'it' if count == 1 else 'the first'} is {value:g}, {_place(dataset, first)}"
    if transform == "log":
        what = f"“{name}” is zero or below in {rows} ({place}), and a logarithm needs values above zero"
        return Problem(what, "transform, target", "Choose the transformation none or difference.")
    what = f"“{name}” touches or crosses zero in {rows} ({place}), and there is no change in percent from zero"
    return Problem(what, "transform, target", "Choose the transformation none or difference.")


def _place(dataset: Dataset, row: int) -> str:
    time = dataset.index[row]
    return f"row {time:,}" if isinstance(time, int | np.integer) else moment(time, dataset.frequency)
