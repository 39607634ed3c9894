"""The bare script beside a worker: started, awaited, read."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass

from benchmarks.serving import ROOT
from core.runs.store import RunFolder


@dataclass(frozen=True)
class BareRun:
    """Times in seconds; `at` from the start of the process to the end of each epoch."""

    at: list[float]
    seconds: list[float]


def run_bare(folder: RunFolder) -> BareRun:
    """The same fit as the run's first one, in a fresh process."""
    began = time.time()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bare_script", str(folder.path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    told = json.loads(done.stdout.splitlines()[-1])
    return BareRun([at - began for at in told["at"]], told["seconds"])
