"""What each tip buys, on a machine whose clock is made up: who helps, who does not, what a budget allows."""

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from core.errors import TrainingFailed
from core.frameworks.base import Hardware, TrainingSpec
from core.graphics import Limit
from core.runs.tips import Row
from core.runs.tips_bench import Slice
from core.runs.tips_catalogue import Here
from core.runs.tips_measure import HOPELESS, PLAIN, Measurement

NO_PINNED = Limit("pin_memory", "on", "There is no graphics processor.")
NO_SECOND = Limit("devices", "several gpus", "There is one device.")
START_S = 0.05  # of every order
WINDOW_S = 1e-4


class Machine:
    """Time that passes as its benches say; `speeds` are times as fast by the setting that is changed."""

    def __init__(self, speeds: dict[str, float], setups: dict[str, float] | None = None, noise: float = 0.01) -> None:
        self.now, self.speeds, self.setups = 0.0, speeds, setups or {}
        self.draw = random.Random(3)
        self.noise = noise
        self.slow: Callable[[float], float] = lambda now: 1.0  # times as slow, by the time
        self.trained: list[str] = []
        self.ignored: set[str] = set()  # settings that are not put in force
        self.failing: set[str] = set()
        self.stop_at = float("inf")

    def stopped(self) -> bool:
        return self.now >= self.stop_at


class FakeBench:
    def __init__(self, machine: Machine, hardware: Hardware) -> None:
        self.machine, self.hardware = machine, hardware
        self.ways: dict[str, TrainingSpec] = {}

    def prepare(self, name: str, training: TrainingSpec, windows: int, limit_s: float) -> dict[str, Any] | None:
        if name in self.machine.failing:
            raise TrainingFailed("The training diverged", "epoch 1", "Lower the learning rate.")
        self.ways[name] = training
        took = START_S + self.machine.setups.get(name, 0.0)
        self.machine.now += min(took, limit_s)
        settings = {**vars(training), "threads": self.hardware.threads}
        ignored = dict.fromkeys(self.machine.ignored)
        return {**settings, **ignored} if took <= limit_s else None

    def train(self, name: str, windows: int, epochs: int, limit_s: float, order: int = 0) -> Slice | None:
        training = self.ways[name]
        speed = self.machine.speeds.get("threads", 1.0) if self.hardware.threads > 1 else 1.0
        for setting, value in CHANGES.items():
            if getattr(training, setting) == value:
                speed *= self.machine.speeds.get(setting, 1.0)
        epoch = windows * WINDOW_S / speed * self.machine.slow(self.machine.now)
        epoch *= 1 + self.machine.noise * self.machine.draw.gauss(0, 1)
        took = START_S + (1 + epochs) * epoch
        self.machine.now += min(took, limit_s)
        self.machine.trained.append(name)
        loss = 1.0 if training.batch_size == 32 and training.accumulate == 1 else 1.2
        losses = tuple(loss + 0.01 * order for _ in range(1 + epochs))
        return Slice(epoch, epochs * epoch, losses) if took <= limit_s else None

    def close(self) -> None:
        self.hardware = Hardware("closed", 0)


CHANGES = {
    "speed": "tuned",
    "fused": "on",
    "batch_size": 128,
    "accumulate": 4,
    "precision": "bfloat16",
    "workers": 2,
    "compile": True,
}
TRAINING = TrainingSpec(32, 0.001, "adam", "mse", "stock", False, speed="stock")


def measure(machine: Machine, budget_s: float = 60.0, windows: int = 3000) -> dict[str, Any]:
    """The latest of each row, `plain`, and what was together."""
    hardware, told = Hardware("cpu", 1), {}
    others: list[FakeBench] = []

    def elsewhere(wanted: Hardware) -> FakeBench:
        machine.now += 2.0
        others.append(FakeBench(machine, wanted))
        return others[-1]

    def tell(kind: str, content: Any) -> None:
        if kind == "row":
            told[content["tip"]] = Row.model_validate(content)
        elif kind != "stage":
            told[kind] = Row.model_validate(content) if kind.startswith("together") else content
            told.setdefault(f"rounds of {kind}", set()).add(content["n"])

    Measurement(
        Here("pytorch", TRAINING, hardware, 2, False, windows, (NO_PINNED, NO_SECOND)),
        FakeBench(machine, hardware),
        elsewhere=elsewhere,
        import_s=2.0,
        budget_s=budget_s,
        tell=tell,
        stop=machine.stopped,
        now=lambda: machine.now,
    ).go()
    assert all(other.hardware.device == "closed" for other in others), "a process was left"
    return told


def test_who_helps_who_harms_and_who_does_neither() -> None:
    machine = Machine({"fused": 1.3, "precision": 0.7, "workers": 1.0}, noise=0.005)
    told = measure(machine)
    assert told["fused"].outcome == "faster" and told["fused"].ratio == pytest.approx(1.3, rel=0.02)
    assert told["precision"].outcome == "slower" and told["workers"].outcome == "no_gain"
    low, high = told["fused"].interval
    assert low <= 1.3 <= high and told["fused"].n >= 4
    assert told["pin_memory"].outcome == "not_available" and told["pin_memory"].reason == NO_PINNED.reason


def test_those_that_help_are_measured_together_and_without_those_that_change_the_maths() -> None:
    told = measure(Machine({"fused": 1.3, "batch_size": 2.0, "threads": 1.5}))
    assert set(told["together"].members) == {"fused", "batch_size", "threads"}
    assert told["together"].ratio == pytest.approx(3.9, rel=0.05) and told["together"].changes_maths
    assert set(told["together_same_maths"].members) == {"fused", "threads"}
    assert told["together_same_maths"].ratio == pytest.approx(1.95, rel=0.05)
    told = measure(Machine({"fused": 1.3, "batch_size": 2.0}))
    assert told["together_same_maths"].members == ("fused",)
    assert told["together_same_maths"].n == told["fused"].n


def test_where_one_helps_all_together_are_that_one_and_where_none_does_it_is_said() -> None:
    told = measure(Machine({"fused": 1.3}))
    assert told["together"].members == ("fused",) and told["together"].ratio == told["fused"].ratio
    assert told["together"].n == told["fused"].n and len(told["rounds of together"]) > 2, "told with every round"
    told = measure(Machine({}))
    assert told["together"].ratio is None and "None of the tips" in told["together"].reason


def test_twincasts_own_setting_is_a_row_but_no_part_of_all_together() -> None:
    told = measure(Machine({"speed": 2.0, "fused": 1.3, "workers": 1.2}))
    assert told["tuned"].outcome == "faster" and set(told["together"].members) == {"fused", "workers"}


def test_a_machine_that_is_slow_for_a_while_fools_nobody() -> None:
    machine = Machine({"fused": 1.0})
    machine.slow = lambda now: 5.0 if 20 < now < 25 else 1.0
    told = measure(machine, budget_s=120)
    assert told["fused"].ratio == pytest.approx(1.0, rel=0.02)
    assert told["fused"].outcome in ("no_gain", "cannot_tell")
    machine = Machine({"fused": 1.2})
    machine.slow = lambda now: 1 + now / 40  # as when a processor grows warm
    assert measure(machine)["fused"].ratio == pytest.approx(1.2, rel=0.05)


def test_every_round_has_the_plain_script_and_draws_its_order_anew() -> None:
    machine = Machine({})
    measure(machine)
    followers = {after for before, after in pairwise(machine.trained) if before == PLAIN}
    assert len(followers) > 3, "it always stood at the same place of a round"
    assert machine.trained.count(PLAIN) >= machine.trained.count("fused")


def test_the_start_is_apart_from_the_ratio() -> None:
    told = measure(Machine({"compile": 1.5}, setups={"torch_compile": 8.0}))
    assert told["torch_compile"].setup_s == pytest.approx(8.0, abs=0.2)
    assert told["torch_compile"].ratio == pytest.approx(1.5, rel=0.03)


@pytest.mark.parametrize("budget_s", [3.0, 10.0, 30.0])
def test_the_budget_is_kept_and_what_had_no_time_says_so(budget_s: float) -> None:
    machine = Machine({"fused": 1.3}, setups={"torch_compile": 12.0})
    told = measure(machine, budget_s=budget_s)
    assert machine.now <= budget_s * 1.05
    assert told["fused"].n >= 1, "quick ones come first"
    if budget_s < 20:
        assert told["torch_compile"].outcome == "not_measured" and "No time" in told["torch_compile"].reason


def test_what_is_known_well_enough_ends_early() -> None:
    machine = Machine({"fused": 1.3}, noise=1e-4)
    measure(machine, budget_s=3600)
    assert machine.now < 360


def test_a_tip_that_makes_it_hopelessly_slow_takes_no_more_of_the_time() -> None:
    machine = Machine({"threads": 0.01})
    told = measure(machine)
    assert told["threads"].outcome == "slower" and str(HOPELESS) in told["threads"].reason
    assert told["fused"].n >= 4
    assert machine.trained.count("threads") == 2, "once may be the machine's fault"


def test_what_fails_or_is_not_in_force_is_not_available() -> None:
    machine = Machine({})
    machine.failing, machine.ignored = {"accumulate"}, {"fused"}
    told = measure(machine)
    assert told["accumulate"].outcome == "not_available" and "diverged" in told["accumulate"].reason
    assert told["fused"].outcome == "not_available" and "not in force" in told["fused"].reason
    assert told["workers"].n > 3


def test_the_loss_is_set_beside_that_of_another_order() -> None:
    told = measure(Machine({}))
    assert told["fused"].loss_difference == 0 and told["batch_size"].loss_difference == pytest.approx(0.2)
    assert told[PLAIN]["order_difference"] == pytest.approx(0.01)


def test_few_measurements_tell_nothing() -> None:
    told = measure(Machine({"fused": 1.3}), budget_s=5.0)
    for row in (each for each in told.values() if isinstance(each, Row) and each.n in (1, 2)):
        assert row.outcome == "cannot_tell" and row.interval is None and "too few" in row.reason


def test_a_stop_keeps_what_is_known() -> None:
    machine = Machine({"fused": 1.3, "workers": 1.2})
    machine.stop_at = 20.0
    told = measure(machine)
    assert machine.now < 22 and told["fused"].n >= 1
    assert told["together"].outcome == "not_measured" and "Stopped" in told["together"].reason


def test_few_windows_are_trained_several_times_and_many_in_part() -> None:
    few = measure(Machine({}), windows=150)[PLAIN]
    assert few["windows"] == 128 and few["epochs"] > 1
    many = measure(Machine({}), windows=10_000_000)[PLAIN]
    assert many["windows"] < 20_000 and many["windows"] % 128 == 0 and many["windows_in_data"] == 10_000_000
