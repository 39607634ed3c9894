"""Seeds and folds on the command line: every number of the result is that of the windows it names."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core import cli
from core.runs import results
from core.runs.schema import Comparison, Run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SHAPE = ("--target", "load", "--lookback", "24", "--horizon", "6", "--baselines", "simple")
WINDOWS = 75  # of the test part: 80 hours, a horizon of 6


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 hours with a daily wave."""
    hours = pd.date_range("2024-01-01", periods=400, freq="h")
    load = 100 + 10 * np.sin(np.arange(400) * 2 * np.pi / 24) + np.random.default_rng(0).normal(0, 0.5, 400)
    path = tmp_path_factory.mktemp("data") / "load.csv"
    pd.DataFrame({"time": hours, "load": load.round(3)}).to_csv(path, index=False)
    return path


def compare(home: Path, csv: Path, *arguments: str) -> tuple[Comparison, pd.DataFrame]:
    """What is written into --out, once the command has ended well."""
    out = home / "out"
    ended = subprocess.run(
        [sys.executable, "-m", "core", "compare", str(csv), *SHAPE, *arguments, "--out", str(out)],
        cwd=ROOT,
        env={**os.environ, "TWINCAST_HOME": str(home), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    comparison = Comparison.model_validate_json((out / "comparison.json").read_bytes())
    assert cli.text(comparison) in ended.stdout
    return comparison, pd.read_csv(out / "forecasts.csv", parse_dates=["origin", "time"])


def check_fits(run: Run, table: pd.DataFrame, seeds: int, folds: int) -> None:
    """The scores of a run against the forecasts that were written."""
    fits = results.score_fits(run)
    assert [(fit.seed, fit.fold) for fit in fits] == [(seed, fold) for seed in range(seeds) for fold in range(folds)]
    table = table[(table.framework == run.framework) & table.fit.str.startswith("seed")]
    for fit in fits:
        assert fit.test is not None
        of_fit = table[table.fit == fit.id]
        assert len(of_fit) == 6 * (fit.windows or 0)
        assert (of_fit.forecast - of_fit.actual).abs().mean() == pytest.approx(fit.test.mae, rel=1e-5)
    assert set(table.groupby("seed").origin.nunique()) == {WINDOWS}, "every test window once a seed"
    assert results.mean_score(run, "mae") == pytest.approx((table.forecast - table.actual).abs().mean(), rel=1e-5)


def test_two_seeds_on_three_folds(tmp_path: Path, csv: Path) -> None:
    options = ("--frameworks", "linear", "--epochs", "3", "--seeds", "0,1", "--folds", "3", "--margin", "0.05")
    comparison, table = compare(tmp_path, csv, *options)
    (run,) = comparison.runs
    check_fits(run, table, seeds=2, folds=3)
    assert [fit.windows for fit in results.score_fits(run)] == [26, 27, 22] * 2
    assert [(each.name, each.fold) for each in comparison.baselines[:3]] == [("naive", fold) for fold in range(3)]
    assert results.margin(comparison) == 0.05
    again = cli.setting_values(cli.parse(shlex.split(comparison.command)[3:]))
    assert (again["seeds"], again["folds"], again["margin"]) == (["0", "1"], "3", "0.05")


@pytest.mark.frameworks
def test_both_frameworks_race_on_the_same_windows_and_are_timed_in_turn(tmp_path: Path, csv: Path) -> None:
    options = ("--hidden", "4", "--epochs", "2", "--seeds", "0,1,2", "--folds", "2", "--order", "together")
    comparison, table = compare(tmp_path, csv, *options)
    for run in comparison.runs:
        check_fits(run, table, seeds=3, folds=2)
        assert [fit.fit for fit in run.timing.interleaved] == [f"timed{n}" for n in range(5)]
        assert all(fit.epoch_s and fit.forecast_ms for fit in run.timing.interleaved)
    pytorch, tensorflow = (table[table.framework == name] for name in ("pytorch", "tensorflow"))
    columns = ["fit", "origin", "step", "time", "actual"]
    pd.testing.assert_frame_equal(pytorch[columns].reset_index(drop=True), tensorflow[columns].reset_index(drop=True))
    assert comparison.parity is not None and comparison.parity.largest_loss_difference is not None
    assert comparison.parity.largest_loss_difference < 1e-5
