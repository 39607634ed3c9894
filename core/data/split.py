"""Chronological parts of the rows, from shares or from numbers of rows."""

from itertools import pairwise

from core.data.dataset import Split
from core.errors import BadSettings, Problem

ROUNDING = 1e-9  # 0.7 + 0.1 + 0.2 is not exactly 1


def make_split(rows: int, split: tuple[float, float, float]) -> Split:
    """Training, validation and test rows; a rest that shares or rows leave stays unused.

    Raises BadSettings when the parts are neither shares nor rows, do not fit, or leave a part without rows.
    """
    if all(part >= 1 and float(part).is_integer() for part in split):
        train, validation, test = (int(part) for part in split)
    elif all(0 < part < 1 for part in split) and sum(split) <= 1 + ROUNDING:
        ends = [min(rows, round(rows * sum(split[: part + 1]))) for part in range(3)]
        train, validation, test = ends[0], ends[1] - ends[0], ends[2] - ends[1]
    else:
        raise _impossible(
            f"The split {_words(split)} is neither three shares nor three numbers of rows",
            "Give shares that sum to at most 1, as in 0.7,0.1,0.2, or whole numbers of rows.",
        )
    if train + validation + test > rows:
        raise _impossible(f"The split {_words(split)} asks for more rows than there are", f"There are {rows:,} rows.")
    if min(train, validation, test) < 1:
        raise _impossible(
            f"The split {_words(split)} leaves a part without rows",
            f"Give each part a larger share of the {rows:,} rows.",
        )
    return Split(train, validation, test)


def fold_splits(split: Split, folds: int) -> tuple[Split, ...]:
    """The folds of a rolling-origin backtest, oldest first: nearly equal blocks of the test part one after another.

    A fold's validation part has as many rows as that of `split` and lies right before its block; all rows before that
    are its training part, which so grows from fold to fold. Its forecasts begin in its block and may reach into the
    blocks behind it: the test windows of all folds together are those of `split`. Hyndman & Athanasopoulos (2021,
    5.10).
    """
    starts = [split.test * fold // folds for fold in range(folds + 1)]
    return tuple(
        Split(split.train + start, split.validation, end - start, split.ahead + split.test - end)
        for start, end in pairwise(starts)
    )


def most_folds(split: Split, horizon: int) -> int:
    """How many folds the test part has room for: the last one's block must hold a whole forecast."""
    return split.test // max(horizon, 1)


def _impossible(what: str, remedy: str) -> BadSettings:
    return BadSettings([Problem(what, "split", remedy)])


def _words(split: tuple[float, float, float]) -> str:
    return ",".join(f"{part:g}" for part in split)
