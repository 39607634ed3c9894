"""What the pages about installing say agrees with what is pinned, and with what is installed."""

import importlib.metadata
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[\w,-]+\])?==([^\s#]+)", re.MULTILINE)
SAID = re.compile(r"([A-Za-z0-9_.-]+)(?:\[[\w,-]+\])?==([0-9][\w.]*\w)")


def pins(name: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / name).read_text()))


@pytest.mark.parametrize("page", ["docs/install.md", "README.md", "requirements-gpu.txt"])
def test_versions_that_are_named_are_those_that_are_pinned(page: str) -> None:
    pinned = pins("requirements.txt")
    said = SAID.findall((ROOT / page).read_text())
    assert {package: version for package, version in said if pinned.get(package) != version} == {}
    if page != "README.md":
        assert said


def test_what_is_pinned_is_installed() -> None:
    installed = {package: importlib.metadata.version(package).partition("+")[0] for package in pins("requirements.txt")}
    assert installed == pins("requirements.txt")


def test_the_gpu_set_adds_tensorflow_s_own_libraries() -> None:
    lines = (ROOT / "requirements-gpu.txt").read_text().splitlines()
    assert "-r requirements.txt" in lines
    assert any(line.startswith("tensorflow[and-cuda]==") for line in lines)
    assert "tensorflow[and-cuda]" not in (ROOT / "requirements.txt").read_text()
    extras = importlib.metadata.metadata("tensorflow").get_all("Provides-Extra") or []
    assert "and-cuda" in extras


@pytest.mark.parametrize("page", ["docs/install.md", "README.md", "requirements.txt", "requirements-gpu.txt"])
def test_packages_come_from_where_pip_is_told_to_look(page: str) -> None:
    """An index of our own choosing would be one more place to trust."""
    assert not re.search(r"index-url|find-links|pypi|download\.pytorch", (ROOT / page).read_text(), re.IGNORECASE)


@pytest.mark.parametrize("said", ["Linux", "Windows", "macOS", "WSL2", "MPS", "tensorflow-metal", "not measured here"])
def test_every_platform_has_its_words(said: str) -> None:
    assert said in (ROOT / "docs/install.md").read_text()
