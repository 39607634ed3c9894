"""Published errors on ETTh1.

DLinear and NLinear as published (Zeng et al. 2023, arXiv 2205.13504): lookback 336, horizons 96 and 192, Adam
at 0.005, batch 32, at most 10 epochs, patience 3, the rate halved each epoch, all seven columns forecast at once, rows
8,640 for training, 2,880 for validation, 2,880 for the test. The command is `python -m core compare` for both
frameworks with `--maths matched`, whose weights begin as the published code's did, drawn from U(±1/√inputs). Errors are
those of comparison.json on scaled values, over all test windows. Of three seeds the median is held against the
published figure; the frameworks' difference is the largest of the three. "Repeat the last value" is the naive forecast
beside them, whose errors over all windows have nothing random: they must be exact to three decimals, so that "beyond
rounding" is 0.
The file is ETTh1.csv of the ETDataset (Zhou et al. 2021, CC BY-ND 4.0), which is not part of this project: the variable
TWINCAST_ETTH1 says where it is (`make accuracy ETTH1=…`). None of this depends on the machine's speed.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure
from benchmarks.performance.rivals import ROOT, say
from benchmarks.performance.training import LABELS

COLUMNS = ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")
PROTOCOL = {
    "--split": "8640,2880,2880",
    "--lookback": "336",
    "--optimizer": "adam",
    "--learning-rate": "0.005",
    "--batch-size": "32",
    "--patience": "3",
    "--schedule": "halve",
    "--maths": "matched",
    "--threads": "1",
    "--baselines": "simple",
}
PUBLISHED = {  # mean squared and mean absolute error
    ("nlinear", 96): (0.374, 0.394),
    ("nlinear", 192): (0.408, 0.415),
    ("dlinear", 96): (0.375, 0.399),
    ("dlinear", 192): (0.405, 0.416),
}
REPEATED = {96: (1.294, 0.713), 720: (1.335, 0.755)}  # the last value
SCORES = {"scaled_mse": "MSE", "scaled_mae": "MAE"}
MODELS = {"nlinear": "NLinear", "dlinear": "DLinear"}
CLOSE, SAME = 0.03, 0.001


def measure(quick: bool) -> list[Figure]:
    file = etth1()
    figures, repeated = [], {}
    for (model, horizon), published in list(PUBLISHED.items())[: 1 if quick else None]:
        say(f"{MODELS[model]}, horizon {horizon}")
        told = compared(file, model, horizon, epochs=1 if quick else 10, seeds="0,1,2")
        figures += scored(f"{MODELS[model]}, {horizon} steps", told, published)
        repeated[horizon] = told
    say("repeating the last value, horizon 720")
    repeated[720] = compared(file, "nlinear", 720, epochs=1, seeds="0")
    return figures + [figure for horizon in REPEATED for figure in naive(horizon, repeated[horizon])]


def etth1() -> Path:
    """Raises RuntimeError where the file is not."""
    path = Path(os.environ.get("TWINCAST_ETTH1", "ETTh1.csv")).absolute()
    if not path.is_file():
        raise RuntimeError(f"there is no ETTh1.csv: name it with `make accuracy ETTH1=…` ({path.name} was looked for)")
    return path


def compared(file: Path, model: str, horizon: int, epochs: int, seeds: str) -> dict[str, Any]:
    """comparison.json. Raises CalledProcessError."""
    asked = {**PROTOCOL, "--model": model, "--horizon": str(horizon), "--epochs": str(epochs), "--seeds": seeds}
    targets = [word for column in COLUMNS for word in ("--target", column)]
    options = [word for option in asked.items() for word in option]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "core", "compare", str(file), *targets, *options, "--out", folder, "--json"],
            cwd=ROOT,
            env={**os.environ, "TWINCAST_HOME": str(Path(folder, "home"))},
            stdout=subprocess.PIPE,
            check=True,
        )
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def scored(name: str, comparison: dict[str, Any], published: Sequence[float]) -> list[Figure]:
    """Errors of each framework beside the published ones, and beside each other's."""
    figures = []
    for (score, short), expected in zip(SCORES.items(), published, strict=True):
        errors = {run["framework"]: seed_scores(run, score) for run in comparison["runs"]}
        for framework, values in errors.items():
            what = f"{name}, {LABELS[framework]}: {short}"
            off = abs(statistics.median(values) / expected - 1)
            figures += [Figure(what, values), Figure(f"{what}, off the published {expected}", [off], "%", CLOSE)]
        apart = [abs(tensorflow / pytorch - 1) for pytorch, tensorflow in zip(*errors.values(), strict=True)]
        figures.append(Figure(f"{name}: {short}, between the frameworks", apart, "%", SAME, by="largest"))
    return figures


def seed_scores(run: dict[str, Any], score: str) -> list[float]:
    """Of the fits that were scored, by seed."""
    fits = sorted((fit for fit in run["fits"] if fit["test"]), key=lambda fit: fit["seed"])
    return [fit["test"][score] for fit in fits]


def naive(horizon: int, comparison: dict[str, Any]) -> list[Figure]:
    test = next(each["test"] for each in comparison["baselines"] if each["name"] == "naive")
    return [
        figure
        for (score, short), expected in zip(SCORES.items(), REPEATED[horizon], strict=True)
        for figure in (
            Figure(f"Repeat the last value, {horizon} steps: {short}", [test[score]], digits=4),
            Figure(
                f"Repeat the last value, {horizon} steps: {short}, off {expected} beyond rounding",
                [abs(round(test[score], 3) - expected)],
                limit=0,
            ),
        )
    ]
