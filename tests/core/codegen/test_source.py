"""What is shown is what stands in the files, for every model; what is said to differ is there to be seen."""

from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from core.codegen import source
from core.frameworks import catalogue
from tests.core.codegen.planned import planned

ROOT = Path(__file__).parents[3]
WAYS: list[dict[str, Any]] = [
    {},
    {"maths": "matched", "dropout": 0.1},
    {"speed": "stock"},
    {"data_path": "loader", "reference": "none"},
    {"devices": 2, "precision": "bfloat16", "threads": 1},
    {"optimizer": "sgd", "loss": "direction", "maths": "matched"},
]


def shown(model: str = "lstm", **asked: Any) -> dict[str, source.Concept]:
    spec = planned(model, **{name: it for name, it in asked.items() if name != "devices"})
    if "devices" in asked:
        spec = spec.model_copy(update={"plan": spec.plan.model_copy(update={"devices": asked["devices"]})})
    return {each.id: each for each in source.concepts(spec)}


def names(concept: source.Concept, framework: str) -> set[str]:
    return {part.name for part in concept.parts[framework]}


@pytest.mark.parametrize("asked", WAYS, ids=str)
@pytest.mark.parametrize("model", catalogue.names())
def test_every_snippet_stands_in_the_code_that_is_shown(model: str, asked: dict[str, Any]) -> None:
    for concept in shown(model, **asked).values():
        for framework in source.FRAMEWORKS:
            assert concept.parts[framework], (concept.id, framework)
            for difference in concept.differences:
                assert difference.snippets[framework] in concept.text(framework), (concept.id, difference.words)


def test_parts_are_the_lines_of_their_files() -> None:
    for concept in shown("tcn").values():
        for parts in concept.parts.values():
            for part in parts:
                lines = (ROOT / part.where).read_text("utf-8").splitlines()[part.first - 1 : part.last]
                depth = len(lines[0]) - len(lines[0].lstrip())
                assert [line.rstrip() for line in indent(part.text, " " * depth).splitlines()] == lines
                assert 0 < part.lines <= part.last - part.first + 1


def test_of_the_models_only_the_one_that_ran_is_shown_with_all_it_uses() -> None:
    tcn = shown("tcn")["model"]
    assert {"Forecaster", "relative", "TCN", "Block", "CausalConv"} <= names(tcn, "pytorch")
    assert {"build_model", "tcn", "block", "causal_conv"} <= names(tcn, "tensorflow")
    assert not {"Recurrent", "CNN"} & names(tcn, "pytorch")
    assert "relative" not in names(shown(reference="none")["model"], "pytorch")


def test_the_loop_that_is_shown_is_the_one_that_ran() -> None:
    assert "Trainer.train_epoch" in names(shown()["training"], "pytorch")
    assert "PlainTrainer.learn_from" in names(shown(speed="stock")["training"], "pytorch")
    assert "Told" in names(shown(data_path="loader")["training"], "tensorflow")
    assert "ParallelTrainer.learn" in names(shown(devices=2)["training"], "pytorch")
    assert "MatchedSGD" in names(shown(maths="matched", optimizer="sgd")["training"], "tensorflow")
    assert "MatchedSGD" not in names(shown(optimizer="sgd")["training"], "tensorflow")


def test_every_difference_is_said_of_some_run() -> None:
    said = {
        difference.words
        for model in catalogue.names()
        for asked in WAYS
        for concept in shown(model, **asked).values()
        for difference in concept.differences
    }
    told = {difference["words"] for concept in source._told() for difference in concept["difference"]}
    assert said == told
