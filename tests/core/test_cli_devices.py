"""A comparison on several devices, from the command line to its results, with real workers."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

from core.runs.schema import Comparison

ROOT = Path(__file__).parents[2]
ASKED = ("--devices", "2", "--maths", "matched", "--threads", "1", "--epochs", "2", "--hidden", "8")
ASKED += ("--baselines", "simple")


@pytest.mark.frameworks
def test_both_frameworks_train_on_two_devices_and_leave_nothing_behind(tmp_path: Path) -> None:
    days, wave = pd.date_range("2024-01-01", periods=300), np.sin(np.arange(300) / 5)
    pd.DataFrame({"date": days, "wave": wave.round(4)}).to_csv(tmp_path / "wave.csv", index=False)
    command = [sys.executable, "-m", "core", "compare", "wave.csv", "--target", "wave", "--out", "out", *ASKED]
    environment = {**os.environ, "TWINCAST_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    compared = Comparison.model_validate_json((tmp_path / "out" / "comparison.json").read_bytes())
    for run in compared.runs:
        assert run.status == "finished" and run.settings.asked["devices"] == 2
        assert (run.settings.applied["devices"], run.settings.applied["threads"]) == (2, 1)
        assert any("learns from 16 of the 32 windows" in note for note in run.settings.notes)
        assert run.peak_memory_mb and run.peak_memory_mb > 500, "of every process that trained"
    assert compared.parity and compared.parity.largest_loss_difference is not None
    assert compared.parity.largest_loss_difference < 1e-5
    assert not [each for each in psutil.process_iter() if str(tmp_path) in str(environment_of(each))]


def environment_of(process: psutil.Process) -> str:
    try:
        return process.environ().get("TWINCAST_HOME", "")
    except psutil.Error:
        return ""
