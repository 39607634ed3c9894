"""The page on adding a model is true: its example, added to copies of the twins, trains alike in both frameworks."""

import dataclasses
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.testing import assert_allclose

from core.frameworks import catalogue
from core.frameworks.neutral import initial_weights
from core.runs.spec import Settings
from tests.contract.conftest import SPEC, TRAINING, Audience

PAGE = Path(__file__).parents[2] / "docs" / "add-a-model.md"
FRAMEWORKS = Path(catalogue.__file__).parent
ENTRY, MODULE, FUNCTION, MODULE_LINE, FUNCTION_LINE = range(5)  # the page's blocks of code, in their order


@pytest.fixture
def twins(tmp_path, monkeypatch) -> dict[str, Path]:
    """Copies of the two files with the example in them, and the catalogue reading one of them."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    made = {
        "pytorch": extended("pytorch", blocks[ENTRY], blocks[MODULE], blocks[MODULE_LINE]),
        "tensorflow": extended("tensorflow", blocks[ENTRY], blocks[FUNCTION], blocks[FUNCTION_LINE]),
    }
    paths = {name: tmp_path / f"{name}_models.py" for name in made}
    for name, path in paths.items():
        path.write_text(made[name])
    monkeypatch.setattr(catalogue, "SOURCE", paths["pytorch"])
    return paths


def extended(framework: str, entry: str, network: str, line: str) -> str:
    """A twin with an entry at the end of MODELS, a network before NETWORKS and a line at its end."""
    source = (FRAMEWORKS / framework / "models.py").read_text()
    models, rest = source.split("\n}\n", 1)
    before, networks = rest.split("\n\nNETWORKS", 1)
    return f"{models}\n{entry}}}\n{before}\n\n{network}\n\nNETWORKS{networks.removesuffix('}' + chr(10))}{line}}}\n"


def loaded(framework: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"core.frameworks.{framework}.copy_of_models", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_can_be_chosen_like_any_model(twins):
    assert catalogue.read(twins["pytorch"]) == catalogue.read(twins["tensorflow"])
    assert catalogue.names()[-1] == Settings(model="average").model == "average"
    assert catalogue.find("average").suited(20_000) == {"hidden": 64}


@pytest.mark.frameworks
def test_the_example_trains_alike_in_both_frameworks(twins, pytorch, tensorflow, data, monkeypatch):
    spec = dataclasses.replace(SPEC, kind="average", dropout=0.2)
    training = dataclasses.replace(TRAINING, maths="matched", batch_size=20)
    curves, sizes = [], []
    for framework in (pytorch, tensorflow):
        build_model = loaded(framework.name, twins[framework.name]).build_model
        monkeypatch.setattr(f"core.frameworks.{framework.name}.training.build_model", build_model)
        trainer = framework.build(spec, training)
        trainer.start(1, initial_weights(trainer.get_weights(), seed=1))
        history = trainer.train(data, 10, None, 1, Audience())
        curves.append(np.array([(epoch.train_loss, epoch.validation_loss) for epoch in history.epochs]))
        sizes.append({layer.name: layer.parameters for layer in trainer.layers})
    assert curves[0][-1, 0] < 0.8 * curves[0][0, 0]
    assert_allclose(*curves, rtol=1e-5)
    assert sizes[0] == sizes[1] == catalogue.parameters_by_part(spec)
