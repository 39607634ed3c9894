"""The scripts run on their own, and the complete ones repeat the run: two models of `make take-away`'s five."""

from pathlib import Path

import pytest

from tests.core.codegen.running import check, trained

pytestmark = [pytest.mark.frameworks, pytest.mark.slow]


@pytest.mark.parametrize("model", ["lstm", "nlinear"])
def test_all_four_scripts_run_and_repeat_the_run(model: str, tmp_path: Path) -> None:
    check(trained(model, tmp_path / "home"), tmp_path / "scripts")
