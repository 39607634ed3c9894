"""A long table: several series below each other, told apart by a column of ids."""

import re
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from core.data.dataset import EXAMPLES, TOTAL, Notice
from core.data.reading.columns import listed
from core.data.reading.grid import Grid
from core.errors import BadFile, NotFound

REPEATED = 0.2  # of the rows repeat a time: then there may be several series
LEFT_OVER = 0.1  # of these repetitions at most are still there within the series


@dataclass(frozen=True)
class Id:
    """What tells the series of a long table apart."""

    columns: tuple[str, ...]
    name: str
    codes: npt.NDArray[np.int32]  # (R,) place in `ids`
    ids: tuple[str, ...]  # in the order of the file


def find_id(grid: Grid, apart: tuple[str, ...], times: npt.NDArray[np.datetime64]) -> Id | None:
    """The column, or the few columns, by which rows of the same time are rows of different series; else None."""
    if not _repeats(times):
        return None
    names = _find_names(grid, apart, times)
    if names is None:  # rows that stand in the file twice hide what tells the others apart
        once = np.flatnonzero(~_table(grid).duplicated())
        if len(once) < grid.rows:
            rows = pa.array(once)
            names = _find_names(replace(grid, columns=tuple(c.take(rows) for c in grid.columns)), apart, times[once])
    return None if names is None else _id(grid, names)


def _repeats(times: npt.NDArray[np.datetime64]) -> bool:
    if (times[1:] > times[:-1]).all():
        return False
    return len(times) - _distinct(times.astype(np.int64)) >= REPEATED * len(times)


def _table(grid: Grid) -> pd.DataFrame:
    return pd.DataFrame({place: _encoded(cells)[0] for place, cells in enumerate(grid.columns)})


def _find_names(grid: Grid, apart: tuple[str, ...], times: npt.NDArray[np.datetime64]) -> tuple[str, ...] | None:
    moments = pd.factorize(times)[0].astype(np.int64)
    repeated = len(moments) - _distinct(moments)
    if repeated < REPEATED * len(moments):
        return None
    most = int(np.bincount(moments).max())  # rows of one time
    likely = {}
    for name in grid.names:
        if name not in apart and _may_name(name, code := _encoded(grid.column(name)), len(moments), most):
            likely[name] = code
    for size in (1, 2, 3):
        counts = {}
        for chosen in combinations(likely, size):
            keys = _keys([likely[name] for name in chosen])
            if len(moments) - _distinct(keys * len(moments) + moments) <= LEFT_OVER * repeated:
                counts[chosen] = _distinct(keys)
        if counts:
            return min(counts, key=lambda chosen: counts[chosen])
    return None


Codes = tuple[npt.NDArray[np.int64], list[str]]  # (R,) places in the distinct cells


def _encoded(cells: pa.StringArray) -> Codes:
    encoded = cells.dictionary_encode()
    return encoded.indices.to_numpy().astype(np.int64), encoded.dictionary.to_pylist()


ID_NAMES = frozenset(  # in the languages of those who export: whole numbers under them are names
    {
        "",
        "id",
        "store",
        "dept",
        "department",
        "shop",
        "item",
        "sku",
        "product",
        "station",
        "sensor",
        "site",
        "region",
        "country",
        "customer",
    }
    | {"meter", "branch", "account", "symbol", "ticker", "series", "variable", "indicator", "entity", "code", "device"}
    | {"location", "unit", "filiale", "artikel", "produkt", "kunde", "land", "standort", "zähler", "konto", "markt"}
    | {"magasin", "produit", "client", "compteur", "tienda", "producto", "cliente", "negozio", "prodotto", "articolo"}
    | {"loja", "produto", "winkel", "klant", "sklep", "butik", "kund", "nr", "no", "number"}
)


def _may_name(name: str, code: Codes, rows: int, most: int) -> bool:
    """Text that recurs; or whole numbers that do, about as many as the rows of one time, or called like names."""
    cells = code[1]
    if not 2 <= len(cells) <= rows / 2:
        return False
    if any(sign.isalpha() for cell in cells for sign in cell):
        return True
    words = re.split(r"[\W_]+", name.lower())
    called = any(word.removesuffix("id") in ID_NAMES for word in words if word)
    return all(cell.isdigit() for cell in cells) and (called or len(cells) <= 2 * most)


def _keys(codes: list[Codes]) -> npt.NDArray[np.int64]:
    """One number for each different combination of cells (R,)."""
    keys = codes[0][0]
    for places, cells in codes[1:]:
        keys = keys * len(cells) + places
    return np.asarray(pd.factorize(keys)[0], dtype=np.int64)


def _distinct(keys: npt.NDArray[np.int64]) -> int:
    return len(pd.unique(keys))


def _id(grid: Grid, names: tuple[str, ...]) -> Id:
    cells = [grid.column(name).to_pylist() for name in names]
    joined = cells[0] if len(cells) == 1 else [" · ".join(parts) for parts in zip(*cells, strict=True)]
    codes, ids = pd.factorize(np.array(joined, dtype=object))
    return Id(names, " · ".join(names), codes.astype(np.int32), tuple(str(id) for id in ids))


def pair_rows(frame: pd.DataFrame, id: Id) -> tuple[pd.DataFrame, int]:
    """Every series with its own times, sorted by both, id column first; repeated pairs are merged by their mean."""
    order = np.lexsort((frame.index.to_numpy(), id.codes))
    sorted_frame, codes = frame.iloc[order], id.codes[order]
    keys = pd.MultiIndex.from_arrays([codes, sorted_frame.index])
    merged = 0
    if not keys.is_unique:
        means = sorted_frame.set_axis(keys).groupby(level=[0, 1]).mean()
        merged = len(sorted_frame) - len(means)
        codes = means.index.get_level_values(0).to_numpy()
        sorted_frame = means.set_axis(means.index.get_level_values(1))
    names = pd.Categorical.from_codes(codes, categories=pd.Index(id.ids))
    columns = {str(name): sorted_frame[name].to_numpy() for name in sorted_frame}
    index = sorted_frame.index.rename(frame.index.name)
    return pd.DataFrame({id.name: names, **columns}, index=index), merged


def choose_series(pairs: pd.DataFrame, id: Id, asked: str | None) -> str:
    """The series asked for, else the one with the most rows. Raises NotFound."""
    if asked is None:
        return str(pairs[id.name].value_counts(sort=False).idxmax())
    if asked not in id.ids and asked != TOTAL:
        remedy = f"The file holds {listed(id.ids)}; “{TOTAL}” is their sum."
        raise NotFound(f"There is no series “{asked}”", f"column “{id.name}”", remedy)
    return asked


def series_rows(pairs: pd.DataFrame, id: Id, series: str) -> tuple[pd.DataFrame, Notice]:
    """The rows of one series, or the sum of all at the times at which every one of them has a row."""
    held = f"The file holds {len(id.ids):,} series, told apart by “{id.name}”"
    told = Notice("several_series", "", id.name, len(id.ids), examples=id.ids[:EXAMPLES])
    values = pairs.drop(columns=id.name)
    if series != TOTAL or TOTAL in id.ids:
        message = f"{held}: this is “{series}”. Choose another one, or the total of all."
        return values[pairs[id.name] == series], replace(told, message=message)
    groups = values.groupby(level=0)
    total = groups.sum(min_count=1)[groups.size() == len(id.ids)]
    if total.empty:
        raise BadFile("At no time has every series a row", "series total", "Choose one of the series.")
    left = groups.ngroups - len(total)
    apart = f" {left:,} times at which one of them has no row are left out." if left else ""
    return total, replace(told, message=f"{held}: this is the total of all.{apart}")
