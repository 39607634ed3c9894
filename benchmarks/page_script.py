"""`python -m benchmarks.page_script COMPARISON CLICKS`: reruns of the pages under AppTest; milliseconds as JSON."""

import gc
import json
import os
import sys
import time

from streamlit.testing.v1 import AppTest

from benchmarks import processes
from benchmarks.page_subjects import SUBJECTS, Subject, alternate
from benchmarks.processes import WORKERS
from benchmarks.serving import ROOT
from pages.parts import engine


def main(comparison: str, clicks: int) -> None:
    engine.supervisor()
    processes.await_idle_workers(os.getpid(), WORKERS)
    gc.collect()
    gc.freeze()  # as app.py does
    try:
        print(json.dumps([reruns(subject, comparison, clicks) for subject in SUBJECTS]))
    finally:
        engine.close()


def reruns(subject: Subject, comparison: str, clicks: int) -> list[float]:
    """Milliseconds of each run after a click; two clicks before that do not count."""
    app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=30)
    app.run()
    if subject.path:
        if subject.path == "compare":
            app.query_params["comparison"] = comparison
        app.switch_page(f"{subject.path}.py").run()
    if app.exception:
        raise RuntimeError(f"{subject.page}: {app.exception[0].message}")
    return alternate(clicks, lambda side: _choose(app, subject.key, subject.values[side]))


def _choose(app: AppTest, key: str, value: str) -> float:
    app.button_group(key=key).set_value(value)
    began = time.perf_counter()
    app.run()
    milliseconds = 1000 * (time.perf_counter() - began)
    if app.session_state[key] != value:
        raise RuntimeError(f"{key} is {app.session_state[key]} after choosing {value}")
    return milliseconds


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
