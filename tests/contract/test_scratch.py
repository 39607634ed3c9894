"""What frameworks write while they translate code stays in the folder of the run: a worker ends without tidying up."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.frameworks

TRAIN = """
import os, sys
from core.frameworks import registry
from core.frameworks.base import Hardware
from tests.contract.conftest import SPEC, TRAINING, Audience, waves
framework = registry.load(sys.argv[1])
framework.configure(Hardware("cpu", 1, scratch=sys.argv[2]))
framework.build(SPEC, TRAINING).train(waves(), 1, None, 0, Audience())
os._exit(0)
"""


@pytest.mark.parametrize("name", ["pytorch", "tensorflow"])
def test_nothing_is_left_in_the_temporary_folder(name: str, tmp_path: Path) -> None:
    temporary, scratch = tmp_path / "temporary", tmp_path / "scratch"
    temporary.mkdir()
    scratch.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary)}
    subprocess.run([sys.executable, "-c", TRAIN, name, str(scratch)], env=environment, check=True, timeout=120)
    assert [path for path in temporary.rglob("*") if path.is_file()] == []
