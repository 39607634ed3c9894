"""Damaged run folders.

A finished comparison of two runs (forecasts, weights, a certificate, two seeds) is damaged 500 times, each time from
its intact state, with seeded random numbers: a flipped bit, a flipped byte of several, a truncation, a zeroed block, a
file put in the place of another one (of the same comparison or of the next), or a deleted file, in any file of it but
logs and locks, one to three at a time. Then everything is read that pages and the command line read: the history, the
live view with its loss curves, comparison.json, all forecasts, the simple ones, the data, weights, the certificate, and
both downloads. Each is either as it was, or refused with a sentence. Counted are those that differ from the original
without a word (silently accepted), errors other than these sentences, and damaged folders beside which another
comparison of the store could not be read any more. Checks remembered from before are forgotten, as in a new process, in
every second case; damage is done by another process's means (the file is replaced or written to).
"""

import random
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figure import Figure
from core.errors import NotFound, StoreFailed, TwincastError
from core.runs import manifest, parity, results
from core.runs.files import read_json
from core.runs.store import ComparisonFolder, Store
from core.runs.view import ComparisonReader
from tests.faults import finished

CASES, QUICK = 500, 60
UNCHECKED = (".log", ".lock")


@dataclass
class Found:
    """What came of all cases."""

    said: int = 0  # cases in which a sentence told of the damage
    untouched: int = 0  # cases in which everything read was as before: spaces within a JSON file, for one
    silent: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def measure(quick: bool) -> list[Figure]:
    found = run(QUICK if quick else CASES)
    for line in (*found.silent, *found.errors, *found.others):
        print(line)  # noqa: T201
    return [
        Figure("damaged folders", [found.said + found.untouched + len(found.silent) + len(found.errors)]),
        Figure("told in a sentence", [found.said]),
        Figure("nothing that is read was hit", [found.untouched]),
        Figure("silently accepted", [len(found.silent)], limit=0),
        Figure("errors without a sentence", [len(found.errors)], limit=0),
        Figure("another comparison could not be read", [len(found.others)], limit=0),
    ]


def run(cases: int, seed: int = 0) -> Found:
    found = Found()
    with tempfile.TemporaryDirectory() as root:
        store = Store(Path(root))
        folder, other = finished.make(store), finished.make(store, times=False)
        intact, beside = read(store, folder), read(store, other)
        assert not any(isinstance(value, Said) for value in (*intact.values(), *beside.values()))
        copy = Path(root) / "intact"
        shutil.copytree(folder.path, copy)
        for case in range(cases):
            chance = random.Random(f"{seed}-{case}")
            what = damage(chance, folder.path, other.path)
            if case % 2:
                manifest.forget()
            judge(found, f"case {case}: {what}", intact, read(store, folder))
            if case % 10 == 0 and read(store, other) != beside:
                found.others.append(f"case {case}: {what}")
            shutil.rmtree(folder.path)
            shutil.copytree(copy, folder.path)
    return found


def judge(found: Found, what: str, intact: dict[str, Any], now: dict[str, Any]) -> None:
    errors = [f"{what}: {name}: {value.text}" for name, value in now.items() if isinstance(value, Unforeseen)]
    differing = [name for name in intact if not isinstance(now[name], Said) and now[name] != intact[name]]
    found.errors += errors[:1]
    if errors:
        return
    if differing:
        found.silent.append(f"{what}: {', '.join(differing)}")
    elif any(isinstance(value, Said) for value in now.values()):
        found.said += 1
    else:
        found.untouched += 1


@dataclass(frozen=True)
class Said:
    """Refused with a sentence."""

    text: str


@dataclass(frozen=True)
class Unforeseen:
    """An error that no page is prepared for."""

    text: str


def read(store: Store, folder: ComparisonFolder) -> dict[str, Any]:
    """All that is read of a comparison, each thing by itself."""
    path, names = folder.path, finished.FRAMEWORKS
    fits = ("seed0-fold0", "seed1-fold0")
    readers: dict[str, Callable[[], Any]] = {
        "history": lambda: _summary(store, folder.id),
        "view": lambda: _view(store.open(folder.id)),
        "comparison.json": lambda: results.load(path),
        "data": lambda: _dataset(folder),
        "certificate": lambda: parity.measure(folder, folder.spec()),
        "simple": lambda: results.baseline_forecasts(path, "naive", np.arange(250, 260)).tobytes(),
        **{f"forecasts {name} {fit}": lambda n=name, f=fit: _forecasts(path, n, f) for name in names for fit in fits},
        **{f"future {name}": lambda n=name: _future(path, n) for name in names},
        **{f"run {name}": lambda n=name: folder.run(n).spec() for name in names},
        **{f"timing {name}": lambda n=name: folder.run(n).timing() for name in names},
        **{f"going on {name}": lambda n=name: _to_go_on_from(folder, n) for name in names},
        **{f"weights {name} {fit}": lambda n=name, f=fit: _weights(folder, n, f) for name in names for fit in fits},
        **{f"download {n}": lambda n=n: results.verified_bytes(path, n) for n in ("comparison.json", "forecasts.csv")},
    }
    return {name: _tried(reader) for name, reader in readers.items()}


def damage(chance: random.Random, folder: Path, other: Path) -> str:
    """Damages one to three files; returns what was done, in words."""
    names = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    names = [name for name in names if name.suffix not in UNCHECKED]
    done = [
        f"{name} {chance.choice(WAYS)(chance, folder / name, other, folder)}"
        for name in chance.sample(names, chance.choice((1, 1, 1, 2, 3)))
        if (folder / name).is_file()
    ]
    return "; ".join(done)


def flip_bit(chance: random.Random, path: Path, *_: Path) -> str:
    content = bytearray(path.read_bytes())
    place, bit = chance.randrange(len(content)), chance.randrange(8)
    content[place] ^= 1 << bit
    path.write_bytes(content)
    return f"bit {bit} of byte {place} flipped"


def change_bytes(chance: random.Random, path: Path, *_: Path) -> str:
    content = bytearray(path.read_bytes())
    places = [chance.randrange(len(content)) for _ in range(chance.randrange(2, 20))]
    for place in places:
        content[place] ^= chance.randrange(1, 256)
    path.write_bytes(content)
    return f"{len(places)} bytes changed"


def truncate(chance: random.Random, path: Path, *_: Path) -> str:
    content = path.read_bytes()
    ends = [end + 1 for end, byte in enumerate(content) if byte == 10] or [0]  # at the end of a line, too
    size = chance.choice((0, len(content) - 1, chance.randrange(len(content)), chance.choice(ends[:-1] or [0])))
    path.write_bytes(content[:size])
    return f"truncated to {size} of {len(content)}"


def zero_block(chance: random.Random, path: Path, *_: Path) -> str:
    content = bytearray(path.read_bytes())
    size = min(len(content), chance.choice((16, 512, 4096)))
    start = chance.randrange(len(content) - size + 1)
    content[start : start + size] = bytes(size)
    path.write_bytes(content)
    return f"{size} bytes from {start} zeroed"


def replace(chance: random.Random, path: Path, other: Path, folder: Path) -> str:
    """By the same file of another comparison, a file of the same name, or any."""
    same = [each for each in sorted(folder.rglob(path.name)) if each != path]
    anything = [each for each in sorted(folder.rglob("*.*")) if each.is_file() and each != path]
    twin = other / path.relative_to(folder)
    choices = [chance.choice(anything), *([chance.choice(same)] if same else []), *([twin] if twin.is_file() else [])]
    source = chance.choice(choices)
    shutil.copyfile(source, path)
    return f"replaced by {source.relative_to(folder.parent)}"


def swap(chance: random.Random, path: Path, other: Path, folder: Path) -> str:
    same = [each for each in sorted(folder.rglob(f"*{path.suffix}")) if each != path]
    if not same:
        return delete(chance, path)
    source, between = chance.choice(same), path.with_name("between")
    path.rename(between)
    source.rename(path)
    between.rename(source)
    return f"swapped with {source.relative_to(folder)}"


def delete(_: random.Random, path: Path, *__: Path) -> str:
    path.unlink()
    return "deleted"


WAYS = (flip_bit, flip_bit, change_bytes, truncate, zero_block, replace, swap, delete)


def _tried(reader: Callable[[], Any]) -> Any:
    try:
        return reader()
    except (StoreFailed, NotFound) as error:
        return Said(str(error))
    except TwincastError as error:
        return Unforeseen(f"{type(error).__name__}: {error}")
    except Exception as error:
        return Unforeseen(f"{type(error).__name__}: {error}")


def _summary(store: Store, id: str) -> Any:
    summary = next((each for each in store.list() if each.id == id), None)
    damaged = [each.problem for each in store.damaged_comparisons() if each.id == id]
    return Said(damaged[0].sentence()) if damaged else _said_in(summary, summary.name if summary else "")


def _view(folder: ComparisonFolder) -> Any:
    view = ComparisonReader(folder).view(None)
    problems = [view.error, *(run.error for run in view.runs.values())]
    told = " ".join(problem.sentence() for problem in problems if problem)
    return _said_in(view, f"{view.name} {told}")


def _said_in(value: Any, words: str) -> Any:
    return Said(words) if "damaged" in words else value


def _dataset(folder: ComparisonFolder) -> Any:
    data = folder.dataset()
    return (str(data.index), data.index.to_numpy().tobytes(), data.values.tobytes(), data.columns, data.notices)


def _forecasts(path: Path, framework: str, fit: str) -> Any:
    arrays = results.forecasts(path, framework, fit)
    return (arrays.forecast.tobytes(), arrays.actual.tobytes(), arrays.origins.tobytes())


def _to_go_on_from(folder: ComparisonFolder, framework: str) -> Any:
    run = folder.run(framework)
    run.verify()
    return [read_json(run.checked(fit.id, "fit.json")) for fit in run.spec().plan.fits]


def _future(path: Path, framework: str) -> Any:
    future = results.future(path, framework)
    return None if future is None else (str(future.times), future.values.tobytes())


def _weights(folder: ComparisonFolder, framework: str, fit: str) -> Any:
    weights, epoch = folder.run(framework).weights(fit)
    return {name: array.tobytes() for name, array in weights.items()}, epoch
