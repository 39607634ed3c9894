"""A worker with the fakes of stub_framework.py, and an evaluation that does nothing.

Like the real one it imports little before it listens.
Environment: TWINCAST_STUB_DEAF=NAME ignores stop and SIGTERM; TWINCAST_STUB_EVALUATION=fails, or =slow to import;
TWINCAST_STUB_DOES=what stub_mischief.py calls so, before it imports.
"""

import os
import signal
import sys
import time
import types
from typing import Any

from core.runs import channel, worker

real_train, real_evaluate = worker.train, worker.evaluate


def train(name: str, orders: worker.Orders) -> None:
    from core.frameworks import registry
    from tests.core.runs import stub_framework, stub_mischief

    stub_mischief.play(os.environ.get("TWINCAST_STUB_DOES", ""), orders)
    for module in ("sklearn", "sklearn.preprocessing"):  # half a second of import; the stubs' values are not scaled
        sys.modules[module] = types.ModuleType(module)
    registry.load = stub_framework.load  # type: ignore[assignment]
    real_train(name, orders)


def import_and_evaluate(orders: worker.Orders) -> None:
    if "evaluation" in os.environ.get("TWINCAST_STUB_DIES", ""):
        os._exit(3)
    if os.environ.get("TWINCAST_STUB_EVALUATION") == "slow":
        time.sleep(2)
    real_evaluate(orders)


def evaluate(folder: Any, watch: Any = None) -> None:
    if os.environ.get("TWINCAST_STUB_EVALUATION") == "fails":
        raise RuntimeError("a detail for the log")
    (folder.path / "comparison.json").write_text("{}")


class Deaf(channel.Channel):
    """Hears everything but the wish to stop."""

    def receive(self) -> channel.Message | None:
        message = super().receive()
        while message is not None and "stop" in message:
            message = super().receive()
        return message


if __name__ == "__main__":
    if os.environ.get("TWINCAST_STUB_DEAF") == sys.argv[1]:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        worker.Channel = Deaf  # type: ignore[misc]
    worker.train, worker.evaluate = train, import_and_evaluate
    evaluation = types.ModuleType("core.runs.evaluate")
    evaluation.evaluate = evaluate  # type: ignore[attr-defined]
    sys.modules["core.runs.evaluate"] = evaluation
    worker.main(sys.argv[1])
