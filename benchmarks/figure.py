"""A measured figure beside its target, and a table of them."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

HEADER = ("figure", "target", "measured", "range", "n", "met")


@dataclass(frozen=True)
class Figure:
    """One quantity measured several times. Without a limit it only informs."""

    name: str
    values: Sequence[float]
    unit: str = ""  # "%" makes shares of percent
    limit: float | None = None
    sense: Literal["at most", "at least", "more than"] = "at most"
    by: Literal["median", "p95", "largest"] = "median"  # what the limit is held against
    digits: int = 3  # that are shown

    @property
    def measured(self) -> float:
        if self.by == "largest":
            return max(self.values)
        return statistics.median(self.values) if self.by == "median" else float(np.percentile(self.values, 95))

    @property
    def met(self) -> bool | None:
        """None where there is no target."""
        if self.limit is None:
            return None
        if self.sense == "at most":
            return self.measured <= self.limit
        return self.measured >= self.limit if self.sense == "at least" else self.measured > self.limit

    def row(self) -> tuple[str, ...]:
        """The cells of HEADER."""
        target = "" if self.limit is None else f"{self.sense} {self.text(self.limit)}"
        measured = self.text(self.measured)
        if self.by != "median":
            measured += f" ({self.by}; median {self.text(statistics.median(self.values))})"
        spread = "" if len(self.values) < 2 else f"{self.text(min(self.values))} to {self.text(max(self.values))}"
        met = {None: "", True: "yes", False: "**no**"}[self.met]
        return (self.name, target, measured, spread, str(len(self.values)), met)

    def text(self, value: float) -> str:
        """Its first significant digits, with the unit."""
        if self.unit == "%":
            return f"{100 * value:.{self.digits}g}%"
        digits = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.{self.digits}g}"
        return f"{digits} {self.unit}".rstrip()


def table(figures: Sequence[Figure]) -> str:
    """A Markdown table, its columns aligned for reading as plain text too."""
    rows = [HEADER, *(figure.row() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])
