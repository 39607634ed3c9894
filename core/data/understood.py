"""What a reader understood of a file, for scripts and for people at a terminal."""

from typing import Any

import pandas as pd

from core.data.dataset import Notice, Table
from core.errors import TwincastError


def as_json(table: Table, series: str | None) -> dict[str, Any]:
    """Fields as the interfaces name them. Without a chosen `series` a long file is told as a whole."""
    whole = table.pairs is not None and series is None
    frame = table.pairs if whole and table.pairs is not None else table.frame
    times = frame.index if isinstance(frame.index, pd.DatetimeIndex) else None
    return {
        "accepted": True,
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "decimal": table.decimal,
        "layout": table.layout,
        "time": table.time[0] if len(table.time) == 1 else list(table.time) or None,
        "form": table.form,
        "frequency": table.frequency,
        "rows": len(frame),
        "first": None if times is None else iso(times.min(), table.utc),
        "last": None if times is None else iso(times.max(), table.utc),
        "values": [str(name) for name in table.frame.columns],
        "target": table.target,
        "dropped": list(table.dropped),
        "missing": table.missing,
        "duplicates": table.duplicates,
        "gaps": table.gaps,
        "day_first": table.day_first,
        "units": table.units,
        "id": table.id,
        "ids": list(table.ids),
        "series": series,
        "sha256": table.sha256,
        "notices": [_notice(notice) for notice in table.notices],
    }


def refusal(error: TwincastError) -> dict[str, Any]:
    """Why a file is not read, and what to do."""
    problem = error.problems[0]
    where = f" ({problem.where})" if problem.where else ""
    return {"accepted": False, "reason": f"{problem.what.rstrip('.')}{where}.", "remedy": problem.remedy}


def text(table: Table) -> str:
    """The sentence and the findings, a line each."""
    rows = len(table.frame if table.pairs is None else table.pairs)
    lines = [
        f"{rows:,} rows of {', '.join(map(str, table.frame.columns[:8]))}"
        + (f" and {len(table.frame.columns) - 8} more" if len(table.frame.columns) > 8 else ""),
        f"Encoding {table.encoding}, delimiter {table.delimiter!r}, decimal sign {table.decimal!r}.",
    ]
    if isinstance(table.frame.index, pd.DatetimeIndex):
        first, last = (iso(time, table.utc) for time in (table.frame.index[0], table.frame.index[-1]))
        lines.append(f"{first} to {last}, step {table.frequency or 'irregular'}.")
    return "\n".join([*lines, *(f"- {notice.message}" for notice in table.notices)])


def iso(time: pd.Timestamp, utc: bool) -> str:
    return time.isoformat() + ("Z" if utc else "")


def _notice(notice: Notice) -> dict[str, Any]:
    told = {"code": notice.code, "message": notice.message, "column": notice.column, "count": notice.count}
    return {**told, "examples": list(notice.examples)}
