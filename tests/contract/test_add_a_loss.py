"""The page on adding a loss is true: its example, added to copies of the twins, trains alike in both frameworks."""

import dataclasses
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from numpy.testing import assert_allclose

from core.frameworks import loss_catalogue
from core.frameworks.neutral import initial_weights
from core.runs.spec import Settings
from tests.contract.conftest import SPEC, TRAINING, Audience

PAGE = Path(__file__).parents[2] / "docs" / "add-a-model.md"
FRAMEWORKS = Path(loss_catalogue.__file__).parent


@pytest.fixture
def twins(tmp_path, monkeypatch) -> dict[str, Path]:
    """Copies of the two files with the example in them, and the catalogue reading one of them."""
    _, page = PAGE.read_text().split("# Adding a loss\n")
    entry, in_torch, in_keras, line = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    paths = {}
    for name, function in (("pytorch", in_torch), ("tensorflow", in_keras)):
        source = (FRAMEWORKS / name / "losses.py").read_text()
        paths[name] = tmp_path / f"{name}_losses.py"
        paths[name].write_text(extended(source, entry, function, line))
    monkeypatch.setattr(loss_catalogue, "SOURCE", paths["pytorch"])
    return paths


def extended(source: str, entry: str, function: str, line: str) -> str:
    """An entry at the end of LOSSES, a function before FUNCTIONS and a line at its end."""
    losses, rest = source.replace("\nfrom collections", "\nimport math\nfrom collections", 1).split("\n}\n", 1)
    before, functions = rest.split("\n\nFUNCTIONS", 1)
    return f"{losses}\n{entry}}}\n{before}\n\n{function}\n\nFUNCTIONS{functions.removesuffix('}' + chr(10))}{line}}}\n"


def loaded(framework: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"core.frameworks.{framework}.copy_of_losses", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_can_be_chosen_like_any_loss(twins):
    assert loss_catalogue.read(twins["pytorch"]) == loss_catalogue.read(twins["tensorflow"])
    assert loss_catalogue.names()[-1] == Settings(loss="logcosh").loss == "logcosh"


@pytest.mark.frameworks
def test_the_example_trains_alike_in_both_frameworks(twins, pytorch, tensorflow, data, monkeypatch):
    training = dataclasses.replace(TRAINING, maths="matched", batch_size=20, loss="logcosh")
    curves = []
    for framework in (pytorch, tensorflow):
        build_loss = loaded(framework.name, twins[framework.name]).build_loss
        monkeypatch.setattr(f"core.frameworks.{framework.name}.training.build_loss", build_loss)
        trainer = framework.build(SPEC, training)
        trainer.start(1, initial_weights(trainer.get_weights(), seed=1))
        history = trainer.train(data, 10, None, 1, Audience())
        curves.append([(epoch.train_loss, epoch.validation_loss) for epoch in history.epochs])
    assert curves[0][-1][0] < 0.5 * curves[0][0][0]
    assert_allclose(*curves, rtol=1e-5)
