"""Finding a framework imports nothing; loading one says plainly why it cannot be had."""

import subprocess
import sys

import pytest

from core.errors import FrameworkMissing, NotFound
from core.frameworks import registry


def test_finding_imports_no_framework():
    script = (
        "import sys; from core.frameworks import registry; "
        "found = [registry.find(name) for name in registry.NAMES]; "
        "assert all(each.label and each.how_to_install for each in found); "
        "assert not {'torch', 'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_people_choose_between_the_two():
    assert [registry.find(name).label for name in registry.NAMES] == ["PyTorch", "TensorFlow"]


def test_a_missing_framework_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    found = registry.find("pytorch")
    assert (found.installed, found.version) == (False, None)
    with pytest.raises(FrameworkMissing, match=r"PyTorch is not installed\. Run: pip install torch"):
        registry.load("pytorch")


@pytest.mark.parametrize("failure", [OSError("libcudart.so: cannot open"), ImportError("circular")])
def test_a_broken_framework_says_that_it_is_installed_but_fails(monkeypatch, failure):
    def broken(name):
        raise failure

    monkeypatch.setattr("importlib.import_module", broken)
    with pytest.raises(FrameworkMissing, match="installed but fails") as caught:
        registry.load("linear")
    assert caught.value.__cause__ is failure


def test_an_unknown_framework_is_refused():
    with pytest.raises(NotFound, match="jax"):
        registry.find("jax")
