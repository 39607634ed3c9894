"""A long table: several series below each other, told apart by a column of ids."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.data.dataset import EXAMPLES, TOTAL, Notice
from core.data.reading.columns import cited
from core.data.reading.grid import Grid
from core.data.reading.shapes import words
from core.data.words import shortened
from core.errors import BadFile, NotFound

REPEATED = 0.2  # of the rows repeat a time: then there may be several series
LEFT_OVER = 0.1  # of these repetitions at most are still there within the series
TOGETHER = 8  # columns at most that are tried in twos and threes
MOST_BLOCKS = 10
EVEN, FEWEST_STEPS, MOST_EVEN = 0.9, 5, 50  # of a series' steps are alike; steps it has; series looked at


Codes = tuple[npt.NDArray[np.int64], list[str]]  # (R,) places in the distinct cells


@dataclass(frozen=True)
class Id:
    """What tells the series of a long table apart."""

    columns: tuple[str, ...]
    name: str
    codes: npt.NDArray[np.int32]  # (R,) place in `ids`
    ids: tuple[str, ...]  # in the order of the file


def find_id(grid: Grid, apart: tuple[str, ...], times: npt.NDArray[np.datetime64]) -> Id | None:
    """The column, or the few columns, by which rows of the same time are rows of different series; else None."""
    if (times[1:] > times[:-1]).all():
        return None
    found = _find_names(grid, apart, times)
    if found is None:  # rows that stand in the file twice hide what tells the others apart
        once = np.flatnonzero(~_table(grid).duplicated())
        if len(once) < grid.rows:
            rows = pa.array(once)
            found = _find_names(replace(grid, columns=tuple(c.take(rows) for c in grid.columns)), apart, times[once])
    return None if found is None else _id(grid, found)


def _table(grid: Grid) -> pd.DataFrame:
    return pd.DataFrame({place: _encoded(cells)[0] for place, cells in enumerate(grid.columns)})


def _find_names(grid: Grid, apart: tuple[str, ...], times: npt.NDArray[np.datetime64]) -> tuple[str, ...] | None:
    """As few columns as resolve nearly all repeated times, with as few series as possible."""
    moments = pd.factorize(times)[0].astype(np.int64)
    repeated = len(moments) - _distinct(moments)
    if not repeated:
        return None
    most = int(np.bincount(moments).max())  # rows of one time
    candidates = {name: _encoded(_filled_down(grid.column(name))) for name in grid.names if name not in apart}
    likely = {name: code for name, code in candidates.items() if _may_name(name, code, len(moments), most)}
    for chosen in _choices(likely, moments):
        keys = _keys([likely[name] for name in chosen])
        if len(moments) - _distinct(keys * len(moments) + moments) > LEFT_OVER * repeated:
            continue
        if repeated >= REPEATED * len(moments) or _are_even(keys, times):
            return chosen
    return None


def _choices(likely: dict[str, Codes], moments: npt.NDArray[np.int64]) -> Iterator[tuple[str, ...]]:
    """Columns to try alone and together, those that make the fewest series first.

    Of many columns, only those that resolve most are tried together: all combinations would take for ever.
    """
    series = {(name,): len(code[1]) for name, code in likely.items()}
    yield from sorted(series, key=lambda chosen: series[chosen])
    telling = sorted(likely, key=lambda name: -_distinct(_keys([likely[name]]) * len(moments) + moments))[:TOGETHER]
    for size in (2, 3):
        chosen_ones = list(combinations([name for name in likely if name in telling], size))
        counts = {chosen: _distinct(_keys([likely[name] for name in chosen])) for chosen in chosen_ones}
        yield from sorted(counts, key=lambda chosen: counts[chosen])


def about_blocks(text: Mapping[str, pa.StringArray]) -> list[Notice]:
    """Labels that change along the file and never come back may be several series, one after the other."""
    notices = []
    for name, cells in text.items():
        places, labels = _encoded(cells)
        blocks = 1 + int(np.count_nonzero(np.diff(places)))
        if 2 <= len(labels) == blocks <= MOST_BLOCKS and np.bincount(places).min() >= FEWEST_STEPS:
            told = f"“{shortened(name)}” changes along the file ({cited(labels)}): if these are different series, they "
            told += "are joined into one here. Upload the rows of one of them."
            notices.append(Notice("joined_series", told, name, blocks, serious=True))
    return notices


def _are_even(keys: npt.NDArray[np.int64], times: npt.NDArray[np.datetime64]) -> bool:
    """Whether the rows of every series have a step of their own: what overlaps now and then may be one series."""
    series = pd.Series(times).groupby(keys, sort=False)
    if series.ngroups > MOST_EVEN:
        return False
    for _, own in series:
        steps = np.diff(np.unique(own.to_numpy()).astype(np.int64))
        if len(steps) < FEWEST_STEPS or np.unique(steps, return_counts=True)[1].max() < EVEN * len(steps):
            return False
    return True


def _filled_down(cells: pa.StringArray) -> pa.StringArray:
    """A name that stands only on the first row of its block, as merged cells leave it, on every row of the block."""
    blank = pc.equal(cells, "")
    if not len(cells) or cells[0].as_py() == "" or (pc.sum(blank).as_py() or 0) * 2 <= len(cells):
        return cells
    return pc.fill_null_forward(pc.if_else(blank, pa.scalar(None, pa.string()), cells))


def _encoded(cells: pa.StringArray) -> Codes:
    encoded = cells.dictionary_encode()
    return encoded.indices.to_numpy().astype(np.int64), encoded.dictionary.to_pylist()


ID_NAMES = words(  # in the languages of those who export: numbers under them are names
    """id store dept department shop item sku product station sensor site region country customer meter branch account
    symbol ticker series variable indicator entity code device location unit depth level filiale artikel produkt kunde
    land standort zähler konto markt magasin produit client compteur tienda producto cliente negozio prodotto articolo
    loja produto winkel klant sklep butik kund nr no number"""
)


def _may_name(name: str, code: Codes, rows: int, most: int) -> bool:
    """Cells that recur: text, whatever is called like a name, and whatever is about as many as the rows of one time."""
    cells = code[1]
    if not 2 <= len(cells) <= rows / 2:
        return False
    if any(sign.isalpha() for cell in cells for sign in cell):
        return True
    parts = re.split(r"[\W_]+", name.lower())
    called = any(part in ID_NAMES or part.removesuffix("id") in ID_NAMES for part in parts)
    return all(cells) and (called or len(cells) <= 2 * most)


def _keys(codes: list[Codes]) -> npt.NDArray[np.int64]:
    """One number for each different combination of cells (R,)."""
    keys = codes[0][0]
    for places, cells in codes[1:]:
        keys = keys * len(cells) + places
    return np.asarray(pd.factorize(keys)[0], dtype=np.int64)


def _distinct(keys: npt.NDArray[np.int64]) -> int:
    return len(pd.unique(keys))


def _id(grid: Grid, names: tuple[str, ...]) -> Id:
    cells = [_filled_down(grid.column(name)).to_pylist() for name in names]
    joined = cells[0] if len(cells) == 1 else [" · ".join(parts) for parts in zip(*cells, strict=True)]
    codes, ids = pd.factorize(np.array(joined, dtype=object))
    return Id(names, " · ".join(names), codes.astype(np.int32), tuple(str(id) for id in ids))


def pair_rows(frame: pd.DataFrame, id: Id) -> pd.DataFrame:
    """Every series with its own times, sorted by both and else as in the file; id column first."""
    times = frame.index.to_numpy()
    order = np.lexsort((np.arange(len(times)) * (-1 if _newest_first(times, id.codes) else 1), times, id.codes))
    sorted_frame = frame.iloc[order]
    names = pd.Categorical.from_codes(id.codes[order], categories=pd.Index(id.ids))
    columns = {str(name): sorted_frame[name].to_numpy() for name in sorted_frame}
    return pd.DataFrame({id.name: names, **columns}, index=sorted_frame.index)


def _newest_first(times: npt.NDArray[np.datetime64], codes: npt.NDArray[np.int32]) -> bool:
    """Whether the rows of every series go back in time: then so do those of the same time."""
    order = np.argsort(codes, kind="stable")
    steps, same = np.diff(times[order].astype(np.int64)), np.diff(codes[order]) == 0
    return bool((steps[same] <= 0).all() and (steps[same] < 0).any())


def choose_series(pairs: pd.DataFrame, id: Id, asked: str | None) -> str:
    """The series asked for, else the one with the most rows. Raises NotFound."""
    if asked is None:
        return str(pairs[id.name].value_counts(sort=False).idxmax())
    if asked not in id.ids and asked != TOTAL:
        remedy = f"The file holds {cited(id.ids)}; “{TOTAL}” is their sum."
        raise NotFound(f"There is no series “{asked}”", f"column “{id.name}”", remedy)
    return asked


def series_rows(pairs: pd.DataFrame, id: Id, series: str) -> tuple[pd.DataFrame, Notice]:
    """The rows of one series, or the sum of all at the times at which every one of them has a row."""
    held = f"The file holds {len(id.ids):,} series, told apart by “{id.name}”"
    told = Notice("several_series", "", id.name, len(id.ids), examples=id.ids[:EXAMPLES])
    frame = values_of(pairs, id.name, series)
    if not is_total(series, id.ids):
        message = f"{held}: this is “{series}”. Choose another one, or the total of all."
        return frame, replace(told, message=message)
    if frame.empty:
        raise BadFile("At no time has every series a row", "series total", "Choose one of the series.")
    left = pairs.index.nunique() - len(frame)
    apart = f" {left:,} times at which one of them has no row are left out." if left else ""
    return frame, replace(told, message=f"{held}: this is the total of all.{apart}")


def values_of(pairs: pd.DataFrame, id: str, series: str) -> pd.DataFrame:
    """One series of `pairs` (named by the column `id`), or the total at the times at which all have a row."""
    values, names = pairs.drop(columns=id), pairs[id]
    if not is_total(series, names.cat.categories):
        return values[names == series]
    groups = values.groupby(level=0)
    return groups.sum(min_count=1)[groups.size() == len(names.cat.categories)]


def is_total(series: str | None, ids: Collection[str]) -> bool:
    """Whether the sum of all is meant: a series may be called so itself."""
    return series == TOTAL and TOTAL not in ids
