"""A worker that fits simple methods at once, or does what the environment says: STUB_FIT = "ets:hang,arima:die"."""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

from core.runs.baseline_files import Made, save
from core.runs.forecasts import origins_by_fold
from core.runs.store import ComparisonFolder


def main(path: str) -> None:
    folder = ComparisonFolder(Path(path))
    mischief = dict(each.split(":") for each in os.environ.get("STUB_FIT", "").split(",") if each)
    for line in sys.stdin:
        name = json.loads(line)["fit"]
        what = mischief.get(name, "")
        while what == "hang":
            time.sleep(0)  # uses a processor all the time
        if what == "die":
            os._exit(3)
        sys.stdout.write(json.dumps(answer(folder, name, what)) + "\n")
        sys.stdout.flush()


def answer(folder: ComparisonFolder, name: str, what: str) -> dict[str, str]:
    if what == "refuse":
        return {"failed": name, "why": "It does not suit."}
    spec = folder.spec()
    folds = origins_by_fold(spec)
    blocks = [np.full((len(each), spec.settings.horizon, len(spec.dataset.targets)), 50, np.float32) for each in folds]
    notes = tuple(f"{name}, fold {fold}" for fold in range(len(folds)))
    save(folder, Made(name, "", notes, (0.25,) * len(folds)), (sum(map(len, blocks)), *blocks[0].shape[1:]), blocks)
    return {"done": name}


if __name__ == "__main__":
    main(sys.argv[1])
