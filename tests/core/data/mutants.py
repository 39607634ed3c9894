"""Broken variants of the published files, and what may become of them: `python -m tests.core.data.mutants [COUNT]`.

Each mutant is read, with all cells that were not touched as they are in the whole file, or refused in plain words; in
less than a second, and never with any other exception. The same numbers make the same mutants.
"""

import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np

from core.data.dataset import Table
from core.data.reader import read_table
from core.errors import BadInput
from tests.core.data import mutant_bytes, mutant_lines
from tests.core.data.mutant_source import Mutant, Random, Source
from tests.core.data.ugly_judge import unplain

KINDS = (*mutant_lines.TEXTS, *mutant_bytes.BYTES)
UGLY = Path(__file__).parents[2] / "data" / "ugly"
ALL, SAMPLE = 1_000, 200
SECONDS = 1.0  # of processor time: others may be using the machine
LARGE = 200_000  # bytes; files above it come up less often

Rows = Counter[tuple[object, ...]]


@dataclass(frozen=True)
class Outcome:
    """What became of one mutant; `wrong` is empty when it is as it should be."""

    mutant: Mutant
    file: str
    seconds: float
    read: bool
    wrong: list[str] = field(default_factory=list)


def outcomes(count: int, kinds: tuple[str, ...] = KINDS) -> Iterator[Outcome]:
    """`count` mutants, each kind equally often, over all files."""
    files = sources()
    for number in range(count):
        random = np.random.default_rng([number, 4])
        kind = kinds[number % len(kinds)]
        source = files[int(random.integers(len(files)))]
        while len(source.content) > LARGE and random.random() < 0.8:
            source = files[int(random.integers(len(files)))]
        yield outcome(mutant(kind, source, random), source)


def mutant(kind: str, source: Source, random: Random) -> Mutant:
    """A mutation of lines and cells, or of bytes where the file is no text or has hardly a row."""
    if kind not in mutant_bytes.BYTES and (source.text is None or len(source.table) < 4):
        return replace(mutant_bytes.flipped_bytes(source, random), kind=kind)
    return replace((mutant_bytes.BYTES | mutant_lines.TEXTS)[kind](source, random), kind=kind)


def outcome(mutant: Mutant, source: Source) -> Outcome:
    began = time.process_time()
    try:
        table = read_table(mutant.content, source.file)
    except BadInput as error:
        seconds = time.process_time() - began
        return Outcome(
            mutant, source.file, seconds, False, [*unplain(error), *_refused(mutant, source, error), *_slow(seconds)]
        )
    except Exception as error:
        return Outcome(mutant, source.file, 0.0, False, [f"{type(error).__name__}: {error}"])
    seconds = time.process_time() - began
    return Outcome(mutant, source.file, seconds, True, [*_changed(mutant, source, table), *_slow(seconds)])


def _slow(seconds: float) -> list[str]:
    return [f"took {seconds:.1f} s"] if seconds > SECONDS else []


def _refused(mutant: Mutant, source: Source, error: BadInput) -> list[str]:
    before = original(source.file)
    mild = mutant.mild and before is not None and before.layout != "transposed"
    return [f"refused, though a person would still read it: {error}"] if mild else []


def _changed(mutant: Mutant, source: Source, table: Table) -> list[str]:
    """More rows lost or made up than lines were touched."""
    before = original(source.file)
    if mutant.touched is None or before is None:
        return []
    if before.layout == "transposed" and mutant.touched:  # a line is a series: a cell of every time
        return []
    if before.layout != table.layout:
        return [f"the layout became {table.layout}"] if mutant.mild else []
    if not mutant.shorter and _columns_differ(before, table, mutant):
        return [f"columns became {list(table.frame.columns)[:8]}"]
    old, new = _rows(before, table, mutant.by_name), _rows(table, before, mutant.by_name)
    lost, made_up = (old - new).total(), (new - old).total()
    wrong = [f"{made_up} rows hold what the file does not"] if made_up > mutant.touched else []
    if not mutant.shorter and lost > mutant.touched:
        wrong.append(f"{lost} rows lost or changed")
    return wrong


def _columns_differ(before: Table, table: Table, mutant: Mutant) -> bool:
    """A column that was constant may be so no more where a line was touched."""
    if not (mutant.touched and mutant.by_name):
        return before.frame.shape[1] != table.frame.shape[1]
    names = set(table.frame)
    return not set(before.frame) <= names <= {*before.frame, *before.dropped}


def _rows(table: Table, other: Table, by_name: bool) -> Rows:
    """Each row as its time, id and values; of the columns that both have, by name or by content."""
    frame = table.frame if table.pairs is None else table.pairs.drop(columns=table.id)
    if by_name:
        frame = frame[[name for name in frame if name in other.frame]]
    else:  # names may have changed or columns moved: in the order of what they hold
        frame = frame[sorted(frame, key=lambda name: float(np.nansum(frame[name].to_numpy()[:12])))]
    marks: list[list[object]] = [] if table.layout == "index" else [frame.index.to_numpy().tolist()]
    if table.pairs is not None:
        marks.append(table.pairs[table.id].astype(str).tolist())
    cells = [["" if np.isnan(value) else f"{value:.11g}" for value in frame[name].tolist()] for name in frame]
    return Counter(zip(*marks, *cells, strict=True))


@cache
def original(file: str) -> Table | None:
    """The file as it is, as the reader reads it."""
    try:
        return read_table((UGLY / file).read_bytes(), file)
    except BadInput:
        return None


@cache
def sources() -> tuple[Source, ...]:
    return tuple(Source.of(path) for path in sorted(UGLY.glob("*.csv")))


def summary(found: Mapping[str, list[Outcome]]) -> str:
    """A line a kind of mutation."""
    lines = [f"{'kind':24}{'read':>6}{'refused':>9}{'wrong':>7}{'slowest':>10}"]
    for kind, group in found.items():
        read = sum(each.read for each in group)
        wrong = sum(bool(each.wrong) for each in group)
        slowest = max(each.seconds for each in group)
        lines.append(f"{kind:24}{read:6}{len(group) - read:9}{wrong:7}{slowest:8.2f} s")
    return "\n".join(lines)


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ALL
    found: dict[str, list[Outcome]] = {kind: [] for kind in KINDS}
    warnings.simplefilter("error")  # as in the tests
    for each in outcomes(count):
        found[each.mutant.kind].append(each)
    wrong = [each for group in found.values() for each in group if each.wrong]
    print(summary({kind: group for kind, group in found.items() if group}))  # noqa: T201
    for each in wrong:
        print(f"{each.mutant.kind}, {each.file}, {each.mutant.what}: {'; '.join(each.wrong)}")  # noqa: T201
    print(f"{count - len(wrong):,} of {count:,} mutants as they should be")  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
