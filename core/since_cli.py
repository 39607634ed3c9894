"""`python -m core since RUN FILE`: how a comparison's forecasts have done, by a newer file of the same series."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from core.data.reading.kinds import UPLOAD_LIMIT
from core.errors import BadFile
from core.runs import aftermath, aftermath_words, newer_rows
from core.runs.aftermath import Aftermath
from core.runs.store import ID, Store


def add_since(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=since)
    parser.add_argument("comparison", metavar="ID", help="a comparison's id, or a run's, see history")
    parser.add_argument("file", metavar="FILE", help="its CSV file with newer rows, read as the earlier one was")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def since(options: argparse.Namespace) -> int:
    """Print what has happened since beside what was promised, and keep the new values with the comparison."""
    found = ID.match(options.comparison)  # a run's id has its framework behind the comparison's
    folder = Store().open(found[0] if found else options.comparison).path
    newer = newer_rows.read(folder, _content(options.file), Path(options.file).name)
    judged = aftermath.judge(folder, newer)
    newer_rows.keep(folder, newer)
    print(json.dumps(as_json(judged)) if options.json else text(judged))
    return 0


def text(judged: Aftermath) -> str:
    return "\n".join([*aftermath_words.sentences(judged), *aftermath_words.notes(judged)])


def as_json(judged: Aftermath) -> dict[str, Any]:
    """`scores` of each model: of each target, and with several targets of all (null)."""
    return {
        "sentences": aftermath_words.sentences(judged),
        "notes": aftermath_words.notes(judged),
        "file": judged.newer.file,
        "sha256": judged.newer.file_sha256,
        "steps": len(judged.times),
        "known": int(judged.newer.known.any(axis=1).sum()),
        "values": [[None if np.isnan(cell) else cell for cell in row] for row in judged.newer.values.tolist()],
        "models": [
            {"name": model.name, "forecast": model.forecast.tolist(), "scores": [asdict(each) for each in model.scores]}
            for model in judged.models
        ],
    }


def _content(file: str) -> bytes:
    try:
        with Path(file).open("rb") as opened:
            return opened.read(UPLOAD_LIMIT + 1)  # one byte more: enough to be refused
    except OSError as error:
        raise BadFile(f"The file cannot be read: {error.strerror}", file, "Check its name and folder.") from error
