"""What a reading of a case got wrong, in words: expected this, got that."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from core.data.dataset import Table
from core.data.reader import read_table
from core.errors import BadInput
from tests.core.data.ugly_case import Case

PROGRAMMERS_WORDS = ("traceback", "exception", "errno", "codec", "nonetype", "dtype", "pyarrow", "pandas", "0x")


def problems(case: Case) -> list[str]:
    """Nothing when all expectations are met."""
    try:
        table = read_table(case.content, f"{case.name}.csv", **case.asked)
    except BadInput as error:
        return list(_about_refusal(case, error))
    if case.expect == "reject":
        return [f"expected a refusal with one of {case.reason}, but it was read: {_summary(table)}"]
    return [*_about_reading(case, table), *_about_cells(case, table)]


def unplain(error: BadInput) -> list[str]:
    """What keeps a refusal from being plain: no remedy, or words that only a programmer knows."""
    lowered = str(error).lower()
    found = [f"the refusal says “{word}”: {error}" for word in PROGRAMMERS_WORDS if word in lowered]
    if not all(problem.remedy for problem in error.problems):
        found.append(f"no remedy in: {error}")
    return found


def _about_refusal(case: Case, error: BadInput) -> Iterator[str]:
    if case.expect == "accept":
        yield f"expected a table, refused: {error}"
        return
    lowered = str(error).lower()
    if not any(word.lower() in lowered for word in case.reason):
        yield f"expected one of {case.reason} in the refusal: {error}"
    yield from unplain(error)


def _about_reading(case: Case, table: Table) -> Iterator[str]:
    if case.encoding is not None and not _same_text(case, table.encoding):
        yield f"encoding: expected {case.encoding}, got {table.encoding}"
    facts: dict[str, tuple[Any, Any]] = {
        "delimiter": (case.delimiter, table.delimiter),
        "decimal": (case.decimal, table.decimal),
        "layout": (case.layout, table.layout),
        "time": (case.time, table.time),
        "utc": (case.utc, table.utc),
        "target": (_target(case), table.target),
        "gaps": (case.gaps, table.gaps),
        "duplicates": (case.dup, table.duplicates),
        "id": (case.id, table.id),
    }
    yield from (
        f"{fact}: expected {wanted!r}, got {got!r}"
        for fact, (wanted, got) in facts.items()
        if wanted not in (None, got)
    )
    values = [str(name) for name in table.frame.columns]
    if case.values is not None and (list(case.values) != values if _named(case) else len(case.values) != len(values)):
        yield f"values: expected {case.values}, got {values}"
    kept = [name for name in case.drop if name not in (*table.dropped, table.id)]
    if kept:
        yield f"dropped: expected {kept} too, got {table.dropped}"
    if not _same_frequency(case, table):
        yield f"frequency: expected {case.freq}, got {table.frequency}"
    codes = {notice.code for notice in table.notices}
    yield from (f"expected a notice {code}, got {sorted(codes)}" for code in case.warn if code not in codes)
    yield from (f"a false alarm: {code}" for code in case.never if code in codes)


def _about_cells(case: Case, table: Table) -> Iterator[str]:
    frame = table.frame if table.pairs is None else table.pairs
    if case.rows is not None and len(frame) != case.rows:
        yield f"rows: expected {case.rows}, got {len(frame)}"
    if isinstance(frame.index, pd.DatetimeIndex):
        ends = {"first": (case.first, frame.index.min()), "last": (case.last, frame.index.max())}
        for name, (wanted, got) in ends.items():
            if wanted is not None and pd.Timestamp(wanted) != got:
                yield f"{name}: expected {wanted}, got {got}"
    elif case.first is not None:
        yield f"first: expected {case.first}, got rows without times"
    if table.pairs is None:
        yield from _about_columns(case, table)
    else:
        yield from _about_series(case, table)


def _about_columns(case: Case, table: Table) -> Iterator[str]:
    frame = table.frame
    if case.values is not None and not _named(case) and len(case.values) == frame.shape[1]:
        frame = frame.set_axis(list(case.values), axis=1)
    for name, count in case.missing.items():
        if name in frame and (got := int(frame[name].isna().sum())) != count:
            yield f"missing of {name!r}: expected {count}, got {got}"
    for name, total in case.sums.items():
        if name not in frame:
            yield f"no column {name!r} to sum"
        elif not np.isclose(got_sum := float(frame[name].sum()), total, rtol=1e-9, atol=1e-12):
            yield f"sum of {name!r}: expected {total}, got {got_sum}"
    for at, name, value in case.checks:
        if name in frame and (got := _cell(frame, at, name)) != value:
            yield f"cell {at}, {name!r}: expected {value}, got {got}"


def _about_series(case: Case, table: Table) -> Iterator[str]:
    pairs = table.pairs
    assert pairs is not None and table.id is not None
    if case.layout != "long":
        yield f"series expected in no long table, got {table.ids}"
        return
    if case.ids and sorted(table.ids) != sorted(case.ids):
        yield f"ids: expected {case.ids}, got {table.ids}"
    groups = pairs.groupby(table.id, observed=True)
    if case.rows_per_id and (got := {str(key): len(part) for key, part in groups}) != dict(case.rows_per_id):
        yield f"rows of a series: expected {dict(case.rows_per_id)}, got {got}"
    for key, total in case.sums_per_id.items():
        part = pairs[pairs[table.id] == key]
        if case.target in part and not np.isclose(got_sum := float(part[case.target].sum()), total, rtol=1e-9):
            yield f"sum of {key}: expected {total}, got {got_sum}"
    if "series" in case.asked and table.series != case.asked["series"]:
        yield f"series: asked for {case.asked['series']}, got {table.series}"


def _cell(frame: pd.DataFrame, at: Any, name: str) -> float | None:
    key = at if isinstance(at, int) else pd.Timestamp(at)
    if name not in frame or key not in frame.index:
        return None
    return float(np.asarray(frame.loc[key, name]).ravel()[0])


def _named(case: Case) -> bool:
    """Whether the columns are held to their names, not only to their order."""
    return case.values is not None and not case.values[0].startswith("#")


def _target(case: Case) -> str | None:
    return None if case.target is None or case.target.startswith("#") else case.target


def _same_text(case: Case, encoding: str) -> bool:
    """Encodings are as good as one another when they give the same text."""
    assert case.encoding is not None
    try:
        return case.content.decode(encoding) == case.content.decode(case.encoding)
    except (UnicodeDecodeError, LookupError):
        return False


def _same_frequency(case: Case, table: Table) -> bool:
    """QS and QS-OCT are the same, and so are 60min and h."""
    if case.freq is None or table.frequency is None:
        return case.freq == table.frequency
    steps = [pd.date_range("2020-01-01", periods=14, freq=freq) for freq in (case.freq, table.frequency)]
    return bool((steps[0] == steps[1]).all())


def _summary(table: Table) -> str:
    return f"{table.layout}, {len(table.frame)} rows, time {table.time}, columns {list(table.frame.columns)[:6]}"
