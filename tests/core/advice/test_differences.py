"""The tiny programs of the guide run, and show what is said of them."""

from typing import Any

import pytest

from core.advice.claims import claim
from core.advice.differences import differences

PROGRAMS = {each.id: each for each in differences()}


def run(id: str, framework: str, change: tuple[str, str] = ("", "")) -> dict[str, Any]:
    """What a program leaves behind."""
    left: dict[str, Any] = {"__name__": id}
    exec(getattr(PROGRAMS[id], framework).replace(*change) if change[0] else getattr(PROGRAMS[id], framework), left)
    return left


def test_every_difference_belongs_to_a_claim_and_is_short() -> None:
    for each in differences():
        assert claim(each.claim)
        for program in (each.pytorch, each.tensorflow):
            compile(program, each.id, "exec")
            assert len(program.strip().splitlines()) <= 18
    assert {"data", "training", "gradients", "device"} <= set(PROGRAMS)


@pytest.mark.frameworks
class TestPyTorch:
    def test_the_data_format(self) -> None:
        assert tuple(run("data", "pytorch")["forecast"].shape) == (32, 5)

    def test_without_batch_first_the_sequence_comes_first(self) -> None:
        steps = run("data", "pytorch", (", batch_first=True", ""))["steps"]
        assert steps.shape == (32, 20, 64)  # 32 rows of 20 series, which is something else
        assert not run("data", "pytorch", (", batch_first=True", ""))["lstm"].batch_first

    def test_the_loop_learns(self) -> None:
        left = run("training", "pytorch")
        assert left["loss"].item() > 0 and left["optimizer"].state

    def test_gradients_add_up(self) -> None:
        left = run("gradients", "pytorch")
        assert (left["added_up"], left["afresh"]) == (12.0, 6.0)

    def test_the_device_is_where_it_was_sent(self) -> None:
        left = run("device", "pytorch")
        assert left["where"] == left["device"]

    def test_inside_are_numbers(self) -> None:
        assert len(run("inside", "pytorch")["seen"]) == 3

    def test_the_tips_run(self) -> None:
        assert run("tips", "pytorch")["optimizer"].state


@pytest.mark.frameworks
class TestTensorFlow:
    def test_the_data_format(self) -> None:
        assert tuple(run("data", "tensorflow")["forecast"].shape) == (32, 5)

    def test_fit_learns_and_validates(self) -> None:
        assert len(run("training", "tensorflow")["history"].history["val_loss"]) == 2

    def test_gradients_begin_anew(self) -> None:
        assert run("gradients", "tensorflow")["gradient"] == 6.0

    def test_the_device_is_the_first_that_was_found(self) -> None:
        left = run("device", "tensorflow")
        assert left["where"].endswith("GPU:0" if left["found"] else "CPU:0")

    def test_inside_are_numbers_only_where_it_runs_eagerly(self) -> None:
        assert len(run("inside", "tensorflow")["seen"]) == 3
        assert not run("inside", "tensorflow", ("run_eagerly=True", "run_eagerly=False"))["seen"]

    def test_the_tips_run(self) -> None:
        left = run("tips", "tensorflow")
        assert left["history"].history["loss"] and left["dense"].compute_dtype == "bfloat16"
