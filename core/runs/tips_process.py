"""A framework in one more process, with threads or devices of its own: `python -m core.runs.tips_process FRAMEWORK`.

A worker that measures tips starts it, hands it orders line by line, and reads one answer to each; see
core.runs.tips_bench. It ends when its stdin does, and with its worker.
"""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.errors import TwincastError
from core.runs.worker import Orders, die_with_supervisor, own_channel


def main(name: str) -> None:
    orders = Orders(own_channel())
    orders.start()
    die_with_supervisor()
    bench: Any = None
    while True:
        order = orders.next_run()["run"]
        try:
            if "open" in order:
                bench, answer = opened(name, order), None
            else:
                answer = answered(bench, order)
            orders.channel.send(done=answer)
        except TwincastError as error:
            orders.channel.send(failed=asdict(error.problems[0]))


def opened(name: str, order: dict[str, Any]) -> Any:
    """The framework and the data of a run, ready to train. Raises TwincastError."""
    from core.frameworks import registry
    from core.frameworks.base import Hardware
    from core.runs.store import RunFolder
    from core.runs.tips_bench import Bench, explained
    from core.runs.tips_run import prepared

    framework = registry.load(name)
    with explained():
        framework.configure(Hardware(**order["hardware"]))
        model, data = prepared(RunFolder(Path(order["open"])))
    return Bench(framework, model, data, stop=lambda: False)


def answered(bench: Any, order: dict[str, Any]) -> Any:
    """Raises TwincastError."""
    from core.frameworks.base import TrainingSpec

    if "prepare" in order:
        return bench.prepare(order["prepare"], TrainingSpec(**order["training"]), order["windows"], order["limit_s"])
    timed = bench.train(order["train"], order["windows"], order["epochs"], order["limit_s"], order["order"])
    return None if timed is None else asdict(timed)


if __name__ == "__main__":
    main(sys.argv[1])
