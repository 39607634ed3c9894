"""Every named model's four scripts, run and compared with the run they were made from: `make take-away`."""

import sys
import tempfile
from pathlib import Path

from tests.core.codegen.running import SETTINGS, check, trained


def main() -> None:
    for model in SETTINGS:
        with tempfile.TemporaryDirectory() as home:
            apart = check(trained(model, Path(home) / "home"), Path(home) / "scripts")
        told = ", ".join(f"{name} {difference:.1e}" for name, difference in apart.items())
        sys.stdout.write(f"{model}: all four scripts run; losses differ from the run's by at most {told}\n")


if __name__ == "__main__":
    main()
