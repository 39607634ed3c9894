"""Several devices: the same losses as one with the same batch, in step to the end, and no process left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from numpy.testing import assert_allclose

from core.frameworks.base import Hardware

COMMAND = (sys.executable, "-m", "tests.contract.parallel_fits")


@pytest.fixture(scope="module", params=["pytorch", "tensorflow"])
def told(request: pytest.FixtureRequest) -> dict[str, Any]:
    done = subprocess.run([*COMMAND, request.param], capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    return {"framework": request.param, **json.loads(done.stdout)}


@pytest.mark.frameworks
@pytest.mark.parametrize("kind", ["lstm", "tcn"])
def test_two_devices_learn_as_one_does(told: dict[str, Any], kind: str) -> None:
    """Clipped, on a falling rate and with batches added up; stopped early, and the last batch of one window."""
    found = told[kind]
    one, two = found["curves"]
    assert_allclose(one, two, rtol=1e-5)
    assert found["best"][0] == found["best"][1] < len(one) == len(two)
    assert one[found["best"][0] - 1][1] < 0.9 * one[0][1]
    assert found["weights"] < 1e-5 and found["forecasts"] < 1e-5


@pytest.mark.frameworks
def test_both_stop_at_the_same_step_and_are_ready_for_another_fit(told: dict[str, Any]) -> None:
    assert told["stopped"][:3] == [True, 1, 1] and told["stopped"][3] < 3
    assert_allclose(told["again"], told["lstm"]["curves"][1], rtol=1e-6)
    assert len(told["ranks"]) == (1 if told["framework"] == "pytorch" else 0)
    assert told["ranks again"] == told["ranks"]


@pytest.mark.frameworks
def test_what_is_in_force_is_read_back(told: dict[str, Any]) -> None:
    applied = told["applied"]
    assert (applied["devices"], applied["device"], applied["threads"], applied["batch_size"]) == (2, "cpu", 1, 20)


@pytest.fixture
def endless() -> Iterator[tuple["subprocess.Popen[str]", psutil.Process]]:
    """A training without an end, and the process that trains with it."""
    with subprocess.Popen(
        [*COMMAND, "pytorch", "endless"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            (rank,) = json.loads(process.stdout.readline())
            yield process, psutil.Process(rank)
        finally:
            process.kill()


@pytest.mark.frameworks
def test_nothing_is_left_when_it_is_killed(endless: tuple["subprocess.Popen[str]", psutil.Process]) -> None:
    process, rank = endless
    os.kill(process.pid, signal.SIGKILL)
    assert ends(rank)


@pytest.mark.frameworks
def test_a_killed_rank_ends_the_training_in_plain_words(
    endless: tuple["subprocess.Popen[str]", psutil.Process],
) -> None:
    process, rank = endless
    os.kill(rank.pid, signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "One of the 2 processes that train together has ended (exit code -9). Choose fewer devices" in errors


def ends(process: psutil.Process, within_s: float = 10.0) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.frameworks
def test_graphics_processors_are_taken_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """With fakes: this machine has none."""
    import tensorflow as tf

    from core.frameworks.pytorch import PyTorch
    from core.frameworks.tensorflow import _chosen
    from core.frameworks.tensorflow.parallel import strategy

    asked = Hardware("gpu:1", 1, devices=2)
    torch_side = PyTorch()
    assert torch_side.configure(asked)["device"] == "gpu:1"
    assert [str(device) for device in torch_side._devices] == ["cuda:1", "cuda:2"]
    growing: list[str] = []
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", lambda gpu, on: growing.append(gpu))
    assert _chosen(asked, ["a", "b", "c"]) == growing == ["b", "c"]
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", lambda *given: SimpleNamespace(given=given))
    names, reduction = strategy("gpu:1", 2).given  # of those that are visible
    assert names == ["GPU:0", "GPU:1"] and isinstance(reduction, tf.distribute.NcclAllReduce)
