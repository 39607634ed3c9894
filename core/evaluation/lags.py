"""Regression on lags: ridge, and gradient boosted trees, on the same windows that the networks see (scikit-learn).

What is learned is how far each step moves away from the window's last value. Each target has models of its own. Whether
they look at its own past or at all columns is decided on the validation part; then both parts are learned from.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from core.data.prepare import Prepared
from core.data.windows import Origins, gather
from core.evaluation.rolling import Floats, Unsuitable

MOST_WINDOWS = 50_000  # learned from, drawn at random where there are more
LEAST_WINDOWS = 10
CELLS = 4_000_000  # numbers of a table that is made at once: 32 MB

Predict = Callable[[Origins], Floats]  # windows (n,) to scaled moves (n, H)


@dataclass(frozen=True)
class Lags:
    """The windows of a fold as rows of numbers, for one target."""

    prepared: Prepared
    lookback: int
    horizon: int
    season: int
    target: int = 0
    everything: bool = False  # all measured columns, else the target's own

    @property
    def measured(self) -> int:
        return len(self.prepared.scaler.mean)

    def window(self, origins: Origins, most: int) -> Floats:
        """(n, about `most` at most): the latest rows, the targets' relative to their last one."""
        columns = np.arange(self.measured) if self.everything else np.array([self.target])
        rows = max(1, min(self.lookback, most // len(columns)))
        seen = gather(self.prepared.values, origins, -rows, 0)[:, :, columns].astype(np.float64)
        own = slice(0, self.prepared.targets if self.everything else 1)
        seen[:, :, own] -= seen[:, -1:, own]
        return np.asarray(seen.reshape(len(origins), -1))

    def coming(self, origins: Origins, most: int) -> Floats:
        """(n, about `most` at most): the calendar, and what is known in advance, of steps spread over the horizon.

        A column led by the horizon holds a step's value one horizon before its row; the calendar's are as good there.
        """
        beside = self.prepared.values[:, self.measured :]
        steps = np.linspace(-self.horizon, -1, min(self.horizon, max(1, most // max(1, beside.shape[1]))))
        seen = beside[origins[:, None] + steps.astype(np.int64)]
        return np.asarray(seen.reshape(len(origins), -1), np.float64)

    def step(self, origins: Origins, steps: Origins) -> Floats:
        """(n, numbers) of one step each: how far ahead it is, the move to it a season ago, what is known of it."""
        own = self.prepared.values[:, self.target].astype(np.float64)
        season_ago = own[np.maximum(origins - self.season + steps % self.season, 0)] - own[origins - 1]
        known = self.prepared.values[:, self.measured :][origins + steps - self.horizon]  # see `coming`
        return np.column_stack((steps, season_ago, known))

    def moves(self, origins: Origins) -> Floats:
        """(n, H): what is to be learned."""
        own = self.prepared.values[:, self.target].astype(np.float64)
        return gather(own, origins, 0, self.horizon) - own[origins - 1][:, None]

    def drawn(self, origins: Origins, most: int) -> Origins:
        """At most so many of them, in their order."""
        if len(origins) <= most:
            return origins
        return np.sort(np.random.default_rng(0).choice(origins, most, replace=False))


class Kind(Protocol):
    """A kind of regression."""

    words: str

    def trial(self, lags: Lags, train: Origins, validation: Origins) -> tuple[float, int]:
        """Learns from `train`: the mean absolute error on `validation`, and the size of the model that it wants."""
        ...

    def fit(self, lags: Lags, origins: Origins, size: int) -> Predict:
        """Learns from `origins`; `size` 0: nobody tried."""
        ...

    def learned(self, windows: int) -> str:
        """What so many windows give to learn from, in words."""
        ...


def forecast(kind: Kind, lags: Lags) -> tuple[Floats, str]:
    """Forecasts (N, H, K) of a fold's test windows in the data's units, and what made them. Raises Unsuitable."""
    prepared, parts = lags.prepared, lags.prepared.parts
    train = parts.train[parts.train >= lags.horizon]  # the rows one horizon before are looked at, too
    validation = parts.validation[parts.validation >= lags.horizon]
    if len(train) < LEAST_WINDOWS:
        raise Unsuitable(f"It needs at least {LEAST_WINDOWS} windows to learn from; there are {len(train)}.")
    moved = np.empty((len(parts.test), lags.horizon, prepared.targets))
    wide = []
    for target in range(prepared.targets):
        chosen, size = choose(kind, replace(lags, target=target), train, validation)
        predict = kind.fit(chosen, np.concatenate((train, validation)), size)
        _fill(moved[:, :, target], predict, parts.test, most=CELLS // 512)
        wide.append(chosen.everything)
    last = prepared.values[parts.test - 1, : prepared.targets].astype(np.float64)
    seen = "all columns" if all(wide) else "the target's own past" if not any(wide) else "what suits each target"
    words = f"{kind.words} on {seen}, learned from {kind.learned(len(train) + len(validation))}"
    return prepared.own_units(moved + last[:, None], parts.test), words


def choose(kind: Kind, lags: Lags, train: Origins, validation: Origins) -> tuple[Lags, int]:
    """The columns to look at, and the size of the model, with the smallest error on the validation part."""
    if not len(validation):
        return lags, 0
    ways = [lags, replace(lags, everything=True)] if lags.measured > 1 else [lags]
    tried = [(*kind.trial(way, train, validation), way) for way in ways]
    _, size, best = min(tried, key=lambda each: each[0])
    return best, size


class Ridge:
    """A straight line through all lags; its penalty by leave-one-out."""

    words = "ridge regression"
    lags = 384  # numbers a row at most: the time grows with their square
    penalties = np.logspace(-3, 5, 17)

    def trial(self, lags: Lags, train: Origins, validation: Origins) -> tuple[float, int]:
        found = self.fit(lags, train, 0)(validation)
        return float(np.abs(found - lags.moves(validation)).mean()), 0

    def fit(self, lags: Lags, origins: Origins, size: int) -> Predict:
        from sklearn.linear_model import RidgeCV

        wide = self._table(lags, origins[:1]).shape[1]
        some = lags.drawn(origins, min(MOST_WINDOWS, CELLS // wide))
        model = RidgeCV(alphas=self.penalties).fit(self._table(lags, some), lags.moves(some))
        return lambda origins: np.asarray(model.predict(self._table(lags, origins))).reshape(len(origins), -1)

    def learned(self, windows: int) -> str:
        some = f", at most {MOST_WINDOWS:,} of them" if windows > MOST_WINDOWS else ""
        return f"{windows:,} windows{some}"

    def _table(self, lags: Lags, origins: Origins) -> Floats:
        return np.hstack((lags.window(origins, self.lags), lags.coming(origins, self.lags // 4)))


class Trees:
    """Gradient boosted trees; one model serves all steps ahead, and how far ahead a step is, is one of its inputs."""

    words = "gradient boosted trees"
    lags = 96
    pairs = 30_000  # of a window and a step, learned from
    most, patience = 200, 10  # trees

    def trial(self, lags: Lags, train: Origins, validation: Origins) -> tuple[float, int]:
        from sklearn.ensemble import HistGradientBoostingRegressor

        model = HistGradientBoostingRegressor(
            max_iter=self.most, early_stopping=True, n_iter_no_change=self.patience, random_state=0
        )
        judged, moves = self._drawn(lags, validation)
        model.fit(*self._drawn(lags, train), X_val=judged, y_val=moves)
        size = int(np.argmax(model.validation_score_))  # 0: the mean move is best
        return float(np.abs(model.predict(judged) - moves).mean()), max(1, size)

    def fit(self, lags: Lags, origins: Origins, size: int) -> Predict:
        from sklearn.ensemble import HistGradientBoostingRegressor

        model = HistGradientBoostingRegressor(max_iter=size or self.most // 2, early_stopping=False, random_state=0)
        model.fit(*self._drawn(lags, origins))

        def predict(origins: Origins) -> Floats:
            window = lags.window(origins, self.lags)  # the same for every step
            steps = (np.full(len(origins), step) for step in range(lags.horizon))
            return np.column_stack([model.predict(np.hstack((window, lags.step(origins, step)))) for step in steps])

        return predict

    def learned(self, windows: int) -> str:
        return f"{windows:,} windows, at most {self.pairs:,} of their steps"

    def _drawn(self, lags: Lags, origins: Origins) -> tuple[Floats, Floats]:
        """Some pairs of a window and a step, and their moves."""
        pair = lags.drawn(np.arange(len(origins) * lags.horizon), self.pairs)
        windows, steps = origins[pair // lags.horizon], pair % lags.horizon
        own = lags.prepared.values[:, lags.target].astype(np.float64)
        table = np.hstack((lags.window(windows, self.lags), lags.step(windows, steps)))
        return table, own[windows + steps] - own[windows - 1]


KINDS: dict[str, Kind] = {"ridge": Ridge(), "boosting": Trees()}


def _fill(moved: Floats, predict: Predict, origins: Origins, most: int) -> None:
    """Block by block, into `moved` (N, H)."""
    for start in range(0, len(origins), most):
        moved[start : start + most] = predict(origins[start : start + most])
