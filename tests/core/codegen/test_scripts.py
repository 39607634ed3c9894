"""Every script is whole, clean and short, whatever the settings, and knows nothing of this project."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.advice.code_lines import lines
from core.codegen import bundle, pieces, scripts
from core.codegen.constants import literal
from core.frameworks import catalogue
from tests.core.codegen.planned import FEW, MANY, OTHERS, of, planned

pytestmark = pytest.mark.slow

RULES = "E,F,W,I,UP,B,SIM,C4,PTH,RUF,N,PERF,RET"
NEEDED = {"numpy", "pandas", "matplotlib", "sklearn"}
OWN = {"pytorch": {"torch"}, "tensorflow": {"keras", "tensorflow"}}


def every() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (framework, model, asked)
        for framework in bundle.FRAMEWORKS
        for model in catalogue.names()
        for asked in (FEW, MANY, OTHERS)
    ]


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    """By a file name that says of what."""
    found = {}
    for number, (framework, model, asked) in enumerate(every()):
        one = of(framework, model, **asked)
        found[f"simple_{framework}_{model}_{number}.py"] = scripts.simple(one)
        found[f"complete_{framework}_{model}_{number}.py"] = scripts.complete(one)
    return found


def test_every_script_is_clean_and_formatted(written: dict[str, str], tmp_path: Path) -> None:
    for name, text in written.items():
        (tmp_path / name).write_text(text, "utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    line = ["--isolated", "--no-cache", "--line-length", "120", "--target-version", "py311", "."]
    ignored = "RUF001,RUF002,RUF003,N812"  # typographic signs; functional as F
    for command in (
        ["check", "--select", RULES, "--ignore", ignored, "--output-format", "concise"],
        ["format", "--diff"],
    ):
        ended = subprocess.run([*ruff, *command, *line], cwd=tmp_path, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_no_script_needs_more_than_it_says_and_nothing_is_left_of_the_templates(written: dict[str, str]) -> None:
    for name, text in written.items():
        framework = name.split("_")[1]
        modules = {
            (each.module or "") if isinstance(each, ast.ImportFrom) else each.names[0].name
            for each in ast.walk(ast.parse(text))
            if isinstance(each, ast.Import | ast.ImportFrom)
        }
        roots = {module.split(".")[0] for module in modules}
        assert roots <= NEEDED | OWN[framework] | set(sys.stdlib_module_names), name
        assert not {"spec", "run"} & pieces.used(text), name
        assert "\0" not in text


@pytest.mark.parametrize("framework", bundle.FRAMEWORKS)
def test_the_short_script_is_under_sixty_lines(framework: str) -> None:
    """Of all lines for the models people begin with, of lines of code for every one, as the form begins."""
    for model in ("lstm", "gru", "dlinear", "nlinear"):
        assert len(scripts.simple(of(framework, model)).splitlines()) < 60, model
    for model in catalogue.names():
        assert lines(scripts.simple(of(framework, model))) < 60, model


def test_the_settings_stand_at_the_top() -> None:
    for framework in bundle.FRAMEWORKS:
        one = of(framework, "gru", hidden=24, epochs=7, batch_size=16, learning_rate=0.01, seeds=(3,))
        for text in (scripts.simple(one), scripts.complete(one)):
            told: dict[str, Any] = {}
            for node in ast.parse(text).body:
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).strip("()")[0].isupper():
                    exec(compile(ast.Module([node], []), "settings", "exec"), told)
            expected = {"HIDDEN": 24, "EPOCHS": 7, "BATCH_SIZE": 16, "LEARNING_RATE": 0.01, "SEED": 3, "LOOKBACK": 30}
            assert expected.items() <= told.items()
            assert told["TARGETS"] == ["wave"]
            assert (told["TRAIN"], told["VALIDATION"], told["TEST"]) == planned("gru").plan.split


def test_a_model_without_a_short_form_of_its_own_brings_the_twin_files_network(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for path in pieces.TEMPLATES.glob("simple_*.py"):
        (tmp_path / path.name).write_text(path.read_text("utf-8").replace('"mlp"', '"another"'), "utf-8")
    monkeypatch.setattr(scripts, "TEMPLATES", tmp_path)
    assert "class MLP(nn.Module):" in scripts.simple(of("pytorch", "mlp"))
    text = scripts.simple(of("tensorflow", "mlp"))
    assert "def mlp(x: KerasTensor)" in text and "x = mlp(x)" in text
    assert "import KerasTensor, layers, ops" in text


@pytest.mark.parametrize("name", ['say "x"', "it's", "back\\slash", "line\nbreak", "Größe", "'''", "{x}"])
def test_names_of_columns_are_texts_in_a_script(name: str) -> None:
    assert ast.literal_eval(literal([name])) == [name]


def test_each_requirements_file_names_what_its_scripts_import() -> None:
    for framework, own in (("pytorch", "torch"), ("tensorflow", "tensorflow")):
        names = {line.split("==")[0] for line in bundle.requirements(framework, {}).splitlines()}
        assert {own, "numpy", "pandas", "matplotlib", "scikit-learn"} <= names
        assert ("tensorflow" in names) == (framework == "tensorflow")
    had = bundle.requirements("pytorch", {"pytorch": "2.0.1+cpu", "numpy": "1.26.0"}).splitlines()
    assert {"torch==2.0.1", "numpy==1.26.0"} <= set(had)


def test_the_readme_says_what_the_scripts_leave_out() -> None:
    plain = bundle.texts(planned())["README.md"].decode()
    assert "python timeseries_deep_learning.py" in plain and "More seeds" not in plain
    assert "losses come out alike, not equal" in plain
    many = bundle.texts(planned(seeds=(0, 1), folds=2, maths="matched"))["README_PYTORCH.md"].decode()
    assert "More seeds and folds are not in them" in many and "initial_weights_pytorch.npz" in many
