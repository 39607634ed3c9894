"""`python -m tests.faults.witness KIND NAME`: a worker that also tells somebody else what its trainer reported.

KIND is `real`; `stub`, with the fakes of tests/core/runs; or `loading`, a real one in which PyTorch's own DataLoader
reads on and on with two processes. After each epoch, once the run has noted it, a line goes to the file named by
TWINCAST_WITNESS: the run's folder, the fit, the epoch's number. A stub's import takes TWINCAST_STUB_IMPORT_S seconds,
each of its fits' scoring and its evaluation TWINCAST_STUB_SCORE_S. In TWINCAST_STUB_CLOCK_S seconds its clock is set
back by an hour.
"""

import itertools
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from core.runs import worker

HOUR_S = 3600.0


def main(kind: str, name: str) -> None:
    if kind == "stub":
        disguise()
    real_train = worker.train

    def train(name: str, orders: worker.Orders) -> None:
        bear_witness()
        set_clock_back(seconds("TWINCAST_STUB_CLOCK_S"))
        if kind == "loading":
            load_data()
        real_train(name, orders)

    worker.train = train
    worker.main(name)


def disguise() -> None:
    """The stubs' training and evaluation, each as slow as asked."""
    import types

    from tests.core.runs import stub_worker

    evaluation = types.ModuleType("core.runs.evaluate")
    evaluation.evaluate = slow(stub_worker.evaluate, "TWINCAST_STUB_SCORE_S")  # type: ignore[attr-defined]
    sys.modules["core.runs.evaluate"] = evaluation
    worker.evaluate = stub_worker.import_and_evaluate

    def train(name: str, orders: worker.Orders) -> None:
        from tests.core.runs import stub_framework, stub_mischief

        stub_mischief.MISCHIEF |= {"pools": pools, "chatters": chatters}
        stub_framework.load = slow(stub_framework.load, "TWINCAST_STUB_IMPORT_S")
        trainer: Any = stub_framework.StubTrainer
        predict, scored = trainer.predict, slow(trainer.predict, "TWINCAST_STUB_SCORE_S")
        trainer.predict = lambda self, values, origins: (scored if len(origins) > 1 else predict)(self, values, origins)
        stub_worker.train(name, orders)

    worker.train = train


def slow(step: Callable[..., Any], variable: str) -> Callable[..., Any]:
    def waiting(*arguments: Any) -> Any:
        time.sleep(seconds(variable))
        return step(*arguments)

    return waiting


def seconds(variable: str) -> float:
    return float(os.environ.get(variable) or 0)


def bear_witness() -> None:
    """The line is written by one call, after the trainer's own call has returned."""
    path = os.environ.get("TWINCAST_WITNESS")
    if not path:
        return
    from core.runs.listening import Listener

    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    note = Listener.on_epoch

    def on_epoch(self: Listener, epoch: Any, best: bool) -> None:
        note(self, epoch, best)
        line = json.dumps([str(self.path.parent.parent), self.fit, self.before + epoch.epoch])
        os.write(file, b"\n" + line.encode() + b"\n")  # what a kill cuts off stays a line of its own

    Listener.on_epoch = on_epoch  # type: ignore[method-assign]


def set_clock_back(after: float) -> None:
    """The time of day, as every module of this process sees it from then on."""
    if after:
        threading.Timer(after, turn_back).start()


def turn_back() -> None:
    real = time.time
    time.time = lambda: real() - HOUR_S


def pools(orders: worker.Orders) -> None:
    """Two processes of multiprocessing, and the one that it starts to track them."""
    import multiprocessing

    for _ in range(2):
        multiprocessing.get_context("spawn").Process(target=time.sleep, args=(1000,), daemon=True).start()


def chatters(orders: worker.Orders) -> None:
    """120 MB on its standard output, and goes on."""
    for _ in range(120):
        os.write(1, b"too much\n" * (1 << 17))


def load_data() -> None:
    """Once PyTorch is imported its loader reads, in processes of its own, until the worker ends."""
    from core.frameworks import registry

    load = registry.load

    def load_and_read(name: str) -> Any:
        framework = load(name)
        if name == "pytorch":
            threading.Thread(target=read_on, daemon=True).start()
        return framework

    registry.load = load_and_read


def read_on() -> None:
    from torch.utils.data import DataLoader

    rows: Any = Rows()
    for _ in itertools.count():
        for _batch in DataLoader(rows, batch_size=8, num_workers=2):
            pass


class Rows:
    """Some that take a moment each."""

    def __len__(self) -> int:
        return 100_000

    def __getitem__(self, place: int) -> float:
        time.sleep(0.002)
        return float(place)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
