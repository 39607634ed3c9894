"""What is said of models is the same in both twins, and is read without importing a framework."""

import dataclasses
import subprocess
import sys

import pytest

from core.frameworks import catalogue
from tests.contract.conftest import SPEC


def test_both_twins_say_the_same_of_the_same_models():
    twin = catalogue.SOURCE.parents[1] / "tensorflow" / "models.py"
    assert catalogue.read(catalogue.SOURCE) == catalogue.read(twin)
    assert list(catalogue.read(catalogue.SOURCE)) == list(catalogue.read(twin)) == list(catalogue.names())


def test_every_model_is_described():
    for model in catalogue.models().values():
        assert model.label and model.help.endswith(".") and any(digit in model.paper for digit in "0123456789")
        assert model.options <= set(catalogue.OPTIONS), model.name
        assert all(set(chosen) <= {*model.options, "lookback"} for chosen in model.defaults.values()), model.name


def test_reading_it_imports_no_framework():
    script = (
        "import sys; from core.frameworks import catalogue; from core.runs.spec import Settings; "
        "Settings(model='tcn'); assert len(catalogue.names()) >= 8; "
        "assert not {'torch', 'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_more_windows_suit_larger_models():
    few, many = (catalogue.find("transformer").suited(windows) for windows in (500, 50_000))
    assert few["hidden"] < many["hidden"] and "lookback" in many and "lookback" not in few
    assert few["heads"] == many["heads"], "what is not said anew stays"


def test_an_option_of_every_model_is_used_by_every_model():
    assert all(model.uses("epochs") for model in catalogue.models().values())
    assert catalogue.find("lstm").uses("bidirectional") and not catalogue.find("nlinear").uses("hidden")


def test_sizes_follow_their_formulas():
    spec = dataclasses.replace(SPEC, kind="nlinear", lookback=336, horizon=96, targets=7)
    assert catalogue.parameters(spec) == 337 * 96
    assert catalogue.multiplications(spec) == 337 * 96 * 7, "the same weights for each of seven targets"


@pytest.mark.parametrize("formula", ["__import__('os')", "hidden.real", "2 ** hidden", "hidden / 2", "'a'"])
def test_a_formula_is_arithmetic_on_whole_numbers_alone(formula):
    with pytest.raises((ValueError, KeyError)):
        catalogue._value(formula, SPEC)
