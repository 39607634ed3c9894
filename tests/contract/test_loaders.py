"""Loaders bring the windows: each of their settings is in force, and none changes what is learned."""

import dataclasses

import numpy as np
import psutil
import pytest
from numpy.testing import assert_allclose

from tests.contract.conftest import SPEC, TRAINING, Audience

pytestmark = pytest.mark.frameworks

PLAIN = dataclasses.replace(TRAINING, batch_size=20, speed="stock")
DROPS = dataclasses.replace(SPEC, kind="mlp", dropout=0.2)  # dropout draws from a generator, too


def trained(framework, data, spec=SPEC, epochs=3, audience=None, **changes):
    trainer = framework.build(spec, dataclasses.replace(PLAIN, **changes))
    trainer.start(1)
    history = trainer.train(data, epochs, None, 1, audience or Audience())
    return trainer, [(epoch.train_loss, epoch.validation_loss) for epoch in history.epochs]


def test_workers_bring_the_same_batches_and_end_with_the_fit(pytorch, data):
    class Counting(Audience):
        def on_epoch(self, epoch, best):
            children.append(len(psutil.Process().children()) - before)
            super().on_epoch(epoch, best)

    before, children = len(psutil.Process().children()), []
    _, alone = trained(pytorch, data, DROPS)
    trainer, curve = trained(pytorch, data, DROPS, workers=2, audience=Counting())
    assert_allclose(curve, alone, rtol=1e-6)
    assert trainer.applied["workers"] == 2 and trainer.applied["data_path"] == "DataLoader"
    assert children[0] > 0 and len(set(children)) == 1, "the same ones all along"
    assert len(psutil.Process().children()) == before


def test_workers_end_where_a_fit_is_stopped(pytorch, data):
    before = len(psutil.Process().children())
    trained(pytorch, data, workers=1, audience=Audience(stop_in_epoch=2))
    assert len(psutil.Process().children()) == before


def test_nothing_is_pinned_for_a_processor(pytorch, data):
    """Asked for or not: a loader would only warn."""
    for asked in ("auto", "on", "off"):
        trainer, _ = trained(pytorch, data, epochs=1, pin_memory=asked, speed="tuned", data_path="loader")
        assert trainer.applied["pin_memory"] is False


def test_a_pipeline_learns_the_same_however_it_is_made(tensorflow, data):
    first, curve = trained(tensorflow, data, data_path="loader")
    assert (first.applied["data_path"], first.applied["cache"], first.applied["prefetch"]) == ("tf.data", False, False)
    for changes in ({"cache": "on"}, {"prefetch": "on"}, {"cache": "on", "prefetch": "on", "steps_per_execution": 4}):
        trainer, other = trained(tensorflow, data, **changes)
        assert_allclose(other, curve, rtol=1e-6)
        told = {name: trainer.applied[name] for name in ("data_path", "cache", "prefetch", "steps_per_execution")}
        assert told == {
            "data_path": "tf.data",
            "cache": changes.get("cache") == "on",
            "prefetch": changes.get("prefetch") == "on",
            "steps_per_execution": changes.get("steps_per_execution", 1),
        }


@pytest.mark.parametrize(("cache", "prefetch"), [("off", "off"), ("on", "off"), ("off", "on")])
def test_a_pipeline_is_made_of_what_was_asked(tensorflow, data, cache, prefetch):
    from core.frameworks.tensorflow.plain import pipeline

    training = dataclasses.replace(PLAIN, cache=cache, prefetch=prefetch)
    made, parts = pipeline(data.values, data.train, SPEC, training, 20, shuffle=True), []
    while made is not None:
        parts.append(type(made).__name__.strip("_").removesuffix("Dataset"))
        made = getattr(made, "_input_dataset", None)
    assert ("Cache" in parts, "Prefetch" in parts) == (cache == "on", prefetch == "on")
    assert "Shuffle" in parts and parts.index("Shuffle") < parts.index("Cache" if cache == "on" else "TensorSlice")


def test_without_settings_of_its_own_the_plain_script_keeps_arrays(tensorflow):
    assert tensorflow.build(SPEC, PLAIN).applied["data_path"] == "arrays"


@pytest.mark.parametrize("name", ["pytorch", "tensorflow"])
def test_what_a_pipeline_or_loader_brings_is_what_the_device_would_gather(name, request, data):
    """With a rate too small to learn anything, all tell the loss of the same weights."""
    framework, still = request.getfixturevalue(name), {"learning_rate": 1e-12, "loss": "direction"}
    _, loaded = trained(framework, data, epochs=1, data_path="loader", **still)
    _, resident = trained(framework, data, epochs=1, data_path="resident", speed="tuned", **still)
    assert_allclose(loaded, resident, rtol=1e-5)


@pytest.mark.parametrize("name", ["pytorch", "tensorflow"])
def test_a_tuned_loader_has_what_is_quick(name, request, data):
    """Whatever is left at auto follows the speed."""
    framework = request.getfixturevalue(name)
    quick, _ = trained(framework, data, epochs=1, speed="tuned", data_path="loader")
    plain, _ = trained(framework, data, epochs=1)
    if name == "pytorch":
        assert (quick.applied["fused"], plain.applied["fused"]) == (True, False)
    else:
        assert quick.applied["prefetch"] and not plain.applied["prefetch"]
        assert quick.applied["steps_per_execution"] > plain.applied["steps_per_execution"] == 1
    assert (quick.applied["speed"], plain.applied["speed"]) == ("tuned", "stock")


@pytest.mark.parametrize("name", ["pytorch", "tensorflow"])
def test_batches_can_be_accumulated_on_the_plain_script(name, request, data):
    framework = request.getfixturevalue(name)
    even = dataclasses.replace(data, train=data.train[:200])
    (_, whole), (trainer, parts) = (
        trained(framework, even, batch_size=size, accumulate=several, clip_norm=0.5)
        for size, several in ((40, 1), (20, 2))
    )
    assert_allclose(parts, whole, rtol=1e-4)
    assert trainer.applied["accumulate"] == 2


def test_each_setting_goes_on_top_of_the_plain_script(pytorch, tensorflow, data):
    """So that each can be measured by itself."""
    fused, _ = trained(pytorch, data, epochs=1, fused="on")
    assert fused.applied["fused"] is True and fused.applied["speed"] == "stock"
    compiled, curve = trained(tensorflow, data, compile=True)
    assert compiled.applied["compile"] is True and compiled.applied["data_path"] == "arrays"
    assert_allclose(curve, trained(tensorflow, data)[1], rtol=1e-4)
    for framework in (pytorch, tensorflow):
        trainer, curve = trained(framework, data, precision="bfloat16")
        assert trainer.applied["precision"] == "mixed_bfloat16" and np.isfinite(curve).all()
