"""Reading a long file and a wide one, and drawing a million points.

"Long" is a million rows of two columns, times by the minute and values with two decimals, 27 MB. The reader is told
nothing but the bytes; beside it stands `pandas.read_csv`, and `pandas.to_datetime` with the format given. Both take
turns in one process, and so does who goes first; the ratio is taken within each pair. The peak of memory is that of a
fresh process that has read a small file, above what it holds before it loads the long one, in sizes of the file, whose
own bytes are the first of them. The chart is that of all million points as it goes to the browser. "Wide" is 300
columns of 500 rows.
"""

import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.figure import Figure
from core.data.reader import read_table
from core.figures import series

ROOT = Path(__file__).parents[1]
ROWS = 1_000_000
FORMATS = {"ISO": "%Y-%m-%d %H:%M:%S", "day.month.year": "%d.%m.%Y %H:%M"}
PEAK = """
import sys
import pandas, numpy, pyarrow, pyarrow.csv, pyarrow.compute
from pathlib import Path
from benchmarks.processes import memory_mb
from core.data.reader import read_table
lines = [b"2021-01-%02d,%d.5" % (day, day) for day in range(1, 29)]
read_table(b"\\n".join([b"date,value", *lines]), "warm.csv")
Path("/proc/self/clear_refs").write_text("5")  # the highest so far is forgotten
before = memory_mb("self")
content = Path(sys.argv[1]).read_bytes()
table = read_table(content, "long.csv")
print(memory_mb("self", "VmHWM") - before)
"""


def measure(quick: bool) -> list[Figure]:
    rows, repeats = (100_000, 2) if quick else (ROWS, 9)
    figures = []
    for label, form in FORMATS.items():
        content = long_file(rows, form)
        ours, pandas = zip(*pairs(content, form, repeats), strict=True)
        figures += [
            Figure(f"{label}: understood", ours, "s"),
            Figure(f"{label}: pandas with the format given", pandas, "s"),
            Figure(f"{label}: ratio", [a / b for a, b in zip(ours, pandas, strict=True)], "×", limit=2),
            Figure(f"{label}: peak of memory, in sizes of the file", peaks(content, 1 if quick else 3), "×", limit=6),
        ]
    wide = wide_file()
    figures += [
        Figure("chart of the long file", [chart_kb(long_file(rows, FORMATS["ISO"]))], "kB", limit=200),
        Figure("300 columns of 500 rows understood", [seconds(read, wide) for _ in range(repeats)], "s", limit=2),
    ]
    return figures


def pairs(content: bytes, form: str, repeats: int) -> list[tuple[float, float]]:
    """Seconds of the reader and of pandas, after one of each that is not counted."""
    found = []
    for repeat in range(repeats + 1):
        if repeat % 2 == 0:
            ours, pandas = seconds(read, content), seconds(with_pandas, content, form)
        else:
            pandas, ours = seconds(with_pandas, content, form), seconds(read, content)
        found.append((ours, pandas))
    return found[1:]


def read(content: bytes) -> None:
    read_table(content, "file.csv")


def with_pandas(content: bytes, form: str) -> None:
    frame = pd.read_csv(io.BytesIO(content))  # faster than with the types given
    frame["time"] = pd.to_datetime(frame["time"], format=form)


def seconds(call: Callable[..., None], *given: object) -> float:
    began = time.perf_counter()
    call(*given)
    return time.perf_counter() - began


def peaks(content: bytes, repeats: int) -> list[float]:
    """The reader's peak in a fresh process, in sizes of the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "long.csv")
        path.write_bytes(content)
        call = [sys.executable, "-c", PEAK, str(path)]
        printed = [
            subprocess.run(call, cwd=ROOT, check=True, capture_output=True, text=True).stdout for _ in range(repeats)
        ]
    return [float(mb) / (len(content) / 2**20) for mb in printed]


def chart_kb(content: bytes) -> float:
    """Kilobytes of JSON of the history of the whole file."""
    frame = read_table(content, "long.csv").frame
    figure = series.history(frame.index.to_numpy(), {name: frame[name].to_numpy() for name in frame})
    return len(json.dumps(asdict(figure), default=str).encode()) / 1_000


def long_file(rows: int, form: str) -> bytes:
    times = pd.date_range("2021-01-01", periods=rows, freq="min").strftime(form)
    values = waves(rows, 1)[:, 0]
    lines = [f"{at},{value:.2f}\n" for at, value in zip(times, values.tolist(), strict=True)]
    return ("time,value\n" + "".join(lines)).encode()


def wide_file() -> bytes:
    days = pd.date_range("2020-01-01", periods=500).strftime("%Y-%m-%d")
    columns = [f"sensor_{column:03}" for column in range(300)]
    frame = pd.DataFrame(waves(500, 300).round(2), index=pd.Index(days, name="date"), columns=columns)
    return frame.to_csv().encode()


def waves(rows: int, columns: int) -> np.ndarray:
    """A day's wave with noise, around 500."""
    random = np.random.default_rng(0)
    wave = np.sin(np.arange(rows) * 2 * np.pi / 1_440)[:, None]
    return 500 + 80 * wave + 20 * random.standard_normal((rows, columns))
