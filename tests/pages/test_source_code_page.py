"""Source code: what ran stands side by side, and the ZIP holds scripts of the comparison at hand."""

import io
import zipfile
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from visitor import HOSTILE, Visitor
from waves import make_waves

from core.codegen import source
from core.runs.files import write_weights
from core.runs.store import ComparisonFolder

pytestmark = pytest.mark.slow

Make = Callable[..., ComparisonFolder]
FILES = {
    "simple_pytorch_example.py",
    "timeseries_pytorch.py",
    "README_PYTORCH.md",
    "requirements_pytorch.txt",
    "simple_timeseries_example.py",
    "timeseries_deep_learning.py",
    "README.md",
    "requirements.txt",
    "data.csv",
}


def codes(visitor: Visitor) -> list[str]:
    return [each.value for each in visitor.at.code]


def zipped(visitor: Visitor) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(visitor.download("scripts_zip")))


def test_nothing_to_show_yet(visitor: Visitor) -> None:
    visitor.open("source_code.py")
    assert "Nothing has been trained yet" in visitor.text
    assert "Train" in visitor.links and not codes(visitor)


def test_an_unknown_comparison_is_said_to_be(visitor: Visitor) -> None:
    visitor.open("source_code.py", comparison="20200101-000000000-abcd")
    assert visitor.errors and not codes(visitor)


def test_the_code_of_the_chosen_model_stands_there_as_it_is_in_its_file(visitor: Visitor, make: Make) -> None:
    folder = make(model="gru")
    visitor.open("source_code.py", comparison=folder.id)
    concepts = source.concepts(folder.spec())
    for concept in concepts:
        assert concept.title in visitor.text
        for parts in concept.parts.values():
            assert {part.text for part in parts} <= set(codes(visitor))
        assert all(each.words in visitor.text for each in concept.differences)
    assert not any("class TCN" in code for code in codes(visitor))


def test_the_zip_holds_everything_and_the_data_as_they_were_read(visitor: Visitor, make: Make) -> None:
    folder = make()
    archive = zipped(visitor.open("source_code.py", comparison=folder.id))
    assert set(archive.namelist()) == FILES
    frame = pd.read_csv(archive.open("data.csv"), index_col=0, parse_dates=True)
    assert np.array_equal(frame.to_numpy(), make_waves().values)
    assert archive.read("timeseries_pytorch.py").decode().strip() in codes(visitor)


def test_a_matched_run_brings_its_initial_weights_once_it_has_some(visitor: Visitor, make: Make) -> None:
    folder = make(maths="matched", model="nlinear")
    visitor.open("source_code.py", comparison=folder.id)
    assert "once an epoch has been trained" in visitor.text and not visitor.has("scripts_zip")
    run = folder.run("pytorch")
    shapes = {"linear.weight": np.zeros((14, 5), np.float32), "linear.bias": np.zeros(5, np.float32)}
    path = run.fit(folder.spec().plan.fits[0].id)
    path.mkdir(parents=True)
    write_weights(path / "weights.safetensors", shapes, 1)
    archive = zipped(visitor.open("source_code.py", comparison=folder.id))
    assert set(archive.namelist()) == FILES | {"initial_weights_pytorch.npz", "initial_weights_tensorflow.npz"}
    weights = np.load(io.BytesIO(archive.read("initial_weights_pytorch.npz")))
    assert weights["linear.weight"].shape == (5, 14) and weights["linear.weight"].any()


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_only_text(visitor: Visitor, make: Make, name: str) -> None:
    folder = make(name, make_waves(targets=(name,), columns=(name, "=1+1")))
    visitor.open("source_code.py", comparison=folder.id)
    assert name.replace("**", "") in visitor.text
    assert not any(name in text for text in visitor.drawn_as_markdown)
    archive = zipped(visitor)
    for script in (each for each in archive.namelist() if each.endswith(".py")):
        compile(archive.read(script), script, "exec")
    assert b"'=1+1" in archive.read("data.csv")
