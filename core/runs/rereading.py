"""A newer file read as a comparison's own was: how, says the command line that repeats the comparison."""

import argparse
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pandas as pd

from core.data import repair
from core.data.dataset import Table
from core.data.reader import read_table
from core.errors import BadFile

READING = ("time", "delimiter", "decimal", "day_first", "series")
DELIMITERS = {"tab": "\t", "\\t": "\t", "space": " "}  # as they may be written on a command line


def reread(command: str, content: bytes, file: str, limit: int) -> Table:
    """The table of a newer file, merged and brought to a step as asked then. What is missing in it stays missing.

    `limit`: bytes, packed or not. Raises BadInput.
    """
    if len(content) > limit:
        raise BadFile(f"The file is larger than {limit >> 20} MB", remedy="Give fewer rows or columns.")
    asked = reading_of(command)
    reading = {name: asked[name] for name in READING if name in asked}
    if "delimiter" in reading:
        reading["delimiter"] = DELIMITERS.get(reading["delimiter"], reading["delimiter"])
    table = read_table(content, file, **reading, limit=limit)
    if "merge" in asked:
        table = repair.merge(table, cast(repair.Aggregate, asked["merge"]))
    return _resampled(table, asked["resample"]) if "resample" in asked else table


def reading_of(command: str) -> Mapping[str, Any]:
    """The options of `core.runs.command.command_line` about its file, without those that make up values."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for name in ("time", "delimiter", "decimal", "series", "merge", "resample"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--day-first", dest="day_first", action="store_true", default=None)
    parser.add_argument("--month-first", dest="day_first", action="store_false")
    given, _ = parser.parse_known_args(shlex.split(command))
    return {name: value for name, value in vars(given).items() if value is not None}


def _resampled(table: Table, asked: str) -> Table:
    """Without a last step that has not ended yet: the sum of half a day is not what was forecast."""
    step, _, how = asked.partition(":")
    done = repair.resample(table, step, cast(repair.Aggregate, how or "mean"))
    index = cast(pd.DatetimeIndex, table.frame.index)
    if "the last" in repair.partly_covered(index, done.frame.index, step):
        return replace(done, frame=done.frame.iloc[:-1])
    return done
