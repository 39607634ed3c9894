"""Rivals: processes that each train the same work, two epochs at a time, when it is their turn."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from benchmarks.performance.work import Work

ROOT = Path(__file__).parents[2]
PEERS = ROOT / ".venv-peers" / "bin" / "python"
ALONE = {  # one thread, wherever a library looks for its number
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONWARNINGS": "ignore",
}


class Rival:
    """A process that answers each line with a figure. It ends with its stdin."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name, self.said = name, tempfile.TemporaryFile("w+")  # noqa: SIM115  until close()
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **ALONE},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.said,
            text=True,
            bufsize=1,
        )

    def turn(self) -> float:
        """What it tells of one turn. Raises RuntimeError, with the last that it said, when the process has ended."""
        assert self.process.stdin and self.process.stdout
        with suppress(BrokenPipeError):  # the empty answer tells
            self.process.stdin.write("go\n")
        answer = self.process.stdout.readline()
        if not answer:
            self.said.seek(0)
            raise RuntimeError(f"{self.name} ended by itself: {' '.join(self.said.read().splitlines()[-1:])}")
        return float(answer)

    def close(self) -> None:
        self.process.kill()
        with suppress(BrokenPipeError):
            self.process.communicate()
        self.said.close()


def raced(commands: Mapping[str, Sequence[str]], rounds: int, warm_up: int = 1) -> dict[str, list[float]]:
    """The figures of each rival, round by round; the one that begins changes from round to round.

    `warm_up` turns are not counted: tracing, compiling, first touches of memory.
    """
    with ExitStack() as stack:
        rivals = []
        for name, command in commands.items():
            rivals.append(Rival(name, command))
            stack.callback(rivals[-1].close)
            warm = [rivals[-1].turn() for _ in range(warm_up)]
            say(f"{name}: ready, {', '.join(f'{each:.3g}' for each in warm)}")
        found: dict[str, list[float]] = {rival.name: [] for rival in rivals}
        for number in range(rounds):
            first = number % len(rivals)
            for rival in rivals[first:] + rivals[:first]:
                found[rival.name].append(rival.turn())
            say(f"round {number + 1} of {rounds}: {', '.join(f'{of[-1]:.3g}' for of in found.values())}")
        return found


def ratios(slower: Sequence[float], faster: Sequence[float]) -> list[float]:
    """Within each round, so that what slows a whole round down does not count."""
    return [a / b for a, b in zip(slower, faster, strict=True)]


def ours(framework: str, work: Work, speed: str = "tuned", maths: str = "stock") -> list[str]:
    return _module("ours", framework, speed, maths, work.text())


def by_hand(framework: str, work: Work) -> list[str]:
    return _module(f"hand_{framework}", work.text())


def products() -> list[str]:
    """Gigaflop a second of torch.mm."""
    return _module("products")


def forecasts(framework: str, how: str) -> list[str]:
    """Milliseconds of single forecasts."""
    return _module("forecasts", framework, how)


def peer(name: str, work: Work) -> list[str]:
    """A library, and `lean` behind it where it should leave out what others do not do.

    Raises RuntimeError when it is not installed.
    """
    if not PEERS.exists():
        raise RuntimeError("Darts and NeuralForecast are not installed: `make peers` puts them into .venv-peers.")
    library, *way = name.split()
    return [str(PEERS), "-m", f"benchmarks.performance.peer_{library}", work.text(), *way]


def say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def _module(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.performance.{name}", *arguments]
