"""The processes of a training on several devices: rank 0 is the one that was asked, and starts all others.

It tells them over their stdin what to do, one JSON object a line; arrays go through torch.distributed. All of it stays
on this machine, on 127.0.0.1.
"""

import atexit
import contextlib
import json
import os
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import psutil
import torch
import torch.distributed as dist

from core.errors import TrainingFailed
from core.frameworks.base import Epoch, ModelSpec, TrainingData, TrainingSpec

HERE, ARRIVED = "127.0.0.1", "arrived"
SERVE = "from core.frameworks.pytorch.parallel import serve; serve()"
REPOSITORY = Path(__file__).resolve().parents[3]  # where `core` can be imported from
LEAVE_S = 2.0  # for a process whose stdin has ended, to end


class Others:
    """All ranks but this one, for every training of this process. They end with it, in whichever way it ends."""

    def __init__(self, devices: Sequence[torch.device], threads: int) -> None:
        """Raises TrainingFailed where they cannot be started."""
        self.ended = False
        self._trainers = 0
        listening = socket.create_server((HERE, 0))
        port, ranks = listening.getsockname()[1], len(devices)
        self._processes = [
            subprocess.Popen([sys.executable, "-c", SERVE], stdin=subprocess.PIPE, cwd=REPOSITORY) for _ in devices[1:]
        ]
        for rank, process in enumerate(self._processes, start=1):
            _send(process, rank=rank, ranks=ranks, device=str(devices[rank]), port=port, threads=threads)
        store = meeting(port, ranks, listening.detach())
        while store.add(ARRIVED, 0) < ranks - 1:  # they import torch first
            self._check()
            time.sleep(0.02)
        join(store, 0, ranks, devices[0])
        atexit.register(self.end)  # a worker ends more abruptly: then their stdin does

    def build(self, model: ModelSpec, training: TrainingSpec) -> int:
        """The number under which every rank knows its trainer."""
        self._tell(build={"model": asdict(model), "training": asdict(training)})
        self._trainers += 1
        return self._trainers - 1

    def start(self, trainer: int, seed: int) -> None:
        self._tell(trainer=trainer, start=seed)

    def train(
        self, trainer: int, data: TrainingData, epochs: int, patience: int | None, seed: int, earlier: Sequence[Epoch]
    ) -> None:
        sizes = [*data.values.shape, len(data.train), len(data.validation)]
        asked = {"epochs": epochs, "patience": patience, "seed": seed, "earlier": [asdict(each) for each in earlier]}
        self._tell(trainer=trainer, train={"sizes": sizes, **asked})
        for array in (data.values, data.train, data.validation):
            dist.broadcast(torch.from_numpy(np.require(array, requirements=["C", "W"])), src=0)

    def end(self) -> None:
        """They can be told nothing more."""
        if self.ended:
            return
        self.ended = True
        for process in self._processes:
            with contextlib.suppress(OSError):
                process.stdin.close()  # type: ignore[union-attr]
        for process in self._processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LEAVE_S)
            process.kill()
            process.wait()
        if dist.is_initialized():
            dist.destroy_process_group()

    def __enter__(self) -> None:
        """While they train with this one."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """All ranks diverge together, and are ready for another fit; any other error has lost their step."""
        if error is None or isinstance(error, TrainingFailed):
            return
        try:
            self._check(wait_s=0.5)
        finally:
            self.end()

    def _tell(self, **order: Any) -> None:
        for process in self._processes:
            try:
                _send(process, **order)
            except OSError:
                self._check(wait_s=0.5)
                raise

    def _check(self, wait_s: float = 0.0) -> None:
        """Raises TrainingFailed where one has ended that should not."""
        until = time.monotonic() + wait_s
        while not (codes := [code for each in self._processes if (code := each.poll()) is not None]):
            if time.monotonic() >= until:
                return
            time.sleep(0.02)
        raise TrainingFailed(
            f"One of the {len(self._processes) + 1} processes that train together has ended",
            f"exit code {codes[0]}",
            "Choose fewer devices or a smaller batch size if memory is short; the log of the run has the details.",
        )


class Orders(threading.Thread):
    """What rank 0 says to this process; when it has nothing more to say, or is gone, this process ends at once."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._told: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def run(self) -> None:
        for line in sys.stdin:
            self._told.put(json.loads(line))
        os._exit(0)

    def next(self) -> dict[str, Any]:
        return self._told.get()


def meeting(port: int, ranks: int, listening: int | None = None) -> Any:
    """The store in which ranks find each other; `listening`: rank 0's socket, which TCPStore would open to everyone."""
    leads = listening is not None
    return dist.TCPStore(HERE, port, ranks, leads, wait_for_workers=False, master_listen_fd=listening)  # type: ignore[attr-defined]


def join(store: Any, rank: int, ranks: int, device: torch.device) -> None:
    """Meet all ranks. Gloo carries what is on processors, NCCL (not measured here) what is on graphics processors."""
    store.add(ARRIVED, 1)
    for name in ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"):
        os.environ.setdefault(name, loopback())
    if device.type == "cuda":
        torch.cuda.set_device(device)
    backend = "gloo" if device.type == "cpu" else "cpu:gloo,cuda:nccl"
    dist.init_process_group(backend, store=store, rank=rank, world_size=ranks)


def loopback() -> str:
    """The network interface that reaches this machine alone."""
    there = psutil.net_if_addrs().items()
    return next((name for name, addresses in there if any(each.address == HERE for each in addresses)), "lo")


def receive(sizes: Sequence[int]) -> TrainingData:
    """What `Others.train` sends, on another rank."""
    rows, inputs, train, validation = sizes
    data = TrainingData(np.empty((rows, inputs), np.float32), np.empty(train, np.int64), np.empty(validation, np.int64))
    for array in (data.values, data.train, data.validation):
        dist.broadcast(torch.from_numpy(array), src=0)
    return data


def _send(process: "subprocess.Popen[bytes]", **order: Any) -> None:
    assert process.stdin
    process.stdin.write(json.dumps(order).encode() + b"\n")
    process.stdin.flush()
