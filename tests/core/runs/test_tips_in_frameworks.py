"""The tips in PyTorch and TensorFlow themselves: each is in force when asked for, and leaves the maths as it says."""

import numpy as np
import pytest

from core.frameworks import registry
from core.frameworks.base import Hardware, ModelSpec, TrainingData, TrainingSpec
from core.runs.tips_bench import Bench, Slice
from core.runs.tips_catalogue import Here, changed, plain_of, tips_for
from core.runs.tips_ways import loss_difference

pytestmark = pytest.mark.frameworks

CPU = Hardware("cpu", 1)
MODEL = ModelSpec("mlp", 8, 2, 1, 1, 0, 8, 1, 0.0, False, "last", 1)
ASKED = TrainingSpec(8, 0.001, "adam", "mse", "stock", True, precision="bfloat16", accumulate=2)
SLOW = ("torch_compile",)  # seconds to compile: its contract is tested where it is built
REORDERED = ("tuned", "prefetch", "cache")  # which draw the order of the windows in another way


@pytest.mark.parametrize("name", ["pytorch", "tensorflow"])
def test_every_tip_is_in_force_and_changes_the_maths_only_where_it_says(name: str) -> None:
    values = np.cumsum(np.random.default_rng(0).normal(size=(200, 1)), axis=0).astype(np.float32)
    data = TrainingData(values, np.arange(8, 136), np.arange(0))
    framework = registry.load(name)
    framework.configure(CPU)
    bench = Bench(framework, MODEL, data, lambda: False)
    here = Here(name, plain_of(ASKED), CPU, 2, False, len(data.train))
    slices: dict[str, Slice] = {}
    plain = bench.prepare("plain", here.plain, 32, 60.0) or {}
    tips = [tip for tip in tips_for(name) if tip.name not in SLOW and changed(here, tip)[1] == CPU]
    assert len(tips) >= 6
    for tip in tips:
        applied = bench.prepare(tip.name, changed(here, tip)[0], 32, 60.0)
        assert applied is not None, tip.name
        if tip.name != "pin_memory":  # without a graphics processor it is not in force, and says so
            assert not tip.shows or applied[tip.shows] != plain[tip.shows], tip.name
    for way in ("plain", *[tip.name for tip in tips]):
        slices[way] = bench.train(way, 128, 2, 60.0) or pytest.fail(way)
    for tip in tips:
        differs = loss_difference(slices["plain"], slices[tip.name])
        assert differs is not None
        if tip.changes_maths:
            assert differs > 0, tip.name
        elif tip.name not in REORDERED:
            assert differs < 1e-4, tip.name
