"""What each tip buys, in words: a row's answer in a few of them, and the whole report as a table of text."""

from collections.abc import Iterator

from core.runs.tips import SAME_MATHS, TOGETHER, FrameworkTips, Report, Row, problem_of

OUTCOMES = {
    "faster": "faster here",
    "slower": "slower here",
    "no_gain": "no gain here",
    "cannot_tell": "cannot tell yet",
    "not_available": "not available here",
    "not_measured": "not measured",
}
ALIKE = 2.0  # times what another order of the windows does to the loss
NOTICED_S = 1.0  # of a start that takes so much longer it is said
ALL = {TOGETHER: "All that help, together", SAME_MATHS: "Those of them that leave the results alone"}
MATHS = "It changes what is learned: compare the losses, not only the time."


def title(row: Row) -> str:
    """What the row is about; of several together the tips are named in `parts`."""
    return ALL.get(row.tip, row.label)


def parts(row: Row) -> str:
    return row.label if row.tip in ALL else ""


def factor(row: Row) -> str:
    """1.24 (1.18 to 1.31) times as fast."""
    if row.ratio is None:
        return ""
    interval = "" if row.interval is None else f" ({row.interval[0]:.2f} to {row.interval[1]:.2f})"
    return f"{row.ratio:.2f}{interval}"


def loss(row: Row) -> str:
    """The largest difference of the train loss: none, 0.02%, 7.4%."""
    difference = row.loss_difference
    if difference is None:
        return ""
    if difference < 1e-5:  # what another order of adding up does to float32
        return "none"
    return f"{difference:.1%}" if difference >= 0.001 else f"{difference:.3%}"


def loss_words(row: Row, tips: FrameworkTips) -> str:
    """Loss differs by 7.4%; and whether that is no more than what another order of the same windows does."""
    differs, by_order = loss(row), tips.plain.order_difference if tips.plain else None
    if differs in ("", "none"):
        return ""
    alike = by_order is not None and not row.changes_maths and (row.loss_difference or 0.0) <= ALIKE * by_order
    return f"loss differs by {differs}{', as with another order of the windows' if alike else ''}"


def setup(row: Row, tips: FrameworkTips) -> str:
    """Seconds that it takes to build and compile, the first epoch left out."""
    return "" if row.setup_s is None else f"{row.setup_s:.1f} s"


def later(row: Row, tips: FrameworkTips) -> float | None:
    """How many seconds longer than the plain script it takes to start; None where that is next to nothing."""
    if row.setup_s is None or tips.plain is None:
        return None
    extra = row.setup_s - tips.plain.setup_s
    return extra if extra >= NOTICED_S else None


def size(tips: FrameworkTips) -> str:
    """What was timed, in a sentence; empty while the plain script has not been."""
    plain = tips.plain
    if plain is None:
        return ""
    some = plain.windows < plain.windows_in_data
    windows = f"{plain.windows:,} of {plain.windows_in_data:,}" if some else f"{plain.windows:,}"
    epochs = f"{plain.epochs} epochs" if plain.epochs > 1 else "one epoch"
    threads = f"{plain.threads} thread{'s' if plain.threads > 1 else ''}"
    return (
        f"The plain script trains {plain.windows_per_second:,.0f} windows a second here, with {threads} on "
        f"{plain.device}. Each time {epochs} of {windows} windows {'were' if plain.epochs > 1 else 'was'} timed."
    )


def rows(tips: FrameworkTips) -> list[Row]:
    """All together first."""
    return [row for row in (tips.together, tips.together_same_maths) if row] + list(tips.rows)


def text(report: Report) -> str:
    """The whole report as tables, one a framework."""
    lines: list[str] = []
    for tips in report.frameworks.values():
        lines += [*_framework(tips), ""]
    if report.contended:
        lines.append("Other programs kept the machine busy meanwhile: intervals are wider than they need to be.")
    lines.append("Times as fast as the plain script: median of rounds (95% interval). Setting up is not in it.")
    return "\n".join(lines)


def _framework(tips: FrameworkTips) -> Iterator[str]:
    yield " ".join(filter(None, (tips.label, tips.version)))
    if (problem := problem_of(tips)) is not None:
        yield problem.sentence()
    yield size(tips) or "Nothing was measured."
    table = [("", "times as fast", "rounds", "loss differs", "start", "")]
    for row in rows(tips):
        label = f"{title(row)}: {parts(row)}" if parts(row) else title(row)
        words = ". ".join(filter(None, (OUTCOMES[row.outcome], row.reason.rstrip("."))))
        table.append((label, factor(row), str(row.n or ""), loss(row), setup(row, tips), words))
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for line in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
