"""Initial weights as a script loads them are those that the frameworks' own conversion makes of the neutral ones."""

from dataclasses import replace

import numpy as np
import pytest

from core.codegen.initial import own_weights
from core.frameworks import catalogue
from core.frameworks.neutral import initial_weights
from tests.contract.conftest import SPEC, TRAINING, configured

pytestmark = pytest.mark.frameworks


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", catalogue.names())
def test_both_frameworks_load_them_as_they_are(kind: str, bidirectional: bool) -> None:
    spec = replace(SPEC, kind=kind, bidirectional=bidirectional, hidden=8, heads=2, patch=2, layers=2)
    if bidirectional and not catalogue.find(kind).uses("bidirectional"):
        pytest.skip("reads one way")
    training = replace(TRAINING, maths="matched")
    pytorch, keras = (configured(name).build(spec, training) for name in ("pytorch", "tensorflow"))
    neutral = initial_weights(pytorch.get_weights(), seed=5)
    for trainer in (pytorch, keras):
        trainer.set_weights(neutral)
    own = own_weights("pytorch", neutral, seed=5, heads=2)
    state = pytorch.model.network.state_dict()
    assert own.keys() == state.keys()
    assert all(np.array_equal(own[name], state[name].numpy()) for name in own)
    own = own_weights("tensorflow", neutral, seed=5, heads=2)
    held = [layer for layer in keras.model.network.layers if layer.trainable_weights]
    kept = {f"{layer.name}.{place}": array for layer in held for place, array in enumerate(layer.get_weights())}
    assert own.keys() == kept.keys()
    assert all(np.array_equal(own[name], kept[name]) for name in own)
