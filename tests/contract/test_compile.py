"""torch.compile makes one program of a step's arithmetic and leaves everything else as it was."""

import dataclasses
from pathlib import Path

import psutil
import pytest
from numpy.testing import assert_allclose

from core.frameworks.base import Hardware
from core.frameworks.neutral import initial_weights
from tests.contract.conftest import SPEC, TRAINING, Audience, waves

pytestmark = pytest.mark.frameworks

MATCHED = dataclasses.replace(TRAINING, batch_size=20, maths="matched")
MLP = dataclasses.replace(SPEC, kind="mlp")


@pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated")  # torch's own, as it imports its compiler
def test_a_compiled_training_is_the_same_training(pytorch, data, tmp_path, monkeypatch):
    """Once for all fits: neither fresh weights, nor other rows, nor a short last batch is compiled anew."""
    import torch
    from torch._dynamo.utils import counters

    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "")  # put back afterwards
    pytorch.configure(Hardware("cpu", 1, scratch=str(tmp_path)))
    before, children = headers(), len(psutil.Process().children())
    plain, compiled = (pytorch.build(MLP, dataclasses.replace(MATCHED, compile=each)) for each in (False, True))
    assert (plain.applied["compile"], compiled.applied["compile"]) == (False, True)
    counters.clear()
    assert len(data.train) % MATCHED.batch_size
    for seed, rows in ((3, 300), (4, 260)):
        curves = [curve(trainer, seed, waves(rows)) for trainer in (plain, compiled)]
        assert_allclose(*curves, rtol=1e-5)
    assert counters["stats"]["unique_graphs"] == 1
    assert compiled.get_weights().keys() == plain.get_weights().keys()
    plain.set_weights(compiled.get_weights())
    forecasts = [trainer.predict(data.values, data.validation) for trainer in (plain, compiled)]
    assert_allclose(*forecasts, atol=1e-5)
    assert any(tmp_path.rglob("*.so")), "what the compiler left is where it was told to"
    assert headers() == before and len(psutil.Process().children()) == children
    torch.compiler.reset()


def curve(trainer, seed, data):
    trainer.start(seed, initial_weights(trainer.get_weights(), seed=seed))
    history = trainer.train(data, 10, None, seed, Audience())
    return [(epoch.train_loss, epoch.validation_loss, epoch.gradient_norm) for epoch in history.epochs]


def headers() -> set[Path]:
    """What torch by itself leaves in the temporary folder of the machine."""
    from torch._inductor.runtime.cache_dir_utils import default_cache_dir

    return set(Path(default_cache_dir()).rglob("*"))
