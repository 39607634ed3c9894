"""Settled code does what the code did under those settings, and has nothing else in it."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.codegen.settled import Known, settle

SPEC = SimpleNamespace(hidden=8, kind="gru", deep=True, directions=1)


def settled(source: str, **more: Any) -> str:
    return settle(source, Known({"spec": SPEC, "training": SimpleNamespace(clip=None)}, **more))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = spec.hidden + 1", "x = HIDDEN + 1"),
        ("x = f(width=self.spec.hidden)", "x = f(width=HIDDEN)"),
        ("x = 1 if spec.deep else 2", "x = 1"),
        ('x = {"lstm": a.B, "gru": a.C}[spec.kind]', "x = a.C"),
        ("x = f(spec, y)", "x = f(y)"),
        ("x = f(y, spec)", "x = f(y)"),
        ("x = f(y, spec, z)", "x = f(y, z)"),
        ("x = f(spec)", "x = f()"),
        ("def f(x, spec: Spec, n):\n    return n", "def f(x, n):\n    return n"),
        ("def f(self, spec):\n    self.spec = spec\n    self.n = 1", "def f(self):\n    self.n = 1"),
        ("x = spec.kind", 'x = "gru"'),
        ("x = self.training", "x = self.training"),
        ("x = y[:, None]", "x = y[:, None]"),
        ("x = 'ä' + spec.kind  # ö", "x = 'ä' + \"gru\"  # ö"),
    ],
)
def test_what_is_known_is_written(source: str, expected: str) -> None:
    assert settled(source) == expected


def test_of_a_branch_what_would_run_is_kept_with_its_comments() -> None:
    source = (
        "# before\nif spec.deep:\n    # inside\n    x = 1\n    y = 2  # beside\nelse:\n    x = 3\n"
        "# of what goes\nif not spec.deep:\n    z = 4\nw = 5\n"
    )
    assert settled(source) == "# before\n# inside\nx = 1\ny = 2  # beside\nw = 5\n"


def test_a_chain_of_conditions_comes_to_one_of_them() -> None:
    source = 'if spec.kind == "lstm":\n    x = 1\nelif spec.kind == "gru":\n    x = 2\nelse:\n    x = 3\n'
    assert settled(source) == "x = 2\n"
    assert settled(source.replace('"gru"', '"tcn"')) == "x = 3\n"


def test_a_condition_that_is_not_known_stays() -> None:
    source = "def f(x):\n    if x > spec.hidden:\n        return 1\n    return 2\n"
    assert settled(source) == source.replace("spec.hidden", "HIDDEN")


def test_nothing_is_left_behind_a_return_that_is_always_reached() -> None:
    source = "def f(x):\n    if spec.deep:\n        return x\n    y = x + 1\n    return y\n"
    assert settled(source) == "def f(x):\n    return x\n"


def test_a_method_with_nothing_left_to_do_goes() -> None:
    source = "class A:\n    def f(self):\n        if training.clip:\n            g()\n\n    def h(self):\n        k()\n"
    assert settled(source) == "class A:\n    def h(self):\n        k()\n"


def test_a_table_of_names_is_looked_up_and_a_factor_of_one_goes() -> None:
    known = {"tables": {"NETWORKS": {"gru": "Recurrent"}}, "written": {"directions": "1"}}
    assert settled("x = NETWORKS[spec.kind](spec)", **known) == "x = Recurrent()"
    assert settled("x = spec.hidden * spec.directions", **known) == "x = HIDDEN"


def test_a_setting_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(AttributeError):
        settled("x = spec.heigth")


def test_a_comment_on_the_way_that_was_not_taken_goes_with_it() -> None:
    source = "# The deep way reads twice.\nx = f() if spec.deep else g()\n"
    assert settled(source) == "# The deep way reads twice.\nx = f()\n"
    assert settled(source.replace("spec.deep", "not spec.deep")) == "x = g()\n"
