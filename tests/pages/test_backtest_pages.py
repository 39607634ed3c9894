"""A backtest on the page Compare: one picture and one score over all folds."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from visitor import Visitor

from core.runs import results
from core.runs.evaluate import evaluate
from core.runs.forecasts import origins_by_fold
from core.runs.store import ComparisonFolder, State
from tests.core.runs.made_run import finished_run

H = 5


@pytest.fixture
def backtest(make: Callable[..., ComparisonFolder], leave: Callable[[ComparisonFolder], None]) -> ComparisonFolder:
    """Two seeds on three folds; a fold's forecasts miss by ten times its number."""
    folder = make(seeds=(0, 1), folds=3, order="alternate")
    folder.set_state(State("evaluating"))
    values = folder.values()[:, :1]
    fits: dict[str, Any] = {
        f"seed{seed}-fold{fold}": results.actual(values, origins, H) + 10 * fold + seed
        for seed in (0, 1)
        for fold, origins in enumerate(origins_by_fold(folder.spec()))
    }
    for name in ("pytorch", "tensorflow"):
        finished_run(folder, name, {**fits, "final": np.repeat(values[-1:][None], H, axis=1)})
    evaluate(folder)
    leave(folder)
    folder.set_state(State("finished"))
    return folder


def test_forecasts_and_scores_are_over_all_folds(visitor: Visitor, backtest: ComparisonFolder) -> None:
    visitor.open("compare.py", comparison=backtest.id)
    assert not visitor.at.exception and not visitor.errors
    (chart,) = [figure for key, figure in visitor.charts.items() if key.startswith("forecasts_")]
    drawn = next(line for line in chart["data"] if line.get("name") == "PyTorch")
    first = str(backtest.index()[np.concatenate(origins_by_fold(backtest.spec()))[0] + H].date())
    assert min(time for time in drawn["x"] if time) <= first, [line["uid"] for line in chart["data"]]
    assert "The period is 3 folds one after another" in visitor.text and "The first seed is drawn." in visitor.text
    every = [table.value for table in visitor.at.dataframe]
    scores = next(table for table in every if "MAE" in table and "fold" not in table)
    windows = [len(origins) for origins in origins_by_fold(backtest.spec())]
    mean = float(np.average([0, 10, 20], weights=windows)) + 0.5  # the second seed misses by one more
    assert list(scores["MAE"][:2]) == pytest.approx([mean, mean], rel=1e-3)
    trainings = next(table for table in every if "fold" in table)
    assert list(trainings["fold"][:6]) == [1, 2, 3] * 2
