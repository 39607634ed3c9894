"""Fits simple methods in a process of its own: `python -m core.runs.baseline_worker COMPARISON_FOLDER`.

So that one that takes too long can be ended. It is asked, as JSON lines on its stdin, and answers on its stdout:

    {"fit": "ets"}  ->  {"done": "ets"}  or  {"failed": "ets", "why": a sentence}

It uses one thread, and ends with the process that asks.
"""

import os
import queue
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.runs import logs, memory
from core.runs.channel import Channel
from core.runs.worker import die_with_supervisor, own_channel

if TYPE_CHECKING:
    from core.evaluation.rolling import Floats
    from core.runs.store import ComparisonFolder

LAGS = ("ridge", "boosting")


def main(path: str) -> None:
    channel = own_channel()
    asked: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=listen, args=(channel, asked), daemon=True).start()
    die_with_supervisor()
    memory.end_first()
    memory.limit()

    from core.runs.store import ComparisonFolder

    folder = ComparisonFolder(Path(path))
    while True:
        name = asked.get()
        channel.send(**answer(folder, name))


def listen(channel: Channel, asked: "queue.SimpleQueue[str]") -> None:
    while (message := channel.receive()) is not None:
        asked.put(str(message["fit"]))
    os._exit(0)  # nobody asks any more


def answer(folder: "ComparisonFolder", name: str) -> dict[str, str]:
    """What went wrong is said in a sentence; the log has the traceback."""
    from core.evaluation.rolling import Unsuitable

    try:
        fit(folder, name)
    except Unsuitable as error:
        return {"failed": name, "why": str(error)}
    except MemoryError:
        return {"failed": name, "why": "It needs more memory than there is."}
    except Exception:
        logs.add_traceback()
        return {"failed": name, "why": "It could not be fitted to this data; the log has the details."}
    return {"done": name}


def fit(folder: "ComparisonFolder", name: str) -> None:
    """Forecasts of all folds' test windows, into the comparison's folder. Raises Unsuitable, StoreFailed."""
    from core.runs import baseline_files
    from core.runs.forecasts import origins_by_fold

    spec = folder.spec()
    import_library(name)  # once, and not in the seconds of whichever method comes first
    seconds, notes, blocks = [], [], []
    for fold in range(len(origins_by_fold(spec))):
        began = time.perf_counter()
        forecast, note = lagged(folder, name, fold) if name in LAGS else classical(folder, name, fold)
        seconds.append(time.perf_counter() - began)
        notes.append(note)
        blocks.append(forecast.astype(np.float32))
    shape = (sum(map(len, blocks)), *blocks[0].shape[1:])
    made = baseline_files.Made(name, "", tuple(notes), tuple(seconds))
    baseline_files.save(folder, made, shape, blocks)


def import_library(name: str) -> None:
    if name in LAGS:
        import sklearn.ensemble
        import sklearn.linear_model  # noqa: F401
    else:
        import statsmodels.tsa.exponential_smoothing.ets
        import statsmodels.tsa.forecasting.theta
        import statsmodels.tsa.statespace.sarimax  # noqa: F401


def classical(folder: "ComparisonFolder", name: str, fold: int) -> tuple["Floats", str]:
    """Each target by itself, in its own units, whatever the networks are given."""
    from core.data.dataset import Split
    from core.data.split import fold_splits
    from core.evaluation import classical
    from core.runs.forecasts import origins_by_fold

    spec = folder.spec()
    end = fold_splits(Split(*spec.plan.split), spec.settings.folds)[fold].test_start
    values, origins = folder.values()[:, : len(spec.dataset.targets)], origins_by_fold(spec)[fold]
    forecast, models = classical.forecast(name, values, end, origins, spec.settings.horizon, spec.dataset.season)
    rows = classical.fitted_on(name, end)
    some = f"the last {rows:,} of {end:,} rows" if rows < end else f"{rows:,} rows"
    return forecast, f"{', '.join(dict.fromkeys(models))}, fitted on {some}"


def lagged(folder: "ComparisonFolder", name: str, fold: int) -> tuple["Floats", str]:
    """On what the networks are given."""
    from core.evaluation import lags
    from core.runs.run_data import RunData
    from core.runs.spec import FitSpec

    spec = folder.spec()
    data = RunData(folder.runs()[0])
    prepared = data.prepared(FitSpec(id=f"{name}-fold{fold}", kind="score", seed=0, fold=fold, maths="stock"))
    settings = spec.settings
    return lags.forecast(
        lags.KINDS[name], lags.Lags(prepared, settings.lookback, settings.horizon, spec.dataset.season)
    )


if __name__ == "__main__":
    main(sys.argv[1])
